"""The part of the catalog page that counts: sizes, formats, features."""

from __future__ import annotations

import streamlit as st

from pictrace.app.catalog.state import JobState
from pictrace.app.shared.language import _
from pictrace.app.shared.session import of_session
from pictrace.indexing.rebuild import count_missing_features, count_outdated_features
from pictrace.output.charts.results import counts_figure
from pictrace.service.jobs import RebuildJob
from pictrace.service.pictures import upload_limits
from pictrace.service.workspaces import Workspace
from pictrace.wording import byte_size

__all__ = ["numbers"]


def numbers(workspace: Workspace) -> None:
    """The whole part."""
    workspace.wait()
    facts = workspace.catalog.facts()
    count = workspace.catalog.count()
    with st.container(horizontal=True):
        st.metric(_("Pictures"), f"{count:,}", border=True)
        st.metric(_("Total size"), byte_size(facts.byte_count), border=True)
        st.metric(_("Found in several places"), f"{facts.repeated:,}", border=True)
    if not count:
        return
    left, right = st.columns(2)
    plain = {"displayModeBar": False}
    left.plotly_chart(
        counts_figure(_("Which formats?"), facts.formats), key="formats", config=plain, alt=_("Pictures by format")
    )
    sizes = {_("{least} to {most} MP", least=size, most=size + 1): number for size, number in facts.megapixels.items()}
    right.plotly_chart(counts_figure(_("How large?"), sizes), key="sizes", config=plain, alt=_("Pictures by size"))
    _features(workspace, count)


def _features(workspace: Workspace, count: int) -> None:
    st.header(_("Features"), anchor=False)
    catalog = workspace.catalog
    features = catalog.feature_counts()
    missing, outdated = count_missing_features(catalog), count_outdated_features(catalog)
    keys = sorted({*features, *missing})
    st.dataframe(
        {
            _("Kind"): keys,
            _("Ready"): [features.get(key, 0) for key in keys],
            _("Missing"): [missing.get(key, 0) for key in keys],
            _("Note"): [_("no longer used") if key in outdated else "" for key in keys],
        },
        hide_index=True,
    )
    if missing:
        st.caption(_("Pictures without a metric's features are ranked by the other metrics."))
    elif not outdated:
        st.caption(_("Every metric's features are ready for all {number:,} pictures.", number=count))
    if not workspace.writable:
        return
    state = of_session(JobState)
    with st.container(horizontal=True):
        if missing and st.button(
            _("Make the missing features"),
            type="primary",
            icon=":material/build:",
            disabled=state.job is not None,
            help=_("Made from the original pictures. Needed after a metric's settings changed."),
        ):
            state.job = RebuildJob(catalog, upload_limits())
            st.rerun()
        if outdated:
            with st.popover(_("Delete outdated features"), icon=":material/delete_sweep:"):
                st.write(_("No metric uses them now. Making them again takes a while."))
                st.button(_("Delete them"), on_click=_drop, args=(workspace, tuple(outdated)), type="primary")


def _drop(workspace: Workspace, keys: tuple[str, ...]) -> None:
    for key in keys:
        workspace.catalog.drop_features(key)
