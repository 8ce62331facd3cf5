"""Searching, and comparing two pictures."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from msgspec import UNSET
from starlette.responses import Response

from pictrace.api.answering import as_json
from pictrace.api.bodies import JSON, MULTIPART, RAW
from pictrace.api.criteria import Chosen, chosen
from pictrace.api.forms import (
    CompareForm,
    ComparePartsForm,
    CriteriaForm,
    ReferenceForm,
    SearchForm,
    SearchReferenceForm,
)
from pictrace.api.given import address_of, given_picture, one_of
from pictrace.api.operations import Call, Operation, Reply
from pictrace.api.state import State
from pictrace.client.answers import CompareResult, SearchResult
from pictrace.diagnosis import diagnose
from pictrace.images.budget import given_up_here, stopped
from pictrace.images.region import Region
from pictrace.indexing.keypoints import complete_index
from pictrace.output.documents import compare_document
from pictrace.searching.pair import compare_queries
from pictrace.searching.query import Query, prepare_query
from pictrace.service.addresses import shown_address, shown_record
from pictrace.service.once import ids_among, search_once, usable_metrics
from pictrace.service.pictures import Picture, upload_limits
from pictrace.service.turns import searching_in_turn
from pictrace.service.workspaces import Workspace

__all__ = ["OPERATIONS", "found", "until_given_up"]


async def _search(call: Call) -> Response:
    form, file = call.form, None
    if isinstance(form, SearchReferenceForm):
        one_of("", url=form.url, id=form.id)
    else:
        file = call.body.files["" if call.body.kind == RAW else "picture"]
    url, picture_id = getattr(form, "url", UNSET), getattr(form, "id", UNSET)

    def work() -> dict[str, Any]:
        picture = given_picture(call.state.workspace().catalog, file, url, picture_id)
        return found(call.state, form, picture, call.client.name)

    return as_json(await call.heavy(work))


def found(state: State, form: SearchForm, picture: Picture, client: str) -> dict[str, Any]:
    """The document of a search, in the client's turn; PicTraceError where it cannot be done."""
    workspace = state.workspace()
    if not workspace.cache.searched_here:  # others compute, and this process waits for them
        return _found(workspace, form, picture)
    with searching_in_turn(client):
        return _found(workspace, form, picture)


def _found(workspace: Workspace, form: SearchForm, picture: Picture) -> dict[str, Any]:
    settled = chosen(form)
    part = picture.part(None if form.region is None else Region.parse(form.region))
    query = _prepared(part, settled)
    outcome = search_once(
        query,
        workspace.cache,
        settled.criteria,
        among=ids_among(workspace.catalog, form.only),
        exhaustive=True if form.exact else None,
        progress=until_given_up,
        alarms=settled.false_alarms,
    )
    workspace.calibrating.begin()
    complete_index(workspace.cache)
    shown = replace(outcome, found=[replace(one, picture=shown_record(one.picture)) for one in outcome.found])
    document = shown.document(address_of(picture), workspace.catalog, form.only)
    document["catalog"]["location"] = shown_address(workspace.catalog.location)
    return document


def until_given_up(done: int, total: int) -> None:
    """End a search whose client has gone."""
    if given_up_here()():
        raise stopped()


def _prepared(picture: Picture, settled: Chosen) -> Query:
    metrics = usable_metrics(settled.criteria)
    return prepare_query(picture.data, metrics, orientations=settled.orientations, limits=upload_limits())


async def _compare(call: Call) -> Response:
    form, files = call.form, call.body.files
    if isinstance(form, CompareForm):
        first, second = form.first, form.second
        one_of("/first", url=first.url, id=first.id)
        one_of("/second", url=second.url, id=second.id)
    else:
        first = ReferenceForm(url=form.first_url, id=form.first_id)
        second = ReferenceForm(url=form.second_url, id=form.second_id)
        one_of("", first=files.get("first"), first_url=first.url, first_id=first.id)
        one_of("", second=files.get("second"), second_url=second.url, second_id=second.id)
    return as_json(await call.heavy(partial(_compared, call, form, (first, second))))


def _compared(call: Call, form: CriteriaForm, references: tuple[ReferenceForm, ReferenceForm]) -> dict[str, Any]:
    catalog, files = call.state.workspace().catalog, call.body.files
    settled = chosen(form)
    pictures = [
        given_picture(catalog, files.get(name), one.url, one.id)
        for name, one in zip(("first", "second"), references, strict=True)
    ]
    query, other = (_prepared(one, settled) for one in pictures)
    match = compare_queries(query, other).match(settled.criteria)
    diagnosis = diagnose(query.image, other.image, query_info=query.info, candidate_info=other.info)
    named = [(address_of(one), read) for one, read in zip(pictures, (query, other), strict=True)]
    return compare_document(named[0], named[1], settled.criteria, match, diagnosis)


_PROBLEMS = (
    "invalid-request",
    "unusable-input",
    "link-not-fetched",
    "unsupported-media-type",
    "too-large",
    "too-slow",
    "not-found",
)

OPERATIONS = (
    Operation(
        "POST",
        "/search",
        "search",
        "Find the pictures of the catalog that match one: a file, a picture behind a link, or one of the catalog",
        _search,
        {200: Reply("The matches, best first, as `pictrace search --json` prints them", SearchResult)},
        query=SearchForm,
        bodies={JSON: SearchReferenceForm, MULTIPART: SearchForm, RAW: SearchForm},
        files={"picture": True},
        problems=_PROBLEMS,
        samples={
            "a link": {"url": "https://example.org/cat.jpg", "top": 3},
            "of the catalog": {"id": 1, "exact": True},
        },
    ),
    Operation(
        "POST",
        "/compare",
        "compare",
        "Every metric's number for two pictures, and what was done to the second to obtain the first",
        _compare,
        {200: Reply("As `pictrace compare --json` prints it", CompareResult)},
        query=CriteriaForm,
        bodies={JSON: CompareForm, MULTIPART: ComparePartsForm},
        files={"first": False, "second": False},
        problems=_PROBLEMS,
        samples={"a link and a picture": {"first": {"url": "https://example.org/cat.jpg"}, "second": {"id": 1}}},
    ),
)
