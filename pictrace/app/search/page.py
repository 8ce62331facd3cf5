"""The search page, put together: pages/search.py only calls ``show``."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pictrace.app.components import tiles
from pictrace.app.search.address import take_query, write_query
from pictrace.app.search.answer import current_table
from pictrace.app.search.answer_line import answer_line
from pictrace.app.search.details import details
from pictrace.app.search.details_head import details_head
from pictrace.app.search.downloads import downloads
from pictrace.app.search.features import left_out, watch_missing_features
from pictrace.app.search.history import earlier_queries, remember
from pictrace.app.search.inputs import example_tiles, query_inputs
from pictrace.app.search.marks import hides_wrong, hiding_switch, mark_buttons, marks_of, without_hidden
from pictrace.app.search.matches import list_of_matches, listed
from pictrace.app.search.order import GRID, arranged, current_view, view_controls
from pictrace.app.search.ranking import Ranking, current_ranking, rank
from pictrace.app.search.side import beside_matches
from pictrace.app.search.weights import what_if_part
from pictrace.app.shared.controls import Wanted, criteria_controls
from pictrace.app.shared.language import _, n_, translated
from pictrace.app.shared.open_catalog import catalog_state, offer_earlier_catalog
from pictrace.app.shared.parts import part, running_alone
from pictrace.app.shared.query_state import QueryState, query_state
from pictrace.app.shared.servers import tell_silent
from pictrace.app.shared.slot import slot
from pictrace.app.shared.thumbnails import picture_tiles
from pictrace.errors import PicTraceError
from pictrace.escape import for_markdown
from pictrace.metrics import all_metrics, get_metric
from pictrace.searching.find import Found
from pictrace.service.answer import Answer
from pictrace.service.workspaces import Workspace

__all__ = ["show"]

HIDING = "hiding"
"""In the session: whether the last run of the whole page left out what is marked "not the same"."""

GALLERY = 18
TILE_PX = 216


def show() -> None:
    """The whole page; where it searches, that is answered wholly before another search has its turn."""
    with ExitStack() as turn:
        _show(turn)


def _show(turn: ExitStack) -> None:
    catalogs, state = catalog_state(), query_state()
    search = state.search
    try:
        with slot("above"):
            offer_earlier_catalog(catalogs)
            workspace = catalogs.workspace()
        wanted = criteria_controls(all_metrics(), ranked=workspace)
    except PicTraceError as error:
        st.error(for_markdown(translated(str(error))), icon=":material/error:")
        return
    with slot("fetching"):
        take_query(workspace, state)
    earlier = _inputs(workspace, state)
    with slot("comparing"):
        table = current_table(workspace, search, wanted, turn)
    state.details()  # closes what was open of another picture
    write_query(state)
    if any(weight and get_metric(name).unavailable() for name, weight in wanted.criteria.weights.items()):
        st.rerun()  # its network was found not to work: the slider tells why
    with slot("problem"):
        if search.problem:
            st.error(for_markdown(translated(search.problem)), icon=":material/broken_image:")
    answer = search.answer
    if answer is not None:
        remember(answer)
    with earlier:
        earlier_queries(state)
    if table is None or answer is None:
        _empty(workspace, state)
        return
    found = rank(workspace, answer, wanted).found
    answer_line(workspace, state, answer, wanted)
    if not wanted.criteria.total_weight:
        return
    with slot("missing"):
        for metric in table.metrics:
            if metric.on_demand and wanted.criteria.weights.get(metric.name):
                watch_missing_features(workspace, metric)
        left_out(workspace)
    if not table.catalog_size:
        if table.incomplete:
            return
        if wanted.filters:
            st.info(_("No picture fits the filters. Choose fewer of them."), icon=":material/filter_alt_off:")
        else:
            st.info(_("The catalog is empty, so there is nothing to find yet."), icon=":material/inbox:")
        return
    if found:
        _results(workspace, state, answer, wanted)


def _inputs(workspace: Workspace, state: QueryState) -> DeltaGenerator:
    before = state.search.asked
    ways, examples = st.container(key="ways").columns([3, 2], gap="medium")
    with ways:
        earlier = query_inputs(workspace, state)
    if workspace.is_sample:  # in other catalogs they would find nothing
        with examples:
            example_tiles(state)
    if state.search.asked is not before:
        st.rerun()  # so that what depends on a query is right at once
    return earlier


def _empty(workspace: Workspace, state: QueryState) -> None:
    """No query yet: what the catalog holds, each picture a query."""
    ids = workspace.catalog.ids()
    st.title(_("Which picture are you looking for?"), anchor=False)
    tell_silent(workspace)
    if not len(ids):
        if workspace.catalog.silent:
            return
        st.info(_("The catalog is empty. Add pictures on the Catalog page."), icon=":material/inbox:")
        return
    st.caption(
        n_(
            "{catalog}: {count:,} picture. Drop a picture above, or pick one to see what resembles it.",
            "{catalog}: {count:,} pictures. Drop a picture above, or pick one to see what resembles it.",
            len(ids),
            catalog=for_markdown(translated(workspace.title)),
        )
    )
    records = workspace.catalog.pictures(int(one) for one in ids[:GALLERY])
    chosen = tiles(
        picture_tiles(workspace.catalog, records, TILE_PX),
        label=_("Pictures of the catalog"),
        key="gallery",
        large=True,
    )
    if chosen is not None:
        state.look_for_in(workspace.catalog, int(chosen))
        st.rerun()
    workspace.prepare()


def _results(workspace: Workspace, state: QueryState, answer: Answer, wanted: Wanted) -> None:
    in_grid = st.session_state.get("view") == GRID
    left, right = st.columns([1, 1] if in_grid else [2, 3], gap="medium")
    made = state.details()
    st.session_state[HIDING] = hides_wrong()
    with left, st.container(key="list"):
        view_controls()
        _list(workspace, state, wanted)
        _downloads(workspace, state, wanted)
    ranking = current_ranking(workspace, state.search, wanted)
    marks = marks_of(workspace.catalog, answer.query.id)
    visible = without_hidden(ranking.found, marks)
    chosen = next((one for one in visible if one.match.id == state.selected), None)
    with right, st.container(key="side"):
        if chosen is None or made is None:
            beside_matches(workspace, state, wanted)
            return
        shown = listed(workspace.catalog, _ordered(ranking, marks))
        details_head(workspace, state, chosen, list(shown))
        mark_buttons(workspace, answer.query.id, chosen.match.id, marks.get(chosen.match.id))
        details(workspace, made, chosen, wanted.criteria, ranking.said)
        what_if_part(answer.table, wanted.criteria, chosen)


def _ordered(ranking: Ranking, marks: Mapping[int, str]) -> list[Found]:
    return arranged(without_hidden(ranking.found, marks), ranking.said, current_view().order)


@part("matches")
def _list(workspace: Workspace, state: QueryState, wanted: Wanted) -> None:
    ranking = current_ranking(workspace, state.search, wanted)
    marks = marks_of(workspace.catalog, ranking.answer.query.id)
    hiding_switch(ranking.found, marks)
    if running_alone() and hides_wrong() != st.session_state.get(HIDING):
        st.rerun()  # all of the page leaves them out, or shows them
    ordered = _ordered(ranking, marks)
    table, held = ranking.answer.table, ranking.answer.held
    list_of_matches(workspace, state, ordered, table, ranking.said, marks, held, current_view().size_px)


@part("downloads")
def _downloads(workspace: Workspace, state: QueryState, wanted: Wanted) -> None:
    ranking = current_ranking(workspace, state.search, wanted)
    found = without_hidden(ranking.found, marks_of(workspace.catalog, ranking.answer.query.id))
    downloads(workspace, ranking.answer, ranking.wanted, found, ranking.said)
