"""Read many damaged files, and count what went wrong."""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from random import Random

from benchmarks.fuzz.lists import sound_lists
from benchmarks.fuzz.mutations import damaged
from benchmarks.fuzz.pictures import sound_pictures
from pictrace.catalog import open_catalog
from pictrace.catalog.other import kind_of
from pictrace.errors import PicTraceError
from pictrace.faults import as_own
from pictrace.images.loading import load_picture
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.merge import Merge
from pictrace.service.pictures import upload_limits
from pictrace.sources.listing import kind_of_source, list_source
from pictrace.web.scrape import next_page, picture_links

__all__ = ["Tally", "cases", "fuzz"]

SLOW_S = 5.0
_READ = 20  # entries of one list that are read

_Case = tuple[str, str, bytes]
"""A name to make it again by, the format or the ending, and the file."""


@dataclass
class Tally:
    """What came of it. slowest_s: of one file. faults: what was logged, by its last line."""

    read: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    foreign: Counter[str] = field(default_factory=Counter)
    slow: int = 0
    slowest_s: float = 0.0
    slowest: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        lines = [f"{sum(self.read.values()) + sum(self.refused.values()):,} files in {self.seconds:.0f} s"]
        for kind in sorted({*self.read, *self.refused}):
            lines.append(f"  {kind:8} {self.read[kind]:8,} read {self.refused[kind]:8,} refused")
        lines.append(f"foreign exceptions: {sum(self.foreign.values())}")
        lines += [f"  {number:6,} {what}" for what, number in self.foreign.most_common()]
        lines.append(f"slower than {SLOW_S:g} s: {self.slow}; slowest: {self.slowest_s:.2f} s ({self.slowest})")
        return "\n".join(lines)


class _Faults(logging.Handler):
    """What nets at borders have logged, by thread: the file under way there is to blame."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.by_thread: dict[int, list[str]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record).strip().splitlines()
        self.by_thread.setdefault(threading.get_ident(), []).append(f"{text[0].partition(':')[2][:60]} | {text[-1]}")

    def taken(self) -> list[str]:
        return self.by_thread.pop(threading.get_ident(), [])


def fuzz(
    pictures: int,
    others: int,
    seed: int = 1,
    most_s: float = float("inf"),
    keep: Path | None = None,
    *,
    apart: bool = True,
) -> Tally:
    """Read so many damaged pictures, and other files, within so many seconds in all; two threads at a time.

    The same seed gives the same files, whatever the numbers are.
    """
    tally, lock = Tally(), threading.Lock()
    began = time.perf_counter()
    limits = upload_limits() if apart else DecodeLimits()
    with tempfile.TemporaryDirectory() as name, _listening() as faults:
        folder = Path(name)

        def tried(case: _Case) -> None:
            label, kind, data = case
            if time.perf_counter() - began > most_s:
                return
            started = time.perf_counter()
            sound = False
            try:
                with as_own(PicTraceError, label):
                    if kind.startswith("."):
                        _read_other(data, folder / f"{label}{kind}")
                    else:
                        load_picture(data, limits)
                sound = True
            except PicTraceError:
                pass
            seconds = time.perf_counter() - started
            told = faults.taken()
            with lock:
                (tally.read if sound else tally.refused)[kind] += 1
                tally.foreign.update(told)
                tally.slow += seconds > SLOW_S
                if seconds > tally.slowest_s:
                    tally.slowest_s, tally.slowest = seconds, f"{label}{kind}"
            if keep is not None and (told or seconds > SLOW_S):
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{label}{kind if kind.startswith('.') else '.' + kind.lower()}").write_bytes(data)

        with ThreadPoolExecutor(2) as pool:
            # In turn, so that a run that is cut short has seen all kinds.
            files = _both(
                islice(cases("picture", sound_pictures(), seed), pictures),
                islice(cases("other", sound_lists(), seed), others),
            )
            for some in iter(lambda: list(islice(files, 500)), []):
                list(pool.map(tried, some))
                if time.perf_counter() - began > most_s:
                    break
        for told in faults.by_thread.values():  # of threads that work for others
            tally.foreign.update(told)
    tally.seconds = time.perf_counter() - began
    return tally


def cases(what: str, sound: Mapping[str, Sequence[bytes]], seed: int) -> Iterator[_Case]:
    """Damaged files of all kinds in turn, without end; what: a word of their names."""
    kinds = sorted(sound)
    for number in count():
        chance = Random(f"{seed} {what} {number}")  # noqa: S311 (repeatable, no secret)
        kind = kinds[number % len(kinds)]
        files = sound[kind]
        yield f"{what}-{seed}-{number}", kind, damaged(chance.choice(files), files, chance)


def _both(first: Iterator[_Case], second: Iterator[_Case]) -> Iterator[_Case]:
    """Five of the first, one of the second, and so on, until both have ended."""
    while some := [*islice(first, 5), *islice(second, 1)]:
        yield from some


def _read_other(data: bytes, path: Path) -> None:
    if path.suffix == ".html":
        picture_links(data, "https://example.org/page.html")
        next_page(data, "https://example.org/page.html")
        return
    path.write_bytes(data)
    try:
        if path.suffix == ".sqlite" and kind_of(path).kind == "catalog":
            _merged(path)
            return
        kind = kind_of_source(str(path))
        if kind.tables is not None:
            kind.tables(path)
        listing = list_source(str(path))
        for item in listing.items[:_READ]:
            if item.data is not None or item.load is not None:
                _ = item.data or (item.load and item.load())
    finally:
        path.unlink()


def _merged(path: Path) -> None:
    target = path.with_suffix(".target")
    try:
        with closing(open_catalog(str(target), must_exist=False)) as catalog:
            Merge(catalog, path, trust_files=False, limits=upload_limits(), workers=1).run()
    finally:
        for one in target.parent.glob(f"{target.stem}*target*"):
            if one.is_file():
                one.unlink()


@contextmanager
def _listening() -> Iterator[_Faults]:
    faults, log = _Faults(), logging.getLogger("pictrace")
    before = log.propagate
    log.addHandler(faults)
    log.propagate = False
    try:
        yield faults
    finally:
        log.removeHandler(faults)
        log.propagate = before
