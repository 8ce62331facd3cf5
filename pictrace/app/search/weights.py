"""What other weights would do, on the search page: the map, the disagreement, and "what if" for one match.

Each part is computed from the ScoreTable in the run in which it is shown, and not at all while it is closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import streamlit as st

from pictrace.app.components.triangle import Entry, triangle
from pictrace.app.shared.controls import MOST_WEIGHT, WEIGHT_STEP
from pictrace.app.shared.language import _, translated
from pictrace.app.shared.preset_box import set_weights
from pictrace.app.shared.thumbnails import thumbnail_address
from pictrace.escape import for_markdown
from pictrace.explore.weights.disagreement import agreement, disputes
from pictrace.explore.weights.ranges import weight_ranges
from pictrace.explore.weights.triangle import NOBODY, WeightMap, heaviest, weight_map
from pictrace.explore.weights.whatif import WhatIf, what_if
from pictrace.metrics.base import Metric
from pictrace.output.charts.frame import brief_titles
from pictrace.output.charts.weights import agreement_figure, ranges_figure, what_if_figure
from pictrace.searching.find import Found
from pictrace.searching.table import Criteria, ScoreTable
from pictrace.service.workspaces import Workspace
from pictrace.wording import percent

__all__ = ["disagreement", "map_of_weights", "what_if_part"]

COLOURS = ("#77AADD", "#EEDD88", "#FFAABB", "#44BB99", "#EE8866", "#BBCC33")
"""Of Paul Tol's scheme "light" (Colour schemes, SRON/EPS/TN/09-002): labelled areas with dark text on them, told apart
by colour-blind people, and none is a metric's colour."""

OTHERS = "#C4C8CD"
THUMBNAIL_PX = 96
PLAIN = {"displayModeBar": False}


def map_of_weights(workspace: Workspace, table: ScoreTable, criteria: Criteria) -> None:
    """Which picture comes first at each mixture of three weights, and how far each weight can go."""
    corners = _corners(table, criteria)
    if len(corners) == 3:
        first, second, third = corners
        _triangle(workspace, table, criteria, weight_map(table, criteria, (first, second, third)))
    elif len(table.names) < 3:
        st.caption(_("The map needs three metrics; this search has fewer."))
    else:
        st.caption(_("Choose three metrics as the corners of the map."))
    ranges = weight_ranges(table, criteria, most=MOST_WEIGHT)
    changes = [change for one in ranges for held in (one.first, one.top) for change in (held.below, held.above)]
    touched = {one for change in changes if change for one in (change.enters, change.leaves) if one is not None}
    st.plotly_chart(
        ranges_figure(
            ranges,
            table.metrics,
            _names(workspace, touched),
            top=criteria.top,
            most=MOST_WEIGHT,
            say=translated,
        ),
        key="weight_ranges",
        config=PLAIN,
        alt=_("Two bars per metric: the weights over which the first place stays, and over which the best stay"),
    )
    about = [_("Each weight alone. Thick bar: the first place stays.")]
    if criteria.top > 1:
        about.append(_("Thin bar: the same {top} pictures stay on top.", top=criteria.top))
    about.append(_("The stroke is the current weight; below the bar: what takes over, and at which weight."))
    st.caption(" ".join(about))


def _corners(table: ScoreTable, criteria: Criteria) -> list[str]:
    titles = {metric.name: translated(metric.title) for metric in table.metrics}
    if not set(st.session_state.get("map_corners", [""])) <= set(titles):
        st.session_state["map_corners"] = list(heaviest(table, criteria))
    chosen = st.multiselect(
        _("Corners of the map"),
        list(titles),
        key="map_corners",
        format_func=lambda name: titles[name],
        max_selections=3,
        help=_("The map mixes these three; their weights keep their sum."),
        persist_state="session",
    )
    return [name for name in table.names if name in chosen]


def _triangle(workspace: Workspace, table: ScoreTable, criteria: Criteria, drawn: WeightMap) -> None:
    titles = brief_titles(table.metrics, translated)
    shown = drawn.regions[: len(COLOURS)]
    rest = drawn.regions[len(COLOURS) :]
    names = _names(workspace, (region.id for region in shown))
    entries = [
        Entry(
            str(number),
            names[region.id],
            colour,
            _percent(region.share),
            thumbnail_address(workspace.catalog, region.id, THUMBNAIL_PX),
            region.centre,
            region.room,
        )
        for number, (region, colour) in enumerate(zip(shown, COLOURS, strict=False), start=1)
    ]
    if rest:
        what = _("{count} others", count=len(rest)) if len(rest) > 1 else _("another")
        entries.append(Entry("", what, OTHERS, _percent(sum(one.share for one in rest)), "", (0, 0, 0), 0))
    place = {region.id: str(index) for index, region in enumerate(shown)} | {NOBODY: "-"}
    last = str(len(shown))
    codes = [place.get(winner, last) for winner in drawn.winners.tolist()]
    steps = max(1, round(drawn.total / WEIGHT_STEP))
    point = None
    if drawn.current is not None:
        top = round(drawn.current[0] * steps)
        left = min(round(drawn.current[1] * steps), steps - top)
        point = (top, left, steps - top - left)
    brief = [titles[name] for name in drawn.corners]

    def moved(at: tuple[int, int, int]) -> None:
        shares = (at[0] / steps, at[1] / steps, at[2] / steps)
        set_weights(drawn.weights_at(shares, most=MOST_WEIGHT, step=WEIGHT_STEP))

    st.markdown(_("**Which picture comes first at which weights?**"))
    triangle(
        key="weight_map",
        label=_("Map of the weights of {metrics}. The arrow keys move the point.", metrics=", ".join(brief)),
        corners=brief,
        rows=_rows(codes, drawn),
        entries=entries,
        point=point,
        without_point=_("These three weigh nothing now. Click to give them weight."),
        steps=steps,
        total=drawn.total,
        on_moved=moved,
        words=translated,
    )
    st.caption(_about(drawn, table, titles))


