"""The inverted index of a catalog's keypoints, in segments beside it, kept in step with its revision.

What is new goes into a segment of its own; segments of like size are merged, so that there are few, and a keypoint is
written again a few times only, however the catalog grows. Where the catalog outgrows the number of cells, all is made
again with more, or the lists would grow with it. Segments are a cache: what is damaged, of another catalog or of
pictures that are gone is made again, or dropped.
"""

from __future__ import annotations

import logging
import math
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.base import Catalog
from pictrace.catalog.segments import (
    ENTRY_WORDS,
    Part,
    Runs,
    Segment,
    in_memory,
    merged,
    read_segment,
    renumbering,
    write_segment,
)
from pictrace.features import Features, FeatureSpec

__all__ = ["HasPostings", "Index", "Postings"]

CHUNK_PICTURES = 1024
BATCH_PICTURES = 16_384
"""Made at once, and then kept whatever happens."""

LARGEST_PICTURES = 250_000
"""Of a segment that is merged with others, so that merging and searching take a bounded memory."""

MERGED_AT = 4
"""A segment is merged with what is new where it is less than so many times as large."""

WORTH_A_FILE_BYTES = 1 << 20
GONE_SHARE = 0.25
RELEASED_BYTES = 1 << 26  # more than this is given back after each search

_log = logging.getLogger(__name__)


class HasPostings(Protocol):
    """A metric of keypoints, as the index sees it."""

    @property
    def spec(self) -> FeatureSpec: ...

    @property
    def index_key(self) -> str: ...

    def side_for(self, pictures: int) -> int: ...

    def placed(self, rows: Features, side: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]: ...


@dataclass(frozen=True)
class Postings:
    """The index at one moment. Read-only.

    Attributes
    ----------
    revision : int
    ids : (n,) int64 array
        All pictures that have such features, ascending.
    segments : tuple of Segment
        A picture is in one of them at most; all have as many cells.
    missing : (k,) int64 array
        The pictures that are in no segment, ascending.
    places : tuple of int64 arrays
        For each segment, the positions of its pictures in ``ids``, -1 for those that are gone.
    """

    revision: int
    ids: NDArray[np.int64]
    segments: tuple[Segment, ...]
    missing: NDArray[np.int64]
    places: tuple[NDArray[np.int64], ...]

    @classmethod
    def of(cls, revision: int, ids: NDArray[np.int64], segments: tuple[Segment, ...]) -> Postings:
        missing = np.setdiff1d(ids, _ids_of(segments), assume_unique=True)
        return cls(revision, ids, segments, missing, tuple(renumbering(one.ids, ids) for one in segments))

    @property
    def side(self) -> int:
        """There are side * side cells; 0 without segments."""
        return math.isqrt(self.segments[0].cells) if self.segments else 0

    def lists(self, cells: NDArray[np.uint32]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """For each segment, where the entries of these cells begin and end."""
        return [(one.starts[cells].astype(np.int64), one.starts[cells + 1].astype(np.int64)) for one in self.segments]

    def release(self) -> None:
        """Give back the memory that looking into a large index took."""
        if sum(one.entries.nbytes for one in self.segments) > RELEASED_BYTES:
            for one in self.segments:
                one.release()


class Index:
    """The postings of one metric's keypoints in a catalog. Safe for threads.

    Parameters
    ----------
    catalog, metric
        Whose keypoints.
    folder
        Where segments lie; None keeps them in memory.
    """

    def __init__(self, catalog: Catalog, metric: HasPostings, folder: Path | None) -> None:
        self._catalog, self._metric, self._folder = catalog, metric, folder
        self._lock = threading.Lock()  # held for a moment: what is asked for while others build is what there is
        self._building = threading.Lock()
        self._postings: Postings | None = None
        self._growing: tuple[Segment, ...] = ()  # with more cells, until they hold everything

    def current(self) -> Postings:
        """What there is, for the pictures of now."""
        with self._lock:
            if self._postings is None:
                self._postings = Postings.of(-1, np.empty(0, np.int64), self._opened())
            revision = self._catalog.revision()
            if self._postings.revision != revision:
                ids = self._catalog.feature_ids(self._metric.spec)
                self._postings = Postings.of(revision, ids, self._postings.segments)
            return self._postings

    def update(
        self,
        *,
        wait: bool = True,
        progress: Callable[[int, int], None] | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Postings:
        """Bring it up to date, batch by batch; each is kept, so that another call goes on from there.

        Parameters
        ----------
        wait
            For another thread that builds; if not, and there is one, nothing is done.
        progress
            Called with (done, total) pictures.
        stopped
            Asked between chunks whether to leave it at what there is.
        """
        if not self._building.acquire(blocking=wait):
            return self.current()
        try:
            postings = self.current()
            side = self._metric.side_for(len(postings.ids))
            # Fewer cells would do where pictures went; that pays only where most did.
            fits = postings.side <= self._metric.side_for(4 * len(postings.ids)) and side <= postings.side
            grows = bool(postings.segments) and not fits
            if grows:
                segments = tuple(one for one in self._growing if one.cells == side * side)
            else:
                side, segments = postings.side or side, postings.segments
            missing = np.setdiff1d(postings.ids, _ids_of(segments), assume_unique=True)
            done = 0
            for start in range(0, len(missing), BATCH_PICTURES):
                batch = missing[start : start + BATCH_PICTURES]
                with closing(Runs(self._ready_folder(), side * side)) as runs:
                    for count in self._sorted(batch, side, runs):
                        done += count
                        if progress is not None:
                            progress(done, len(missing))
                        if stopped():
                            return self.current()
                    segments = self._joined(segments, runs.parts, batch, postings)
                self._keep(segments, growing=grows)
            self._keep(self._without_gone(segments, postings))
            return self.current()
        finally:
            self._building.release()

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

    def _opened(self) -> tuple[Segment, ...]:
        """The segments that lie beside the catalog, without those that others have taken in."""
        if self._folder is None:
            return ()
        key, identity = self._metric.index_key, self._catalog.identity
        paths = self._folder.glob(f"{key}-{'[0-9a-f]' * 16}.postings")
        found = {path: read_segment(path, catalog=identity, key=key) for path in paths}
        whole = [one for one in found.values() if one is not None]
        whole.sort(key=lambda one: (one.cells, one.revision, len(one.ids)), reverse=True)
        taken: list[Segment] = []
        for one in whole:
            same = not taken or one.cells == taken[0].cells
            if same and not np.isin(one.ids, _ids_of(taken), assume_unique=True).any():
                taken.append(one)
        chosen = {one.path for one in taken}
        _delete(path for path in found if path not in chosen)
        return tuple(taken)


def _ids_of(segments: Iterable[Segment]) -> NDArray[np.int64]:
    return np.concatenate([np.empty(0, np.int64), *(one.ids for one in segments)])


def _delete(paths: Iterable[Path | None]) -> None:
    for path in paths:
        if path is not None:
            try:
                path.unlink(missing_ok=True)
            except OSError:  # mapped by another process, on Windows: found superfluous at the next opening
                _log.debug("%s stays", path)
