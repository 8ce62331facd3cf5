"""From sources to a catalog: nothing lost, nothing twice, nothing silent; also when it is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from aiohttp import web
from PIL import Image

from pictrace.catalog import records
from pictrace.catalog.records import NewPicture, Source, digest
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import CatalogError, ImageError, SourceError
from pictrace.features import Features
from pictrace.images import loading
from pictrace.images.budget import Budget
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import DecodeLimits, Opened, decode
from pictrace.indexing import prepare, rebuild
from pictrace.indexing.index import Indexing
from pictrace.indexing.prepare import new_picture, original_bytes, read_file
from pictrace.indexing.rebuild import Rebuild
from pictrace.metrics import ready_metrics
from pictrace.metrics.orb import Orb
from pictrace.metrics.phash import PHash
from pictrace.searching.query import prepare_query
from pictrace.sources.base import Item
from pictrace.sources.listing import list_source
from pictrace.web.policy import DownloadPolicy
from tests.http_server import Handler, Server
from tests.paths import ROOT

MakeCatalog = Callable[..., SqliteCatalog]

FAST = (PHash(),)
LIMITS = DecodeLimits()


def png(number: int, width: int = 48, height: int = 40) -> bytes:
    """A picture of coarse noise, another one for each number."""
    cells = np.random.default_rng(number).integers(0, 256, (height // 8, width // 8, 3), np.uint8)
    return encode_png(np.kron(cells, np.ones((8, 8, 1), np.uint8)))


def fill(folder: Path, numbers: Sequence[int]) -> Path:
    folder.mkdir(exist_ok=True)
    for number in numbers:
        (folder / f"{number:04}.png").write_bytes(png(number))
    return folder


def items_of(folder: Path) -> Sequence[Item]:
    return list_source(str(folder)).items


def assert_adds_up(run: Indexing) -> None:
    one = run.progress
    assert one.done == one.added + one.known + one.failed == one.total
    assert len(run.failures) == one.failed


def policy_for(server: Server) -> DownloadPolicy:
    return DownloadPolicy(allowed_hosts=frozenset({server.host}), read_timeout_s=60, total_timeout_s=60, retries=0)


# Files ---------------------------------------------------------------------------------------------


def test_a_folder_becomes_a_catalog(photographs: dict[str, bytes], tmp_path: Path, make_catalog: MakeCatalog) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, data in photographs.items():
        (folder / name).write_bytes(data)
    catalog = make_catalog()
    indexing = Indexing(catalog, items_of(folder))
    assert indexing.run().added == len(photographs) == catalog.count()
    assert_adds_up(indexing)
    for metric in ready_metrics():
        assert catalog.missing(metric.spec).size == 0
    for record in catalog.pictures(catalog.ids()).values():
        data = photographs[record.label]
        pixels = decode(data)
        assert record.sha256 == digest(data)
        assert (record.height, record.width) == pixels.shape[:2]
        assert (record.byte_count, record.format) == (len(data), "JPEG" if record.label.endswith("jpg") else "PNG")
        assert catalog.original(record.id) is None  # it stays where it is
        assert original_bytes(catalog, record.id, LIMITS) == data
        thumbnail = catalog.thumbnail(record.id)
        assert thumbnail is not None
        assert max(decode(thumbnail).shape) == 320
        fresh = new_picture(data, record.sources[0], FAST, keep_original=False, limits=LIMITS)
        stored = catalog.fetch(np.array([record.id]), FAST[0].spec)
        np.testing.assert_array_equal(stored[0], fresh.features[FAST[0].spec])


def test_how_pictures_were_read_is_told_once(tmp_path: Path, make_catalog: MakeCatalog) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    levels = (np.arange(1200, dtype=np.uint16) * 3).reshape(30, 40)
    Image.fromarray(levels).save(folder / "scan.png")
    (folder / "plain.png").write_bytes(png(1))
    catalog = make_catalog()
    first = Indexing(catalog, items_of(folder), FAST)
    first.run()
    second = Indexing(catalog, items_of(folder), FAST)
    second.run()
    assert [(one.source.label, one.reason) for one in first.notes] == [
        ("scan.png", "Read as 12 bits, as no more of its 16 are used.")
    ]
    assert second.notes == []
    query = prepare_query((folder / "scan.png").read_bytes(), FAST)
    assert query.info.notes == ("Read as 12 bits, as no more of its 16 are used.",)


def test_bad_files_stop_nothing_and_are_listed_with_their_reason(tmp_path: Path, make_catalog: MakeCatalog) -> None:
    folder = fill(tmp_path / "pictures", range(5))
    (folder / "cut.png").write_bytes(png(77)[:-40])
    (folder / "empty.gif").touch()
    (folder / "text.jpg").write_text("not a picture")
    (folder / "heavy.png").write_bytes(png(78) + bytes(30_000))
    (folder / "wide.png").write_bytes(png(79, 4000, 8))
    (folder / "gone.png").symlink_to(tmp_path / "nowhere.png")
    items = items_of(folder)
    catalog = make_catalog()
    indexing = Indexing(catalog, items, FAST, limits=DecodeLimits(max_bytes=30_000, max_pixels=20_000))
    indexing.run()
    assert_adds_up(indexing)
    assert (indexing.progress.added, catalog.count()) == (5, 5)
    reasons = {one.source.label: one.reason for one in indexing.failures}
    expected = {
        "cut.png": "damaged",
        "empty.gif": "",
        "text.jpg": "",
        "heavy.png": "larger than",
        "wide.png": "4000 x 8",
        "gone.png": "No such file",
    }
    assert set(reasons) == set(expected)
    for name, words in expected.items():
        assert words in reasons[name]
        assert len(reasons[name]) > 20


def test_odd_pictures_count_as_built_though_nothing_compares_them(make_catalog: MakeCatalog) -> None:
    shapes = ((1, 1), (1, 3000), (3000, 1), (2, 2), (300, 300))
    data = [encode_png(np.full((*shape, 3), 90, np.uint8)) for shape in shapes]
    catalog = make_catalog()
    indexing = Indexing(catalog, [Item.of_bytes(one, Source("upload", f"{n}.png")) for n, one in enumerate(data)])
    assert indexing.run().added == len(shapes)
    for metric in ready_metrics():
        assert catalog.missing(metric.spec).size == 0
    assert catalog.fetch(catalog.ids(), PHash().spec).counts.sum() == 0
    assert Rebuild(catalog).run().total == 0


def test_the_same_bytes_are_one_picture_with_several_sources(tmp_path: Path, make_catalog: MakeCatalog) -> None:
    folder = fill(tmp_path / "pictures", range(3))
    for name in ("copy of 1.png", "another.png"):
        (folder / name).write_bytes(png(1))
    catalog = make_catalog()
    first = Indexing(catalog, items_of(folder), FAST, workers=4)
    first.run()
    assert_adds_up(first)
    assert (first.progress.added, first.progress.known) == (3, 2)
    (tmp_path / "later.png").write_bytes(png(1))
    second = Indexing(catalog, list_source(str(tmp_path)).items, FAST)
    second.run()
    assert_adds_up(second)
    assert (second.progress.added, second.progress.known) == (0, 6)
    labels = {
        frozenset(source.label for source in record.sources) for record in catalog.pictures(catalog.ids()).values()
    }
    assert labels == {
        frozenset({"0000.png"}),
        frozenset({"0002.png"}),
        frozenset({"0001.png", "copy of 1.png", "another.png", "later.png"}),
    }
    revision = catalog.revision()
    Indexing(catalog, items_of(folder), FAST).run()
    assert catalog.revision() == revision  # everything was there


def test_other_bytes_with_the_same_id_are_refused(make_catalog: MakeCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (records, prepare):
        monkeypatch.setattr(module, "image_id", lambda sha256: 7)
    catalog = make_catalog()
    items = [Item.of_bytes(png(number), Source("upload", f"{number}.png")) for number in (1, 2, 1)]
    for added in (1, 0):  # within one run, and between two
        indexing = Indexing(catalog, items, FAST, workers=1)
        indexing.run()
        assert_adds_up(indexing)
        assert (indexing.progress.added, indexing.progress.failed) == (added, 1)
        assert "same id" in indexing.failures[0].reason
    assert [one.address for one in catalog.pictures([7])[7].sources] == ["1.png"]


def test_a_picture_removed_during_the_run_is_said(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    item = Item.of_bytes(png(1), Source("upload", "1.png"))
    Indexing(catalog, [item], FAST).run()
    indexing = Indexing(catalog, [item], FAST)
    catalog.remove(catalog.ids())
    indexing.run()
    assert_adds_up(indexing)
    assert "removed from the catalog during this run" in indexing.failures[0].reason


def test_pipes_and_devices_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path / "pipe.png", tmp_path, Path("/dev/zero")):
        with pytest.raises(SourceError, match="not a file"):
            read_file(path, LIMITS)


def test_reading_a_file_stops_at_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(bytes(1000))
    assert read_file(path, DecodeLimits(max_bytes=1000)) == bytes(1000)
    with pytest.raises(ImageError, match="larger than"):
        read_file(path, DecodeLimits(max_bytes=999))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_names_that_are_not_unicode_are_listed(tmp_path: Path, make_catalog: MakeCatalog) -> None:
    folder = fill(tmp_path / "pictures", range(2))
    with suppress(OSError):  # some file systems of Linux allow none either
        Path(os.fsdecode(bytes(folder) + b"/D\xfcrer.png")).write_bytes(png(5))
    indexing = Indexing(make_catalog(), items_of(folder), FAST)
    indexing.run()
    assert_adds_up(indexing)
    assert indexing.progress.added == 2
    assert all("not valid Unicode" in one.reason for one in indexing.failures)
    assert len(indexing.failures) == len(list(folder.iterdir())) - 2


# Runs ----------------------------------------------------------------------------------------------


def test_each_step_adds_up(tmp_path: Path, make_catalog: MakeCatalog) -> None:
    folder = fill(tmp_path / "pictures", range(20))
    (folder / "copy.png").write_bytes(png(3))
    (folder / "text.png").write_text("no picture")
    indexing = Indexing(make_catalog(), items_of(folder), FAST)
    steps = list(indexing)
    assert [one.done for one in steps] == [*range(1, 23), 22]
    for one in steps:
        assert one.done == one.added + one.known + one.failed
        assert one.total == 22
    assert steps[-1] == indexing.progress
    assert (steps[-1].added, steps[-1].known, steps[-1].failed) == (20, 1, 1)
    assert steps[-1].left_s == 0
    assert steps[0].rate > 0


def test_an_empty_run_is_done(make_catalog: MakeCatalog) -> None:
    (last,) = Indexing(make_catalog(), [])
    assert (last.done, last.total, last.rate, last.left_s) == (0, 0, 0, 0)


@pytest.mark.parametrize("how", ["stop", "close", "leave"])
def test_what_is_done_is_kept_and_the_rest_follows(how: str, tmp_path: Path, make_catalog: MakeCatalog) -> None:
    items = items_of(fill(tmp_path / "pictures", range(40)))
    catalog = make_catalog()
    indexing = Indexing(catalog, items, FAST, workers=2)
    steps = iter(indexing)
    for progress in steps:
        if progress.done == 11 and how == "stop":
            indexing.stop()
        elif progress.done == 11:
            break
    steps.close()  # type: ignore[attr-defined]
    kept = indexing.progress.added
    assert 11 <= kept < 40
    assert catalog.count() == kept
    assert catalog.missing(FAST[0].spec).size == 0
    rest = Indexing(catalog, items, FAST)
    rest.run()
    assert_adds_up(rest)
    assert (rest.progress.known, rest.progress.added) == (kept, 40 - kept)


def test_a_mistake_of_our_own_fails_its_picture_and_is_logged(
    tmp_path: Path, make_catalog: MakeCatalog, caplog: pytest.LogCaptureFixture
) -> None:
    @dataclass(frozen=True)
    class Mistaken(PHash):
        def extract(self, image: RGBImage) -> Features:
            if image.shape[1] == 80:
                raise ZeroDivisionError("a mistake")
            return super().extract(image)

    folder = fill(tmp_path / "pictures", range(10))
    (folder / "last.png").write_bytes(png(10, width=80))
    catalog = make_catalog()
    run = Indexing(catalog, items_of(folder), [Mistaken()], workers=1)
    assert run.run().added == catalog.count() == 10
    assert [one.source.label for one in run.failures] == ["last.png"]
    assert "ZeroDivisionError: a mistake" in caplog.text


class CountedItems(Sequence[Item]):
    """Items that know how many of them were taken."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items, self.taken = items, 0

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        return self.items[index]

    def __iter__(self) -> Iterator[Item]:
        for item in self.items:
            self.taken += 1
            yield item


