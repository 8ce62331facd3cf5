"""A query against a catalog, and the answer in a sentence."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pictrace import models
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import ImageError
from pictrace.images.edits import caption, crop, mirror, recompress, turn
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import decode
from pictrace.indexing.index import Indexing
from pictrace.output.documents import matches_csv, query_document, search_document
from pictrace.searching.attempts import score_either
from pictrace.searching.convincing import convincing_ids
from pictrace.searching.find import find
from pictrace.searching.presets import all_presets, get_preset
from pictrace.searching.query import needed_metrics, prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.table import Criteria
from pictrace.searching.verdict import verdict
from pictrace.sources.base import Item


@pytest.fixture(scope="module")
def catalog(photographs: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteCatalog]:
    catalog = SqliteCatalog(tmp_path_factory.mktemp("search") / "catalog.sqlite")
    items = [Item.of_bytes(data, Source("upload", name, name)) for name, data in photographs.items()]
    blank = encode_png(np.full((300, 400, 3), 250, np.uint8))
    items.append(Item.of_bytes(blank, Source("upload", "blank.png", "blank.png")))
    with models.using(models.DEFAULT_MODEL):
        assert Indexing(catalog, items).run().added == len(items)
    yield catalog
    catalog.close()


def criteria(name: str = "balanced", top: int = 5) -> Criteria:
    preset = get_preset(name)
    return Criteria(weights=preset.weights, settings=preset.settings, top=top)


CHANGES = {
    "as it is": lambda image: image,
    "recompressed": lambda image: recompress(image, 15),
    "cropped": lambda image: crop(image, 0.5),
    "turned": lambda image: turn(image, 90),
    "tilted": lambda image: turn(image, 15),
    "mirrored": mirror,
    "captioned": lambda image: caption(image, "HELLO WORLD", lines=2),
}


@pytest.mark.parametrize("change", CHANGES, ids=str)
@pytest.mark.parametrize("name", ["astronaut.png", "chelsea.png", "coffee.png"])
def test_the_original_of_a_changed_picture_comes_first(
    change: str, name: str, catalog: SqliteCatalog, photographs: dict[str, bytes]
) -> None:
    data = encode_jpeg(CHANGES[change](decode(photographs[name])))
    query = prepare_query(data)
    table = score(query, FeatureCache(catalog))
    found = find(catalog, table, criteria())
    assert found[0].picture.label == name
    assert verdict(query, table, found, criteria()).headline.startswith(f"Found: “{name}”")


@pytest.mark.usefixtures("boxed_model")
@pytest.mark.parametrize("preset", [preset.name for preset in all_presets(ready=False)])
def test_every_preset_finds_a_recompressed_copy(
    preset: str, catalog: SqliteCatalog, photographs: dict[str, bytes]
) -> None:
    wanted, data = criteria(preset), encode_jpeg(decode(photographs["rocket.jpg"]), quality=30)
    table = score(prepare_query(data, needed_metrics(wanted.weights)), FeatureCache(catalog))
    assert find(catalog, table, wanted)[0].picture.label == "rocket.jpg"


def test_the_same_bytes_are_recognised(catalog: SqliteCatalog, photographs: dict[str, bytes]) -> None:
    query = prepare_query(photographs["coffee.png"])
    table = score(query, FeatureCache(catalog))
    found = find(catalog, table, criteria())
    assert found[0].match.id == query.id
    assert found[0].match.score == pytest.approx(1.0, abs=1e-3)
    said = verdict(query, table, found, criteria())
    assert "exact file" in said.headline
    assert said.level(query.id) == "certain"
    assert {said.level(one.match.id) for one in found if one.match.id != query.id} <= {"likely", "weak"}


def noise_picture(seed: int) -> RGBImage:
    return np.random.default_rng(seed).integers(0, 256, (256, 384, 3), dtype=np.uint8)


TOO_PLAIN = "Your picture is too plain to tell."


@pytest.mark.parametrize(
    ("stranger", "headline"),
    [
        (np.full((200, 300, 3), 250, np.uint8), TOO_PLAIN),
        (np.full((200, 300, 3), (180, 20, 20), np.uint8), TOO_PLAIN),
        (noise_picture(1), "No match found."),
        (np.linspace(0, 255, 300).astype(np.uint8)[None, :, None].repeat(200, 0).repeat(3, 2), TOO_PLAIN),
    ],
    ids=["blank", "red", "noise", "gradient"],
)
def test_a_stranger_is_told_to_have_no_match(stranger: RGBImage, headline: str, catalog: SqliteCatalog) -> None:
    query = prepare_query(encode_png(stranger))
    table = score(query, FeatureCache(catalog))
    found = find(catalog, table, criteria())
    told = verdict(query, table, found, criteria())
    assert told.headline == headline
    assert not told.good


def test_no_orientations_means_upright_only(catalog: SqliteCatalog, photographs: dict[str, bytes]) -> None:
    data = encode_jpeg(mirror(decode(photographs["astronaut.png"])))
    cache = FeatureCache(catalog)
    with_all = score(prepare_query(data), cache)
    upright = score(prepare_query(data, orientations=False), cache)
    best = find(catalog, with_all, criteria())[0]
    assert best.match.variant.label == "mirrored"
    position = int(np.searchsorted(upright.ids, best.match.id))
    column = upright.names.index("ssim")
    assert upright.raw[position, column] < with_all.raw[position, column]
    assert not upright.columns[column].variant.any()


def test_metrics_that_count_the_same_are_told_once(catalog: SqliteCatalog, photographs: dict[str, bytes]) -> None:
    query = prepare_query(encode_jpeg(crop(decode(photographs["coffee.png"]), 0.6)))
    table = score(query, FeatureCache(catalog))
    wanted = criteria()
    said = verdict(query, table, find(catalog, table, wanted), wanted)
    assert said.detail.count("matching details") == 1


def test_a_low_ranking_of_convincing_evidence_is_told(catalog: SqliteCatalog, photographs: dict[str, bytes]) -> None:
    query = prepare_query(encode_jpeg(crop(decode(photographs["astronaut.png"]), 0.3)))
    table = score(query, FeatureCache(catalog))
    by_layout = Criteria(weights={"phash": 1.0}, top=1)
    found = find(catalog, table, by_layout)
    assert found[0].picture.label != "astronaut.png"
    said = verdict(query, table, found, by_layout)
    assert said.headline == "Found, but not shown."
    assert "raise the weight of Keypoints (SIFT) or Keypoints (ORB)" in said.detail


def test_a_closer_look_vouches_for_nothing_that_was_removed(catalog: SqliteCatalog) -> None:
    query = prepare_query(encode_jpeg(np.full((240, 320, 3), 128, np.uint8)))
    table = score(query, FeatureCache(catalog))
    removed = int(table.ids.max()) + 1
    wanted = criteria()
    found = find(catalog, table, wanted)
    assert verdict(query, table, found, wanted, closer={removed: 40}) == verdict(query, table, found, wanted)


def test_what_the_minimum_score_hides_is_told(catalog: SqliteCatalog, photographs: dict[str, bytes]) -> None:
    query = prepare_query(encode_jpeg(crop(decode(photographs["astronaut.png"]), 0.5)))
    table = score(query, FeatureCache(catalog))
    strict = Criteria(weights=criteria().weights, min_score=0.99)
    said = verdict(query, table, find(catalog, table, strict), strict)
    assert said.headline == "Found, but not shown."
    assert "The minimum score of 0.99 hides them" in said.detail


def test_good_matches_are_counted_in_the_catalog_not_in_the_list(
    make_catalog: Callable[..., SqliteCatalog], photographs: dict[str, bytes], tmp_path: Path
) -> None:
    image = decode(photographs["chelsea.png"])
    for number, quality in enumerate((30, 60, 90)):
        (tmp_path / f"{number}.jpg").write_bytes(encode_jpeg(image, quality=quality))
    catalog = make_catalog()
    Indexing(catalog, [Item.of_file(path) for path in sorted(tmp_path.glob("*.jpg"))]).run()
    query = prepare_query(encode_jpeg(image, quality=75))
    table = score(query, FeatureCache(catalog))
    one = Criteria(weights=criteria().weights, top=1)
    assert verdict(query, table, find(catalog, table, one), one).detail.startswith("3 good matches, 1 shown. Best")
    assert verdict(query, table, find(catalog, table, criteria()), criteria()).detail.startswith("3 good matches. Best")


def test_an_unreadable_query_is_an_image_error() -> None:
    with pytest.raises(ImageError):
        prepare_query(b"<html>no picture</html>")


def test_pictures_removed_meanwhile_are_left_out(photographs: dict[str, bytes], tmp_path: Path) -> None:
    catalog = SqliteCatalog(tmp_path / "c.sqlite")
    Indexing(catalog, [Item.of_bytes(data, Source("upload", name)) for name, data in photographs.items()]).run()
    cache = FeatureCache(catalog)
    table = score(prepare_query(photographs["coffee.png"]), cache)
    first = find(catalog, table, criteria())[0]
    catalog.remove([first.match.id])
    assert first.match.id not in {one.match.id for one in find(catalog, table, criteria())}
    again = score(prepare_query(photographs["coffee.png"]), cache)
    assert first.match.id not in again.ids
    catalog.close()


def test_documents_of_a_search(catalog: SqliteCatalog, photographs: dict[str, bytes]) -> None:
    query = prepare_query(photographs["coffee.png"])
    table = score(query, FeatureCache(catalog))
    found = find(catalog, table, criteria(top=3))
    said = verdict(query, table, found, criteria(top=3))
    document = search_document("coffee.png", query, catalog, table, criteria(top=3), found, {"score": 1.0}, said=said)
    assert [one["rank"] for one in document["matches"]] == [1, 2, 3]
    blank = next(one for one in table.rank(criteria(top=50)) if np.isnan(one.metrics["orb"].raw))
    assert blank.coverage < 1
    lines = matches_csv(found, table.names).splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("rank,id,score")


def test_csv_cells_cannot_run_as_formulas(photographs: dict[str, bytes], tmp_path: Path) -> None:
    catalog = SqliteCatalog(tmp_path / "c.sqlite")
    source = Source("upload", "=cmd|' /C calc'!A0", "=1+1")
    Indexing(catalog, [Item.of_bytes(photographs["coffee.png"], source)]).run()
    table = score(prepare_query(photographs["coffee.png"]), FeatureCache(catalog))
    line = matches_csv(find(catalog, table, criteria()), table.names).splitlines()[1]
    assert ",'=1+1," in line
    catalog.close()


def gradient(first: tuple[int, int, int], last: tuple[int, int, int]) -> NDArray[np.uint8]:
    ramp = np.linspace(0, 1, 400)[np.newaxis, :, np.newaxis] * np.ones((300, 1, 1))
    return (np.array(first) * (1 - ramp) + np.array(last) * ramp).astype(np.uint8)


@pytest.mark.parametrize(
    ("ends", "headline"),
    [
        (((250, 250, 60), (120, 20, 20)), TOO_PLAIN),  # other colours, the same fall of light
        (((240, 240, 240), (30, 60, 160)), "Found: “gradient.png”"),
    ],
)
def test_a_smooth_picture_is_not_found_by_its_fall_of_light_alone(
    make_catalog: Callable[..., SqliteCatalog],
    tmp_path: Path,
    ends: tuple[tuple[int, int, int], tuple[int, int, int]],
    headline: str,
) -> None:
    (tmp_path / "gradient.png").write_bytes(encode_png(gradient((240, 240, 240), (30, 60, 160))))
    catalog = make_catalog()
    Indexing(catalog, [Item.of_file(tmp_path / "gradient.png")]).run()
    query = prepare_query(encode_jpeg(gradient(*ends), quality=60))
    table = score(query, FeatureCache(catalog))
    assert verdict(query, table, find(catalog, table, criteria()), criteria()).headline == headline


def test_a_negative_is_found_and_told(catalog: SqliteCatalog, photographs: dict[str, bytes]) -> None:
    image = decode(photographs["astronaut.png"])
    query = prepare_query(encode_jpeg(np.ascontiguousarray(255 - image[:, ::-1]), quality=70))
    assert not convincing_ids(score(query, FeatureCache(catalog)))

    asked, table = score_either(query, FeatureCache(catalog))

    assert asked.negative
    np.testing.assert_array_equal(asked.picture, query.image)
    found = find(catalog, table, criteria())
    said = verdict(asked, table, found, criteria())
    assert said.headline == "Found: “astronaut.png” (your picture is mirrored and a negative)"
    assert query_document("q", asked)["negative"] is True


def test_what_is_found_as_it_is_or_not_at_all_is_no_negative(
    catalog: SqliteCatalog, photographs: dict[str, bytes]
) -> None:
    random = np.random.default_rng(4).integers(0, 255, (300, 400, 3), np.uint8)
    for data in (photographs["coffee.png"], encode_jpeg(decode(photographs["coffee.png"])), encode_png(random)):
        query = prepare_query(data)
        asked, _ = score_either(query, FeatureCache(catalog))
        assert asked is query


def test_a_photograph_is_certain_by_evidence_of_two_kinds(
    catalog: SqliteCatalog, photographs: dict[str, bytes]
) -> None:
    copy = prepare_query(encode_jpeg(decode(photographs["coffee.png"]), quality=80))
    table, wanted = score(copy, FeatureCache(catalog)), criteria()
    found = find(catalog, table, wanted)
    assert verdict(copy, table, found, wanted, drawn=False).level(found[0].match.id) == "certain"
    assert verdict(copy, table, found, wanted, drawn=True).level(found[0].match.id) == "likely"
    part = prepare_query(encode_jpeg(crop(mirror(decode(photographs["coffee.png"])), 0.4)))  # by its details alone
    table = score(part, FeatureCache(catalog))
    found = find(catalog, table, wanted)
    assert verdict(part, table, found, wanted, drawn=False).level(found[0].match.id) == "likely"
