"""The map of a catalog, on the catalog page and beside a search's matches.

The map itself is computed once for each revision, metric and method, and shared; what is drawn on it belongs to a
session. It is a fragment: hovering runs this part of the page again, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pictrace.app.components import data_address, tiles
from pictrace.app.components.pointmap import PointText, QueryMark, point_map, wanted_points
from pictrace.app.shared.language import _, n_, translated
from pictrace.app.shared.map_looks import PLAIN, SCORE, Scored, colour_title, looks_of, names_to_colour_by
from pictrace.app.shared.session import of_session
from pictrace.app.shared.thumbnails import picture_tiles, thumbnail_address
from pictrace.escape import for_markdown
from pictrace.explore.map.maps import AXES, FEWEST, METHODS, NEIGHBOURS, CatalogMap, catalog_map, mappable
from pictrace.features import Features
from pictrace.images.encoding import thumbnail
from pictrace.images.orientation import UPRIGHT
from pictrace.metrics import ready_metrics
from pictrace.metrics.base import Metric
from pictrace.metrics.capabilities import Mapped
from pictrace.output.charts.frame import brief_titles
from pictrace.searching.query import Query
from pictrace.service.workspaces import Workspace
from pictrace.told import told
from pictrace.wording import percent

__all__ = ["draw_map"]

METHOD_TITLES = {AXES: told("Overall (PCA)"), NEIGHBOURS: told("Neighbours")}
HOVER_PX, TILE_PX = 148, 216
CHOICE_PX = 158  # three of them beside the matches
AROUND = 8
AT_ONCE = 60
"""Pictures of a small catalog that are described with the map itself, so that they are drawn at once."""


@st.cache_resource(show_spinner=False, max_entries=6)
def _map(identity: str, revision: int, key: str, method: str, _workspace: Workspace, _metric: Metric) -> CatalogMap:
    return catalog_map(_workspace.cache, _metric, method=method)


@st.cache_data(show_spinner=False, max_entries=64)
def _extracted(sha256: bytes, key: str, _query: Query, _metric: Metric) -> Features:
    """The query's features by a metric that the search did not use."""
    return _metric.extract(_query.image)


@dataclass
class _Clicked:
    """Points that were chosen since the last run, by the map's key."""

    ids: dict[str, int] = field(default_factory=dict)


@st.fragment
def draw_map(
    workspace: Workspace,
    key: str,
    choose: Callable[[int], None],
    *,
    scored: Scored | None = None,
    query: Query | None = None,
    picked: int | None = None,
) -> None:
    """The map, and the pictures around what is marked on it.

    choose: called with the id of a picture that was clicked; the whole page runs again then. scored: a search whose
    scores and matches are shown, with its query; else picked, a picture of the catalog, is marked.
    """
    chosen = of_session(_Clicked).ids.pop(key, None)
    if chosen is not None:
        choose(chosen)
        st.rerun()
    workspace.wait()
    catalog = workspace.catalog
    ready = catalog.feature_counts()
    metrics = [one for one in mappable(ready_metrics()) if ready.get(one.feature_key, 0) >= FEWEST]
    if not metrics:
        _nothing(catalog.count())
        return
    metric, method, colour = _choices(workspace, key, metrics, scored)
    with st.spinner(_("Drawing the map of the catalog")):
        drawn = _map(catalog.identity, catalog.revision(), metric.feature_key, method, workspace, metric)
    if len(drawn.ids) < FEWEST:
        st.info(
            _(
                "{metric} can compare only {count} of the pictures. Choose another metric for the map.",
                metric=translated(metric.title),
                count=len(drawn.ids),
            ),
            icon=":material/map:",
        )
        return
    marks: dict[int, str] = {}
    placed = None
    if scored is not None:
        drawn = drawn.including(workspace.cache, metric, (one.match.id for one in scored.found))
        placed = None if query is None else _placed(query, drawn, metric)
        for one in scored.found:
            if drawn.position_of(one.match.id) is not None:
                marks[int(np.searchsorted(drawn.ids, one.match.id))] = str(one.match.rank)
    _points(workspace, key, drawn, metric, colour, scored, marks, placed, picked)
    st.caption(_about(drawn, metric, scored, placed is not None))
    place = drawn.position_of(picked) if picked is not None else None
    if placed is not None and query is not None:
        position = np.array([placed.x, placed.y], np.float32)
        _nearest(workspace, drawn, position, key, _("**Nearest on the map to your picture**"), choose, but=query.id)
    elif place is not None:
        _nearest(workspace, drawn, place, key, _("**Nearest on the map to the chosen picture**"), choose, but=picked)


def _choices(
    workspace: Workspace, key: str, metrics: Sequence[Mapped], scored: Scored | None
) -> tuple[Mapped, str, str]:
    titles = {one.name: one for one in sorted(metrics, key=lambda one: (one.map_order, one.order))}
    brief = brief_titles(metrics, translated)
    named = names_to_colour_by(workspace)
    colours = [*([SCORE] if scored else []), *named, PLAIN]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = _select(_("Place pictures by"), list(titles), f"{key}_metric", brief.__getitem__)
        colour = _select(_("Colour"), colours, f"{key}_colour", lambda one: for_markdown(colour_title(one)))
        method = _select(
            _("Preserve"),
            list(METHODS),
            f"{key}_method",
            lambda one: translated(METHOD_TITLES[one]),
            explained=_(
                "Overall: the two directions in which the pictures differ most; far apart means unlike. Neighbours: "
                "the most alike stay side by side, and large distances mean little."
            ),
        )
    return titles[name], method, colour


