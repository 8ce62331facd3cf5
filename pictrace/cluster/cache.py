"""A catalog's features, where others search it: what single pictures are asked for is read here."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.servers.federated import FederatedCatalog
from pictrace.cluster.federation import FederatedCache
from pictrace.cluster.shard import Shard
from pictrace.errors import CatalogError
from pictrace.metrics.base import Metric
from pictrace.searching.query import Query
from pictrace.searching.scoring import SHORTLIST, joined, score_here
from pictrace.searching.table import ScoreTable
from pictrace.told import told, told_of

if TYPE_CHECKING:
    from pictrace.cluster.cascade import Cascade
    from pictrace.cluster.connection import Answers, Connection
    from pictrace.cluster.worker import Part

__all__ = ["ClusterCache", "cache_of"]

MOST_ALONE = 50_000
"""Where the cluster is gone, or all workers are still reading what they took over from others, a process searches up to
so many by itself, within the memory of a small server."""


FEW = 8
"""So many chosen pictures are compared here: asking for them takes longer, and labels ask for hundreds of such."""


class ClusterCache(FeatureCache):
    """Searches are shared by a cluster's workers; where it is gone, this process does them, as far as they fit.

    Scores are a matter of the pair: they are the same wherever they are made. The table is the one of a single process,
    bit for bit, compared exactly and by the cascade.
    """

    def __init__(self, catalog: Catalog, connection: Connection) -> None:
        super().__init__(catalog)
        self._connection = connection
        self._cascade: Cascade | None = None  # what it needs is imported where it is used

    @property
    def searched_here(self) -> bool:
        return self._connection.is_gone

    def scored(
        self,
        query: Query,
        metrics: tuple[Metric, ...],
        ids: NDArray[np.int64],
        *,
        exhaustive: bool,
        shortlist: int | None,
        among: NDArray[np.int64] | None,
        progress: Callable[[int, int], None] | None,
    ) -> ScoreTable:
        """See pictrace.searching.scoring.ScoredElsewhere."""
        if among is not None and len(ids) <= FEW:
            return score_here(query, self, metrics, exhaustive=True, among=among)
        from pictrace.cluster.connection import ClusterGoneError

        # A network is no message, and the file's pixels are nobody's but the asker's.
        message = replace(query, metrics=())

        def among_of(shard: Shard) -> NDArray[np.int64] | None:
            return None if among is None else shard.among(np.unique(among))

        def waiting(answered: frozenset[Shard]) -> None:
            if progress is not None:
                progress(sum(len(shard.among(ids)) for shard in answered), len(ids))

        try:
            if exhaustive:
                answers = self._exactly(message, metrics, among_of, len(ids), waiting)
            else:
                answers = self._by_cascade().scored(message, query, metrics, shortlist or SHORTLIST, among_of, waiting)
        except ClusterGoneError as error:
            if len(ids) > MOST_ALONE:
                raise CatalogError(
                    told(
                        "The cluster at {address} cannot be reached, and {count:,} pictures are too many to "
                        "search without it. Start its scheduler and workers, and search again.",
                        address=self._connection.address,
                        count=len(ids),
                    )
                ) from error
            said = told("The cluster cannot be reached; this server searched by itself.")
        else:
            if answers.parts or len(ids) > MOST_ALONE:
                return _together(answers, metrics, ids)
            said = told("No worker of the cluster has answered; this server searched by itself.")
        table = score_here(
            query, self, metrics, exhaustive=exhaustive, shortlist=shortlist, among=among, progress=progress
        )
        return replace(table, told=said)

    def _exactly(
        self,
        message: Query,
        metrics: tuple[Metric, ...],
        among: Callable[[Shard], NDArray[np.int64] | None],
        count: int,
        waiting: Callable[[frozenset[Shard]], None],
    ) -> Answers[Part]:
        from pictrace.cluster.worker import scored

        keys = tuple(one.feature_key for one in metrics)
        return self._connection.ask(
            self.catalog.identity, scored, lambda one: (message, keys, among(one)), exactly=count, waiting=waiting
        )

    def _by_cascade(self) -> Cascade:
        from pictrace.cluster.cascade import Cascade

        if self._cascade is None:
            self._cascade = Cascade(self._connection, lambda: self.catalog.identity)
        return self._cascade


def _together(answers: Answers[Part], metrics: tuple[Metric, ...], ids: NDArray[np.int64]) -> ScoreTable:
    """One table of what shards answered, which follow one another by their ids."""
    silent = [shard for shard in answers.shards if shard not in answers.parts]
    unanswered = sum(len(shard.among(ids)) for shard in silent)
    parts = [answers.parts[shard] for shard in answers.shards if shard in answers.parts]
    if not parts:
        raise CatalogError(
            told("No worker of the cluster has answered yet. They may be reading the catalog: search again.")
        )
    size = sum(part[2] for part in parts)
    note = told_of(
        "{parts} of {shards} shards answered: {count:,} picture was not looked at.",
        "{parts} of {shards} shards answered: {count:,} pictures were not looked at.",
        unanswered,
        parts=len(parts),
        shards=len(answers.shards),
    )
    return ScoreTable(
        np.concatenate([part[0] for part in parts]),
        metrics,
        joined([part[1] for part in parts]),
        catalog_size=size + unanswered,
        unanswered=unanswered,
        told=note if silent else "",
    )


def cache_of(catalog: Catalog) -> FeatureCache:
    """The features of a catalog, searched by its servers, or by the cluster that the owner named (PICTRACE_CLUSTER).

    Raises
    ------
    CatalogError
        Where what talks to a cluster is not installed.
    """
    if isinstance(catalog, FederatedCatalog):
        return FederatedCache(catalog)
    address = os.environ.get("PICTRACE_CLUSTER", "").strip()
    return ClusterCache(catalog, _connection(address)) if address else FeatureCache(catalog)


@lru_cache
def _connection(address: str) -> Connection:
    try:
        from pictrace.cluster.connection import Connection
    except ImportError as error:
        raise CatalogError(told('A cluster needs the package distributed: pip install "pictrace[cluster]"')) from error
    return Connection(address)
