"""The inverted index beside a catalog: it holds what the catalog holds, however it came about."""

import errno
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pictrace.catalog import index as index_module
from pictrace.catalog import segments as segments_module
from pictrace.catalog.index import Index
from pictrace.catalog.postings import Postings
from pictrace.catalog.records import NewPicture, Source, digest, image_id
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.features import Features, FeatureSpec, Layout


class Points:
    """A metric of rows of 16 numbers, of which the first two are the cell, and the others the entry."""

    spec = FeatureSpec("points-v1", Layout(np.dtype(np.uint32), (4,)), small=False)
    index_key = "points-v1-cells"

    def __init__(self) -> None:
        self.placed_rows = 0
        self.side = 16

    def side_for(self, pictures: int) -> int:
        return self.side

    def placed(self, rows: Features, side: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        self.placed_rows += len(rows)
        entries = rows[:, 1:].copy()
        entries[:, 2] &= 0xFF
        return rows[:, 0] % (side * side), entries


METRIC_SPEC = Points.spec


def picture(number: int, rows: int = 20) -> NewPicture:
    features = np.random.default_rng(number).integers(0, 1 << 20, (rows, 4), dtype=np.uint32)
    source = Source("file", f"/{number}.jpg")
    return NewPicture(digest(b"%d" % number), "JPEG", 9, 9, 9, b"", (source,), None, {METRIC_SPEC: features})


def id_of(number: int) -> int:
    return image_id(digest(b"%d" % number))


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqliteCatalog]:
    monkeypatch.setattr(index_module, "WORTH_A_FILE_BYTES", 1)
    monkeypatch.setattr(index_module, "CHUNK_PICTURES", 4)
    monkeypatch.setattr(index_module, "BATCH_PICTURES", 16)
    monkeypatch.setattr(segments_module, "BLOCK_ENTRIES", 50)
    with closing(SqliteCatalog(tmp_path / "c.sqlite")) as catalog:
        catalog.add([picture(number) for number in range(40)])
        yield catalog


@pytest.fixture
def folder(catalog: SqliteCatalog) -> Path:
    assert catalog.cache_folder is not None
    return catalog.cache_folder


def assert_holds(postings: Postings, catalog: SqliteCatalog, metric: Points) -> None:
    """Every row of every picture, in the list of its cell, and nothing else."""
    ids = catalog.feature_ids(metric.spec)
    np.testing.assert_array_equal(postings.ids, ids)
    assert not len(postings.missing)
    features = catalog.fetch(ids, metric.spec)
    cells, entries = metric.placed(features.rows, postings.side)
    pictures = np.repeat(ids, features.counts)
    expected = sorted(zip(cells.tolist(), pictures.tolist(), map(tuple, entries.tolist()), strict=True))
    found = []
    every = np.arange(postings.side**2, dtype=np.uint32)
    for segment, places, (first, last) in zip(postings.segments, postings.places, postings.lists(every), strict=True):
        cell_of = np.repeat(every, last - first)
        place = places[segment.entries[:, 2] >> 8]
        rest = segment.entries & np.array([0xFFFFFFFF, 0xFFFFFFFF, 0xFF], np.uint32)
        for cell, one, entry in zip(cell_of.tolist(), place.tolist(), rest.tolist(), strict=True):
            if one >= 0:
                found.append((cell, int(ids[one]), tuple(entry)))
    assert sorted(found) == expected


def stopped_at(index: Index, pictures: int) -> tuple[int, int]:
    with closing(index.steps()) as steps:
        return next(step for step in steps if step[0] >= pictures)


def test_it_holds_every_row_and_a_second_opening_places_none(catalog: SqliteCatalog, folder: Path) -> None:
    metric = Points()
    assert_holds(Index(catalog, metric, folder).update(), catalog, metric)
    again = Points()
    postings = Index(catalog, again, folder).current()
    assert again.placed_rows == 0
    assert_holds(postings, catalog, again)


def test_only_what_is_new_is_placed(catalog: SqliteCatalog, folder: Path) -> None:
    metric = Points()
    index = Index(catalog, metric, folder)
    index.update()
    catalog.add([picture(number) for number in range(40, 43)])
    assert len(index.current().missing) == 3
    metric.placed_rows = 0
    postings = index.update()
    assert metric.placed_rows == 3 * 20
    assert_holds(postings, catalog, metric)
    assert_holds(Index(catalog, metric, folder).current(), catalog, metric)


def test_one_picture_after_the_other_leaves_few_segments(catalog: SqliteCatalog, folder: Path) -> None:
    metric = Points()
    index = Index(catalog, metric, folder)
    for number in range(40, 70):
        catalog.add([picture(number)])
        index.update()
    assert len(index.current().segments) <= 4
    assert len(list(folder.glob("*.postings"))) == len(index.current().segments)
    assert_holds(index.current(), catalog, metric)


