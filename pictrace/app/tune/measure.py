"""What is right, looking for all of it, and how well each way of ranking finds it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pictrace.app.shared.controls import Wanted
from pictrace.app.shared.language import _, n_, translated
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
from pictrace.told import told

__all__ = ["measure_part", "watch"]

POLL_S = 0.5
PLAIN = {"displayModeBar": False}
MOST_TABLE_MB = 16
STEPS = (
    told(
        "**Say what is right**: give a table of queries and what each should find, or answer “Same” or “Not the same” "
        "to some matches (*Label*, above)."
    ),
    told("**Measure**: every metric, preset and your sliders, side by side."),
    told("**Learn** weights from it, and apply them: the sliders move, and every search uses them."),
)
EXAMPLE = "query,relevant\ndesk.jpg,lamp.jpg\ndesk.jpg,chair.jpg\ndog.jpg,"


def measure_part(workspace: Workspace, state: TuneState, wanted: Wanted) -> None:
    """Truth in, figures out."""
    _truth(workspace, state)
    if state.problem:
        st.error(for_markdown(translated(state.problem)), icon=":material/rule:")
    if not state.asked:
        return
    nothing = sum(not one.relevant for one in state.asked)
    queries = n_("{count:,} query", "{count:,} queries", len(state.asked) - nothing)
    if nothing:
        strangers = n_("{count:,} query that nothing matches", "{count:,} queries that nothing matches", nothing)
        queries = _("{queries} and {strangers}", queries=queries, strangers=strangers)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{for_markdown(translated(state.title))}**: {queries}.", width="content")
        if st.button(_("Measure"), type="primary", icon=":material/speed:", disabled=_is_running(state)):
            state.learning = None
            state.measuring = Measuring(workspace, state.asked, wanted.criteria, orientations=wanted.orientations)
        if not state.taken and st.button(_("Start over"), icon=":material/restart_alt:"):
            state.ask("", [])
            st.rerun()
    if state.measuring is None:
        return
    watch(state.measuring, _("Looking for {done:,} of {total:,} queries"), "measuring")
    if state.measuring.running:
        return
    if state.measuring.problem:
        st.error(for_markdown(translated(state.measuring.problem)), icon=":material/error:")
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
            _("A table of what is right (CSV)"),
            type=["csv", "tsv"],
            key="truth",
            max_upload_size=MOST_TABLE_MB,
            help=_(
                "query,relevant: a row for each picture that a query should find; relevant is empty where nothing "
                "matches. Names are addresses, names or ids of catalog pictures; queries may be links and uploads, too."
            ),
        )
    with right:
        pictures = st.file_uploader(
            _("Pictures that it asks with, if they are not in the catalog"),
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
    st.markdown("\n".join(f"{number}. {translated(step)}" for number, step in enumerate(STEPS, start=1)))
    labelled = asked_of_labels(workspace.catalog)
    with st.container(horizontal=True, vertical_alignment="center"):
        if labelled:
            use = n_(
                "Use the {count:,} labelled query of this catalog",
                "Use the {count:,} labelled queries of this catalog",
                len(labelled),
            )
            if st.button(use, type="primary", icon=":material/label:"):
                state.ask(told("Labels of this catalog"), labelled)
                st.rerun()
        if workspace.catalog.count() and st.button(
            _("Try it with changed pictures of this catalog"), icon=":material/science:"
        ):
            with st.spinner(_("Looking for copies among them")):
                state.ask(told("Changed pictures of this catalog"), asked_of_changes(workspace))
            st.rerun()
    with st.expander(_("What a table looks like"), icon=":material/table:"):
        st.caption(
            _("A row for each picture that a query should find; nothing behind the comma where nothing matches.")
        )
        st.code(EXAMPLE, language=None)


def watch(job: Measuring | Learning | Stressing | ManySearches, text: str, key: str) -> None:
    """A line with its progress and a way to stop it, drawn again by itself until it has ended."""
    if not job.running:
        return

    def draw() -> None:
        if not job.running:
            st.rerun()
        done, total = job.progress
        left, right = st.columns([5, 1], vertical_alignment="center")
        left.progress(min(1.0, done / max(1, total)), text=text.format(done=done, total=total))
        right.button(_("Stop"), icon=":material/stop:", on_click=job.stop, key=f"{key}_stop", width="stretch")

    with st.container(border=True, key=key):
        st.fragment(draw, run_every=POLL_S)()


def _results(job: Measuring, wanted: Wanted) -> None:
    if job.stopped:
        st.warning(_("Stopped: these are the queries that were looked for by then."), icon=":material/stop_circle:")
    if job.failures:
        st.warning(
            n_(
                "{count:,} query could not be looked for.",
                "{count:,} queries could not be looked for.",
                len(job.failures),
            ),
            icon=":material/warning:",
        )
        st.download_button(_("Failures"), failures_csv(job.failures), "failures.csv", "text/csv", on_click="ignore")
    if job.cube is None:
        return
    results: list[Result] = list(job.results)
    try:
        results.insert(0, measured(job.cube, wanted.criteria, measures()))
    except CriteriaError as error:
        st.caption(for_markdown(translated(str(error))))
    chosen = st.segmented_control(
        _("Measures"),
        [one.name for one in measures()],
        default=list(SHOWN),
        selection_mode="multi",
        format_func=translated,
        key="tune_measures",
        help="  \n".join(f"**{translated(one.name)}**: {translated(one.help)}." for one in measures()),
        persist_state="session",
    )
    names = [one.name for one in measures() if one.name in chosen] or list(SHOWN[:1])
    _table(results, names)
    groups = len(set(job.cube.groups.tolist()))
    st.caption(
        n_(
            "±: 95 % of samples of the {count:,} group of queries lie within.",
            "±: 95 % of samples of the {count:,} groups of queries lie within.",
            groups,
        )
        + " "
        + n_(
            "Each query was looked for among {count:,} picture.",
            "Each query was looked for among {count:,} pictures.",
            job.cube.catalog_size,
        )
    )
    st.download_button(
        "CSV", evaluation_csv(results), "evaluation.csv", "text/csv", icon=":material/download:", on_click="ignore"
    )
    titles = {one.way.title: one for one in results}
    shown = st.multiselect(
        _("Ways in the charts"),
        list(titles),
        format_func=lambda title: translated(titles[title].way.title),
        default=[one.way.title for one in results if one.way.kind != "metric"][:2]
        + [one.way.title for one in results if one.way.kind == "metric"][:2],
        key="tune_ways",
    )
    some = [titles[one] for one in shown]
    st.plotly_chart(
        intervals_figure(results, names[0], translated),
        key="tune_intervals",
        config=PLAIN,
        alt=_("A point with an interval for each way of ranking: {measure}", measure=translated(names[0])),
    )
    if not some:
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.plotly_chart(
            precision_figure(some, translated),
            key="tune_precision",
            config=PLAIN,
            alt=_("Precision by recall, a line for each way"),
        )
    with right:
        st.plotly_chart(
            alarms_figure(some, translated),
            key="tune_alarms",
            config=PLAIN,
            alt=_("Found by false alarms, a line for each way"),
        )


def _table(results: Sequence[Result], names: Sequence[str]) -> None:
    rows = []
    for one in results:
        row: dict[str, object] = {_("Ranked by"): translated(one.way.title)}
        for name in names:
            figure = one.figures[name]
            row[translated(name)] = (
                f"{figure.value:.3f} ± {max(figure.high - figure.value, figure.value - figure.low):.3f}"
            )
        rows.append(row)
    st.dataframe(rows, hide_index=True, key="tune_table", height="content")
