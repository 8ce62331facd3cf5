"""The ranked list of matches."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import streamlit as st

from pictrace.app.components.matches import Address, Card, Segment, match_list
from pictrace.app.shared.language import _, n_, translated
from pictrace.app.shared.query_state import QueryState
from pictrace.app.shared.thumbnails import thumbnail_address
from pictrace.catalog.base import Catalog
from pictrace.duplicates.decided import copies, folded
from pictrace.metrics import colour_of, get_metric
from pictrace.searching.chances import told_expected
from pictrace.searching.find import Found
from pictrace.searching.parts import Part
from pictrace.searching.table import ScoreTable
from pictrace.searching.verdict import Verdict
from pictrace.service.workspaces import Workspace
from pictrace.sources.base import is_link
from pictrace.wording import percent

__all__ = ["list_of_matches", "listed"]

CARD_PX = 216
CARD_FACTS = 3
CARD_SOURCES = 3


def list_of_matches(
    workspace: Workspace,
    state: QueryState,
    found: Sequence[Found],
    table: ScoreTable,
    verdict: Verdict,
    marks: Mapping[int, str],
    held: Sequence[Part] = (),
    size_px: int = 0,
) -> None:
    """The ranked cards; a click opens or closes a match's details.

    Pictures that were decided to be copies of one that is in the list are told with that one. marks: what was said of
    matches, by id. held: where they lie within the query. size_px: the width of a picture in a grid, 0 for a list.
    """
    counts = listed(workspace.catalog, found)
    numbers = {one: number for number, part in enumerate(held, start=1) for one in part.ids}
    items = [
        _card(
            workspace,
            one,
            table,
            verdict,
            mark=marks.get(one.match.id, ""),
            copied=counts[one.match.id],
            part=numbers.get(one.match.id),
        )
        for one in found
        if one.match.id in counts
    ]
    selected = None if state.selected is None else str(state.selected)
    picked = match_list(items, selected=selected, key="matches", size_px=size_px, words=translated)
    if picked is not None:
        state.selected = None if picked == selected else int(picked)
        st.rerun()


def listed(catalog: Catalog, found: Sequence[Found]) -> dict[int, int]:
    """Of how many copies each of those is told that are shown, by id and in their order."""
    ids = [one.match.id for one in found]
    counts = folded(ids, copies(catalog, ids))
    return {one: counts[one] for one in ids if one in counts}


def _card(
    workspace: Workspace, one: Found, table: ScoreTable, verdict: Verdict, *, mark: str, copied: int, part: int | None
) -> Card:
    match, picture = one.match, one.picture
    level = verdict.level(match.id)
    note = [f"{picture.width} × {picture.height}", picture.format]
    if mark:
        note.insert(0, _("marked “{mark}”", mark=translated(mark)))
    if copied:
        note.append(n_("and {count:,} copy of it", "and {count:,} copies of it", copied))
    if level != "weak" and match.variant.label:
        note.insert(0, translated(match.variant.label))
    if part is not None:
        note.insert(0, _("at {number} in your picture", number=part))
    if match.coverage < 0.995:
        note.append(_("{share} of the weight comparable", share=percent(match.coverage)))
    weighted = [(metric, match.metrics[metric.name]) for metric in table.metrics]
    return Card(
        id=str(match.id),
        rank=str(match.rank),
        score=f"{match.score:.2f}",
        title=picture.label,
        src=thumbnail_address(workspace.catalog, match.id, CARD_PX),
        note=" · ".join(note),
        level=level,
        level_told=translated(level),
        segments=[
            Segment(colour_of(metric), translated(metric.title), part.contribution)
            for metric, part in weighted
            if part.weight > 0
        ],
        facts=[
            *_by_accident(verdict, one, table.catalog_size),
            *(f"{name}: {', '.join(values)}" for name, values in list(picture.metadata.items())[:CARD_FACTS]),
        ],
        sources=[
            Address(source.address, source.address if is_link(source.address) else "")
            for source in picture.sources[:CARD_SOURCES]
        ],
    )


def _by_accident(verdict: Verdict, one: Found, pictures: int) -> list[str]:
    """How many pictures chance brings as near, by the metric of the ranking that tells most; nothing if unknown."""
    expected = {} if verdict.chances is None else verdict.chances.expected.get(one.match.id, {})
    weighing = {name for name, part in one.match.metrics.items() if part.weight > 0}
    known = {name: number for name, number in expected.items() if name in weighing and not math.isnan(number)}
    if not known:
        return []
    name = min(known, key=lambda one: known[one])
    return [f"{translated(get_metric(name).title)}: {translated(told_expected(known[name], pictures))}"]
