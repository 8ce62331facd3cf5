"""The inverted index of a catalog's keypoints, in segments beside it, kept in step with its revision.

What is new goes into a segment of its own; segments of like size are merged, so that there are few, and a keypoint is
written again a few times only, however the catalog grows. Where the catalog outgrows the number of cells, all is made
again with more, or the lists would grow with it. Segments are a cache: what is damaged, of another catalog or of
pictures that are gone is made again, or dropped.
"""

from __future__ import annotations

import logging
import secrets
import sqlite3
import threading
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.base import Catalog
from pictrace.catalog.postings import Postings, ids_of
from pictrace.catalog.segments import (
    ENTRY_WORDS,
    Part,
    Runs,
    Segment,
    in_memory,
    merged,
    read_segment,
    write_segment,
)
from pictrace.features import Features, FeatureSpec
from pictrace.folders import process_lock

__all__ = ["HasPostings", "Index"]

CHUNK_PICTURES = 1024
BATCH_PICTURES = 16_384
"""Made at once, and then kept whatever happens."""

LARGEST_PICTURES = 250_000
"""Of a segment that is merged with others, so that merging and searching take a bounded memory."""

MERGED_AT = 4
"""A segment is merged with what is new where it is less than so many times as large."""

WORTH_A_FILE_BYTES = 1 << 20
MOST_IN_MEMORY = 10_000  # pictures, 60 MB, where nothing can be written
GONE_SHARE = 0.25

_log = logging.getLogger(__name__)


class HasPostings(Protocol):
    """A metric of keypoints, as the index sees it."""

    @property
    def spec(self) -> FeatureSpec: ...

    @property
    def index_key(self) -> str: ...

    def side_for(self, pictures: int) -> int: ...

    def placed(self, rows: Features, side: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]: ...