@pytest.mark.parametrize("workers", [1, 3])
def test_few_pictures_are_under_way_at_once(workers: int, tmp_path: Path, make_catalog: MakeCatalog) -> None:
    items = CountedItems(items_of(fill(tmp_path / "pictures", range(40))))
    most = 0
    for progress in Indexing(make_catalog(), items, FAST, workers=workers):
        most = max(most, items.taken - progress.done)
    assert most == 2 * workers - 1  # besides the one just counted


class Batches(SqliteCatalog):
    """Notes how many pictures came in each batch."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.sizes: list[int] = []

    def add(self, pictures: Sequence[NewPicture]) -> records.AddResult:
        self.sizes.append(len(pictures))
        return super().add(pictures)


def test_batches_are_bounded_in_pictures_and_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "BATCH_S", 3600)
    items = [Item.of_bytes(png(number), Source("upload", f"{number}.png")) for number in range(20)]
    heaviest = max(len(item.data or b"") for item in items)
    for name, limit, expected in (("BATCH_PICTURES", 6, [6, 6, 6, 2]), ("BATCH_BYTES", heaviest * 1.5, [2] * 10)):
        with monkeypatch.context() as patch, closing(Batches(tmp_path / f"{name}.sqlite")) as catalog:
            patch.setattr(prepare, name, limit)
            Indexing(catalog, items, FAST).run()
            assert catalog.sizes == expected


# Pixels --------------------------------------------------------------------------------------------


class Meter:
    """Counts who is inside at once; each waits for all that may be, and a while for more than there should be."""

    def __init__(self, allowed: int) -> None:
        self.allowed, self.inside, self.most = allowed, 0, 0
        self.changed = threading.Condition()

    def __enter__(self) -> None:
        with self.changed:
            self.inside += 1
            self.most = max(self.most, self.inside)
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.most >= self.allowed, timeout=5)
            self.changed.wait_for(lambda: self.most > self.allowed, timeout=0.1)

    def __exit__(self, *_: object) -> None:
        with self.changed:
            self.inside -= 1


@pytest.mark.slow
def test_a_budget_is_shared_and_returned() -> None:
    budget, meter = Budget(100), Meter(allowed=3)

    def work(pixels: int) -> None:
        with budget.hold(pixels), meter:
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [30] * 24))
    assert meter.most == 3
    meter = Meter(allowed=1)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, [1000] * 4))  # more than all of it: one by one
    assert meter.most == 1
    with pytest.raises(ZeroDivisionError), budget.hold(100):
        raise ZeroDivisionError
    with budget.hold(100):
        pass


@pytest.mark.slow
@pytest.mark.parametrize(("encode", "at_once"), [(encode_png, 2), (encode_jpeg, 5)], ids=["PNG", "JPEG"])
def test_large_pictures_are_decoded_within_the_budget(
    encode: Callable[[RGBImage], bytes],
    at_once: int,
    make_catalog: MakeCatalog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A JPEG is decoded at a fraction of its size, so more of them have room."""
    meter, working = Meter(allowed=at_once), Opened.working

    def metered(opened: Opened) -> RGBImage:
        with meter:
            return working(opened)

    monkeypatch.setattr(Opened, "working", metered)
    monkeypatch.setattr(loading, "DECODING", Budget(round(100 * 80 * (2.5 * 8 if at_once == 2 else 5.5 * 0.5))))
    items = [Item.of_bytes(encode(decode(png(number, 100, 80))), Source("upload", f"{number}")) for number in range(12)]
    catalog = make_catalog()
    assert Indexing(catalog, items, FAST, workers=8).run().added == 12
    assert meter.most == at_once
    meter.allowed, meter.most = 1, 0
    monkeypatch.setattr(loading, "DECODING", Budget(1))
    assert Rebuild(catalog, [Orb(keypoints=100)]).run().added == 12
    assert meter.most == 1


