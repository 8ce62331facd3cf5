"""Copies are found in a catalog of real pictures, and what is merely similar is not."""

import io
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.cli import main
from pictrace.duplicates.book import Book
from pictrace.duplicates.find import find
from pictrace.duplicates.groups import Group, all_groups
from pictrace.duplicates.levels import Level
from pictrace.duplicates.moving import things_moved
from pictrace.duplicates.pixels import same_pixels
from pictrace.duplicates.run import Comparing
from pictrace.images.edits import caption, crop, mirror, turn
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.pixels import to_gray
from pictrace.images.reading import decode
from pictrace.indexing.index import Indexing
from pictrace.metrics import get_metric
from pictrace.metrics.base import Metric
from pictrace.sources.listing import list_source
from tests.pictures import another_frame

pytestmark = pytest.mark.slow  # pictures are indexed, compared and diagnosed

METRICS: list[Metric] = [get_metric(name) for name in ("ssim", "layout", "sift", "phash")]
TEXT = "BREAKING NEWS TODAY"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, photographs: dict[str, bytes]) -> Path:
    """Copies of two photographs, another frame of one, strangers, and two strangers that bear the same words."""
    folder = tmp_path_factory.mktemp("pictures")
    cat, coffee = decode(photographs["chelsea.png"]), decode(photographs["coffee.png"])
    made = {
        "cat": cat,
        "cat-part": crop(cat, 0.5, across=0.3),
        "cat-mirrored-part": mirror(crop(cat, 0.6)),
        "cat-turned": turn(cat, 90),
        "coffee": coffee,
        "coffee-frame": another_frame(coffee),
        "astronaut": caption(decode(photographs["astronaut.png"]), TEXT, lines=3),
        "rocket": caption(decode(photographs["rocket.jpg"]), TEXT, lines=3),
    }
    for name, image in made.items():
        (folder / f"{name}.png").write_bytes(encode_png(image))
    (folder / "cat-saved.jpg").write_bytes(encode_jpeg(cat, quality=40))
    (folder / "copy of coffee.png").write_bytes(encode_png(coffee))
    return folder


def indexed(folder: Path, path: Path) -> SqliteCatalog:
    catalog = SqliteCatalog(path)
    Indexing(catalog, list_source(str(folder)).items, metrics=METRICS).run()
    return catalog


@pytest.fixture(scope="module")
def catalog(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteCatalog]:
    with closing(indexed(folder, tmp_path_factory.mktemp("catalog") / "my.sqlite")) as catalog:
        yield catalog


def names(group: Group) -> list[str]:
    """The stems of the pictures; of several addresses the first by the alphabet, whichever was indexed first."""
    return sorted(min(Path(source.address).stem for source in one.record.sources) for one in group.images)


@pytest.fixture(scope="module")
def groups(catalog: SqliteCatalog) -> list[Group]:
    return find(catalog, levels=frozenset(Level) - {Level.NONE})


def by_level(groups: list[Group], level: Level) -> list[Group]:
    return [group for group in groups if group.level is level]


def test_copies_are_one_group_about_the_original(groups: list[Group]) -> None:
    (copies,) = by_level(groups, Level.PHOTOGRAPH)
    assert names(copies) == ["cat", "cat-mirrored-part", "cat-part", "cat-saved", "cat-turned"]
    assert copies.images[0].record.label in {"cat.png", "cat-turned.png"}  # the same pixels
    told = {image.record.label: {change["kind"] for change in image.changes} for image in copies.images[1:]}
    assert "cropped" in told["cat-part.png"]
    assert "mirrored" in told["cat-mirrored-part.png"]
    assert {image.level for image in copies.images[1:]} == {Level.PIXELS, Level.PHOTOGRAPH}


def test_another_frame_is_the_same_scene_and_no_copy(groups: list[Group]) -> None:
    assert ["coffee", "coffee-frame"] in [names(group) for group in by_level(groups, Level.SCENE)]


