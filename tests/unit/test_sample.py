"""The sample catalog: whole at its first opening, kept for the next, and mended when it is damaged."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pictrace import sample
from pictrace.catalog.base import Catalog
from pictrace.catalog.records import Source, digest, image_id
from pictrace.errors import CatalogError
from pictrace.folders import cache_folder
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.index import Indexing
from pictrace.indexing.prepare import original_bytes
from pictrace.metrics import ready_metrics
from pictrace.metrics.base import Metric
from pictrace.metrics.orb import Orb
from pictrace.sources.base import Item
from tests.paths import ROOT


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("PICTRACE_CACHE", str(folder))
    return folder


@pytest.fixture
def small(cache: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """A sample of fewer pictures, made in a moment; how many there are."""
    monkeypatch.setattr(sample, "PHOTOGRAPHS", {"coffee.png": "Cup of coffee", "coins.png": "Greek coins"})
    monkeypatch.setattr(sample, "CHANGED", tuple(one for one in sample.CHANGED if one[0] == "coffee.png"))
    return 5


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Gains an entry, the number of items, for each run of Indexing."""
    seen: list[int] = []

    def counted(catalog: Catalog, items: tuple[Item, ...], metrics: tuple[Metric, ...]) -> Indexing:
        seen.append(len(items))
        return Indexing(catalog, items, metrics)

    monkeypatch.setattr(sample, "Indexing", counted)
    return seen


def assert_whole(pictures: int) -> None:
    with closing(sample.open_sample()) as catalog:
        assert catalog.count() == pictures
        assert catalog.intact()
        for metric in ready_metrics():
            assert catalog.missing(metric.spec).size == 0


def test_the_sample_is_whole(own_cache: Path) -> None:
    with closing(sample.open_sample()) as catalog:
        assert Path(catalog.location).parent == own_cache
        assert catalog.count() == len(sample.PHOTOGRAPHS) + len(sample.CHANGED)
        records = catalog.pictures(catalog.ids())
        assert {source for record in records.values() for source in map(repr, record.sources)} == set(
            map(repr, sample.sample_sources())
        )
        for metric in ready_metrics():
            assert catalog.missing(metric.spec).size == 0
        for name in sample.PHOTOGRAPHS:
            data = sample.photograph(name)
            assert original_bytes(catalog, image_id(digest(data)), DecodeLimits()) == data
        for example in sample.example_queries():
            assert image_id(digest(example.data())) not in records


def test_it_is_made_once(cache: Path, small: int, runs: list[int]) -> None:
    assert_whole(small)
    assert_whole(small)
    assert runs == [small]
    assert {path.name for path in cache.iterdir()} == {sample.sample_path().name, "sample-v1.lock"}


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "first page only": lambda data: data[:16384],
    "half": lambda data: data[: len(data) // 2],
    "cut within a page": lambda data: data[: len(data) // 2 + 777],
    "garbage": lambda data: bytes(range(256)) * (len(data) // 256),
    "garbage inside": lambda data: data[:32768] + b"\xa5" * 65536 + data[32768 + 65536 :],
}


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_one_is_made_again(damage: str, small: int, runs: list[int]) -> None:
    assert_whole(small)
    path = sample.sample_path()
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    path.with_name(f"{path.name}-wal").write_bytes(b"left by a process that was killed")
    assert_whole(small)
    assert runs == [small, small]


def test_a_log_left_behind_is_not_applied_to_the_new_file(small: int, runs: list[int]) -> None:
    assert_whole(small)
    path = sample.sample_path()
    log = path.with_name(f"{path.name}-wal")
    with closing(sqlite3.connect(path)) as db:
        with db:
            db.execute("UPDATE sources SET title = 'of former days'")
        left = log.read_bytes()
    path.write_bytes(bytes(range(256)) * 256)
    log.write_bytes(left)
    with closing(sample.open_sample()) as catalog:
        assert {record.label for record in catalog.pictures(catalog.ids()).values()} == {
            source.label for source in sample.sample_sources()
        }
    assert runs == [small, small]


def test_an_incomplete_one_is_made_again_and_additions_stay(small: int, runs: list[int]) -> None:
    with closing(sample.open_sample()) as catalog:
        Indexing(catalog, [Item.of_bytes(sample.photograph("cell.png"), Source("upload", "cell.png"))]).run()
    assert_whole(small + 1)
    assert runs == [small]
    with closing(sample.open_sample()) as catalog:
        catalog.remove(catalog.known_sources("sample", ["skimage/coins.png"]).values())
        assert catalog.count() == small
    assert_whole(small)
    assert runs == [small, small]


def test_pictures_come_before_their_features(small: int) -> None:
    with closing(sample.open_sample(complete=False)) as catalog:
        assert catalog.count() == small
        assert all(catalog.thumbnail(int(one)) for one in catalog.ids())
        assert catalog.feature_counts() == {}
    assert_whole(small)


def test_features_that_it_lacks_are_made_in_place(small: int, runs: list[int]) -> None:
    assert_whole(small)
    with closing(sqlite3.connect(sample.sample_path())) as db, db:  # as if a metric had changed since
        renamed = "UPDATE feature_keys SET name = 'orb-of-former-days-v0' WHERE name = ?"
        assert db.execute(renamed, (Orb().feature_key,)).rowcount == 1
    assert_whole(small)
    assert runs == [small]


def test_what_a_killed_process_left_is_in_nobodys_way(cache: Path, small: int) -> None:
    cache.mkdir()
    for name in ("sample-v1.new", "sample-v1.new-wal", "sample-v1.lock"):
        (cache / name).write_bytes(b"")
    (cache / "sample-v1.new").write_bytes(b"half of something" * 1000)
    assert_whole(small)


def test_it_says_what_it_cannot_read(small: int, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [Item.of_bytes(b"no picture", Source("sample", "skimage/coffee.png", "Cup of coffee"))]
    monkeypatch.setattr(sample, "sample_items", lambda: iter(items))
    with pytest.raises(CatalogError, match=r"Cup of coffee: .* Install scikit-image again"):
        sample.open_sample()
    assert not sample.sample_path().exists()


FIRST = """
from pictrace import sample
from pictrace.indexing.index import Indexing
runs = []
def counted(*arguments):
    runs.append(arguments)
    return Indexing(*arguments)
sample.Indexing = counted
print("ready", flush=True)
input()
catalog = sample.open_sample()
print(len(runs), catalog.count(), catalog.intact(), flush=True)
catalog.close()
"""


@pytest.mark.slow
def test_two_processes_open_it_for_the_first_time_at_once(cache: Path) -> None:
    total = len(sample.PHOTOGRAPHS) + len(sample.CHANGED)
    root = ROOT
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", FIRST], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    answers = sorted(process.communicate(timeout=60)[0].split() for process in processes)
    assert answers == [["0", str(total), "True"], ["1", str(total), "True"]]
    assert [process.returncode for process in processes] == [0, 0]


def test_an_unwritable_cache_falls_back_to_a_folder_of_its_own(
    small: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("PICTRACE_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    folder = cache_folder()
    assert folder.parent == tmp_path / "temporary"
    assert folder == cache_folder()
    assert_whole(small)
    assert sample.sample_path().parent == folder


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs users by number")
def test_a_fallback_folder_of_somebody_else_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PICTRACE_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    own = cache_folder()
    assert own.stat().st_mode & 0o777 == 0o700
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    (tmp_path / "pictrace-12345").mkdir()  # it belongs to whoever runs this test
    found = cache_folder()
    assert found.parent == tmp_path
    assert found not in (own, tmp_path / "pictrace-12345")
