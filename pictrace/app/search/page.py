"""The search page, put together: pages/search.py only calls ``show``."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import streamlit as st

from pictrace.app.components import Tile, tiles
from pictrace.app.search.weights import disagreement, map_of_weights, what_if_part
from pictrace.app.shared.catalog_menu import come_back
from pictrace.app.shared.controls import criteria_controls
from pictrace.app.shared.map import map_of_search
from pictrace.app.shared.model import missing_features
from pictrace.app.shared.panels import details, list_of_matches
from pictrace.app.shared.query import example_tiles, query_inputs, take_from_catalog
from pictrace.app.shared.state import Session, current_table, session, workspace_of
from pictrace.app.shared.thumbnails import small_thumbnail
from pictrace.app.shared.workspaces import Workspace
from pictrace.catalog.records import Source
from pictrace.errors import CriteriaError, PicTraceError
from pictrace.escape import for_markdown
from pictrace.indexing.index import Indexing
from pictrace.metrics import all_metrics, get_metric
from pictrace.metrics.base import Metric
from pictrace.output.charts.results import contributions_figure, distribution_figure
from pictrace.output.documents import matches_csv, search_document
from pictrace.searching.find import Found, find
from pictrace.searching.table import Criteria, ScoreTable
from pictrace.searching.verdict import Verdict, verdict
from pictrace.sources.base import Item

__all__ = ["show"]

GALLERY = 18
SIDES = (CHARTS, MAP, DISAGREEMENT, CATALOG_MAP) = ("Charts", "Map of weights", "Disagreement", "Map of the catalog")


def show() -> None:
    """The whole page."""
    metrics = all_metrics()
    state = session()
    try:
        come_back(state)
        workspace = workspace_of(state)
        criteria, orientations = criteria_controls(metrics, state, ranked=workspace)
    except PicTraceError as error:
        st.error(for_markdown(str(error)), icon=":material/error:")
        return
    _inputs(workspace, state)
    table = current_table(workspace, state, criteria.weights, orientations=orientations)
    if any(weight and get_metric(name).unavailable() for name, weight in criteria.weights.items()):
        st.rerun()  # its network was found not to work: the slider tells why
    if state.problem:
        st.error(for_markdown(state.problem), icon=":material/broken_image:")
    if table is None or state.query is None:
        _empty(workspace, state)
        return
    started = time.perf_counter()
    try:
        found = find(workspace.catalog, table, criteria)
        told = verdict(state.query, table, found)
    except CriteriaError as error:
        _query_line(workspace, state, table, Verdict("Nothing to rank by.", str(error), frozenset()))
        return
    state.timing_ms["rank"] = (time.perf_counter() - started) * 1e3
    _query_line(workspace, state, table, told)
    for metric in table.metrics:
        if metric.on_demand and criteria.weights.get(metric.name):
            missing_features(workspace, metric)
    if not table.catalog_size:
        if state.filters:
            st.info(
                "No picture of the catalog fits the filters. Choose fewer of them.", icon=":material/filter_alt_off:"
            )
        else:
            st.info("The catalog is empty, so there is nothing to find yet.", icon=":material/inbox:")
        return
    if found:
        _results(workspace, state, table, criteria, found, told, table.metrics, orientations=orientations)


def _inputs(workspace: Workspace, state: Session) -> None:
    before = state.asked
    ways, examples = st.columns([3, 2], gap="medium")
    with ways:
        query_inputs(workspace, state)
    with examples:
        example_tiles(state)
    if state.asked is not before:
        st.rerun()  # so that the buttons that depend on a query are right at once


def _empty(workspace: Workspace, state: Session) -> None:
    """No query yet: what the catalog holds, each picture a query."""
    ids = workspace.catalog.ids()
    st.subheader("Which picture are you looking for?", anchor=False)
    if not len(ids):
        st.info("The catalog is empty. Add pictures on the page Catalog.", icon=":material/inbox:")
        return
    st.caption(
        f"{for_markdown(workspace.title)}: {_pictures(len(ids))}. "
        "Drop a picture above, or choose one of these to find its relatives."
    )
    records = workspace.catalog.pictures(int(one) for one in ids[:GALLERY])
    chosen = tiles(
        [
            Tile(str(one), record.label, small_thumbnail(workspace.catalog.location, one, 216, workspace))
            for one, record in records.items()
        ],
        label="Pictures of the catalog",
        key="gallery",
        large=True,
    )
    if chosen is not None:
        take_from_catalog(workspace, state, int(chosen))
        st.rerun()


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count:,} pictures"


def _query_line(workspace: Workspace, state: Session, table: ScoreTable, told: Verdict) -> None:
    """The query and the answer, before anything else."""
    with st.container(border=True, key="answer"):
        left, right = st.columns([1, 3], vertical_alignment="center")
        name = state.picture.name if state.picture else "query"
        left.image(state.query_thumbnail, alt=f"Your picture: {name}", width=220)
        with right:
            st.subheader(for_markdown(told.headline), anchor=False)
            st.write(for_markdown(told.detail))
            count = table.catalog_size
            spent = sum(state.timing_ms.values())
            exact = "all exactly" if table.exhaustive else f"the {len(table.ids):,} nearest exactly"
            st.caption(f"{for_markdown(workspace.title)}: {_pictures(count)} compared in {spent:.0f} ms · {exact}")
            with st.container(horizontal=True):
                if not table.exhaustive and st.button("Score everything exactly", icon=":material/done_all:"):
                    state.exhaustive = True
                    st.rerun()
                if workspace.writable:
                    _add_query(workspace, state)


def _add_query(workspace: Workspace, state: Session) -> None:
    """One click adds the query to a catalog that this session may add to, unless it is there."""
    query, picture = state.query, state.picture
    if query is None or picture is None or query.id in workspace.catalog.pictures([query.id]):
        return
    if st.button("Add it to the catalog", icon=":material/add_photo_alternate:"):
        run = Indexing(workspace.catalog, [Item.of_bytes(picture.data, Source(picture.kind, picture.name))])
        with st.spinner("Adding the picture"):
            run.run()
        for failure in run.failures:
            state.refuse(f"{picture.name}: {failure.reason}")
        st.rerun()


def _results(
    workspace: Workspace,
    state: Session,
    table: ScoreTable,
    criteria: Criteria,
    found: Sequence[Found],
    told: Verdict,
    metrics: Sequence[Metric],
    *,
    orientations: bool,
) -> None:
    left, right = st.columns([2, 3], gap="medium")
    with left, st.container(key="list"):
        list_of_matches(workspace, state, found, metrics, told)
        _downloads(workspace, state, table, criteria, found)
    chosen = next((one for one in found if one.match.id == state.selected), None)
    with right, st.container(key="side"):
        if chosen is not None:
            details(
                workspace,
                state,
                chosen,
                metrics,
                criteria,
                good=chosen.match.id in told.good,
                orientations=orientations,
            )
            what_if_part(table, criteria, chosen)
        else:
            _side(workspace, state, table, found, metrics, criteria)


def _side(
    workspace: Workspace,
    state: Session,
    table: ScoreTable,
    found: Sequence[Found],
    metrics: Sequence[Metric],
    criteria: Criteria,
) -> None:
    """What is beside the list while no match is opened; only the part that is shown is computed."""
    st.session_state.setdefault("beside", st.session_state.get("kept_beside", SIDES[0]))
    chosen = st.segmented_control(
        "Beside the matches", SIDES, required=True, key="beside", label_visibility="collapsed"
    )
    st.session_state["kept_beside"] = chosen  # the control is not drawn, and forgets, while a match is opened
    if chosen == MAP:
        map_of_weights(workspace, table, criteria)
    elif chosen == DISAGREEMENT:
        disagreement(workspace, table, criteria)
    elif chosen == CATALOG_MAP:
        map_of_search(workspace, state, table, criteria, found)
    else:
        _charts(table, found, metrics, criteria)


def _charts(table: ScoreTable, found: Sequence[Found], metrics: Sequence[Metric], criteria: Criteria) -> None:
    plain = {"displayModeBar": False}
    st.plotly_chart(
        contributions_figure(found, metrics, criteria),
        key="contributions",
        config=plain,
        alt="Bar chart: each match's score, made of its metrics' contributions",
    )
    st.plotly_chart(
        distribution_figure(table, found, metrics, criteria),
        key="distribution",
        config=plain,
        alt="Strip per metric: where the matches lie among all pictures of the catalog",
    )


def _downloads(
    workspace: Workspace, state: Session, table: ScoreTable, criteria: Criteria, found: Sequence[Found]
) -> None:
    if state.picture is None or state.query is None:
        return
    document = search_document(
        state.picture.name,
        state.query,
        workspace.catalog,
        table,
        criteria,
        found,
        state.timing_ms,
        only=state.filters,
    )
    with st.container(horizontal=True):
        st.download_button(
            "CSV",
            matches_csv(found, table.names),
            "matches.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "JSON",
            json.dumps(document, indent=2),
            "matches.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