def test_a_file_at_two_addresses_is_told(catalog: SqliteCatalog) -> None:
    (group,) = [one for one in find(catalog, relations=False) if one.level is Level.BYTES]
    assert len(group.images[0].record.sources) == 2


def test_the_same_words_make_no_copies(groups: list[Group]) -> None:
    copies = [group for group in groups if group.level >= Level.PHOTOGRAPH]
    assert not [group for group in copies if {"astronaut", "rocket"} & set(names(group))]


def test_a_second_run_compares_nothing_and_a_new_picture_alone(
    folder: Path, tmp_path: Path, photographs: dict[str, bytes]
) -> None:
    with closing(SqliteCatalog(tmp_path / "my.sqlite")) as catalog:
        items = list_source(str(folder)).items
        Indexing(
            catalog, [one for one in items if one.path and one.path.stem in {"cat", "cat-part"}], metrics=METRICS
        ).run()
        with closing(Book(catalog)) as book:
            first = Comparing(FeatureCache(catalog), book).run()
            again = Comparing(FeatureCache(catalog), book).run()
        Indexing(catalog, [one for one in items if one.path and one.path.stem == "cat-saved"], metrics=METRICS).run()
        with closing(Book(catalog)) as book:  # another process
            third = Comparing(FeatureCache(catalog), book).run()
            (group,) = all_groups(catalog, book)
        assert (first.compared, again.compared, third.compared) == (2, 0, 1)
        assert names(group) == ["cat", "cat-part", "cat-saved"]
        catalog.remove([group.images[0].id])
        with closing(Book(catalog)) as book:
            Comparing(FeatureCache(catalog), book).run()
            assert not any(group.images[0].id in pair for pair in book.pairs())


def test_a_run_that_is_stopped_goes_on(catalog: SqliteCatalog, tmp_path: Path) -> None:
    with closing(Book(catalog, folder=tmp_path)) as book:
        run = Comparing(FeatureCache(catalog), book)
        run.stop()
        assert run.run().done == 0
        assert Comparing(FeatureCache(catalog), book).run().compared == catalog.count()


def test_pictures_without_features_wait_for_them(catalog: SqliteCatalog, tmp_path: Path) -> None:
    catalog.copy_to(tmp_path / "copy.sqlite")
    with closing(SqliteCatalog(tmp_path / "copy.sqlite")) as copy, closing(Book(copy)) as book:
        copy.drop_features(get_metric("sift").feature_key)
        assert Comparing(FeatureCache(copy), book).run().compared == 0
        assert not len(book.compared(keypoints=True))
        assert Comparing(FeatureCache(copy), book, crops=False).run().compared == copy.count()


def test_a_book_of_another_catalog_is_begun_anew(catalog: SqliteCatalog, tmp_path: Path) -> None:
    (tmp_path / "duplicates.sqlite").write_bytes(b"no database at all" * 100)
    with closing(Book(catalog, folder=tmp_path)) as book:
        assert not len(book.compared(keypoints=False))


EXIF = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
"""How the pixels must be stored so that the picture is upright: Image.Transpose by EXIF orientation."""


def test_the_eight_exif_orientations_are_the_same_pixels(tmp_path: Path, photographs: dict[str, bytes]) -> None:
    upright = Image.open(io.BytesIO(photographs["chelsea.png"])).convert("RGB")
    (tmp_path / "exif").mkdir()
    for orientation, way in EXIF.items():
        stored = upright if way is None else upright.transpose(Image.Transpose(way))
        exif = Image.Exif()
        exif[0x0112] = orientation
        stored.save(tmp_path / "exif" / f"{orientation}.jpg", quality=90, exif=exif)
    with closing(indexed(tmp_path / "exif", tmp_path / "my.sqlite")) as catalog:
        (group,) = find(catalog, relations=False)
    assert group.level is Level.PIXELS
    assert len(group.images) == 8


