"""What another server needs to search this one's catalog beside its own: raw values, ids and features."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from starlette.responses import Response

from pictrace.api.answering import as_json, conditional, unchanged
from pictrace.api.bodies import JSON
from pictrace.api.encoding import encoded
from pictrace.api.forms import FeaturesForm, IdsForm, ScoresForm
from pictrace.api.operations import UNCHANGED, Call, Operation, Reply
from pictrace.api.problems import ProblemError
from pictrace.api.search import until_given_up
from pictrace.api.state import State
from pictrace.catalog.base import Catalog
from pictrace.catalog.records import digest
from pictrace.catalog.servers.federated import FederatedCatalog
from pictrace.client.answers import ProblemPart
from pictrace.client.raw import ColumnFound, FeaturesFound, Ids, MetadataFound, MetadataNames, ScoresFound
from pictrace.features import Features
from pictrace.images.orientation import UPRIGHT, VARIANTS, Variant
from pictrace.images.reading import ImageInfo
from pictrace.indexing.keypoints import complete_index
from pictrace.metrics import loaded, ready_metrics
from pictrace.metrics.base import Metric
from pictrace.metrics.orientations import SQUARES, turned_squares
from pictrace.searching.query import Query
from pictrace.searching.scoring import score
from pictrace.searching.table import ScoreTable
from pictrace.service.workspaces import Workspace

__all__ = ["OPERATIONS"]

_MOST_BYTES = 32 * 2**20


def _own(state: State) -> Workspace:
    """This server's catalog; ProblemError where it asks others itself, as two that ask each other would never end."""
    workspace = state.workspace()
    if isinstance(workspace.catalog, FederatedCatalog):
        raise ProblemError("not-allowed", "This server asks other servers itself. Name those, each by its own address.")
    return workspace


async def _ids(call: Call) -> Response:
    form: IdsForm = call.form

    def known() -> tuple[Catalog, int]:
        catalog = _own(call.state).catalog
        return catalog, catalog.revision()

    catalog, revision = await call.light(known)
    tag = f"{digest(catalog.identity.encode()).hex()[:16]}-{revision}"
    if answer := unchanged(call.request, f'"{tag}"'):
        return answer

    def work() -> bytes:
        if form.lacking:
            spec = next((one.spec for one in ready_metrics() if one.feature_key == form.lacking), None)
            lacking = catalog.ids() if spec is None else catalog.missing(spec)
            ids = np.intersect1d(lacking, catalog.ids_with(form.only)) if form.only else lacking
        else:
            ids = catalog.ids_with(form.only) if form.only else catalog.ids()
        return encoded(Ids(revision=revision, ids=ids.astype("<i8").tobytes()))

    return conditional(call.request, await call.light(work), JSON, tag=tag)


async def _metadata_names(call: Call) -> Response:
    def work() -> bytes:
        names = _own(call.state).catalog.metadata_names()
        return encoded(
            MetadataNames(
                names=[
                    MetadataFound(name=one.name, images=one.pictures, distinct=one.distinct, values=dict(one.values))
                    for one in names
                ]
            )
        )

    return conditional(call.request, await call.light(work), JSON)


async def _features(call: Call) -> Response:
    form: FeaturesForm = call.form

    def work() -> FeaturesFound:
        catalog, here = _own(call.state).catalog, {one.feature_key: one for one in ready_metrics()}
        ids, found = np.array(form.ids, np.int64), {}
        for key in form.keys:
            if key in here:
                batch = catalog.fetch(ids, here[key].spec)
                found[key] = [here[key].layout.pack(batch[place]) for place in range(len(ids))]
            else:
                found[key] = [b""] * len(ids)
        return FeaturesFound(features=found)

    return as_json(await call.light(work))


async def _scores(call: Call) -> Response:
    return as_json(await call.heavy(partial(_scored, call.state, call.form)))