def test_pictures_that_are_gone_are_left_out_and_their_room_is_given_back(catalog: SqliteCatalog, folder: Path) -> None:
    metric = Points()
    index = Index(catalog, metric, folder)
    total = sum(len(one.entries) for one in index.update().segments)
    catalog.remove([id_of(0), id_of(7)])
    assert_holds(index.update(), catalog, metric)
    catalog.remove([id_of(number) for number in range(30)])
    postings = index.update()
    assert_holds(postings, catalog, metric)
    assert sum(len(one.entries) for one in postings.segments) < total / 2
    catalog.remove([id_of(number) for number in range(40)])
    assert index.update().segments == ()
    assert list(folder.glob("*.postings")) == []


def test_a_catalog_that_outgrows_its_cells_is_placed_again(catalog: SqliteCatalog, folder: Path) -> None:
    metric = Points()
    index = Index(catalog, metric, folder)
    index.update()
    metric.side = 32
    # Stopped on the way, what was there goes on answering; the next call goes on from the last batch.
    assert stopped_at(index, 20) == (20, 40)
    postings = index.current()
    assert postings.side == 16
    assert_holds(postings, catalog, metric)
    metric.placed_rows = 0
    postings = index.update()
    assert (postings.side, metric.placed_rows) == (32, (40 - 16) * 20)
    assert_holds(postings, catalog, metric)
    assert len(list(folder.glob("*.postings"))) == len(postings.segments)


@pytest.mark.parametrize("harm", ["torn", "garbage", "foreign", "empty"])
def test_a_segment_that_cannot_be_trusted_is_made_again(harm: str, catalog: SqliteCatalog, folder: Path) -> None:
    metric = Points()
    Index(catalog, metric, folder).update()
    for path in folder.glob("*.postings"):
        data = bytearray(path.read_bytes())
        if harm == "garbage":
            data[5000] ^= 1
        elif harm == "foreign":
            data = bytearray(data.replace(catalog.identity.encode(), b"x" * len(catalog.identity), 1))
        path.write_bytes(b"" if harm == "empty" else data[:-9] if harm == "torn" else data)
    index = Index(catalog, metric, folder)
    assert len(index.current().missing) == 40
    assert_holds(index.update(), catalog, metric)
    assert len(list(folder.glob("*.postings"))) == len(index.current().segments)


def test_what_two_segments_hold_counts_once(catalog: SqliteCatalog, folder: Path) -> None:
    """One was killed after merging: what it merged lies beside."""
    metric = Points()
    Index(catalog, metric, folder).update()
    for path in list(folder.glob("*.postings")):
        (folder / path.name.replace(path.stem[-4:], "0000")).write_bytes(path.read_bytes())
    assert_holds(Index(catalog, metric, folder).current(), catalog, metric)


def test_what_another_makes_is_seen_and_not_made_again(catalog: SqliteCatalog, folder: Path) -> None:
    metric = Points()
    one, other = Index(catalog, metric, folder), Index(catalog, Points(), folder)
    assert len(one.current().missing) == 40
    with closing(other.steps()) as steps:
        next(steps)
        assert list(one.steps(wait=False)) == []
    other.update()
    assert_holds(one.current(), catalog, metric)
    metric.placed_rows = 0
    assert_holds(one.update(), catalog, Points())
    assert metric.placed_rows == 0


def test_it_is_kept_in_memory_where_nothing_can_be_written(
    catalog: SqliteCatalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metric = Points()
    (tmp_path / "file").write_bytes(b"")
    for nowhere in (None, tmp_path / "file"):
        postings = Index(catalog, metric, nowhere).update()
        assert_holds(postings, catalog, metric)
        assert all(one.path is None for one in postings.segments)
    monkeypatch.setattr(index_module, "MOST_IN_MEMORY", 39)
    assert len(Index(catalog, metric, None).update().missing) == 40


def test_a_full_disk_leaves_it_unmade(
    catalog: SqliteCatalog, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    assert len(Index(catalog, Points(), folder).update().missing) == 40
    assert "No space left" in caplog.text


def test_one_that_is_stopped_keeps_what_it_has(catalog: SqliteCatalog, folder: Path) -> None:
    metric = Points()
    index = Index(catalog, metric, folder)
    stopped_at(index, 20)
    assert len(index.current().missing) == 40 - 16
    metric.placed_rows = 0
    assert_holds(Index(catalog, metric, folder).update(), catalog, Points())
    assert metric.placed_rows == (40 - 16) * 20
