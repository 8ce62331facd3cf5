"""The map of the catalog, on the catalog page and beside a search's matches.

The map itself is computed once for each revision, metric and method, and shared; what is drawn on it belongs to a
session. It is a fragment: hovering runs this part of the page again, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pictrace.app.components import Tile, data_address, tiles
from pictrace.app.components.pointmap import Looks, QueryMark, Told, point_map, wanted_points
from pictrace.app.shared.map_looks import PLAIN, SCORE, Scored, looks_of, names_to_colour_by
from pictrace.app.shared.query import take_from_catalog
from pictrace.app.shared.state import Session
from pictrace.app.shared.thumbnails import small_thumbnail
from pictrace.app.shared.workspaces import Workspace
from pictrace.escape import for_markdown
from pictrace.explore.map.maps import AXES, FEWEST, METHODS, NEIGHBOURS, CatalogMap, catalog_map, mappable
from pictrace.features import Features
from pictrace.images.encoding import thumbnail
from pictrace.images.orientation import UPRIGHT
from pictrace.metrics import ready_metrics
from pictrace.metrics.base import Metric
from pictrace.output.charts.frame import brief_titles
from pictrace.searching.find import Found
from pictrace.searching.query import Query
from pictrace.searching.table import Criteria, ScoreTable

__all__ = ["map_of_catalog", "map_of_search"]

METHOD_TITLES = {AXES: "The whole (PCA)", NEIGHBOURS: "Neighbours"}
CATALOG, SEARCH = "catalog_map", "search_map"
HOVER_PX, TILE_PX = 148, 216
CHOICE_PX = 158  # three of them beside the matches
AROUND = 8
AT_ONCE = 60
"""Pictures of a small catalog that are told with the map itself, so that they are drawn at once."""


@st.cache_resource(show_spinner="Drawing the map of the catalog", max_entries=6)
def _map(identity: str, revision: int, key: str, method: str, _workspace: Workspace, _metric: Metric) -> CatalogMap:
    return catalog_map(_workspace.cache, _metric, method=method)


@st.cache_data(show_spinner=False, max_entries=64)
def _extracted(sha256: bytes, key: str, _query: Query, _metric: Metric) -> Features:
    """The query's features by a metric that the search did not use."""
    return _metric.extract(_query.image)


def map_of_catalog(workspace: Workspace, state: Session) -> None:
    """The part of the catalog page: a click chooses the picture that the page tells of."""
    _drawn(workspace, state, CATALOG, None)


def map_of_search(
    workspace: Workspace, state: Session, table: ScoreTable, criteria: Criteria, found: Sequence[Found]
) -> None:
    """Beside the matches: the catalog with the query and its matches in it; a click searches with another picture."""
    _drawn(workspace, state, SEARCH, Scored(table, criteria, tuple(found)))


@st.fragment
def _drawn(workspace: Workspace, state: Session, key: str, scored: Scored | None) -> None:
    chosen = st.session_state.pop(f"{key}_chosen", None)
    if isinstance(chosen, int):
        _choose(workspace, state, key, chosen)
    catalog = workspace.catalog
    ready = catalog.feature_counts()
    metrics = [one for one in mappable(ready_metrics()) if ready.get(one.feature_key, 0) >= FEWEST]
    if not metrics:
        _nothing(catalog.count())
        return
    metric, method, colour = _choices(workspace, key, metrics, scored)
    drawn = _map(catalog.identity, catalog.revision(), metric.feature_key, method, workspace, metric)
    if len(drawn.ids) < FEWEST:
        st.info(
            f"{metric.title} can compare only {len(drawn.ids)} of the pictures. Choose another metric for the map.",
            icon=":material/map:",
        )
        return
    marks: dict[int, str] = {}
    query, picked = None, None
    if scored is None:
        picked = st.session_state.get("catalog_picked")
    else:
        drawn = drawn.including(workspace.cache, metric, (one.match.id for one in scored.found))
        query = _query(state, drawn, metric)
        for one in scored.found:
            if drawn.position_of(one.match.id) is not None:
                marks[int(np.searchsorted(drawn.ids, one.match.id))] = str(one.match.rank)
    _points(workspace, key, drawn, metric, colour, scored, marks, query, picked)
    st.caption(_about(drawn, metric, scored, query is not None))
    place = drawn.position_of(picked) if picked is not None else None
    if query is not None and state.query is not None:
        _nearest(workspace, state, drawn, np.array([query.x, query.y], np.float32), key, but=state.query.id)
    elif place is not None:
        _nearest(workspace, state, drawn, place, key, but=picked)


def _choices(
    workspace: Workspace, key: str, metrics: Sequence[Metric], scored: Scored | None
) -> tuple[Metric, str, str]:
    titles = {one.name: one for one in sorted(metrics, key=lambda one: (one.map_order, one.order))}
    brief = brief_titles(metrics)
    named = names_to_colour_by(workspace)
    colours = [*([SCORE] if scored else []), *named, PLAIN]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = _kept_select("Near means alike by", list(titles), f"{key}_metric", brief.__getitem__)
        colour = _kept_select("Colour", colours, f"{key}_colour", for_markdown)
        method = _kept_select(
            "Keep",
            list(METHODS),
            f"{key}_method",
            METHOD_TITLES.__getitem__,
            explained="The whole: the two directions in which the pictures differ most; far apart means unlike. "
            "Neighbours: the most alike stay side by side, and large distances mean little.",
        )
    return titles[name], method, colour