def _scored(state: State, form: ScoresForm) -> ScoresFound:
    cache = _own(state).cache
    here = {one.feature_key: one for one in ready_metrics()}
    metrics = loaded(here[key] for key in form.features if key in here)
    table = ScoreTable(np.empty(0, np.int64), (), (), catalog_size=0)
    if metrics:
        query = Query(
            bytes.fromhex(form.sha256),
            ImageInfo("", 1, 1),
            np.zeros((1, 1, 3), np.uint8),  # nothing is compared by its pixels
            {one.name: _given(one, form) for one in metrics},
            {},
            metrics,
        )
        table = score(
            query,
            cache,
            metrics,
            exhaustive=form.exact,
            shortlist=form.shortlist,
            among=None if form.among is None else _numbers(form.among),
            progress=until_given_up,
        )
        complete_index(cache)
    return ScoresFound(
        revision=cache.catalog.revision(),
        images=table.catalog_size,
        unanswered=table.unanswered,
        lacking=[key for key in form.features if key not in here],
        told=table.told,
        ids=table.ids.astype("<i8").tobytes(),
        columns=[
            ColumnFound(
                metric=metric.name,
                features=metric.feature_key,
                unit=metric.scale.unit,
                worst=metric.scale.worst,
                best=metric.scale.best,
                settings={each.name: list(each.values) for each in metric.settings},
                raw=column.raw.astype("<f4").tobytes(),
                variant=column.variant.tobytes(),
            )
            for metric, column in zip(table.metrics, table.columns, strict=True)
        ],
    )


def _given(metric: Metric, form: ScoresForm) -> dict[Variant, Features]:
    """The query's features by a metric, by orientation; ProblemError where no picture could have them."""
    found = {}
    for index, data in form.features[metric.feature_key].items():
        variant = VARIANTS[int(index)]
        try:
            features = metric.layout.unpack(data)
        except ValueError as error:
            raise _wrong(metric, str(error)) from error
        if variant not in metric.variants or not metric.plausible(features):
            raise _wrong(metric, "No picture has such features.")
        found[variant] = features
    if metric.orientations is SQUARES and form.orientations and UPRIGHT in found:
        return turned_squares(found[UPRIGHT], metric.variants)
    return found


def _wrong(metric: Metric, detail: str) -> ProblemError:
    pointer = f"/features/{metric.feature_key}"
    return ProblemError("invalid-request", f"{pointer}: {detail}", [ProblemPart(pointer=pointer, detail=detail)])


def _numbers(data: bytes) -> NDArray[np.int64]:
    if len(data) % 8:
        detail = f"{len(data)} bytes are no 64-bit integers."
        raise ProblemError("invalid-request", f"/among: {detail}", [ProblemPart(pointer="/among", detail=detail)])
    return np.unique(np.frombuffer(data, "<i8").astype(np.int64))


OPERATIONS = (
    Operation(
        "POST",
        "/scores",
        "score_features",
        "Raw values of the pictures nearest to a query, which is given by its features: for servers that ask several",
        _scores,
        {200: Reply("What was compared", ScoresFound)},
        bodies={JSON: ScoresForm},
        problems=("invalid-request", "unsupported-media-type", "too-large", "too-slow"),
        samples={"one bit hash": {"sha256": "0" * 64, "features": {"phash-b64-v1": {"0": "AAAAAAAAAAA="}}}},
        most_bytes=_MOST_BYTES,
    ),
    Operation(
        "POST",
        "/features",
        "get_features",
        "Features of some pictures; none of a key that is not known here",
        _features,
        {200: Reply("In the order of the ids", FeaturesFound)},
        bodies={JSON: FeaturesForm},
        problems=("invalid-request", "unsupported-media-type", "too-large", "too-slow"),
        samples={"two pictures": {"keys": ["phash-b64-v1"], "ids": [1, 2]}},
    ),
    Operation(
        "GET",
        "/ids",
        "list_ids",
        "The ids of all pictures, or of those that metadata or lacking features tell apart",
        _ids,
        {200: Reply("All of them", Ids, headers=("ETag",)), 304: UNCHANGED},
        query=IdsForm,
        problems=("invalid-request",),
    ),
    Operation(
        "GET",
        "/metadata-names",
        "list_metadata_names",
        "The commonest names in the pictures' metadata, with their commonest values",
        _metadata_names,
        {200: Reply("The commonest first", MetadataNames, headers=("ETag",)), 304: UNCHANGED},
    ),
)
