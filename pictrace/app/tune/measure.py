"""What is right, looking for all of it, and how well each way of ranking finds it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pictrace.app.shared.controls import Wanted
from pictrace.app.shared.uploads import refer_to
from pictrace.app.tune.reliability import reliability_part
from pictrace.app.tune.state import TuneState
from pictrace.errors import CriteriaError, PicTraceError
from pictrace.escape import for_markdown
from pictrace.evaluation.measures import measures
from pictrace.evaluation.ways import Result
from pictrace.output.charts.evaluation import alarms_figure, intervals_figure, precision_figure
from pictrace.output.documents import failures_csv
from pictrace.output.evaluations import evaluation_csv
from pictrace.service.many_searches import ManySearches
from pictrace.service.pictures import picture_types, upload_limits
from pictrace.service.stressing import Stressing
from pictrace.service.tuning import SHOWN, Learning, Measuring, asked_in, asked_of_changes, asked_of_labels, measured
from pictrace.service.workspaces import Workspace
from pictrace.wording import counted

__all__ = ["measure_part", "watch"]

POLL_S = 0.5
PLAIN = {"displayModeBar": False}
MOST_TABLE_MB = 16
STEPS = """\
1. **Say what is right**: give a table of queries and what each should find, or answer “Same” or “Not the same” to some
   matches (*Label*, above).
2. **Measure**: every metric, preset and your sliders, side by side.
3. **Learn** weights from it, and apply them: the sliders move, and every search uses them.
"""
TRY = "Try it with changed pictures of this catalog"
EXAMPLE = "query,relevant\ndesk.jpg,lamp.jpg\ndesk.jpg,chair.jpg\ndog.jpg,"


def measure_part(workspace: Workspace, state: TuneState, wanted: Wanted) -> None:
    """Truth in, figures out."""
    _truth(workspace, state)
    if state.problem:
        st.error(for_markdown(state.problem), icon=":material/rule:")
    if not state.asked:
        return
    nothing = sum(not one.relevant for one in state.asked)
    queries = counted(len(state.asked) - nothing, "query", "queries")
    strangers = f" and {counted(nothing, 'query', 'queries')} that nothing matches" if nothing else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{for_markdown(state.title)}**: {queries}{strangers}.", width="content")
        if st.button("Measure", type="primary", icon=":material/speed:", disabled=_is_running(state)):
            state.learning = None
            state.measuring = Measuring(workspace, state.asked, wanted.criteria, orientations=wanted.orientations)
        if not state.taken and st.button("Start over", icon=":material/restart_alt:"):
            state.ask("", [])
            st.rerun()
    if state.measuring is None:
        return
    watch(state.measuring, "Looking for {done:,} of {total:,} queries", "measuring")
    if state.measuring.running:
        return
    if state.measuring.problem:
        st.error(for_markdown(state.measuring.problem), icon=":material/error:")
    _results(state.measuring, wanted)
    if state.measuring.cube is not None:
        reliability_part(workspace, state.measuring.cube, wanted)


def _is_running(state: TuneState) -> bool:
    return any(job is not None and job.running for job in (state.measuring, state.learning))


def _truth(workspace: Workspace, state: TuneState) -> None:
    top = st.container()
    left, right = st.columns(2, gap="medium")
    with left:
        table = st.file_uploader(
            "A table of what is right (CSV)",
            type=["csv", "tsv"],
            key="truth",
            max_upload_size=MOST_TABLE_MB,
            help="query,relevant: a row for each picture that a query should find; relevant is empty where nothing "
            "matches. Names are addresses, names or ids of catalog pictures; queries may be links and uploads, too.",
        )
    with right:
        pictures = st.file_uploader(
            "Pictures that it asks with, if they are not in the catalog",
            type=picture_types(),
            accept_multiple_files=True,
            key="truth_pictures",
            max_upload_size=max(1, upload_limits().max_bytes // 1024**2),
        )
    shown = [*pictures, *([table] if table is not None else [])]
    refer_to(shown)
    mark = ",".join(one.file_id for one in shown)
    if table is not None and mark != state.taken:
        state.taken = mark
        try:
            asked = asked_in(
                table.getvalue(), table.name, workspace.catalog, {one.name: one.getvalue() for one in pictures}
            )
            state.ask(table.name, asked)
        except PicTraceError as error:
            state.ask("", [])
            state.problem = str(error)
    if table is None and not state.asked:
        with top:
            _first_steps(workspace, state)


def _first_steps(workspace: Workspace, state: TuneState) -> None:
    """What to do first, and a way to see all of it without a table of one's own."""
    st.markdown(STEPS)
    labelled = asked_of_labels(workspace.catalog)
    with st.container(horizontal=True, vertical_alignment="center"):
        if labelled:
            count = counted(len(labelled), "labelled query", "labelled queries")
            if st.button(f"Use the {count} of this catalog", type="primary", icon=":material/label:"):
                state.ask("Labels of this catalog", labelled)
                st.rerun()
        if workspace.catalog.count() and st.button(TRY, icon=":material/science:"):
            with st.spinner("Looking for copies among them"):
                state.ask("Changed pictures of this catalog", asked_of_changes(workspace))
            st.rerun()
    with st.expander("What a table looks like", icon=":material/table:"):
        st.caption("A row for each picture that a query should find; nothing behind the comma where nothing matches.")
        st.code(EXAMPLE, language=None)


