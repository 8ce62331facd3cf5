"""What runs on a worker: it opens its catalog itself, and keeps what it has read of its shard."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog import open_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.cluster.shard import Shard
from pictrace.errors import CatalogError
from pictrace.features import RawScores
from pictrace.indexing.keypoints import IndexKeypoints, complete_index
from pictrace.kernels.switch import warm
from pictrace.metrics import loaded, ready_metrics
from pictrace.metrics.base import Metric
from pictrace.searching.cascade import open_for
from pictrace.searching.query import Query, needed_metrics
from pictrace.searching.scoring import score_here
from pictrace.told import told

__all__ = ["Part", "made_ready", "scored"]

Part = tuple[NDArray[np.int64], tuple[RawScores, ...], int]
"""Of one shard: the pictures that were scored exactly, their scores by metric, and how many pictures it has."""

_lock = threading.Lock()
_catalogs: dict[str, Catalog] = {}
_caches: dict[tuple[str, Shard], FeatureCache] = {}


def scored(
    shard: Shard,
    identity: str,
    query: Query,
    feature_keys: Sequence[str],
    among: NDArray[np.int64] | None,
    shortlist: int | None,
    exhaustive: bool,
) -> Part:
    """A query against one shard; see pictrace.searching.scoring.score.

    Parameters
    ----------
    identity
        Of the catalog that is asked, which must be the one that this worker has.
    query
        Without its metrics, which stay where they are: a network is no message.
    feature_keys
        Of the metrics to compare by, in their order.
    """
    cache = _cache(shard, identity)
    table = score_here(query, cache, _metrics(feature_keys), exhaustive=exhaustive, shortlist=shortlist, among=among)
    if not exhaustive:
        complete_index(cache)
    return table.ids, table.columns, table.catalog_size


def made_ready(shard: Shard, identity: str) -> int:
    """Have all that a search reads on this machine's disk; how many pictures there are."""
    cache = _cache(shard, identity)
    IndexKeypoints(cache).run()
    open_for(cache, needed_metrics())
    return cache.catalog.count()


def _metrics(feature_keys: Sequence[str]) -> tuple[Metric, ...]:
    here = {one.feature_key: one for one in ready_metrics()}
    lacking = [one for one in feature_keys if one not in here]
    if lacking:
        raise CatalogError(
            told(
                "A worker of the cluster cannot compare by {metrics}. Install the same PicTrace, with "
                "the same networks, on all machines.",
                metrics=", ".join(lacking),
            )
        )
    return loaded(here[one] for one in feature_keys)


def _cache(shard: Shard, identity: str) -> FeatureCache:
    location = os.environ.get("PICTRACE_CATALOG", "")
    if not location:
        raise CatalogError(told("A worker of the cluster has no catalog. Start it with PICTRACE_CATALOG set."))
    # Plain and compiled kernels differ in the last bits of a score; whoever asks uses the compiled ones, as pages do.
    warm(wait=True)
    with _lock:
        catalog = _catalogs.get(location)
        if catalog is None or not catalog.in_place():
            if catalog is not None:
                catalog.close()
                _caches.clear()
            catalog = _catalogs[location] = open_catalog(location)
        if catalog.identity != identity:
            raise CatalogError(told("A worker of the cluster has another catalog open. Start all with the same one."))
        key = identity, shard
        if key not in _caches:
            _caches[key] = FeatureCache(shard.catalog(catalog))
        return _caches[key]
