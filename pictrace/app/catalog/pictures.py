"""The part of the catalog page that shows its pictures, as a gallery or as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pictrace.app.catalog.removal import remove_button
from pictrace.app.catalog.state import BrowseState
from pictrace.app.components import tiles
from pictrace.app.shared.filters import metadata_filters
from pictrace.app.shared.language import _, n_
from pictrace.app.shared.map import draw_map
from pictrace.app.shared.query_state import query_state
from pictrace.app.shared.thumbnails import picture_tiles, thumbnail_address
from pictrace.catalog.base import ORDERS
from pictrace.catalog.records import PictureRecord
from pictrace.escape import for_markdown
from pictrace.features import FeatureSpec
from pictrace.metrics import all_metrics, ready_metrics
from pictrace.service.addresses import shown_record
from pictrace.service.workspaces import Workspace
from pictrace.wording import byte_size

__all__ = ["LOOKS", "ORDER_TITLES", "mapped_pictures", "pictures"]

LOOKS = GALLERY, TABLE = "Gallery", "Table"
ORDER_TITLES = {"newest": "Newest first", "oldest": "Oldest first", "name": "By name", "size": "Largest first"}
PAGE_PICTURES = {GALLERY: 24, TABLE: 50}
TILE_PX, ROW_PX = 216, 96
SEARCH_PAGE = "pages/search.py"


def pictures(workspace: Workspace, state: BrowseState) -> None:
    """Look through the catalog; choose one to search with, or some to remove."""
    catalog = workspace.catalog
    if not catalog.count():
        st.info(_("The catalog is empty. Add pictures to it first."), icon=":material/inbox:")
        return
    chosen, look, page_place = _choices(workspace)
    size = PAGE_PICTURES[look]
    total = catalog.page(**chosen, limit=0)[1]
    pages = max(1, -(-total // size))
    with page_place:
        key = f"page_{look}_{pages}"
        told = _("Page {number:,} of {pages:,}", number=st.session_state.get(key, 1), pages=pages)
        number = min(st.number_input(told, 1, pages, key=key, width=130), pages)
    ids = catalog.page(**chosen, offset=(number - 1) * size, limit=size)[0]
    if not ids:
        st.info(_("No picture matches. Shorten the text, or choose fewer filters."), icon=":material/search_off:")
        return
    listed = catalog.pictures(ids).items()
    records = {one: shown_record(record) for one, record in listed if one not in state.removing}
    hidden = len(listed) - len(records)
    order = _(ORDER_TITLES[chosen["order"]]).lower()  # so the titles have no noun in languages that capitalise nouns
    told = n_("{count:,} picture, {order}", "{count:,} pictures, {order}", total, order=order)
    if hidden:
        told = _("{pictures}; {number:,} of this page hidden, to be removed", pictures=told, number=hidden)
    st.caption(told)
    if look == TABLE:
        _table(workspace, state, records)
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _gallery(workspace, state, records)
    with right, st.container(key="chosen"):
        _one_picture(workspace, state)


def mapped_pictures(workspace: Workspace, state: BrowseState) -> None:
    """The catalog as a map; choose a picture in it to see it whole."""
    left, right = st.columns([3, 2], gap="medium")
    with left:
        draw_map(workspace, "catalog_map", state.pick, picked=state.picked)
    with right, st.container(key="chosen"):
        _one_picture(workspace, state)


class _Chosen(TypedDict):
    """What Catalog.page is asked for."""

    text: str
    order: str
    formats: list[str]
    repeated: bool
    lacking: list[FeatureSpec]
    filters: Mapping[str, Sequence[str]]


def _choices(workspace: Workspace) -> tuple[_Chosen, str, DeltaGenerator]:
    """What the pictures shown have in common, in which order they come, how they are shown, and the place for the
    page's number."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            _("Find by title, address or metadata"), key="catalog_text", placeholder=_("beach, .png, …")
        )
        order = st.selectbox(
            _("Order"),
            ORDERS,
            format_func={name: _(title) for name, title in ORDER_TITLES.items()}.__getitem__,
            key="catalog_order",
            width=160,
        )
        page_place = st.container(width=130)
    with st.container(horizontal=True, vertical_alignment="center"):
        look = st.segmented_control(
            _("View"),
            LOOKS,
            default=GALLERY,
            format_func=_,
            required=True,
            key="catalog_look",
            label_visibility="collapsed",
        )
        with st.container(width=260):
            filters = metadata_filters(workspace)
        with st.popover(_("More"), icon=":material/tune:"):
            formats = st.multiselect(_("Format"), list(workspace.catalog.facts().formats), key="catalog_formats")
            repeated = st.checkbox(_("Found in several places"), key="catalog_repeated")
            lacking = st.checkbox(_("Features missing"), key="catalog_lacking")
    specs = [metric.spec for metric in ready_metrics()] if lacking else []
    chosen: _Chosen = {
        "text": text,
        "order": order,
        "formats": formats,
        "repeated": repeated,
        "lacking": specs,
        "filters": filters,
    }
    return chosen, look, page_place