# Links ---------------------------------------------------------------------------------------------


def test_links_are_fetched_and_their_bytes_kept(server: Server, tmp_path: Path, make_catalog: MakeCatalog) -> None:
    (tmp_path / "file.png").write_bytes(png(0))
    links = [server.add(f"/{number}.png", png(number)) for number in range(1, 13)]
    bad = [server.url("/nothing.png"), server.add("/page.png", b"<html>"), "http://127.0.0.1/refused.png"]
    items = [Item.of_file(tmp_path / "file.png"), *map(Item.of_link, [*links, *bad, links[0]])]
    items.append(Item.of_link(server.add("/same.png", png(2)), {"artist": "X"}))
    catalog = make_catalog()
    indexing = Indexing(catalog, items, FAST, policy=policy_for(server))
    indexing.run()
    assert_adds_up(indexing)
    assert (indexing.progress.added, indexing.progress.known, indexing.progress.failed) == (13, 2, 3)
    reasons = {one.source.address: one.reason for one in indexing.failures}
    assert set(reasons) == set(bad)
    assert "404" in reasons[bad[0]]
    assert "loopback" in reasons[bad[2]]
    assert server.count("/1.png") == 1  # though two items name it
    for number in range(1, 13):
        picture_id = catalog.known_sources("link", [links[number - 1]])[links[number - 1]]
        assert catalog.original(picture_id) == png(number)
    second = catalog.pictures([records.image_id(digest(png(2)))])
    assert {one.metadata.get("artist") for record in second.values() for one in record.sources} == {None, "X"}
    again = Indexing(catalog, items, FAST, policy=policy_for(server))
    assert (again.run().known, again.progress.failed) == (15, 3)


