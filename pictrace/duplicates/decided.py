"""What people decided about groups, kept in the catalog by pairs, so that it outlasts every run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pictrace.catalog.base import Catalog
from pictrace.catalog.records import Decision
from pictrace.duplicates.groups import Group
from pictrace.evaluation.labels import NOT_SAME, SAME

__all__ = ["COPY", "apart", "confirmed", "copies", "documents", "folded", "refused", "reviewed"]

COPY = "copy of the first"
"""The note of a decision that the second picture is a copy, and the first the one to keep."""


def confirmed(group: Group, keep: int) -> list[Decision]:
    """That one picture of the group is kept, and the others are copies of it."""
    return [Decision(keep, one, SAME, note=COPY) for one in group.ids if one != keep]


def refused(group: Group, others: Iterable[int]) -> list[Decision]:
    """That these pictures are not the same as what the group is about."""
    return [Decision(group.keep, one, NOT_SAME) for one in others if one != group.keep]


def apart(catalog: Catalog) -> frozenset[tuple[int, int]]:
    """Pairs that are not the same, as somebody said: they are in no group together."""
    return frozenset(one.pair for one in catalog.decisions() if one.decision == NOT_SAME)


def copies(catalog: Catalog, ids: Iterable[int] | None = None) -> dict[int, int]:
    """By the id of each copy, the picture that is kept in its place; of these pictures, or of all."""
    return {one.second_id: one.first_id for one in catalog.decisions(ids) if _is_copy(one)}


def folded(ids: Sequence[int], kept_of: Mapping[int, int]) -> dict[int, int]:
    """Of a list, what is shown, in its order, each with how many copies of it are in the list and are not shown."""
    here = set(ids)
    shown = {one: 0 for one in ids if kept_of.get(one) not in here}
    if not shown:  # decisions that go round in a circle
        return dict.fromkeys(ids, 0)
    for one in ids:
        if one not in shown and (keep := kept_of[one]) in shown:
            shown[keep] += 1
    return shown


def reviewed(group: Group, kept_of: Mapping[int, int]) -> int | None:
    """The picture that is kept of a group, where that was decided for all of it."""
    keeps = {kept_of.get(one) for one in group.ids} - {None}
    if len(keeps) != 1:
        return None
    (keep,) = keeps
    whole = keep in group.ids and all(one == keep or kept_of.get(one) == keep for one in group.ids)
    return keep if whole else None


def documents(catalog: Catalog) -> list[dict[str, Any]]:
    """Each decision about copies with the addresses of both pictures, the oldest first."""
    said = [one for one in catalog.decisions() if _is_copy(one) or one.decision == NOT_SAME]
    records = catalog.pictures({one for decision in said for one in decision.pair})

    def addresses(one: int) -> list[str]:
        return [source.address for source in records[one].sources] if one in records else []

    return [
        {
            "decision": "copy" if _is_copy(one) else one.decision,
            "keep": one.first_id,
            "other": one.second_id,
            "keep_sources": addresses(one.first_id),
            "other_sources": addresses(one.second_id),
            "at": one.at,
        }
        for one in said
    ]


def _is_copy(decision: Decision) -> bool:
    return decision.decision == SAME and decision.note == COPY