class Index:
    """The postings of one metric's keypoints in a catalog. Safe for threads.

    Parameters
    ----------
    catalog, metric
        Whose keypoints.
    folder
        Where segments lie; None keeps them in memory.
    whole
        What the catalog is a part of: all parts have as many cells as the whole would have.
    """

    def __init__(
        self, catalog: Catalog, metric: HasPostings, folder: Path | None, *, whole: Catalog | None = None
    ) -> None:
        self._catalog, self._metric, self._folder, self._whole = catalog, metric, folder, whole
        self._lock = threading.Lock()  # held for a moment: what is asked for while others build is what there is
        self._building = threading.Lock()
        self._postings: Postings | None = None
        self._growing: tuple[Segment, ...] = ()  # with more cells, until they hold everything

    def current(self) -> Postings:
        """What there is, for the pictures of now; others may have made some of it."""
        with self._lock:
            now = self._postings or Postings.of(-1, np.empty(0, np.int64), self._opened(()))
            revision = self._catalog.revision()
            if now.revision != revision:
                now = Postings.of(revision, self._catalog.feature_ids(self._metric.spec), now.segments)
            if len(now.missing) and self._files() - {one.path for one in now.segments}:
                now = Postings.of(now.revision, now.ids, self._opened(now.segments))
            self._postings = now
            return now

    def update(self, *, wait: bool = True) -> Postings:
        """All of ``steps``."""
        for _ in self.steps(wait=wait):
            pass
        return self.current()

    def steps(self, *, wait: bool = True) -> Generator[tuple[int, int], None, None]:
        """Bring it up to date, batch by batch: each step is (done, total) pictures.

        It can be closed early. A batch that is done is kept, so that others go on from there.

        Parameters
        ----------
        wait
            For another thread that does this; if not, and there is one, there are no steps, as where another
            process does it.
        """
        if not self._building.acquire(blocking=wait):
            return
        try:
            with self._alone() as alone:
                if alone:
                    yield from self._steps()
        except OSError as error:  # no room for what is sorted: sketches choose in its place
            _log.warning("the index of keypoints could not be made (%s)", error)
        finally:
            self._building.release()

    def _steps(self) -> Generator[tuple[int, int], None, None]:
        postings = self._looked_again()
        total = len(postings.ids if self._whole is None else self._whole.feature_ids(self._metric.spec))
        side = self._metric.side_for(total)
        # Fewer cells would do where pictures went; that pays only where most did.
        fits = side <= postings.side <= self._metric.side_for(4 * total)
        grows = bool(postings.segments) and not fits
        if grows:
            segments = tuple(one for one in self._growing if one.cells == side * side)
        else:
            side, segments = postings.side or side, postings.segments
        missing = np.setdiff1d(postings.ids, ids_of(segments), assume_unique=True)
        if self._ready_folder() is None and len(postings.ids) > MOST_IN_MEMORY:
            return
        done = 0
        for start in range(0, len(missing), BATCH_PICTURES):
            batch = missing[start : start + BATCH_PICTURES]
            with closing(Runs(self._ready_folder(), side * side)) as runs:
                for count in self._sorted(batch, side, runs):
                    done += count
                    yield done, len(missing)
                segments = self._joined(segments, runs.parts, batch, postings)
            self._keep(segments, growing=grows)
        self._keep(self._without_gone(segments, postings))
        kept = {one.path for one in self.current().segments}
        _delete(path for path in self._files() if path not in kept)

    def _looked_again(self) -> Postings:
        """What there is now, where others may have made better."""
        postings = self.current()
        with self._lock:
            if self._files() - {one.path for one in postings.segments} - {one.path for one in self._growing}:
                segments = self._opened((*postings.segments, *self._growing))
                postings = self._postings = Postings.of(postings.revision, postings.ids, segments)
        return postings

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether no other process works on it; none starts meanwhile."""
        folder = self._ready_folder()
        with ExitStack() as stack:
            try:
                if folder is not None:
                    stack.enter_context(process_lock(folder / f"{self._metric.index_key}.lock", timeout_s=0))
            except sqlite3.Error as error:
                if error.sqlite_errorname.startswith("SQLITE_BUSY"):
                    yield False
                    return
            yield True

    def _keep(self, segments: tuple[Segment, ...], *, growing: bool = False) -> None:
        """These from now on, or as soon as they hold everything; files of others are of no use any more."""
        with self._lock:
            now = self._postings or Postings.of(-1, np.empty(0, np.int64), ())
            former = {*self._growing} if growing else {*self._growing, *now.segments}
            self._growing = segments if growing else ()
            if not growing and segments != now.segments:
                self._postings = Postings.of(now.revision, now.ids, segments)
        _delete(one.path for one in former if one not in segments)

    def _sorted(self, batch: NDArray[np.int64], side: int, runs: Runs) -> Iterator[int]:
        """The batch's keypoints into runs, a chunk of pictures a step: how many."""
        for start in range(0, len(batch), CHUNK_PICTURES):
            some = batch[start : start + CHUNK_PICTURES]
            features = self._catalog.fetch(some, self._metric.spec)
            pictures = np.repeat(np.arange(len(some)), features.counts)
            runs.add(some, pictures, *self._metric.placed(features.rows, side))
            yield len(some)

    def _joined(
        self, segments: Sequence[Segment], parts: Sequence[Part], batch: NDArray[np.int64], postings: Postings
    ) -> tuple[Segment, ...]:
        """The segments with these parts in one of them, which takes in the smaller ones."""
        by_size = sorted(segments, key=lambda one: len(one.ids))
        size, taken = len(batch), 0
        for one in by_size:
            if len(one.ids) >= MERGED_AT * size or size + len(one.ids) > LARGEST_PICTURES:
                break
            size, taken = size + len(one.ids), taken + 1
        absorbed = by_size[:taken]
        ids = np.sort(np.concatenate([batch, *(np.intersect1d(one.ids, postings.ids) for one in absorbed)]))
        return (*by_size[taken:], self._made([*parts, *absorbed], ids, postings.revision))

    def _without_gone(self, segments: tuple[Segment, ...], postings: Postings) -> tuple[Segment, ...]:
        """The segments, those made again of which many pictures are gone."""
        kept = [np.intersect1d(one.ids, postings.ids, assume_unique=True) for one in segments]
        if all(len(ids) >= (1 - GONE_SHARE) * len(one.ids) for one, ids in zip(segments, kept, strict=True)):
            return segments
        return tuple(
            one if len(ids) == len(one.ids) else self._made([one], ids, postings.revision)
            for one, ids in zip(segments, kept, strict=True)
            if len(ids)
        )

    def _made(self, parts: Sequence[Part], ids: NDArray[np.int64], revision: int) -> Segment:
        cells = parts[0].cells
        total = sum(int(part.bounds()[-1]) for part in parts)
        folder = self._ready_folder()
        if folder is not None and total * ENTRY_WORDS * 4 >= WORTH_A_FILE_BYTES:
            key, identity = self._metric.index_key, self._catalog.identity
            path = folder / f"{key}-{secrets.token_hex(8)}.postings"
            try:
                write_segment(path, merged(parts, ids), ids, cells, catalog=identity, key=key, revision=revision)
                segment = read_segment(path, catalog=identity, key=key)
                if segment is not None:
                    return segment
            except OSError as error:
                _log.warning("no index beside the catalog (%s); it is kept in memory", error)
        return in_memory(merged(parts, ids), ids, cells, revision)

    def _ready_folder(self) -> Path | None:
        """The folder, made where it can be."""
        if self._folder is not None:
            try:
                self._folder.mkdir(exist_ok=True)
            except OSError:
                return None
        return self._folder

    def _files(self) -> set[Path]:
        """Those that lie beside the catalog."""
        pattern = f"{self._metric.index_key}-{'[0-9a-f]' * 16}.postings"
        return set() if self._folder is None else set(self._folder.glob(pattern))

    def _opened(self, known: Sequence[Segment]) -> tuple[Segment, ...]:
        """The segments that hold most together, of these and of the files."""
        key, identity = self._metric.index_key, self._catalog.identity
        new = self._files() - {one.path for one in known}
        opened = {path: read_segment(path, catalog=identity, key=key) for path in new}
        whole = [*known, *(one for one in opened.values() if one is not None)]
        sizes = Counter[int]()
        for one in whole:
            sizes[one.cells] += len(one.ids)
        chosen = max(sizes, key=lambda cells: (sizes[cells], cells), default=0)
        taken: list[Segment] = []
        # A segment that has taken in others lies beside them, if its maker was killed before they were gone.
        for one in sorted(whole, key=lambda one: (one.revision, len(one.ids)), reverse=True):
            if one.cells == chosen and not np.isin(one.ids, ids_of(taken), assume_unique=True).any():
                taken.append(one)
        return tuple(taken)


def _delete(paths: Iterable[Path | None]) -> None:
    for path in paths:
        if path is not None:
            try:
                path.unlink(missing_ok=True)
            except OSError:  # mapped by another process, on Windows: found superfluous at the next opening
                _log.debug("%s stays", path)
