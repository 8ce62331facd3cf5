"""A whole catalog for other programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pytest

from pictrace.catalog.records import NewPicture, Source, digest
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.cli import main
from pictrace.images.encoding import encode_png
from pictrace.indexing.index import Indexing
from pictrace.metrics import ready_metrics
from pictrace.output.exports import write_features, write_list
from pictrace.sources.base import Item
from pictrace.sources.listing import list_source

MakeCatalog = Callable[..., SqliteCatalog]


class Pipe(io.RawIOBase):
    """What can only be written to, one piece after the other."""

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.data, self.largest, self._meanwhile = bytearray(), 0, meanwhile

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(memoryview(data).cast("B"))  # type: ignore[arg-type]
        self.data += piece
        self.largest = max(self.largest, len(piece))
        self._meanwhile()
        return len(piece)


@pytest.fixture
def catalog(photographs: dict[str, bytes], make_catalog: MakeCatalog) -> SqliteCatalog:
    catalog = make_catalog()
    blank = encode_png(np.full((40, 40, 3), 250, np.uint8))  # has nothing to compare: no rows
    items = [
        Item.of_bytes(data, Source("upload", name, name)) for name, data in (*photographs.items(), ("blank", blank))
    ]
    Indexing(catalog, items).run()
    return catalog


def test_numpy_reads_all_features_without_pickle(catalog: SqliteCatalog) -> None:
    stream = io.BytesIO()
    written = write_features(catalog, stream)
    stream.seek(0)
    specs = {metric.spec for metric in ready_metrics()}
    specs |= {spec for metric in ready_metrics() if (spec := metric.sketch_spec) is not None}
    with np.load(stream, allow_pickle=False) as arrays:
        assert set(arrays) == {f"{spec.key}/{part}" for spec in specs for part in ("ids", "rows", "offsets")}
        for spec in specs:
            ids, rows, offsets = (arrays[f"{spec.key}/{part}"] for part in ("ids", "rows", "offsets"))
            truth = catalog.fetch(catalog.ids(), spec)
            assert written[spec.key] == len(ids) == catalog.count()
            assert np.array_equal(ids, catalog.ids())
            assert np.array_equal(offsets, truth.offsets)
            assert np.array_equal(rows, truth.rows)
            assert rows.dtype == spec.layout.dtype
            assert (np.diff(offsets) == 0).any() or spec.key.startswith("histogram")


def test_features_of_none(make_catalog: MakeCatalog) -> None:
    stream = io.BytesIO()
    assert set(write_features(make_catalog(), stream).values()) == {0}
    stream.seek(0)
    with np.load(stream, allow_pickle=False) as arrays:
        assert arrays["phash-b64-v1/rows"].shape == (0,)
        assert arrays["phash-b64-v1/offsets"].tolist() == [0]


def test_it_is_the_state_of_one_moment_though_others_write(
    catalog: SqliteCatalog, tmp_path: Path, make_catalog: MakeCatalog
) -> None:
    """Something is added, and most is removed, at every piece that is written."""

    def change() -> None:
        number = next(numbers)
        data = b"%d" % number
        catalog.add([NewPicture(digest(data), "PNG", 1, 1, 1, b"t", (Source("upload", str(number)),))])
        catalog.remove(catalog.ids()[:2].tolist())

    numbers = iter(range(10_000))
    still, listed = io.BytesIO(), io.BytesIO()
    write_features(catalog, still)
    still.seek(0)
    assert write_list(catalog, listed) == 7
    catalog.copy_to(tmp_path / "copy.sqlite")
    pipe = Pipe(change)
    assert write_list(catalog, cast(BinaryIO, pipe)) == 7
    assert bytes(pipe.data) == listed.getvalue()
    assert next(numbers) > 5
    catalog = make_catalog("copy.sqlite")
    pipe = Pipe(change)
    write_features(catalog, cast(BinaryIO, pipe))
    assert next(numbers) > 20
    with np.load(io.BytesIO(bytes(pipe.data))) as moving, np.load(still) as former:
        assert set(moving) == set(former)
        assert all(np.array_equal(moving[name], former[name]) for name in former)


@pytest.mark.slow
def test_memory_is_bounded(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    ssim = ready_metrics()[0].spec
    square = np.zeros((1, *ssim.layout.row_shape), np.uint8)
    catalog.add(
        [NewPicture(digest(b"%d" % number), "PNG", 1, 1, 1, b"t", (), None, {ssim: square}) for number in range(1200)]
    )
    pipe = Pipe()
    write_features(catalog, cast(BinaryIO, pipe))
    assert len(pipe.data) > 1200 * square.nbytes
    assert pipe.largest <= 500 * square.nbytes


def test_the_list_is_a_table_that_can_be_indexed_again(tmp_path: Path, make_catalog: MakeCatalog) -> None:
    told = {"title": "=cmd()", "größe": "7, 8\n9", "kind": "sofa"}
    catalog = make_catalog()
    data = encode_png(np.eye(40, dtype=np.uint8)[..., None].repeat(3, 2) * 255)
    for number, metadata in enumerate((told, {}, {"größe": "1"})):
        (tmp_path / f"ü {number}.png").write_bytes(data + bytes(number > 1))
        Indexing(catalog, [Item.of_file(tmp_path / f"ü {number}.png", metadata)]).run()
    catalog.add([NewPicture(digest(b"bare"), "PNG", 1, 1, 1, b"t", ())])
    path = tmp_path / "list.csv"
    with path.open("wb") as stream:
        assert write_list(catalog, stream) == 4
    with path.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert list(lines[0])[-3:] == ["größe", "kind (metadata)", "title (metadata)"]
    by_title = {line["title"]: line for line in lines}
    first = by_title["ü 0.png"]
    assert (first["größe"], first["kind"], first["kind (metadata)"]) == ("7, 8\n9", "file", "sofa")
    assert first["title (metadata)"] == "'=cmd()"
    assert by_title["ü 1.png"]["id"] == first["id"] != by_title["ü 2.png"]["id"]
    assert (by_title[""]["source"], by_title[""]["width"]) == ("", "1")
    again = list_source(str(path))
    assert again.column == "source"
    assert sorted(item.source.address for item in again.items) == [str(tmp_path / f"ü {n}.png") for n in range(3)]
    assert again.items[0].source.metadata["format"] == "PNG"


def test_more_names_than_columns_share_the_last(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    told = {f"n{number:03}": str(number) for number in range(205)}
    catalog.add([NewPicture(digest(b"1"), "PNG", 1, 1, 1, b"t", (Source("upload", "a", "", told),))])
    stream = io.BytesIO()
    write_list(catalog, stream)
    (line,) = csv.DictReader(io.StringIO(stream.getvalue().decode()))
    assert list(line)[-2:] == ["n199", "other metadata"]
    assert json.loads(line["other metadata"]) == {f"n{number}": str(number) for number in range(200, 205)}


def test_on_the_command_line(catalog: SqliteCatalog, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    features, listed = tmp_path / "f.npz", tmp_path / "l.csv"
    base = ["export", "--catalog", catalog.location]
    assert main([*base, "--features", str(features), "--list", str(listed), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["lines"], document["features"]["phash-b64-v1"]) == (7, 7)
    assert len(listed.read_text("utf-8").splitlines()) == 8
    with np.load(features, allow_pickle=False) as arrays:
        assert len(arrays["phash-b64-v1/ids"]) == 7
    before = Path(catalog.location).read_bytes()
    for options, status, why in (
        ([], 2, "name what to write"),
        (["--list", str(tmp_path / "no" / "l.csv")], 1, "cannot be written"),
        (["--list", catalog.location], 2, "the catalog itself"),
        (["--features", str(tmp_path)], 1, "cannot be written"),
    ):
        assert main([*base, *options]) == status
        assert why in capsys.readouterr().err
    assert Path(catalog.location).read_bytes() == before
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(".")]
    assert main(["rebuild", "--catalog", catalog.location, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["missing"] == {}