def _kept_select(
    label: str, options: Sequence[str], key: str, told: Callable[[str], str], *, explained: str | None = None
) -> str:
    """A choice that outlives its widget, and falls back to the first option where its own is gone."""
    former = st.session_state.get(key, st.session_state.get(f"kept_{key}"))
    st.session_state[key] = former if former in options else options[0]
    chosen = str(st.selectbox(label, options, key=key, format_func=told, help=explained, width=CHOICE_PX))
    st.session_state[f"kept_{key}"] = chosen
    return chosen


def _nothing(count: int) -> None:
    if count < FEWEST:
        st.info(f"A map needs {FEWEST} pictures or more. Add pictures on the page Catalog.", icon=":material/map:")
    else:
        st.info(
            "No features are ready from which a map could be drawn. On the page Catalog, under Numbers, "
            "choose Make the missing features.",
            icon=":material/build:",
        )


def _query(state: Session, drawn: CatalogMap, metric: Metric) -> QueryMark | None:
    """Where the session's picture belongs on the map; None where the metric cannot compare it."""
    query = state.query
    if query is None:
        return None
    place = drawn.position_of(query.id)
    if place is None:
        features = query.features.get(metric.name, {}).get(UPRIGHT)
        if features is None:
            features = _extracted(query.sha256, metric.feature_key, query, metric)
        place = drawn.place(metric, features)
    if place is None:
        return None
    src = data_address(thumbnail(query.image, HOVER_PX))
    return QueryMark(float(place[0]), float(place[1]), "Your picture", src)


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
        st.session_state[f"{key}_chosen"] = int(drawn.ids[number])

    point_map(
        key=component,
        version=version,
        label=f"Map of {count:,} pictures by {metric.title}. Arrow keys go from picture to picture, Enter chooses.",
        usage="Point at a picture to see it; the wheel or two fingers zoom, dragging moves. "
        "Arrow keys go from picture to picture.",
        action="Click to search with it." if scored else "Click to see what is known of it.",
        positions=drawn.positions,
        looks=looks,
        marks=marks,
        query=query,
        selected=selected,
        told=_told(workspace, drawn.ids, numbers, looks, scored),
        on_picked=on_picked,
    )


def _told(
    workspace: Workspace, ids: NDArray[np.int64], numbers: Iterable[int], looks: Looks, scored: Scored | None
) -> dict[int, Told]:
    """What the points are; pictures removed meanwhile are left out."""
    wanted = {number: int(ids[number]) for number in numbers}
    records = workspace.catalog.pictures(wanted.values())
    scores = {} if scored is None else scored.scores_of(wanted.values())
    location = workspace.catalog.location
    told = {}
    for number, one in wanted.items():
        if one in records:
            jpeg = small_thumbnail(location, one, HOVER_PX, workspace)
            note = "" if scored is None else f"score {scores[one]:.2f}" if one in scores else "not scored exactly"
            told[number] = Told(records[one].label, note, data_address(jpeg) if jpeg else "")
    return told


def _about(drawn: CatalogMap, metric: Metric, scored: Scored | None, placed: bool) -> str:
    if drawn.sampled:
        told = [
            f"{len(drawn.ids):,} of {drawn.total:,} pictures, drawn at random{', and the matches' if scored else ''}."
        ]
    else:
        told = [f"{len(drawn.ids):,} pictures."]
    if drawn.left_out:
        told.append(
            f"{drawn.left_out:,} more {'is' if drawn.left_out == 1 else 'are'} not on it: "
            f"{metric.title} has no features of {'it' if drawn.left_out == 1 else 'them'}, or nothing to compare."
        )
    if drawn.explained is not None:
        told.append(
            f"The two directions keep {drawn.explained:.0%} of all differences by {for_markdown(metric.title)}: "
            "pictures that lie on each other may differ in what is not shown."
        )
    else:
        told.append("Alike pictures lie side by side; how far groups lie apart means little.")
    if scored is not None and not placed:
        told.append(f"{metric.title} cannot compare your picture, so it is not on the map.")
    if scored is not None and not scored.table.exhaustive:
        told.append(f"Scores are known of the {len(scored.table.ids):,} nearest.")
    return " ".join(told)


def _nearest(
    workspace: Workspace, state: Session, drawn: CatalogMap, place: NDArray[np.float32], key: str, *, but: int | None
) -> None:
    """The pictures around a place, as buttons, for who cannot or will not use the drawing."""
    ids = [one for one in drawn.near(place, AROUND + 1) if one != but][:AROUND]
    records = workspace.catalog.pictures(ids)
    search = key == SEARCH
    st.markdown(f"**Nearest on the map to {'your picture' if search else 'the chosen picture'}**")
    picked = tiles(
        [
            Tile(str(one), record.label, small_thumbnail(workspace.catalog.location, one, TILE_PX, workspace))
            for one, record in records.items()
        ],
        label="Nearest pictures on the map",
        key=f"{key}_nearest",
    )
    if picked is not None:
        _choose(workspace, state, key, int(picked))


def _choose(workspace: Workspace, state: Session, key: str, picture_id: int) -> None:
    """What a click does: on the search page it asks, on the catalog page it opens."""
    if key == SEARCH:
        take_from_catalog(workspace, state, picture_id)
    else:
        st.session_state["catalog_picked"] = picture_id
    st.rerun()
