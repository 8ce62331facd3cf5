"""The features of a whole catalog at hand: mapped from a cache beside it, kept in step with its revision."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.base import Catalog
from pictrace.catalog.index import HasPostings, Index
from pictrace.catalog.packs import Chunk, Pack, read_pack, write_pack
from pictrace.catalog.sealed import drop_unfinished
from pictrace.features import FeatureBatch, FeatureSpec, HasFeatures

__all__ = ["FeatureCache", "Snapshot"]

CHUNK_PICTURES = 1024
WORTH_A_FILE_BYTES = 1 << 20  # less than this is read from the catalog faster than one could notice

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Snapshot:
    """The pictures of a catalog at one revision.

    Attributes
    ----------
    revision : int
    ids : (n,) int64 array
        Ascending.
    batches
        Features by metric name, each of n candidates in the order of ids.
    """

    revision: int
    ids: NDArray[np.int64]
    batches: Mapping[str, FeatureBatch]


class FeatureCache:
    """Feature batches of one open catalog. Safe for threads.

    Each kind of features is one pack (pictrace.catalog.packs) in the catalog's cache folder; when the
    catalog's revision differs, only what is new is read from the catalog. Where there is no such folder, or it
    cannot be written, the features are kept in memory.

    Parameters
    ----------
    catalog
        Whose features are read.
    folder
        Where the packs lie, if not where the catalog says.
    whole
        What the catalog is a part of, if it is.

    Attributes
    ----------
    folder : Path or None
        Where what is kept beside the catalog lies.
    """

    def __init__(self, catalog: Catalog, *, folder: Path | None = None, whole: Catalog | None = None) -> None:
        self.catalog, self._whole = catalog, whole
        self.folder = folder or catalog.cache_folder
        if self.folder is not None:
            drop_unfinished(self.folder)
        self._lock = threading.Lock()
        self._ids = (-1, np.empty(0, np.int64))
        self._packs: dict[str, Pack] = {}
        self._makers: dict[FeatureSpec | None, HasFeatures] = {}  # of sketches that the catalog does not keep
        self._indexes: dict[str, Index] = {}

    @property
    def searched_here(self) -> bool:
        """Whether searches read it in this process, so that what they read is worth keeping at hand."""
        return True

    def ids(self) -> tuple[int, NDArray[np.int64]]:
        """(revision, ids of all pictures, ascending)."""
        with self._lock:
            return self._current_ids()

    def all(self, metrics: Sequence[HasFeatures]) -> Snapshot:
        """All pictures' full features for these metrics."""
        return self._aligned({metric.name: metric.spec for metric in metrics})

    def sketches(self, metrics: Sequence[HasFeatures]) -> Snapshot:
        """All pictures' sketches, or small features, for those of the metrics that have any."""
        specs = {metric.name: metric.sketch_spec for metric in metrics}
        if self.catalog.keeping.packed:
            self._makers |= {spec: one for one in metrics if (spec := specs[one.name]) not in {None, one.spec}}
        return self._aligned({name: spec for name, spec in specs.items() if spec is not None})

    def of(self, ids: NDArray[np.int64], metric: HasFeatures) -> FeatureBatch:
        """Full features of some pictures: from a pack where one is open, else from the catalog.

        Small features are worth a pack; large ones get theirs by ``all`` alone.

        Parameters
        ----------
        ids : (n,) int64 array
            Ascending.
        metric
            Whose features.

        Returns
        -------
        FeatureBatch
            Of n candidates; no rows where a picture has none.
        """
        spec = metric.spec
        if not spec.small and spec.key not in self._packs:
            return self.catalog.fetch(ids, spec)
        with self._lock:
            revision, all_ids = self._current_ids()
            pack = self._pack(spec, revision, all_ids) if spec.small else self._packs.get(spec.key)
        if pack is not None and pack.revision == revision and len(pack.ids):
            return _taken(pack, ids)
        return self.catalog.fetch(ids, spec)

    def index_of(self, metric: HasPostings) -> Index:
        """The inverted index of a metric's keypoints, as far as it has been made."""
        with self._lock:
            index = self._indexes.get(metric.index_key)
            if index is None:
                index = self._indexes[metric.index_key] = Index(self.catalog, metric, self.folder, whole=self._whole)
            return index

    def _current_ids(self) -> tuple[int, NDArray[np.int64]]:
        revision = self.catalog.revision()
        if revision != self._ids[0]:
            self._ids = (revision, self.catalog.ids())
        return self._ids

    def _aligned(self, specs: Mapping[str, FeatureSpec]) -> Snapshot:
        with self._lock:
            revision, ids = self._current_ids()
            packs = {name: self._pack(spec, revision, ids) for name, spec in specs.items()}
        return Snapshot(revision, ids, {name: pack.aligned(ids) for name, pack in packs.items()})

    def _pack(self, spec: FeatureSpec, revision: int, all_ids: NDArray[np.int64]) -> Pack:
        """The pack of these features for these pictures, brought up to date where it is not."""
        identity = self.catalog.identity
        path = None if self.folder is None else self.folder / f"{spec.key}.pack"
        pack = self._packs.get(spec.key)
        if pack is None and path is not None:
            pack = read_pack(path, spec.layout, catalog=identity, key=spec.key)
        if pack is None:
            pack = Pack.of([], spec.layout, -1)
        if pack.revision != revision:
            maker = self._makers.get(spec)
            kept = self.catalog.feature_ids(spec if maker is None else maker.spec)
            ids = np.intersect1d(kept, all_ids, assume_unique=True)
            if np.array_equal(ids, pack.ids):
                pack = Pack(revision, pack.ids, pack.batch)
            else:
                pack = self._rebuilt(path, pack, ids, spec, revision, identity)
        self._packs[spec.key] = pack
        return pack

    def _rebuilt(
        self, path: Path | None, former: Pack, ids: NDArray[np.int64], spec: FeatureSpec, revision: int, identity: str
    ) -> Pack:
        if path is not None and len(ids) * spec.layout.row_bytes >= WORTH_A_FILE_BYTES:
            try:
                path.parent.mkdir(exist_ok=True)
                chunks = self._chunks(former, ids, spec)
                write_pack(path, chunks, spec.layout, catalog=identity, key=spec.key, revision=revision)
                mapped = read_pack(path, spec.layout, catalog=identity, key=spec.key)
                if mapped is not None:
                    return mapped
            except OSError as error:
                _log.warning("no cache beside the catalog (%s); its features are kept in memory", error)
        return Pack.of(self._chunks(former, ids, spec), spec.layout, revision)

    def _chunks(self, former: Pack, ids: NDArray[np.int64], spec: FeatureSpec) -> Iterator[Chunk]:
        """Features of the pictures, from the former pack where it has them, else from the catalog."""
        known = np.isin(ids, former.ids, assume_unique=True)
        for start in range(0, len(ids), CHUNK_PICTURES):
            some, here = ids[start : start + CHUNK_PICTURES], known[start : start + CHUNK_PICTURES]
            if here.all():
                yield some, _taken(former, some)
            elif not here.any():
                yield some, self._fetched(some, spec)
            else:
                old = _taken(former, some[here])
                new = self._fetched(some[~here], spec)
                places = np.where(here, np.cumsum(here) - 1, np.cumsum(~here) - 1)
                features = [(old if kept else new)[place] for kept, place in zip(here, places, strict=True)]
                yield some, FeatureBatch.of(features, spec.layout)

    def _fetched(self, ids: NDArray[np.int64], spec: FeatureSpec) -> FeatureBatch:
        """From the catalog, or made of what it holds."""
        maker = self._makers.get(spec)
        if maker is None:
            return self.catalog.fetch(ids, spec)
        whole = self.catalog.fetch(ids, maker.spec)
        return FeatureBatch.of([maker.kept(whole[place])[spec] for place in range(len(ids))], spec.layout)


def _taken(pack: Pack, ids: NDArray[np.int64]) -> FeatureBatch:
    """Features of these pictures from a pack; no rows for those that it does not have."""
    places = np.searchsorted(pack.ids, ids)
    places[places == len(pack.ids)] = 0
    if np.array_equal(pack.ids[places], ids):
        return pack.batch.take(places)
    present = pack.ids[places] == ids
    taken = pack.batch.take(places[present])
    counts = np.zeros(len(ids), np.int64)
    counts[present] = taken.counts
    return FeatureBatch(taken.rows, np.concatenate([[0], np.cumsum(counts)]))
