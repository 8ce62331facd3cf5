"""What runs on a worker: it opens its catalog itself, and keeps what it has read of its shard."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog import open_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.cluster.shard import Shard
from pictrace.errors import CatalogError
from pictrace.features import RawScores
from pictrace.indexing.keypoints import IndexKeypoints, complete_index
from pictrace.kernels.blas import one_thread
from pictrace.kernels.switch import warm
from pictrace.metrics import loaded, ready_metrics
from pictrace.metrics.base import Metric
from pictrace.metrics.capabilities import Indexed
from pictrace.searching.cascade import Ballot, Offer, offered, open_for
from pictrace.searching.query import Query, needed_metrics
from pictrace.searching.scoring import score_chosen, score_here
from pictrace.told import told

__all__ = ["Counts", "Part", "counted", "made_ready", "offers", "scored", "scored_chosen"]

Counts = dict[str, tuple[int, int, NDArray[np.uint32]]]
"""By metric name: cells a side of a shard's index, the checksum of its counts, and how many entries each cell has."""

Part = tuple[NDArray[np.int64], tuple[RawScores, ...], int]
"""Of one shard: the pictures that were scored exactly, their scores by metric, and of how many."""

_lock = threading.Lock()
_catalogs: dict[str, Catalog] = {}
_caches: dict[tuple[str, Shard], FeatureCache] = {}


def scored(
    shard: Shard, identity: str, query: Query, feature_keys: Sequence[str], among: NDArray[np.int64] | None
) -> Part:
    """A query against all of one shard, exactly; see pictrace.searching.scoring.score.

    Parameters
    ----------
    identity
        Of the catalog that is asked, which must be the one that this worker has.
    query
        Without its metrics, which stay where they are: a network is no message.
    feature_keys
        Of the metrics to compare by, in their order.
    """
    table = score_here(query, _cache(shard, identity), _metrics(feature_keys), exhaustive=True, among=among)
    return table.ids, table.columns, table.catalog_size


def counted(shard: Shard, identity: str, feature_keys: Sequence[str]) -> Counts:
    """How many entries each cell of the shard's indexes has: what a vote counts depends on all shards' together."""
    cache, found = _cache(shard, identity), Counts()
    for metric in _metrics(feature_keys):
        if isinstance(metric, Indexed):
            postings = cache.index_of(metric).current()
            found[metric.name] = postings.side, postings.checksum, postings.counts()
    return found


def offers(
    shard: Shard,
    identity: str,
    query: Query,
    feature_keys: Sequence[str],
    among: NDArray[np.int64] | None,
    shortlist: int,
    ballots: Mapping[str, Ballot],
) -> Offer:
    """What the shard has for exact scoring; see pictrace.searching.cascade.offered."""
    cache = _cache(shard, identity)
    offer = offered(query, cache, _metrics(feature_keys), shortlist, among, ballots)
    complete_index(cache)
    return offer


def scored_chosen(
    shard: Shard,
    identity: str,
    query: Query,
    feature_keys: Sequence[str],
    ids: NDArray[np.int64],
    by_index: NDArray[np.bool_],
    shortlist: int,
) -> Part:
    """What was chosen of the shard, compared exactly; see pictrace.searching.scoring.score_chosen."""
    kept, columns = score_chosen(query, _cache(shard, identity), _metrics(feature_keys), ids, by_index, shortlist)
    return kept, columns, len(ids)


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
            one_thread()  # shards are searched beside one another: threads of BLAS would wait for others in loops
            catalog = _catalogs[location] = open_catalog(location)
        if catalog.identity != identity:
            raise CatalogError(told("A worker of the cluster has another catalog open. Start all with the same one."))
        key = identity, shard
        if key not in _caches:
            _caches[key] = FeatureCache(shard.catalog(catalog), whole=catalog)
        return _caches[key]
