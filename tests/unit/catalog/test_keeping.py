"""Catalogs that keep little: what is left out is not comparable, and what is kept gives the very same scores."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from pictrace.catalog import open_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.copying import Copying
from pictrace.catalog.keeping import COMPACT, FULL, Keeping, packed, unpacked
from pictrace.catalog.records import NewPicture, Source, digest
from pictrace.cli import main
from pictrace.duplicates.book import Book
from pictrace.duplicates.run import Comparing
from pictrace.errors import CatalogError
from pictrace.features import FeatureSpec, Layout
from pictrace.images.reading import load
from pictrace.images.smaller import smaller_thumbnail
from pictrace.indexing.index import Indexing
from pictrace.indexing.merge import Merge
from pictrace.indexing.rebuild import Rebuild, count_missing_features
from pictrace.metrics.phash import PHash
from pictrace.metrics.sift import Sift
from pictrace.metrics.ssim import Ssim
from pictrace.searching.query import Query, prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.table import Criteria, ScoreTable
from pictrace.sources.base import Item
from tests.unit.catalog.test_catalog import bare, picture, pid, sql

MakeCatalog = Callable[..., Catalog]
POINTS = FeatureSpec("points-n9-v1", Layout(np.dtype(np.uint8), (4,)), small=False)
KEPT = ("layout", "phash", "sift")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, photographs: dict[str, bytes]) -> Path:
    """A catalog that keeps all, of uploads."""
    path = tmp_path_factory.mktemp("full") / "full.sqlite"
    with closing(open_catalog(str(path), must_exist=False)) as catalog:
        items = [Item.of_bytes(data, Source("upload", name)) for name, data in photographs.items()]
        Indexing(catalog, items).run()
    return path


@pytest.fixture(scope="module")
def query(photographs: dict[str, bytes]) -> Query:
    return prepare_query(photographs["coffee.png"])


def compact(catalog: Catalog) -> Catalog:
    catalog.keep(COMPACT)
    return catalog


def assert_same_scores(little: ScoreTable, whole: ScoreTable) -> None:
    np.testing.assert_array_equal(little.ids, whole.ids)
    for place, name in enumerate(whole.names):
        expected = whole.raw[:, place] if name in KEPT else np.full(len(whole.ids), np.nan)
        np.testing.assert_array_equal(little.raw[:, place], expected, name)


def test_packed_features_come_back_and_damage_is_told() -> None:
    data = np.arange(4000, dtype=np.uint16).tobytes()
    assert unpacked(packed(data)) == data
    assert unpacked(packed(b"")) == b""
    for damaged in (b"\1", packed(data)[:-9], b"\xff" * 40, b"\0\0\0\0" + packed(data)[4:], packed(data)[:4]):
        with pytest.raises(ValueError, match=r"packed|unpacked|more than"):
            unpacked(damaged)


def test_what_a_catalog_keeps_is_read_as_it_was_written() -> None:
    assert Keeping.of_text(COMPACT.text) == COMPACT
    assert Keeping.of_text("") == Keeping.of_text(None) == FULL
    for text in ("{", "[]", '{"left_out": "ssim"}', '{"left_out": [], "packed": 1, "thumbnail_px": 1}'):
        with pytest.raises(ValueError, match=r"."):
            Keeping.of_text(text)


def test_it_is_chosen_before_anything_is_written_and_stays(make_catalog: MakeCatalog) -> None:
    catalog = compact(make_catalog())
    revision = catalog.revision()
    catalog.keep(COMPACT)
    assert (catalog.keeping, catalog.revision()) == (COMPACT, revision)
    assert make_catalog().keeping == COMPACT  # opened again
    with pytest.raises(CatalogError, match="stays"):
        catalog.keep(FULL)
    other = make_catalog("other")
    other.add([picture(1)])
    with pytest.raises(CatalogError, match="stays"):
        other.keep(COMPACT)
    assert other.keeping == FULL


def test_packed_features_are_those_that_were_put(make_catalog: MakeCatalog) -> None:
    catalog = compact(make_catalog())
    catalog.add([picture(number) for number in range(1, 8)])
    ids = catalog.ids()
    batch = catalog.fetch(ids, POINTS)
    numbers = {pid(number): number for number in range(1, 8)}
    for place, one in enumerate(ids.tolist()):
        assert batch[place].tolist() == [[numbers[one]] * 4] * (numbers[one] % 3)
    assert dict(np.column_stack(catalog.row_counts(POINTS)).tolist()) == {one: n % 3 for one, n in numbers.items()}
    sql(catalog, "UPDATE large_features SET data = x'0700000041' WHERE picture_id = ?", pid(1))
    with pytest.raises(CatalogError, match=f"picture {pid(1)} in .* are damaged"):
        catalog.fetch(ids, POINTS)


def test_what_is_left_out_is_neither_stored_nor_missed(make_catalog: MakeCatalog) -> None:
    catalog = compact(make_catalog())
    left_out, kept = Ssim().spec, PHash().spec
    square = np.arange(256 * 256, dtype=np.uint8).reshape(1, 256, 256)
    catalog.add([bare(1), bare(2)])
    catalog.put_features(left_out, {pid(1): square})
    catalog.put_features(Sift().sketch_spec, {pid(1): np.zeros((1, 64, 32), np.uint8)})
    catalog.put_features(kept, {pid(1): np.array([1], np.uint64)})
    assert catalog.feature_counts() == {kept.key: 1}
    assert catalog.missing(left_out).tolist() == []
    assert catalog.missing(kept).tolist() == [pid(2)]
    assert catalog.page(lacking=[left_out]) == ((), 0)
    assert catalog.page(lacking=[left_out, kept]) == ((pid(2),), 1)
    assert count_missing_features(catalog, [Ssim(), PHash()]) == {kept.key: 1}


def test_originals_are_not_kept(make_catalog: MakeCatalog) -> None:
    catalog = compact(make_catalog())
    catalog.add([picture(1, original=b"the bytes")])
    assert catalog.original(pid(1)) is None


def test_scores_are_those_of_a_catalog_that_keeps_all(make_catalog: MakeCatalog, full: Path, query: Query) -> None:
    little = compact(make_catalog())
    with closing(open_catalog(str(full))) as whole:
        run = Copying(whole, little, smaller_thumbnail)
        list(run.steps())
        again = Copying(whole, little, smaller_thumbnail)
        list(again.steps())
        assert (run.copied, again.copied, again.known) == (6, 0, 6)
        for exhaustive in (True, False):  # by sketches, which are made again
            tables = [score(query, FeatureCache(one), exhaustive=exhaustive) for one in (little, whole)]
            assert_same_scores(*tables)
        criteria = Criteria(weights=dict.fromkeys(KEPT, 1.0))
        assert tables[0].rank(criteria)[0].score == tables[1].rank(criteria)[0].score
        assert little.byte_count < whole.byte_count / 2 or little.byte_count > 1e6  # a server's tables begin large
    sizes = [max(load(little.thumbnail(int(one)) or b"").shape[:2]) for one in little.ids()]
    assert set(sizes) == {128}


def test_indexing_merging_and_rebuilding_keep_to_it(
    full: Path, query: Query, tmp_path: Path, photographs: dict[str, bytes]
) -> None:
    with closing(open_catalog(str(full))) as whole:
        expected = score(query, FeatureCache(whole))
    with closing(open_catalog(str(tmp_path / "a"), must_exist=False)) as first:
        Indexing(
            compact(first), [Item.of_bytes(one, Source("upload", name)) for name, one in photographs.items()]
        ).run()
        assert_same_scores(score(query, FeatureCache(first)), expected)
        assert count_missing_features(first) == {}
        rebuilt = Rebuild(first).run()
        assert (rebuilt.done, rebuilt.total) == (0, 0)
        size = first.byte_count
    with closing(open_catalog(str(tmp_path / "b"), must_exist=False)) as second:  # from one that keeps all
        assert Merge(compact(second), full, trust_files=True).run().added == 6
        assert_same_scores(score(query, FeatureCache(second)), expected)
        assert second.byte_count < 1.2 * size
    with closing(open_catalog(str(tmp_path / "c"), must_exist=False)) as third:  # into one that keeps all
        run = Merge(third, tmp_path / "a", trust_files=True)
        run.run()
        assert (run.failures, third.keeping) == ([], FULL)
        assert_same_scores(score(query, FeatureCache(third)), expected)
        assert count_missing_features(third, [Ssim(), PHash()]) == {Ssim().feature_key: 6}


def test_packed_features_of_a_stranger_that_are_damaged_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "stranger.sqlite"
    thumbnail = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    with closing(open_catalog(str(path), must_exist=False)) as stranger:
        new = NewPicture(digest(b"x"), "PNG", 4, 3, 9, thumbnail, [Source("link", "https://a.example/x.png")], None,
                         {PHash().spec: np.array([7], np.uint64)})  # fmt: skip
        compact(stranger).add([new])
        sql(stranger, "UPDATE small_features SET data = x'ffffffff00'")
    with closing(open_catalog(str(tmp_path / "own.sqlite"), must_exist=False)) as own:
        run = Merge(own, path, trust_files=False)
        run.run()
        assert ["damaged" in one.reason for one in run.failures] == [True]
        assert (own.count(), own.feature_counts().get(PHash().feature_key, 0)) == (1, 0)


def test_copies_are_not_looked_for_without_squares(tmp_path: Path) -> None:
    with closing(open_catalog(str(tmp_path / "a.sqlite"), must_exist=False)) as catalog:
        compact(catalog).add([bare(1)])
        with closing(Book(catalog)) as book, pytest.raises(CatalogError, match="compact"):
            Comparing(FeatureCache(catalog), book).run()


def test_words_that_are_not_ours_are_told(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    catalog.add([picture(1)])
    assert catalog.keeping == FULL
    sql(catalog, "UPDATE identity SET keeping = '[]'")
    again = make_catalog()
    with pytest.raises(CatalogError, match="damaged"):
        again.fetch(again.ids(), POINTS)


def test_on_the_command_line(full: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    little, back = str(tmp_path / "little.sqlite"), str(tmp_path / "back.sqlite")
    assert main(["copy", str(full), little, "--compact"]) == 0
    assert "6 copied" in capsys.readouterr().out
    assert main(["info", "--catalog", little]) == 0
    assert "Not comparable in it: Colours (histogram), Keypoints (ORB), Structure (SSIM)" in capsys.readouterr().out
    assert main(["copy", little, back]) == 0
    assert f"{Ssim().feature_key}            missing for 6" in capsys.readouterr().out
    assert main(["copy", str(full), back, "--compact"]) != 0
    assert "chosen before its first picture" in capsys.readouterr().err
