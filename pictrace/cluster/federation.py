"""A search that several PicTrace servers share: each gives its own nearest and their raw values, for one table.

A score is a matter of two pictures, and an id of one picture's content: ranked here, the union is what one catalog
with all pictures would give.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache, Snapshot
from pictrace.catalog.index import HasPostings, Index
from pictrace.catalog.servers.federated import FederatedCatalog
from pictrace.catalog.servers.refusing import refused
from pictrace.catalog.servers.server import Server
from pictrace.cluster.server_parts import ServerPart, part_in
from pictrace.errors import ApiError, ImageError
from pictrace.features import FeatureBatch, HasFeatures, RawScores
from pictrace.images.encoding import thumbnail
from pictrace.images.loading import load_picture
from pictrace.images.orientation import UPRIGHT
from pictrace.images.reading import DecodeLimits
from pictrace.metrics.base import Metric
from pictrace.metrics.orientations import SQUARES
from pictrace.searching.query import Query
from pictrace.searching.scoring import joined
from pictrace.searching.table import ScoreTable
from pictrace.told import joined as sentences
from pictrace.told import listed, told, told_of
from pictrace.web.named import Question, Reply

__all__ = ["FederatedCache"]

PATIENCE_S = 10.0
EXACTLY_S = 0.005
"""More for each picture that is compared exactly; see pictrace.cluster.connection."""

CHUNK = 2000
"""Pictures that are compared exactly by one question, some 2 KB of answer each."""

MOST_BYTES = 64 * 2**20
SMALL = DecodeLimits(max_bytes=512 * 1024, max_pixels=1_000_000, apart=True)


class FederatedCache(FeatureCache):
    """Searches are the servers'; features of single pictures are fetched where something is looked at closely."""

    def __init__(self, catalog: FederatedCatalog) -> None:
        super().__init__(cast(Catalog, catalog))  # what it refuses of the protocol, it refuses when it is asked
        self._federated = catalog
        catalog.blobs.clean = _of_our_own

    @property
    def searched_here(self) -> bool:
        return False

    def of(self, ids: NDArray[np.int64], metric: HasFeatures) -> FeatureBatch:
        return self.catalog.fetch(ids, metric.spec)

    def all(self, metrics: Sequence[HasFeatures]) -> Snapshot:
        raise refused(told("reading the features of all pictures"))

    def sketches(self, metrics: Sequence[HasFeatures]) -> Snapshot:
        raise refused(told("reading the features of all pictures"))

    def index_of(self, metric: HasPostings) -> Index:
        raise refused(told("reading the features of all pictures"))

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
        said = _said(query, metrics, exhaustive=exhaustive, shortlist=shortlist)
        servers = self._federated.servers
        scopes = [(one, some) for one in servers.all for some in _scopes(one, among, exhaustive=exhaustive)]
        asked = [(one, _question(one, said, some, exhaustive=exhaustive)) for one, some in scopes]

        def take(place: int, reply: Reply) -> ServerPart:
            part = part_in(reply.data, metrics, scopes[place][1])
            if not part.comparable:
                raise ApiError(told("all its features are of other versions: not comparable"))
            return part

        sizes = [len(one.ids) if some is None else len(some) for one, some in scopes]

        def waiting(done: Sequence[bool]) -> None:
            if progress is not None:
                progress(sum(size for size, ended in zip(sizes, done, strict=True) if ended), sum(sizes))

        answers = servers.ask(asked, take, waiting=waiting)
        found = [(one, part) for (one, _), part in zip(scopes, answers, strict=True) if part is not None]
        failed = dict.fromkeys(one for (one, _), part in zip(scopes, answers, strict=True) if part is None)
        if failed and not found:
            raise self._federated.none_answers()
        if among is None:
            for one, part in found:
                servers.learn(one, part.ids)
        looked = [part.ids for _, part in found]
        if not exhaustive:  # whoever answers has looked at all of its pictures
            looked += [np.intersect1d(one.ids, ids) for one, _ in found if one not in failed]
        return _together(found, tuple(failed), _union(looked), ids, metrics)


