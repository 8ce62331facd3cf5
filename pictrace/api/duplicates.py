"""Copies within the catalog, in groups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from starlette.responses import Response

from pictrace.api.answering import conditional
from pictrace.api.bodies import JSON
from pictrace.api.encoding import encoded
from pictrace.api.forms import DuplicatesForm
from pictrace.api.operations import UNCHANGED, Call, Operation, Reply
from pictrace.api.state import State
from pictrace.client.answers import DuplicateGroups
from pictrace.duplicates.documents import document
from pictrace.duplicates.false_alarms import FalseAlarms
from pictrace.duplicates.find import expected, find
from pictrace.duplicates.groups import Group
from pictrace.duplicates.levels import Level
from pictrace.images.budget import given_up_here, stopped
from pictrace.indexing.run import Pace
from pictrace.service.addresses import shown_record
from pictrace.service.pictures import upload_limits

__all__ = ["OPERATIONS", "groups"]


def groups(state: State, form: DuplicatesForm) -> tuple[list[Group], FalseAlarms]:
    """The groups, and what is expected to be false of them; of pictures as far as a server's clients may know them.

    PicTraceError where they cannot be found.
    """
    catalog = state.workspace().catalog
    found = find(
        catalog,
        levels=frozenset(Level.of(word) for word in form.level.split(",")),
        threshold=form.min_score,
        crops=form.crops,
        relations=form.relations,
        limits=upload_limits(),
        show=_through,
    )
    shown = [
        replace(one, images=tuple(replace(each, record=shown_record(each.record)) for each in one.images))
        for one in found
    ]
    return shown, expected(catalog, found, threshold=form.min_score)


def _through(run: Iterable[Pace], unit: str) -> None:
    """All of a run, as long as somebody waits for it; what is done is kept."""
    for _ in run:
        if given_up_here()():
            raise stopped()


async def _duplicates(call: Call) -> Response:
    body = await call.heavy(lambda: encoded(document(*groups(call.state, call.form))))
    return conditional(call.request, body, JSON)


OPERATIONS = (
    Operation(
        "GET",
        "/duplicates",
        "list_duplicates",
        "Copies within the catalog, in groups; what was compared before is not compared again",
        _duplicates,
        {
            200: Reply("As `pictrace duplicates --json` prints it", DuplicateGroups, headers=("ETag",)),
            304: UNCHANGED,
        },
        query=DuplicatesForm,
        problems=("invalid-request", "unusable-input"),
    ),
)
