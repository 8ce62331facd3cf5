"""The duplicates page, put together: pages/duplicates.py only calls ``show``."""

from __future__ import annotations

import streamlit as st

from pictrace.app.duplicates.exported import export_part
from pictrace.app.duplicates.group import group_part
from pictrace.app.duplicates.state import review_of
from pictrace.app.duplicates.wanted import expected_part, wanted_filters, wanted_rules
from pictrace.app.shared.language import _, n_, translated
from pictrace.app.shared.open_catalog import catalog_state, offer_earlier_catalog
from pictrace.app.shared.servers import not_over_servers
from pictrace.errors import PicTraceError
from pictrace.escape import for_markdown
from pictrace.service.reviewing import Review
from pictrace.wording import byte_size

__all__ = ["show"]

POLL_S = 0.5


def show() -> None:
    """The whole page."""
    try:
        offer_earlier_catalog(catalog_state())
        workspace = catalog_state().workspace()
        if not_over_servers(workspace):
            return
        workspace.wait()
        review = review_of(workspace)
        filters, beside = wanted_filters()
        rules = wanted_rules()
        st.title(_("Duplicates"), anchor=False)
        _compare_part(review)
        groups = review.groups(filters)
        expected_part(beside, review.false_alarms(filters))
    except PicTraceError as error:
        st.error(for_markdown(translated(str(error))), icon=":material/error:")
        return
    if not groups:
        if not review.running and not review.left():
            st.info(_("No group is left under these filters."), icon=":material/check_circle:")
        export_part(review)
        return
    won = sum(group.byte_count for group in groups)
    st.markdown(
        n_(
            "**{count:,} group**, {size} in copies. Nothing is deleted here.",
            "**{count:,} groups**, {size} in copies. Nothing is deleted here.",
            len(groups),
            size=byte_size(won),
        )
    )
    group_part(workspace, review, groups, rules, review.decided)
    export_part(review, groups=groups, rules=rules, writable=workspace.writable)


def _compare_part(review: Review) -> None:
    """What is not compared yet, a button that begins, and how far it has come."""
    if review.problem:
        st.error(for_markdown(translated(review.problem)), icon=":material/error:")
    if review.running:
        st.fragment(_watch, run_every=POLL_S)(review)
        return
    left = review.left()
    if not left:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="compare"):
        st.markdown(
            n_(
                "{count:,} picture is not compared with the others yet.",
                "{count:,} pictures are not compared with the others yet.",
                left,
            ),
            width="content",
        )
        crops = st.checkbox(
            _("Find parts of pictures, too"),
            value=True,
            help=_("Crops, collages, screenshots; it takes ten times as long."),
        )
        if st.button(_("Compare now"), type="primary", icon=":material/compare_arrows:"):
            review.compare(crops=crops)
            st.rerun()


def _watch(review: Review) -> None:
    now = review.progress
    if not review.running or now is None:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        text = _(
            "{compared:,} pictures compared, {closely:,} looked at closely",
            compared=now.compared,
            closely=now.looked_at,
        )
        st.progress(min(1.0, now.done / max(1, now.total)), text=text)
        st.button(_("Stop"), icon=":material/stop:", on_click=review.stop, help=_("What is done so far is kept."))
