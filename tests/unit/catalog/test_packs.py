"""Packs: what was written is read, and what cannot be trusted is not."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.packs import Chunk, Pack, read_pack, write_pack
from pictrace.catalog.sealed import HEADER_BYTES
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.features import FeatureBatch, Layout

LAYOUT = Layout(np.dtype(np.uint16), (3,))


def chunks(counts: list[list[int]], layout: Layout = LAYOUT) -> list[Chunk]:
    random = np.random.default_rng(1)
    made, next_id = [], 100
    for some in counts:
        ids = np.arange(next_id, next_id + len(some), dtype=np.int64) * 7
        features = [random.integers(0, 255, (k, *layout.row_shape)).astype(layout.dtype) for k in some]
        made.append((ids, FeatureBatch.of(features, layout)))
        next_id += len(some)
    return made


def written(path: Path, counts: list[list[int]], layout: Layout = LAYOUT) -> list[Chunk]:
    made = chunks(counts, layout)
    write_pack(path, made, layout, catalog="mine", key="k", revision=4)
    return made


@pytest.mark.parametrize(
    "layout",
    [LAYOUT, Layout(np.dtype(np.uint8), (5,)), Layout(np.dtype(np.uint64), ()), Layout(np.dtype(np.float32), (2, 2))],
)
@pytest.mark.parametrize("counts", [[], [[]], [[1]], [[0, 0]], [[3, 0, 2], [1], [], [0, 4]]])
def test_what_was_written_is_read(tmp_path: Path, layout: Layout, counts: list[list[int]]) -> None:
    path = tmp_path / "x.pack"
    made = written(path, counts, layout)
    pack = read_pack(path, layout, catalog="mine", key="k")
    assert pack is not None
    expected = Pack.of(made, layout, 4)
    assert pack.revision == expected.revision == 4
    np.testing.assert_array_equal(pack.ids, expected.ids)
    np.testing.assert_array_equal(pack.batch.offsets, expected.batch.offsets)
    np.testing.assert_array_equal(pack.batch.rows, expected.batch.rows)
    assert pack.batch.rows.dtype == layout.dtype
    assert not pack.batch.rows.flags.writeable
    assert [one.name for one in tmp_path.iterdir()] == ["x.pack"]


def test_every_damaged_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x.pack"
    written(path, [[3, 0, 2], [1]])
    sound = path.read_bytes()
    header = json.loads(sound[12 : sound.index(b"}") + 1])
    for place in [*range(sound.index(b"}") + 1), *range(HEADER_BYTES, len(sound))]:
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 0x41]) + sound[place + 1 :])
        pack = read_pack(path, LAYOUT, catalog="mine", key="k")
        # A damaged revision alone only means that the catalog is asked what is new.
        assert pack is None or pack.revision != header["revision"], place


@pytest.mark.parametrize("length", [0, 5, 12, 500, HEADER_BYTES, HEADER_BYTES + 10, -1])
def test_a_torn_pack_is_noticed(tmp_path: Path, length: int) -> None:
    path = tmp_path / "x.pack"
    written(path, [[3, 0, 2]])
    path.write_bytes(path.read_bytes()[:length])
    assert read_pack(path, LAYOUT, catalog="mine", key="k") is None


def test_foreign_packs_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "x.pack"
    written(path, [[1, 2]])
    assert read_pack(path, LAYOUT, catalog="other", key="k") is None
    assert read_pack(path, LAYOUT, catalog="mine", key="other") is None
    assert read_pack(path, Layout(np.dtype(np.int16), (3,)), catalog="mine", key="k") is None
    assert read_pack(path, Layout(np.dtype(np.uint16), (1,)), catalog="mine", key="k") is None
    assert read_pack(tmp_path / "none.pack", LAYOUT, catalog="mine", key="k") is None


def test_a_failed_write_leaves_the_former_pack(tmp_path: Path) -> None:
    path = tmp_path / "x.pack"
    written(path, [[1, 2]])
    before = path.read_bytes()

    def failing() -> object:
        yield chunks([[1]])[0]
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        write_pack(path, failing(), LAYOUT, catalog="mine", key="k", revision=5)  # type: ignore[arg-type]
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["x.pack"]


def test_aligned_adds_pictures_without_rows() -> None:
    pack = Pack.of(chunks([[2, 1]]), LAYOUT, 1)
    ids = np.array([5, 700, 703, 707, 900])
    batch = pack.aligned(ids)
    assert batch.counts.tolist() == [0, 2, 0, 1, 0]
    np.testing.assert_array_equal(batch[3], pack.batch[1])
    assert batch.rows is pack.batch.rows


# What a kill leaves ------------------------------------------------------------------------------


_KILLED = """
import sys
from pathlib import Path
import numpy as np
from pictrace.catalog.sealed import writing
with writing(Path(sys.argv[1]) / "a.pack", b"PicPack1") as file:
    file.add(np.zeros(1000, np.uint8))
    print("begun", flush=True)
    sys.stdin.read()
"""


def test_what_a_kill_left_goes_at_the_next_start_and_what_is_being_written_stays(tmp_path: Path) -> None:
    catalog = SqliteCatalog(tmp_path / "a.sqlite")
    folder = catalog.cache_folder
    assert folder is not None
    folder.mkdir()
    (folder / "b.pack").write_bytes(b"whole")
    command = [sys.executable, "-c", _KILLED, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        FeatureCache(catalog)
        assert [path.suffix for path in sorted(folder.iterdir())] == [".part", ".pack"]
        process.kill()
    assert len(list(folder.iterdir())) == 2
    FeatureCache(catalog)
    assert [path.name for path in folder.iterdir()] == ["b.pack"]
    catalog.close()