def _select(
    label: str, options: Sequence[str], key: str, named: Callable[[str], str], *, explained: str | None = None
) -> str:
    """A choice that falls back to the first option where its own is gone."""
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0]
    return str(
        st.selectbox(
            label, options, key=key, format_func=named, help=explained, width=CHOICE_PX, persist_state="session"
        )
    )


def _nothing(count: int) -> None:
    if count < FEWEST:
        st.info(
            _("A map needs {fewest} pictures or more. Add pictures on the Catalog page.", fewest=FEWEST),
            icon=":material/map:",
        )
    else:
        st.info(
            _("A map needs features that are not there yet. Make them on the Catalog page, under Numbers."),
            icon=":material/build:",
        )


def _placed(query: Query, drawn: CatalogMap, metric: Mapped) -> QueryMark | None:
    """Where the query belongs on the map; None where the metric cannot compare it."""
    place = drawn.position_of(query.id)
    if place is None:
        features = query.features.get(metric.name, {}).get(UPRIGHT)
        if features is None:
            features = _extracted(query.sha256, metric.feature_key, query, metric)
        place = drawn.place(metric, features)
    if place is None:
        return None
    src = data_address(thumbnail(query.image, HOVER_PX))
    return QueryMark(float(place[0]), float(place[1]), _("Your picture"), src)


def _points(
    workspace: Workspace,
    key: str,
    drawn: CatalogMap,
    metric: Metric,
    colour: str,
    scored: Scored | None,
    marks: Mapping[int, str],
    query: QueryMark | None,
    picked: int | None,
) -> None:
    """The drawing, with what is known of the points that the browser asked of."""
    looks = looks_of(workspace, drawn.ids, colour, scored)
    count = len(drawn.ids)
    version = f"{workspace.catalog.identity}-{workspace.catalog.revision()}-{metric.feature_key}-{drawn.method}-{count}"
    component = f"{key}_points"
    numbers = wanted_points(component, version, count)
    numbers += range(count) if count <= AT_ONCE else list(marks)
    selected = None if picked is None or drawn.position_of(picked) is None else int(np.searchsorted(drawn.ids, picked))

    def on_picked(number: int) -> None:
        of_session(_Clicked).ids[key] = int(drawn.ids[number])

    point_map(
        key=component,
        version=version,
        label=_(
            "Map of {count:,} pictures by {metric}. Arrow keys go from picture to picture, Enter chooses.",
            count=count,
            metric=translated(metric.title),
        ),
        usage=_(
            "Point at a picture to see it; the wheel or two fingers zoom, dragging moves. Arrow keys go from picture "
            "to picture."
        ),
        action=_("Click to search with it.") if scored else _("Click to see its details."),
        positions=drawn.positions,
        looks=looks,
        marks=marks,
        query=query,
        selected=selected,
        texts=_described(workspace, drawn.ids, numbers, scored),
        on_picked=on_picked,
        words=translated,
    )


def _described(
    workspace: Workspace, ids: NDArray[np.int64], numbers: Iterable[int], scored: Scored | None
) -> dict[int, PointText]:
    """What the points are; pictures removed meanwhile are left out."""
    wanted = {number: int(ids[number]) for number in numbers}
    records = workspace.catalog.pictures(wanted.values())
    scores = {} if scored is None else scored.scores_of(wanted.values())
    described = {}
    for number, one in wanted.items():
        if one in records:
            note = ""
            if scored is not None:
                known = one in scores
                note = _("score {score:.2f}", score=scores[one]) if known else _("not checked in full detail")
            src = thumbnail_address(workspace.catalog, one, HOVER_PX)
            described[number] = PointText(records[one].label, note, src)
    return described


def _about(drawn: CatalogMap, metric: Metric, scored: Scored | None, placed: bool) -> str:
    title, count = translated(metric.title), len(drawn.ids)
    if drawn.sampled:
        said = (
            _("{count:,} of {all:,} pictures, drawn at random, and the matches.", count=count, all=drawn.total)
            if scored
            else _("{count:,} of {all:,} pictures, drawn at random.", count=count, all=drawn.total)
        )
        about = [said]
    else:
        about = [_("{count:,} pictures.", count=count)]
    if drawn.left_out:
        about.append(
            n_(
                "{count:,} more is not on it: {metric} has no features of it, or nothing to compare.",
                "{count:,} more are not on it: {metric} has no features of them, or nothing to compare.",
                drawn.left_out,
                metric=title,
            )
        )
    if drawn.explained is not None:
        about.append(
            _(
                "The two directions keep {share} of all differences by {metric}: pictures in the same place may differ "
                "in ways not shown.",
                share=percent(drawn.explained),
                metric=for_markdown(title),
            )
        )
    else:
        about.append(_("Similar pictures are side by side; how far groups are apart means little."))
    if scored is not None and not placed:
        about.append(_("{metric} cannot compare your picture, so it is not on the map.", metric=title))
    if scored is not None and not scored.table.exhaustive:
        about.append(_("Scores are known of the {count:,} nearest.", count=len(scored.table.ids)))
    return " ".join(about)


def _nearest(
    workspace: Workspace,
    drawn: CatalogMap,
    place: NDArray[np.float32],
    key: str,
    title: str,
    choose: Callable[[int], None],
    *,
    but: int | None,
) -> None:
    """The pictures around a place, as buttons, for who cannot or will not use the drawing."""
    ids = [one for one in drawn.near(place, AROUND + 1) if one != but][:AROUND]
    st.markdown(title)
    picked = tiles(
        picture_tiles(workspace.catalog, workspace.catalog.pictures(ids), TILE_PX),
        label=_("Nearest pictures on the map"),
        key=f"{key}_nearest",
    )
    if picked is not None:
        choose(int(picked))
        st.rerun()
