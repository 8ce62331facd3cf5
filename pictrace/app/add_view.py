"""The part of the catalog page that adds pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pictrace.app.jobs import LISTING_SUFFIXES, AddJob, listing_of, preview
from pictrace.app.state import UPLOAD_LIMITS, Session, Workspace, private_workspace, session
from pictrace.app.text import literal
from pictrace.catalog.base import Source
from pictrace.catalog.importers import PICTURE_SUFFIXES, Item, Skipped
from pictrace.crawl import crawl
from pictrace.documents import failures_csv
from pictrace.download import DownloadPolicy
from pictrace.errors import PicTraceError
from pictrace.scrape import PageLinks

__all__ = ["add_pictures"]


def add_pictures(workspace: Workspace, state: Session) -> None:
    """Choose pictures from anywhere, see what adding them would do, and watch it being done."""
    if state.job is not None:
        _watch()
        return
    left, right = st.columns(2)
    with left:
        files = [*_chosen_files("Pictures", True, f"add_{state.uploads}")]
    with right:
        files += _chosen_files("Or a whole folder", "directory", f"add_folder_{state.uploads}")
    listings = st.file_uploader(
        "ZIP archives, tables with links (CSV, JSON), lists of links",
        type=list(LISTING_SUFFIXES),
        accept_multiple_files=True,
        key=f"add_listing_{state.uploads}",
        max_upload_size=UPLOAD_LIMITS.max_bytes // 1024**2,
    )
    links = st.text_area("Links to pictures, one a line", key="add_links", height=96, placeholder="https://…")
    items = [Item.of_bytes(file.getvalue(), Source("upload", file.name, Path(file.name).name)) for file in files]
    items += [Item.of_link(line.strip()) for line in links.splitlines() if line.strip()]
    items += _from_web_page(state)
    left_out: list[Skipped] = []
    for file in listings:
        try:
            listing = listing_of(file.name, file.getvalue())
        except PicTraceError as error:
            left_out.append(Skipped(file.name, str(error)))
            continue
        if listing.column is not None:
            st.caption(f"{literal(file.name)}: the pictures are taken from the column “{literal(listing.column)}”.")
        items += listing.items
        left_out += listing.skipped
    if left_out:
        st.markdown(f"**Left out: {len(left_out)}**")
        rows = {"Entry": [one.address for one in left_out], "Reason": [one.reason for one in left_out]}
        st.dataframe(rows, hide_index=True, height=min(38 * (len(left_out) + 1), 220))
    if state.picture is not None and st.checkbox("The picture that you search with", key="add_query"):
        items.append(Item.of_bytes(state.picture.data, Source(state.picture.kind, state.picture.name)))
    if not items:
        st.caption("Nothing chosen yet.")
        return
    found = preview(workspace.catalog, items, UPLOAD_LIMITS)
    st.markdown(f"**{found.told}**")
    for failure in found.unreadable[:5]:
        st.caption(literal(f"{failure.source.label}: {failure.reason}"))
    target = "this catalog" if workspace.writable else "a catalog of my own"
    if st.button(f"Add to {target}", type="primary", icon=":material/add_photo_alternate:"):
        state.job = AddJob(private_workspace(state).catalog, items, UPLOAD_LIMITS)
        state.uploads += 1
        state.found_links = ()
        st.rerun()


def _chosen_files(label: str, many: Literal[True, "directory"], key: str) -> list[UploadedFile]:
    return st.file_uploader(
        label,
        type=sorted(suffix.lstrip(".") for suffix in PICTURE_SUFFIXES),
        accept_multiple_files=many,
        key=key,
        max_upload_size=UPLOAD_LIMITS.max_bytes // 1024**2,
    )


def _from_web_page(state: Session) -> list[Item]:
    """Picture links of a web page: listed for picking before any of them is fetched."""
    with st.expander("From a web page", icon=":material/language:"), st.form("web_page", border=False):
        address = st.text_input("Address of the page", key="page_address", placeholder="https://…")
        pages = st.number_input("Pages, following its links to the next", 1, 20, key="page_count", width=240)
        asked = st.form_submit_button("Find pictures")
    if asked and address.strip():
        with st.spinner("Reading the page"):
            found = list(crawl(address.strip(), pages=pages, policy=DownloadPolicy.from_environment()))
        state.found_links = tuple(
            {link.address: link for one in found if isinstance(one, PageLinks) for link in one.links}.values()
        )
        for problem in found:
            if not isinstance(problem, PageLinks):
                st.error(literal(str(problem)), icon=":material/error:")
        if not state.found_links and all(isinstance(one, PageLinks) for one in found):
            st.info("The page shows no pictures that PicTrace can see.", icon=":material/image_not_supported:")
    if not state.found_links:
        return []
    links = state.found_links
    table = pd.DataFrame(
        {
            "Take": [not link.left_out for link in links],
            "Link": [link.address for link in links],
            "Called": [link.alt for link in links],
            "Left out, because": [link.left_out for link in links],
        }
    )
    picked = st.data_editor(
        table,
        disabled=["Link", "Called", "Left out, because"],
        hide_index=True,
        height=min(38 * (len(links) + 1), 320),
        key="page_links",
    )
    return [Item.of_link(link.address) for link, take in zip(links, picked["Take"].tolist(), strict=True) if take]


@st.fragment(run_every=0.5)
def _watch() -> None:
    """How far adding has come; only this part is drawn again meanwhile."""
    state = session()
    job = state.job
    if job is None:
        st.rerun()
    now = job.progress
    done = f"{now.done:,} of {now.total:,} pictures"
    if job.running:
        rate = f", {now.rate:,.0f} a second, {now.left_s:.0f} s left" if now.done else ""
        st.progress(now.done / max(1, now.total), text=done + rate)
        st.button("Stop", icon=":material/stop:", on_click=job.stop, help="What is done stays in the catalog.")
        return
    if not job.told:  # the rest of the page counts pictures too
        job.told = True
        st.rerun()
    told = f"{now.added:,} added, {now.known:,} already here, {now.failed:,} failed."
    if job.problem:
        st.error(f"{literal(job.problem)} {told}", icon=":material/error:")
    elif job.stopped:
        st.warning(f"Stopped. {told}", icon=":material/stop_circle:")
    else:
        st.success(told, icon=":material/check_circle:")
    failures = job.failures
    if failures:
        rows = {"Picture": [one.source.label for one in failures], "Reason": [one.reason for one in failures]}
        st.dataframe(rows, hide_index=True)
    with st.container(horizontal=True):
        again = job.left_over
        if again and st.button("Go on" if job.stopped else "Try these again", icon=":material/refresh:"):
            state.job = AddJob(private_workspace(state).catalog, again, UPLOAD_LIMITS)
            st.rerun()
        if failures:
            st.download_button("Failures", failures_csv(failures), "failures.csv", "text/csv", on_click="ignore")
        if st.button("Done", type="primary"):
            state.job = None
            st.rerun()
