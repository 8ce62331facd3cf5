"""What is beside the list of matches while none is opened: charts, maps, disagreement."""

from __future__ import annotations

import streamlit as st

from pictrace.app.search.ranking import current_ranking
from pictrace.app.search.weights import disagreement, map_of_weights
from pictrace.app.shared.controls import Wanted
from pictrace.app.shared.language import _, translated
from pictrace.app.shared.map import draw_map
from pictrace.app.shared.map_looks import Scored
from pictrace.app.shared.parts import let_parts_answer, part
from pictrace.app.shared.query_state import QueryState
from pictrace.app.shared.servers import not_over_servers
from pictrace.output.charts.results import contributions_figure, distribution_figure
from pictrace.service.workspaces import Workspace

__all__ = ["SIDES", "beside_matches"]

SIDES = (CHARTS, MAP, DISAGREEMENT, CATALOG_MAP) = ("Charts", "Weights", "Disagreement", "Map")
PLAIN = {"displayModeBar": False}
CHARTED = 24


def beside_matches(workspace: Workspace, state: QueryState, wanted: Wanted) -> None:
    """Only the part that is shown is computed."""
    chosen = st.segmented_control(
        _("Beside the matches"),
        SIDES,
        format_func=translated,
        default=CHARTS,
        required=True,
        key="beside",
        label_visibility="collapsed",
        persist_state="session",
    )
    if chosen == CHARTS:
        _charts(workspace, state, wanted)
        let_parts_answer()
        return
    ranking = current_ranking(workspace, state.search, wanted)
    answer, criteria = ranking.answer, wanted.criteria
    if chosen == MAP:
        map_of_weights(workspace, answer.table, criteria)
    elif chosen == DISAGREEMENT:
        disagreement(workspace, answer.table, criteria)
    elif not not_over_servers(workspace):
        draw_map(
            workspace,
            "search_map",
            lambda picture_id: state.look_for_in(workspace.catalog, picture_id),
            scored=Scored(answer.table, criteria, tuple(ranking.found)),
            query=answer.query,
        )


@part("charts")
def _charts(workspace: Workspace, state: QueryState, wanted: Wanted) -> None:
    ranking = current_ranking(workspace, state.search, wanted)
    table, found, criteria = ranking.answer.table, ranking.found[:CHARTED], ranking.wanted.criteria
    st.plotly_chart(
        contributions_figure(found, table.metrics, criteria, translated),
        key="contributions",
        config=PLAIN,
        alt=_("Bar chart: each match's score, made of its metrics' contributions"),
    )
    st.plotly_chart(
        distribution_figure(table, found, table.metrics, criteria, translated),
        key="distribution",
        config=PLAIN,
        alt=_("Strip per metric: where the matches lie among all pictures of the catalog"),
    )