def _gallery(workspace: Workspace, state: BrowseState, records: dict[int, PictureRecord]) -> None:
    picked = tiles(
        picture_tiles(workspace.catalog, records, TILE_PX),
        label=_("Pictures of the catalog"),
        key="catalog_tiles",
        large=True,
    )
    if picked is not None:
        state.picked = int(picked)


def _one_picture(workspace: Workspace, state: BrowseState) -> None:
    record = None if state.picked is None else workspace.catalog.pictures([state.picked]).get(state.picked)
    if record is None or record.id in state.removing:
        st.caption(_("Choose a picture to see its details."))
        return
    with st.container(border=True):
        st.header(for_markdown(record.label), anchor=False)
        kept = workspace.catalog.thumbnail(record.id)
        if kept is not None:
            st.image(kept, alt=record.label, width="stretch")
        st.markdown(
            _(
                "{width} × {height} pixels, {format}, {size}, added {day}",
                width=record.width,
                height=record.height,
                format=record.format,
                size=byte_size(record.byte_count),
                day=record.added_on,
            )
        )
        for source in record.sources:
            st.text(f"{source.kind}: {source.address}")
        if record.metadata:
            values = [", ".join(some) for some in record.metadata.values()]
            st.dataframe({_("Metadata"): list(record.metadata), _("Value"): values}, hide_index=True)
        with st.container(horizontal=True):
            _search_button(workspace, record.id)
            if workspace.writable:
                remove_button(state, {record.id: record.label})


def _search_button(workspace: Workspace, picture_id: int) -> None:
    if st.button(_("Search with this"), type="primary", icon=":material/image_search:"):
        state = query_state()
        state.look_for_in(workspace.catalog, picture_id)
        if state.search.asked is not None:
            st.switch_page(SEARCH_PAGE)


def _table(workspace: Workspace, state: BrowseState, records: dict[int, PictureRecord]) -> None:
    rows = list(records.values())
    chosen = st.dataframe(
        _frame(workspace, rows),
        hide_index=True,
        row_height=56,
        height=min(56 * (len(rows) + 1), 640),
        column_config={
            _("Picture"): st.column_config.ImageColumn(width="small"),
            _("Size"): st.column_config.TextColumn(width="small"),
            _("KB"): st.column_config.NumberColumn(format="%d", width="small"),
            _("Added"): st.column_config.TextColumn(width="small"),
        },
        on_select="rerun",
        selection_mode="multi-row",
        key="catalog_table",
    )
    picked = {rows[place].id: rows[place].label for place in chosen.selection.rows if place < len(rows)}
    with st.container(horizontal=True):
        if not picked:
            st.caption(
                _("Select a row to search with it, or several to remove them.")
                if workspace.writable
                else _("Select a row.")
            )
        if len(picked) == 1:
            _search_button(workspace, next(iter(picked)))
        if picked and workspace.writable:
            remove_button(state, picked)


def _frame(workspace: Workspace, rows: Sequence[PictureRecord]) -> pd.DataFrame:
    """One row a picture: what it looks like, what is known of it, and its metadata, a column each."""
    ready = workspace.catalog.features_ready([one.id for one in rows])
    titles = {metric.feature_key: metric.name for metric in all_metrics()}
    columns: dict[str, list[object]] = {
        _("Picture"): [thumbnail_address(workspace.catalog, one.id, ROW_PX) for one in rows],
        _("Title"): [one.label for one in rows],
        _("Source"): [one.sources[0].address if one.sources else "" for one in rows],
        _("Size"): [f"{one.width} × {one.height}" for one in rows],
        _("Format"): [one.format for one in rows],
        _("KB"): [one.byte_count / 1024 for one in rows],
        _("Added"): [one.added_on for one in rows],
        _("Features"): [", ".join(title for key, title in titles.items() if key in ready[one.id]) for one in rows],
    }
    metadata = [{name: ", ".join(values) for name, values in one.metadata.items()} for one in rows]
    for name in dict.fromkeys(name for one in metadata for name in one):
        columns[name if name not in columns else _("{name} (metadata)", name=name)] = [
            one.get(name, "") for one in metadata
        ]
    return pd.DataFrame(columns)