def test_what_moves_is_found_beside_its_place_and_what_is_laid_over_is_not(photographs: dict[str, bytes]) -> None:
    coffee: NDArray[np.uint8] = np.asarray(cv2.resize(to_gray(decode(photographs["coffee.png"])), (256, 171)), np.uint8)
    everywhere = np.ones(coffee.shape, np.bool_)
    moved, covered = coffee.copy(), coffee.copy()
    moved[60:130, 100:180] = coffee[50:120, 86:166]
    covered[60:130, 100:180] = 255 - coffee[90:160, 10:90]
    assert things_moved(coffee, moved, everywhere)
    assert not things_moved(coffee, covered, everywhere)
    assert not things_moved(coffee, coffee, everywhere)


def test_a_soft_part_that_moved_on_is_seen_and_a_pattern_under_letters_did_not_move() -> None:
    random = np.random.default_rng(3)
    here = cv2.GaussianBlur(random.normal(0, 60, (171, 256)).astype(np.float32), (0, 0), 3) * 4 + 128
    down, across = np.mgrid[:171, :256].astype(np.float32)
    inside = np.exp(-((((across - 120) ** 2 + (down - 80) ** 2) / 18**2) ** 2))
    moved = inside * np.roll(here, (9, -8), (0, 1)) + (1 - inside) * here
    first, second = (np.clip(one + random.normal(0, 2, one.shape), 0, 255).astype(np.uint8) for one in (here, moved))
    everywhere = np.ones(here.shape, np.bool_)
    assert things_moved(first, second, everywhere)
    bricks = np.where(((across // 4 + down // 4) % 4 < 1), 90, 150).astype(np.uint8)
    lettered = cv2.putText(bricks.copy(), "NEWS", (20, 110), cv2.FONT_HERSHEY_DUPLEX, 2.5, 255, 6, cv2.LINE_AA)
    assert not things_moved(bricks, np.asarray(lettered, np.uint8), everywhere)


def test_what_moved_is_seen_where_its_former_place_looks_as_before() -> None:
    """As of a crowd, or of leaves: another one has come to where it was."""
    random = np.random.default_rng(7)
    here = cv2.GaussianBlur(random.normal(0, 60, (171, 256)).astype(np.float32), (0, 0), 2) * 3 + 128
    down, across = np.mgrid[:171, :256].astype(np.float32)
    inside = np.exp(-((((across - 120) ** 2 + (down - 80) ** 2) / 24**2) ** 2))
    moved = inside * np.roll(here, (22, 34), (0, 1)) + (1 - inside) * here
    first, second = (np.clip(one + random.normal(0, 2, one.shape), 0, 255).astype(np.uint8) for one in (here, moved))
    assert things_moved(first, second, np.ones(here.shape, np.bool_))


def test_pixels_are_the_same_but_for_turns(photographs: dict[str, bytes]) -> None:
    cat: NDArray[np.uint8] = decode(photographs["chelsea.png"])
    assert same_pixels(mirror(turn(cat, 90)), cat)
    spot = cat.copy()
    spot[100:116, 100:116] = 255
    assert not same_pixels(spot, cat)
    assert not same_pixels(decode(encode_jpeg(cat, quality=30)), cat)


def test_the_command_prints_documents(
    catalog: SqliteCatalog, groups: list[Group], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["duplicates", "--catalog", catalog.location, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    found = document["groups"]
    assert document["changed_copies"] == sum(
        image["level"] == "photograph" for group in found for image in group["images"] if not image["keep"]
    )
    assert 0 <= document["expected_false"] < 1
    (copies,) = [group for group in found if group["level"] == "photograph"]
    assert copies["keep"] == copies["images"][0]["id"]
    assert {"id", "source", "score", "relation", "changes", "level"} <= copies["images"][1].keys()
    assert main(["duplicates", "--catalog", catalog.location, "--level", "bytes", "--csv", "--no-relations"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("group,keep,id,source,level")
    assert len(lines) == 3
    assert main(["duplicates", "--catalog", catalog.location, "--level", "similar"]) == 2
