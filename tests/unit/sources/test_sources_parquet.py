"""Parquet files: columns of paths, links and bytes, and files that were made to do harm."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from pictrace.errors import SourceError
from pictrace.sources._parquet_cells import Blobs, Leaf, leaves_of, open_parquet
from pictrace.sources._parquet_pages import Column, check_footer
from pictrace.sources.base import Item
from pictrace.sources.listing import list_source
from pictrace.sources.parquet import read_parquet

PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def saved(folder: Path, columns: dict[str, Any], **options: Any) -> Path:
    path = folder / "table.parquet"
    pq.write_table(pa.table(columns), path, **options)
    return path


def loaded(item: Item) -> bytes:
    assert item.load is not None
    return item.load()


def test_paths_and_links_are_read_with_what_the_table_says_of_them(tmp_path: Path) -> None:
    path = saved(
        tmp_path,
        {
            "title": ["Night", None, "Noon"],
            "url": ["https://x.example/a.jpg", "sub/b.png", None],
            "year": pa.array([1872, None, 3], pa.int16()),
            "at": pa.array([datetime(2020, 1, 2)] * 3, pa.timestamp("s")),
            "tags": [["x"], [], ["y", "z"]],
            "kind": pa.array(["u", "v", "u"]).dictionary_encode(),
        },
    )
    listing = list_source(str(path))
    assert listing.column == "url"
    assert listing.columns == ("title", "url", "year", "at", "kind")
    first, second = listing.items
    assert first.url == "https://x.example/a.jpg"
    assert first.source.metadata == {"title": "Night", "year": "1872", "at": "2020-01-02 00:00:00.000", "kind": "u"}
    assert second.source.address == str(tmp_path / "sub/b.png")
    assert second.from_table
    assert [(one.address, one.reason) for one in listing.skipped] == [("table.parquet!/url/3", "It names no picture.")]


def test_pictures_in_the_table_are_read_when_they_are_wanted(tmp_path: Path, photographs: dict[str, bytes]) -> None:
    names = sorted(photographs)[:3]
    rows = [{"bytes": photographs[name], "path": f"set/{name}"} for name in names] + [None]
    path = saved(tmp_path, {"image": pa.array(rows, PICTURE), "label": [0, 1, 2, 3]}, row_group_size=2)
    listing = list_source(str(path))
    assert listing.column == "image"
    assert [item.source.title for item in listing.items] == [*names, "image 4"]
    assert [item.source.kind for item in listing.items] == ["database"] * 4
    assert listing.items[1].source.metadata == {"label": "1"}
    assert [loaded(item) for item in listing.items[:3]] == [photographs[name] for name in names]
    with pytest.raises(SourceError, match=r"Row 4 of table\.parquet holds no bytes"):
        loaded(listing.items[3])


@pytest.mark.parametrize("kept", [1, 10**6])
def test_bytes_come_in_any_order_and_to_many_threads(kept: int, tmp_path: Path) -> None:
    data = [os.urandom(50) for _ in range(40)]
    path = saved(tmp_path, {"image": data}, row_group_size=7)
    blobs = Blobs(path, Leaf("image", 0, True), [7, 7, 7, 7, 7, 5], kept_bytes=kept)
    assert [blobs.read(row) for row in reversed(range(40))] == data[::-1]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(blobs.read, range(40))) == data


def test_the_paths_count_where_a_data_set_keeps_its_bytes_elsewhere(tmp_path: Path) -> None:
    rows = [{"bytes": None, "path": "a.png"}, {"bytes": None, "path": "b.png"}]
    listing = read_parquet(saved(tmp_path, {"image": pa.array(rows, PICTURE)}))
    assert listing.column == "image.path"
    assert [item.source.address for item in listing.items] == [str(tmp_path / "a.png"), str(tmp_path / "b.png")]


def test_the_column_can_be_named(tmp_path: Path) -> None:
    path = saved(tmp_path, {"url": ["a.png"], "thumb": [b"x"]})
    assert loaded(list_source(str(path), column="thumb").items[0]) == b"x"
    with pytest.raises(SourceError, match=r"no column named 'none' \(it has: thumb, url\)"):
        list_source(str(path), column="none")
    with pytest.raises(SourceError, match="has no tables"):
        list_source(str(path), table="x")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


def _garbled(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:4] + b"\xff" * (len(data) - 500) + data[-496:])


def _indices_beyond_the_dictionary(path: Path) -> None:
    pq.write_table(pa.table({"path": [f"{number}.png" for number in range(9)]}), path, compression="none")
    data = path.read_bytes()
    indices = bytes.fromhex("1032547608")  # 0 to 8, in four bits each
    assert data.count(indices) == 1
    path.write_bytes(data.replace(indices, bytes.fromhex("ff32547608")))


def _only_its_mark(path: Path) -> None:
    path.write_bytes(b"PAR1")


@pytest.mark.parametrize("harm", [_cut, _garbled, _indices_beyond_the_dictionary, _only_its_mark])
def test_damage_is_told(harm: Callable[[Path], None], tmp_path: Path) -> None:
    path = saved(tmp_path, {"path": [f"{number}.png" for number in range(500)]}, compression="none")
    harm(path)
    with pytest.raises(SourceError, match="damaged"):
        list_source(str(path))


def test_what_would_inflate_to_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    large = "x" * (70 * 2**20)
    path = saved(tmp_path, {"path": ["a.png"], "note": [large]}, compression="zstd", use_dictionary=False)
    assert path.stat().st_size < 2**20
    with pytest.raises(SourceError, match="a page of 70 MB"):
        read_parquet(path)
    path = saved(tmp_path, {"image": [large.encode()]}, compression="zstd", use_dictionary=False)
    (item,) = read_parquet(path).items
    with pytest.raises(SourceError, match="a page of 70 MB"):
        loaded(item)


def test_an_encoding_that_repeats_without_bound_is_refused(tmp_path: Path) -> None:
    options = {"use_dictionary": False, "column_encoding": {"path": "DELTA_BYTE_ARRAY"}}
    for version in ("1.0", "2.0"):
        path = saved(tmp_path, {"path": ["a.png", "ab.png"]}, data_page_version=version, **options)
        with pytest.raises(SourceError, match="DELTA_BYTE_ARRAY"):
            read_parquet(path)


def test_a_value_that_is_repeated_is_held_once(tmp_path: Path) -> None:
    note = "x" * 2**20  # a million rows of it would be a terabyte
    values = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), pa.array([note]))
    path = saved(tmp_path, {"path": pa.array(["a.png"] * 20_000), "note": values})
    assert path.stat().st_size < 2**20
    listing = read_parquet(path)
    assert len(listing.items) == 20_000
    assert len(listing.items[-1].source.metadata["note"]) == 500


def test_too_many_rows_and_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="more than 2 rows"):
        read_parquet(saved(tmp_path, {"path": ["a.png"] * 3}), max_rows=2)
    path = saved(tmp_path, {"path": ["a.png"] * 3, "note": ["x"] * 3}, row_group_size=1)
    with open_parquet(path) as file:
        assert len(leaves_of(file, path, max_chunks=6)) == 2
        with pytest.raises(SourceError, match="more than 5 pieces"):
            leaves_of(file, path, max_chunks=5)
    with pytest.raises(SourceError, match="2,001 columns"):
        read_parquet(saved(tmp_path, {f"c{number}": ["a.png"] for number in range(2001)}))


@pytest.mark.parametrize("columns", [[Column(False, 0, 1)], [Column(True, 0, 3)], [], [Column(True, 0, 1)] * 2])
def test_a_footer_that_would_end_the_process_is_refused_before(columns: list[Column], tmp_path: Path) -> None:
    """Sizes of texts for a column of numbers, say: pyarrow lets no exception out where it looks at them."""
    path = saved(tmp_path, {"path": ["a.png", "b.png"]})
    check_footer(path, [Column(True, 0, 1)])
    with pytest.raises(SourceError, match="damaged"):
        check_footer(path, columns)
