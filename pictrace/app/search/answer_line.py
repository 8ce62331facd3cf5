"""The answer, before anything else: the query beside the best match, the verdict and how sure it is."""

from __future__ import annotations

import streamlit as st

from pictrace.app.components import copy_link
from pictrace.app.search.answer import watch_full_check
from pictrace.app.search.chance import watch_calibration
from pictrace.app.search.ranking import Ranking, current_ranking
from pictrace.app.search.region import region_buttons
from pictrace.app.shared.controls import Wanted
from pictrace.app.shared.language import _, n_, translated
from pictrace.app.shared.parts import part
from pictrace.app.shared.query_state import QueryState
from pictrace.catalog.base import Catalog
from pictrace.catalog.records import Source
from pictrace.escape import for_markdown
from pictrace.images.pixels import RGBImage
from pictrace.indexing.index import Indexing
from pictrace.searching.find import Found
from pictrace.service.aligned import aligned
from pictrace.service.answer import AGAIN_S, Answer
from pictrace.service.workspaces import Workspace
from pictrace.sources.base import Item
from pictrace.told import told

__all__ = ["answer_line"]


def answer_line(workspace: Workspace, state: QueryState, answer: Answer, wanted: Wanted) -> None:
    """The query and the answer, before anything else."""
    with st.container(border=True, key="answer"):
        left, right = st.columns([2, 3], vertical_alignment="center", gap="medium")
        with left, st.container(key="answer-pictures"):
            _pictures(workspace, state, wanted)
        with right:
            _words(workspace, state, wanted)
            if answer.table.incomplete:
                st.fragment(_ask_again, run_every=AGAIN_S)(workspace, answer)
            watch_calibration(workspace)
            if state.search.check is not None:
                watch_full_check(state.search, state.search.check)
            _next_steps(workspace, state, answer)


@part("answer-words")
def _words(workspace: Workspace, state: QueryState, wanted: Wanted) -> None:
    ranking = current_ranking(workspace, state.search, wanted)
    answer, said, best = ranking.answer, ranking.said, _best(ranking)
    if best is not None:
        st.badge(translated(said.level(best.match.id).capitalize()), color="green")
    elif ranking.found and not said.good:
        st.badge(_("Weak"), color="gray")
    st.title(for_markdown(translated(said.headline)), anchor=False)
    st.write(for_markdown(translated(said.detail)))
    if answer.picture.region is not None:
        st.caption(_("A part of your picture was looked for."))
    for note in answer.query.info.notes:
        st.caption(for_markdown(translated(note)))
    st.caption(f"{for_markdown(translated(workspace.title))}: {_how_searched(answer)}")
    if answer.picture.pages_told:
        st.caption(translated(answer.picture.pages_told))
    if answer.table.told:
        st.warning(for_markdown(translated(answer.table.told)), icon=":material/lan:")


def _best(ranking: Ranking) -> Found | None:
    """The first of the matches that convince."""
    return next((one for one in ranking.found if one.match.id in ranking.said.good), None)


@part("answer-pictures")
def _pictures(workspace: Workspace, state: QueryState, wanted: Wanted) -> None:
    ranking = current_ranking(workspace, state.search, wanted)
    answer, best = ranking.answer, _best(ranking)
    name = _("Your picture: {name}", name=answer.picture.name)
    if best is None:
        st.image(answer.thumbnail, caption=_("Your picture"), alt=name, width="stretch")
        return
    mine, theirs = st.columns(2, gap="small", wrap=False)
    mine.image(answer.thumbnail, caption=_("Your picture"), alt=name, width="stretch")
    identity, picture_id = workspace.catalog.identity, best.match.id
    laid = _aligned(identity, picture_id, answer.picture.sha256, answer.query.picture, workspace.catalog)
    shown, told = (
        (laid, _("Best match, laid on it")) if laid else (workspace.catalog.thumbnail(picture_id), _("Best match"))
    )
    if shown:
        theirs.image(shown, caption=told, alt=f"{told}: {best.picture.label}", width="stretch")


@st.cache_data(show_spinner=False, max_entries=64)
def _aligned(identity: str, picture_id: int, sha256: str, _query: RGBImage, _catalog: Catalog) -> bytes:
    """Empty where it does not lie on the query."""
    kept = _catalog.thumbnail(picture_id)
    return aligned(_query, kept) if kept else b""


def _next_steps(workspace: Workspace, state: QueryState, answer: Answer) -> None:
    with st.container(horizontal=True):
        if not (len(answer.table.ids) == answer.table.looked_at or state.search.check):
            st.button(
                _("Check all pictures in full detail"),
                icon=":material/done_all:",
                on_click=setattr,
                args=(state.search, "exhaustive", True),
            )
        region_buttons(state, answer.picture)
        if workspace.writable and answer.picture.whole is None:
            _add_query(workspace, state, answer)
        if state.address:  # what was uploaded, nobody else can have: there is the report
            with st.container(width=96):
                copy_link(_("Share"), key="share", words=translated)
        st.button(_("New search"), icon=":material/search:", key="new-search", on_click=state.clear)


def _ask_again(workspace: Workspace, answer: Answer) -> None:
    """The whole page, as soon as those who did not answer may have, or do."""
    catalog = workspace.catalog
    if catalog.revision() != answer.basis.revision or answer.is_worth_asking_again(catalog):
        st.rerun()


def _how_searched(answer: Answer) -> str:
    table = answer.table
    spent_s = sum(answer.timing_ms.values()) / 1e3
    spent = f"{spent_s:.1f} s" if spent_s >= 0.1 else f"{1e3 * spent_s:.0f} ms"
    if len(table.ids) == table.looked_at:
        return n_(
            "searched {count:,} picture in {spent}; all in full detail",
            "searched {count:,} pictures in {spent}; all in full detail",
            table.looked_at,
            spent=spent,
        )
    return n_(
        "searched {count:,} picture in {spent}; the {closest:,} closest in full detail",
        "searched {count:,} pictures in {spent}; the {closest:,} closest in full detail",
        table.looked_at,
        spent=spent,
        closest=len(table.ids),
    )


def _add_query(workspace: Workspace, state: QueryState, answer: Answer) -> None:
    """One click adds the query to a catalog that this session may add to, unless it is there."""
    picture = answer.picture
    if answer.query.id in workspace.catalog.pictures([answer.query.id]):
        return
    if st.button(_("Add it to the catalog"), icon=":material/add_photo_alternate:"):
        run = Indexing(workspace.catalog, [Item.of_bytes(picture.data, Source(picture.kind, picture.name))])
        with st.spinner(_("Adding the picture")):
            run.run()
        for failure in run.failures:
            state.search.refuse(told("{name}: {problem}", name=picture.name, problem=failure.reason))
        st.rerun()