def hanging(asked: threading.Event, released: threading.Event, data: bytes) -> Handler:
    async def respond(_: web.Request) -> web.StreamResponse:
        asked.set()
        while not released.is_set():
            await asyncio.sleep(0.01)
        return web.Response(body=data)

    return respond


@pytest.mark.parametrize("how", ["stop", "close"])
def test_a_link_that_hangs_does_not_hold_the_end_up(how: str, server: Server, make_catalog: MakeCatalog) -> None:
    asked, released = threading.Event(), threading.Event()
    link = server.add("/hanging.png", hanging(asked, released, b""))
    good = Item.of_bytes(png(1), Source("upload", "1.png"))
    catalog = make_catalog()
    indexing = Indexing(catalog, [good, Item.of_link(link)], FAST, policy=policy_for(server))
    rescue = threading.Timer(20, released.set)  # else a failing test would last as long as the link's timeout
    rescue.start()
    for _ in indexing:
        if asked.is_set():
            if how == "close":
                break
            indexing.stop()
    rescue.cancel()
    assert not released.is_set()
    assert (indexing.progress.done, catalog.count()) == (1, 1)
    assert "download" not in {thread.name for thread in threading.enumerate()}
    released.set()


def test_pictures_at_hand_are_stored_while_a_link_is_slow(
    server: Server, make_catalog: MakeCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "BATCH_S", 0.05)
    released = threading.Event()
    link = server.add("/slow.png", hanging(threading.Event(), released, png(99)))
    items = [Item.of_bytes(png(number), Source("upload", f"{number}.png")) for number in range(3)]
    catalog = make_catalog()
    indexing = Indexing(catalog, [*items, Item.of_link(link)], FAST, policy=policy_for(server))
    for progress in indexing:
        if progress.done == 3 and catalog.count() == 3:
            released.set()
    assert released.is_set()
    assert indexing.progress.added == 4


