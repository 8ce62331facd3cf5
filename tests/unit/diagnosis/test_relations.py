"""The same picture, the same photograph under something, the same template: what the diagnosis says, and where."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest

from benchmarks.drawings.canvas import Sheet
from benchmarks.drawings.kinds import KINDS
from pictrace.diagnosis import Diagnosis, diagnose
from pictrace.images.edits import caption, crop, mirror, resize
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import decode, open_image


def diagnosed(query: bytes, candidate: bytes) -> Diagnosis:
    first, second = open_image(query), open_image(candidate)
    return diagnose(first.working(), second.working(), query_info=first.info, candidate_info=second.info)


def drawing(kind: str, number: int, photos: Sequence[RGBImage] = ()) -> RGBImage:
    return KINDS[kind](np.random.default_rng(3), np.random.default_rng([4, number]), photos[number : number + 1])


def own_photographs(photographs: dict[str, bytes]) -> list[RGBImage]:
    return [decode(photographs[name]) for name in ("chelsea.png", "rocket.jpg")]


def bill(total: str) -> RGBImage:
    sheet = Sheet(480, 640)
    sheet.text(40, 40, "INVOICE", 30)
    for row in range(8):
        sheet.line([(40, 140 + 40 * row), (440, 140 + 40 * row)])
        sheet.text(44, 112 + 40 * row, f"Item {row}", 16)
        sheet.text(360, 112 + 40 * row, "19.90", 16)
    sheet.text(300, 520, total, 20)
    return sheet.done()


def sky(stars: Sequence[tuple[float, float]]) -> RGBImage:
    sheet = Sheet(400, 400, (10, 12, 40))
    sheet.disc(200, 200, 180, None, (90, 100, 150))
    for x, y in stars:
        sheet.disc(x, y, 2, (255, 250, 220))
    return sheet.done()


def chart(last: int) -> RGBImage:
    sheet = Sheet(500, 360)
    sheet.line([(40, 20), (40, 320), (480, 320)])
    for place, high in enumerate((120, 80, 200, 160, 60, 240, last)):
        sheet.box(60 + 58 * place, 320 - high, 36, high, (70, 110, 190))
    return sheet.done()


STARS = ((120.0, 110.0), (250.0, 90.0), (300.0, 240.0), (150.0, 260.0), (220.0, 180.0))
ONE_THING: dict[str, tuple[RGBImage, RGBImage]] = {
    "a digit": (bill("Total 1,284.00"), bill("Total 1,234.00")),
    "a star more": (sky(STARS), sky([*STARS, (180.0, 320.0)])),
    "a star elsewhere": (sky(STARS), sky([*STARS[:4], (230.0, 200.0)])),
    "a bar": (chart(100), chart(130)),
}


@pytest.mark.parametrize("name", ONE_THING)
@pytest.mark.parametrize("quality", [None, 95, 85])
def test_one_thing_that_differs_refuses_unchanged(name: str, quality: int | None) -> None:
    files = [encode_png(one) if quality is None else encode_jpeg(one, quality=quality) for one in ONE_THING[name]]
    found = diagnosed(files[0], files[1])
    assert found.relation == "same template"
    assert 1 <= len(found.places) <= 4
    assert diagnosed(files[0], files[0]).relation == "identical"


@pytest.mark.parametrize("name", ONE_THING)
def test_saving_again_leaves_a_drawing_unchanged(name: str) -> None:
    first = ONE_THING[name][0]
    for quality in (95, 85):
        assert diagnosed(encode_jpeg(first, quality=quality), encode_png(first)).relation == "identical"


def test_what_differs_is_where_it_differs() -> None:
    found = diagnosed(*(encode_png(one) for one in ONE_THING["a digit"]))
    (left, top, right, bottom), *others = found.places
    assert not others
    assert 0.6 < left < right < 0.95
    assert 0.8 < top < bottom < 0.87
    assert "1 place differs" in found.text
    assert found.alike > 0.95


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["invoice", "shirt", "star chart", "slide", "post", "gallery", "polaroid", "settings"])
def test_two_of_one_template_are_not_the_same(kind: str, photographs: dict[str, bytes]) -> None:
    first, second = (drawing(kind, number, own_photographs(photographs)) for number in (0, 1))
    for query in (encode_png(first), encode_jpeg(resize(first, 0.7), quality=60)):
        found = diagnosed(query, encode_png(second))
        assert found.relation in ("same template", "unrelated")
        assert found.changes == ()


def black_bar(photo: RGBImage) -> RGBImage:
    result = photo.copy()
    height, width = photo.shape[:2]
    result[height // 3 : height // 2, width // 4 : 3 * width // 4] = 0
    return result


def lower_sixth(photo: RGBImage) -> RGBImage:
    result = photo.copy()
    result[-photo.shape[0] // 6 :] = (20, 60, 120)
    return caption(result, "WORDS OF THE DAY")


@pytest.mark.parametrize("cover", [black_bar, lower_sixth])
def test_a_covered_photograph_is_the_same_one(
    cover: Callable[[RGBImage], RGBImage], photographs: dict[str, bytes]
) -> None:
    photo = decode(photographs["coffee.png"])
    changed = cover(photo)
    found = diagnosed(encode_jpeg(changed, quality=90), photographs["coffee.png"])
    assert found.relation == "same photograph"
    assert found.alike == pytest.approx((changed == photo).all(axis=-1).mean(), abs=0.08)
    assert "of what they share is the same picture" in found.text
    assert ("the lower sixth is covered" in found.text) == (cover is lower_sixth)
    assert found.confidence <= min(one.confidence for one in found.changes)


@pytest.mark.parametrize("change", [lambda one: one, mirror, lambda one: crop(one, 0.6), lambda one: resize(one, 0.5)])
def test_a_negative_is_told(change: Callable[[RGBImage], RGBImage], photographs: dict[str, bytes]) -> None:
    for name in ("coffee.png", "astronaut.png"):
        negative = np.asarray(cv2.bitwise_not(change(decode(photographs[name]))), np.uint8)
        found = diagnosed(encode_jpeg(negative, quality=92), photographs[name])
        assert found.relation == "same photograph"
        assert "inverted" in {one.kind for one in found.changes}


def test_two_that_overlap_are_not_called_parts_of_each_other(photographs: dict[str, bytes]) -> None:
    whole = decode(photographs["chelsea.png"])
    width = whole.shape[1]
    left, right = whole[:, : round(0.8 * width)], whole[:, round(0.2 * width) :]
    found = diagnosed(encode_png(np.ascontiguousarray(left)), encode_png(np.ascontiguousarray(right)))
    assert {one.kind for one in found.changes} == {"cropped", "wider"}
    assert "cut-out" not in found.text
    assert found.registration is not None
    kept = {one.kind: one.parameters for one in found.changes}["cropped"]["kept"]
    assert kept == pytest.approx(found.registration.overlap_candidate, abs=0.01)