def _rows(codes: Sequence[str], drawn: WeightMap) -> list[str]:
    """The map's points, which ascend by the top corner's share and then by the left one's, from left to right."""
    rows, start = [], 0
    for top in range(drawn.steps + 1):
        count = drawn.steps - top + 1
        rows.append("".join(reversed(codes[start : start + count])))
        start += count
    return rows


def _about(drawn: WeightMap, table: ScoreTable, titles: dict[str, str]) -> str:
    about = [
        _("Click or use the arrow keys to change the three weights; their sum stays {total:.1f}.", total=drawn.total)
    ]
    if drawn.total > MOST_WEIGHT:
        about.append(_("If one would exceed {most:.1f}, all weights are scaled down together.", most=MOST_WEIGHT))
    if drawn.others:
        kept = [f"{titles[name]} {weight:.1f}" for name, weight in drawn.others.items()]
        about.append(_("The other weights stay as they are ({weights}).", weights=", ".join(kept)))
    if not drawn.exhaustive:
        about.append(_only_a_shortlist(table))
    return " ".join(about)


def _only_a_shortlist(table: ScoreTable) -> str:
    return _(
        "Only the {checked:,} pictures checked in full detail take part, of {all:,}; others could come in at other "
        "weights.",
        checked=len(table.ids),
        all=table.catalog_size,
    )


def disagreement(workspace: Workspace, table: ScoreTable, criteria: Criteria) -> None:
    """How alike the metrics rank for this query, and the pictures on which they differ most."""
    st.plotly_chart(
        agreement_figure(agreement(table, criteria), table.metrics, translated),
        key="agreement",
        config=PLAIN,
        alt=_("Heat map: the rank correlation of each pair of metrics for this query"),
    )
    about = [
        _(
            "Spearman's rank correlation over the pictures that both can compare: 1 is the same order, 0 none in "
            "common, -1 the reverse; blank if a metric rates all alike."
        )
    ]
    if not table.exhaustive:
        about.append(
            _(
                "Over the {checked:,} pictures checked in full detail, of {all:,}; over all, the correlation would be "
                "higher.",
                checked=len(table.ids),
                all=table.catalog_size,
            )
        )
    st.caption(" ".join(about))
    st.markdown(_("**Where do the metrics disagree most?**"))
    disputed = disputes(table, criteria)
    if not disputed:
        st.caption(_("Nowhere: all metrics agree on the order."))
        return
    names = _names(workspace, (one.id for one in disputed))
    brief = brief_titles(table.metrics, translated)
    image, picture, now = _("Image"), _("Picture"), _("Now")
    rows: list[dict[str, Any]] = [
        {
            image: thumbnail_address(workspace.catalog, one.id, THUMBNAIL_PX) or None,
            picture: names[one.id],
            now: one.now and round(one.now),
            **{brief[name]: rank and round(rank) for name, rank in one.ranks.items()},
        }
        for one in disputed
    ]
    import pandas as pd  # half a second of the app's start, if it stood above

    numbers = [now, *brief.values()]
    st.dataframe(
        pd.DataFrame(rows).astype(dict.fromkeys(numbers, "Int64")),
        hide_index=True,
        row_height=44,
        column_config={
            image: st.column_config.ImageColumn(width=58, pinned=True),
            picture: st.column_config.TextColumn(width=104),
            **{
                name: st.column_config.NumberColumn(format="localized", width=46 if name == now else 66)
                for name in numbers
            },
        },
    )
    st.caption(
        _(
            "Ranks by each metric alone, 1 the most similar; tied pictures share a rank; blank if not comparable, or "
            "if a metric rates all alike. Among {pictures:,} pictures, sorted by the ratio of worst rank to best.",
            pictures=len(table.ids),
        )
    )


def what_if_part(table: ScoreTable, criteria: Criteria, one: Found) -> None:
    """One match's rank by each metric alone, and as each weight moves; computed once it is opened."""
    with st.expander(
        _("What if the weights were different?"), icon=":material/tune:", key="what_if", on_change="rerun"
    ) as part:
        if not part.open:
            return
        found = what_if(table, criteria, one.match.id, most=MOST_WEIGHT)
        st.plotly_chart(
            what_if_figure(found, table.metrics, criteria.weights, most=MOST_WEIGHT, say=translated),
            key="what_if_ranks",
            config=PLAIN,
            alt=_("A line per metric: this picture's rank against that metric's weight"),
        )
        alone = [f"{translated(metric.title)}: {_alone(found, metric)}" for metric in table.metrics]
        ranks = for_markdown(" · ".join(alone))
        st.caption(
            _("Its rank among {pictures:,} by each metric alone: {ranks}.", pictures=found.pictures, ranks=ranks)
        )
        if not table.exhaustive:
            st.caption(_only_a_shortlist(table))


def _alone(found: WhatIf, metric: Metric) -> str:
    rank, shared = found.alone[metric.name], found.shared[metric.name]
    if rank is None:
        return _("not comparable")
    return _("{rank:,}, shared with {shared:,} more", rank=rank, shared=shared) if shared else f"{rank:,}"


def _names(workspace: Workspace, ids: Iterable[int]) -> dict[int, str]:
    """What the pictures are called; those removed meanwhile have no name left."""
    wanted = list(ids)
    records = workspace.catalog.pictures(wanted)
    return {one: records[one].label if one in records else _("a removed picture") for one in wanted}


def _percent(share: float) -> str:
    return _("under 1 %") if share < 0.01 else percent(share)