def watch(job: Measuring | Learning | Stressing | ManySearches, told: str, key: str) -> None:
    """A line with its progress and a way to stop it, drawn again by itself until it has ended."""
    if not job.running:
        return

    def draw() -> None:
        if not job.running:
            st.rerun()
        done, total = job.progress
        left, right = st.columns([5, 1], vertical_alignment="center")
        left.progress(min(1.0, done / max(1, total)), text=told.format(done=done, total=total))
        right.button("Stop", icon=":material/stop:", on_click=job.stop, key=f"{key}_stop", width="stretch")

    with st.container(border=True, key=key):
        st.fragment(draw, run_every=POLL_S)()


def _results(job: Measuring, wanted: Wanted) -> None:
    if job.stopped:
        st.warning("Stopped: these are the queries that were looked for by then.", icon=":material/stop_circle:")
    if job.failures:
        st.warning(
            f"{counted(len(job.failures), 'query', 'queries')} could not be looked for.", icon=":material/warning:"
        )
        st.download_button("Failures", failures_csv(job.failures), "failures.csv", "text/csv", on_click="ignore")
    if job.cube is None:
        return
    results: list[Result] = list(job.results)
    try:
        results.insert(0, measured(job.cube, wanted.criteria, measures()))
    except CriteriaError as error:
        st.caption(for_markdown(str(error)))
    chosen = st.segmented_control(
        "Measures",
        [one.name for one in measures()],
        default=list(SHOWN),
        selection_mode="multi",
        key="tune_measures",
        help="  \n".join(f"**{one.name}**: {one.help}." for one in measures()),
        persist_state="session",
    )
    names = [one.name for one in measures() if one.name in chosen] or list(SHOWN[:1])
    _table(results, names)
    groups = len(set(job.cube.groups.tolist()))
    st.caption(
        f"±: 95 % of samples of the {counted(groups, 'group')} of queries lie within. "
        f"Each query was looked for among {counted(job.cube.catalog_size, 'picture')}."
    )
    st.download_button(
        "CSV", evaluation_csv(results), "evaluation.csv", "text/csv", icon=":material/download:", on_click="ignore"
    )
    titles = {one.way.title: one for one in results}
    shown = st.multiselect(
        "Ways in the charts",
        list(titles),
        default=[one.way.title for one in results if one.way.kind != "metric"][:2]
        + [one.way.title for one in results if one.way.kind == "metric"][:2],
        key="tune_ways",
    )
    some = [titles[one] for one in shown]
    st.plotly_chart(
        intervals_figure(results, names[0]),
        key="tune_intervals",
        config=PLAIN,
        alt=f"A point with an interval for each way of ranking: {names[0]}",
    )
    if not some:
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.plotly_chart(
            precision_figure(some), key="tune_precision", config=PLAIN, alt="Precision by recall, a line for each way"
        )
    with right:
        st.plotly_chart(
            alarms_figure(some), key="tune_alarms", config=PLAIN, alt="Found by false alarms, a line for each way"
        )


def _table(results: Sequence[Result], names: Sequence[str]) -> None:
    rows = []
    for one in results:
        row: dict[str, object] = {"Ranked by": one.way.title}
        for name in names:
            figure = one.figures[name]
            row[name] = f"{figure.value:.3f} ± {max(figure.high - figure.value, figure.value - figure.low):.3f}"
        rows.append(row)
    st.dataframe(rows, hide_index=True, key="tune_table", height="content")