def test_a_mistake_while_fetching_is_raised(
    server: Server, make_catalog: MakeCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a mistake")

    monkeypatch.setattr("pictrace.indexing.links.fetch_many", broken)
    catalog = make_catalog()
    items = [Item.of_bytes(png(1), Source("upload", "1.png")), Item.of_link(server.url("/1.png"))]
    with pytest.raises(ZeroDivisionError):
        Indexing(catalog, items, FAST, policy=policy_for(server)).run()


# Features ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counting(PHash):
    """A metric that counts the pictures it saw."""

    name: ClassVar[str] = "counting"
    seen: ClassVar[list[int]] = []

    def extract(self, image: RGBImage) -> Features:
        self.seen.append(int(image.sum()))
        return super().extract(image)


def test_features_of_other_parameters_are_built_beside_the_old(
    photographs: dict[str, bytes], make_catalog: MakeCatalog
) -> None:
    catalog = make_catalog()
    items = [Item.of_bytes(data, Source("upload", name)) for name, data in photographs.items()]
    Indexing(catalog, items, [Orb()]).run()
    fewer = Orb(keypoints=200)
    assert fewer.feature_key != Orb().feature_key
    run = Rebuild(catalog, [Orb(), fewer]).run()
    assert (run.total, run.added, run.failed) == (len(items), len(items), 0)
    built = catalog.feature_counts()
    assert built[Orb().feature_key] == built[fewer.feature_key] == len(items)
    counts = catalog.fetch(catalog.ids(), fewer.spec).counts
    assert (counts <= 200).all()
    assert (counts < catalog.fetch(catalog.ids(), Orb().spec).counts).all()
    assert Rebuild(catalog, [Orb(), fewer]).run().total == 0


def test_only_what_is_missing_is_built_and_it_resumes(
    tmp_path: Path, make_catalog: MakeCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "BATCH_PICTURES", 4)
    catalog, metric = make_catalog(), Counting()
    Indexing(catalog, items_of(fill(tmp_path / "pictures", range(14))), FAST).run()
    metric.seen.clear()
    for progress in Rebuild(catalog, [*FAST, metric]):
        assert (progress.done, progress.failed, progress.total) == (4, 0, 14)
        break
    assert catalog.missing(metric.spec).size == 10
    assert [one.done for one in Rebuild(catalog, [*FAST, metric])] == [4, 8, 10, 10]
    assert len(metric.seen) == len(set(metric.seen)) == 14
    with closing(sqlite3.connect(catalog.location)) as db, db:
        db.execute("DELETE FROM small_features WHERE key_id = (SELECT id FROM feature_keys WHERE name LIKE 'count%')")
    before = catalog.fetch(catalog.ids(), FAST[0].spec).rows
    assert [one.done for one in Rebuild(catalog, [*FAST, metric])] == [4, 8, 12, 14, 14]
    assert len(metric.seen) == 28
    np.testing.assert_array_equal(catalog.fetch(catalog.ids(), metric.spec).rows, before)


def test_originals_that_are_gone_or_changed_are_listed(tmp_path: Path, make_catalog: MakeCatalog) -> None:
    folder = fill(tmp_path / "pictures", range(6))
    (folder / "copy.png").write_bytes(png(3))
    catalog, metric = make_catalog(), Counting()
    Indexing(catalog, items_of(folder), FAST).run()
    (folder / "0001.png").rename(folder / "moved.png")
    (folder / "0002.png").write_bytes(png(99))
    (folder / "0003.png").unlink()  # its copy is still there
    run = Rebuild(catalog, [metric])
    assert (run.run().done, run.progress.added, run.progress.failed) == (6, 4, 2)
    assert {one.source.label for one in run.failures} == {"0001.png", "0002.png"}
    for failure in run.failures:
        assert "not where it was" in failure.reason
        assert failure.source.label in failure.reason
    assert catalog.missing(metric.spec).size == 2
    (folder / "moved.png").rename(folder / "0001.png")
    run = Rebuild(catalog, [metric])
    assert (run.run().added, [one.source.label for one in run.failures]) == (1, ["0002.png"])


def test_a_picture_removed_meanwhile_has_no_original(make_catalog: MakeCatalog) -> None:
    with pytest.raises(SourceError, match="holds no picture 5"):
        original_bytes(make_catalog(), 5, LIMITS)


# Killed --------------------------------------------------------------------------------------------

KILLED = """
import sys
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.sources.listing import list_source
from pictrace.indexing.index import Indexing; from pictrace.indexing import prepare

class Telling(SqliteCatalog):
    def add(self, pictures):
        result = super().add(pictures)
        print(*(one.id for one in pictures), flush=True)  # committed
        return result

prepare.BATCH_PICTURES = 3
Indexing(Telling(sys.argv[2]), list_source(sys.argv[1]).items).run()
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_run_loses_nothing_and_is_completed(tmp_path: Path) -> None:
    total, kills = 150, 4
    folder, path = fill(tmp_path / "pictures", range(total)), tmp_path / "catalog.sqlite"
    command = [sys.executable, "-c", KILLED, str(folder), str(path)]
    committed: set[int] = set()
    killed = 0
    for attempt in range(kills):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert process.stdout is not None
        with process.stdout as output:
            for _ in range(2 + attempt):
                committed |= {int(one) for one in output.readline().split()}
            process.kill()
            for line in output:
                committed |= {int(one) for one in line.split()}
        killed += process.wait() == -signal.SIGKILL
        with closing(SqliteCatalog(path, must_exist=True)) as catalog:
            ids = set(catalog.ids().tolist())
            assert committed <= ids
            assert len(committed) > attempt
            for metric in ready_metrics():
                assert catalog.missing(metric.spec).size == 0
            for one, record in catalog.pictures(ids).items():
                assert len(record.sources) == 1
                assert catalog.thumbnail(one) is not None
            assert len(catalog.changes(0).added) == len(ids)
            with closing(sqlite3.connect(path)) as db:
                assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert killed == kills
    with closing(SqliteCatalog(path)) as catalog:
        left = Indexing(catalog, items_of(folder))
        left.run()
        assert_adds_up(left)
        assert left.progress.added == total - len(ids) > 0
        assert catalog.count() == total
        assert set(catalog.feature_counts().values()) == {total}


def test_nothing_counts_as_added_to_a_catalog_that_is_gone(tmp_path: Path, make_catalog: MakeCatalog) -> None:
    folder = fill(tmp_path / "pictures", range(10))
    catalog = make_catalog()
    run = Indexing(catalog, items_of(folder), FAST)
    steps = iter(run)
    assert next(steps).done < 10
    Path(catalog.location).unlink()
    with pytest.raises(CatalogError, match="is gone"):
        list(steps)
    assert run.progress.added == 0