def _together(
    found: Sequence[tuple[Server, ServerPart]],
    failed: Sequence[Server],
    looked: NDArray[np.int64],
    ids: NDArray[np.int64],
    metrics: tuple[Metric, ...],
) -> ScoreTable:
    """One table of what servers answered.

    Parameters
    ----------
    looked, ids : int64 arrays, ascending
        The pictures that were looked at, and all that were to be.
    """
    unheard = np.setdiff1d(ids, looked, assume_unique=True)
    unheard = (
        unheard[np.logical_or.reduce([np.isin(unheard, one.ids) for one in failed], axis=0)] if failed else unheard[:0]
    )
    unanswered = len(unheard) + sum(part.unanswered for _, part in found)
    columns = joined([part.columns for _, part in found]) if found else _none(metrics)
    every, first = np.unique(
        np.concatenate([np.empty(0, np.int64), *(part.ids for _, part in found)]), return_index=True
    )
    return ScoreTable(
        every,
        metrics,
        tuple(RawScores(one.raw[..., first], one.variant[..., first]) for one in columns),
        catalog_size=len(looked) + unanswered,
        unanswered=unanswered,
        told=sentences(*(_told_of_silent(one, ids) for one in failed), *_told_of_parts(found)),
        silent={one.name: one.problem or told("it did not answer") for one in failed},
    )


def _none(metrics: Sequence[Metric]) -> tuple[RawScores, ...]:
    """Columns of no picture."""
    shapes = [(*(len(setting.values) for setting in one.settings), 0) for one in metrics]
    return tuple(RawScores.upright(np.empty(shape, np.float32)) for shape in shapes)


def _told_of_silent(server: Server, ids: NDArray[np.int64]) -> str:
    named = {"server": server.name, "reason": server.problem or told("it did not answer")}
    if not server.is_known:
        return told("{server} is silent ({reason}): its pictures were not looked at.", **named)
    return told_of(
        "{server} is silent ({reason}): its {count:,} picture was not looked at.",
        "{server} is silent ({reason}): its {count:,} pictures were not looked at.",
        int(np.isin(server.ids, ids).sum()),
        **named,
    )


def _told_of_parts(found: Sequence[tuple[Server, ServerPart]]) -> Iterator[str]:
    for server in dict.fromkeys(one for one, _ in found):
        parts = [part for one, part in found if one is server]
        lacking = dict.fromkeys(title for part in parts for title in part.lacking)
        if lacking:
            yield told(
                "{server} has features of other versions for {metrics}: not comparable there.",
                server=server.name,
                metrics=listed(*map(told, lacking)),
            )
        for said in dict.fromkeys(part.told for part in parts if part.told):
            yield told("{server}: {said}", server=server.name, said=said)


def _scopes(server: Server, among: NDArray[np.int64] | None, *, exhaustive: bool) -> list[NDArray[np.int64] | None]:
    """About which pictures a server is asked, question by question; None for all that it has."""
    if among is None and (not exhaustive or len(server.ids) <= CHUNK):
        return [None]
    some = server.ids if among is None else np.intersect1d(among, server.ids) if server.is_known else np.unique(among)
    step = CHUNK if exhaustive else max(1, len(some))
    return [some[start : start + step] for start in range(0, len(some), step)]


def _question(
    server: Server, said: Mapping[str, object], scope: NDArray[np.int64] | None, *, exhaustive: bool
) -> Question:
    body = said if scope is None else {**said, "among": _text(scope.astype("<i8").tobytes())}
    patience_s = PATIENCE_S + (EXACTLY_S * len(server.ids) if exhaustive else 0.0)
    return server.question("/scores", said=json.dumps(body).encode(), most_bytes=MOST_BYTES, patience_s=patience_s)


def _said(query: Query, metrics: Sequence[Metric], *, exhaustive: bool, shortlist: int | None) -> dict[str, object]:
    """A query by its features alone: no pixels leave this machine. Squares are turned where they arrive."""
    oriented = any(variant != UPRIGHT for some in query.features.values() for variant in some)
    features = {
        one.feature_key: {
            str(variant.index): _text(one.layout.pack(some))
            for variant, some in query.features[one.name].items()
            if variant == UPRIGHT or one.orientations is not SQUARES
        }
        for one in metrics
    }
    said = {"sha256": query.sha256.hex(), "features": features, "orientations": oriented, "exact": exhaustive}
    return said if shortlist is None else {**said, "shortlist": shortlist}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _union(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.unique(np.concatenate([np.empty(0, np.int64), *parts]))


def _of_our_own(data: bytes) -> bytes | None:
    """A stranger's thumbnail, decoded apart and written anew; None where it is no small picture."""
    try:
        return thumbnail(load_picture(data, SMALL)[1])
    except ImageError:
        return None
