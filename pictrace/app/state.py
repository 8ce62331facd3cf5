"""What a page works with: the open catalog (shared), and this session's query and ScoreTable (private)."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pictrace import kernels
from pictrace.app.jobs import AddJob
from pictrace.catalog import SqliteCatalog, open_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.hot import HotFeatures
from pictrace.errors import CatalogError, PicTraceError
from pictrace.images import DecodeLimits, RGBImage, encode_jpeg
from pictrace.metrics import all_metrics
from pictrace.metrics.base import ComparedPair
from pictrace.sample import cache_folder, open_sample
from pictrace.scores import ScoreTable
from pictrace.scrape import PictureLink
from pictrace.search import Query, prepare_query, score

__all__ = [
    "UPLOAD_LIMITS",
    "Picture",
    "Session",
    "Workspace",
    "current_table",
    "open_workspace",
    "private_workspace",
    "session",
    "workspace_of",
]

ANSWER_PX = 190
KEPT_S = 24 * 3600

UPLOAD_LIMITS = DecodeLimits(max_bytes=20 * 1024**2)


@dataclass(frozen=True)
class Workspace:
    """An open catalog with its features; shared by all sessions, safe for threads."""

    catalog: Catalog
    hot: HotFeatures
    title: str
    writable: bool = False  # by every session


@dataclass(frozen=True)
class Picture:
    """The picture that this session looks for. kind as in catalog.base.Source."""

    data: bytes
    name: str
    kind: str


@dataclass
class Session:
    """One person's state. key: what the ScoreTable was computed from."""

    picture: Picture | None = None
    asked: Picture | None = None  # given, and not read yet
    problem: str = ""
    query: Query | None = None
    query_thumbnail: bytes = b""
    table: ScoreTable | None = None
    key: tuple[object, ...] = ()
    timing_ms: dict[str, float] = field(default_factory=dict)
    selected: int | None = None
    exhaustive: bool = False  # asked to score everything exactly, for this picture
    pairs: dict[tuple[int, str], ComparedPair] = field(default_factory=dict)  # what details were opened
    originals: dict[int, RGBImage] = field(default_factory=dict)
    private: Workspace | None = None  # what this person added pictures to
    job: AddJob | None = None
    found_links: tuple[PictureLink, ...] = ()  # on a web page, to be picked from
    uploads: int = 0  # part of the uploader's key: raised to empty it

    def look_for(self, picture: Picture) -> None:
        """Ask for another query. The former one and its results stay until this one has been read."""
        self.asked, self.problem = picture, ""

    def forget_pairs(self) -> None:
        self.pairs.clear()
        self.originals.clear()

    def refuse(self, problem: str) -> None:
        """Say why an input was not taken; the former query stays."""
        self.problem = problem

    def settle_for_the_nearest(self) -> None:
        """Not everything exactly after all."""
        self.exhaustive = False

    def clear(self) -> None:
        """Back to no query."""
        self.picture = self.asked = self.query = self.table = self.selected = None
        self.problem, self.key, self.exhaustive = "", (), False
        self.uploads += 1
        self.forget_pairs()


def session() -> Session:
    """This session's state, made at its first use."""
    if "pictrace" not in st.session_state:
        st.session_state["pictrace"] = Session()
    state: Session = st.session_state["pictrace"]
    return state


@st.cache_resource(show_spinner="Opening the catalog")
def open_workspace() -> Workspace:
    """The catalog that the app works on, opened once for all sessions.

    PICTRACE_CATALOG names it; without, it is the built-in sample.
    """
    kernels.warm()
    named = os.environ.get("PICTRACE_CATALOG")
    catalog: Catalog = open_catalog(named) if named else open_sample()
    hot = HotFeatures(catalog)
    threading.Thread(target=_open_cache, args=(hot,), name="open-cache", daemon=True).start()
    writable = bool(named) and os.environ.get("PICTRACE_CATALOG_WRITABLE", "") == "1"
    return Workspace(catalog, hot, Path(named).stem if named else "Sample catalog", writable)


def workspace_of(state: Session) -> Workspace:
    """The session's own catalog where it has one, else the one that all share."""
    return state.private or open_workspace()


def private_workspace(state: Session) -> Workspace:
    """A catalog that this session may add to: the shared one if it is writable, else one of its own.

    A private catalog lies in the cache folder and is deleted a day after it was last written.
    """
    shared = open_workspace()
    if shared.writable:
        return shared
    if state.private is None:
        folder = cache_folder() / "private"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise CatalogError(f"No catalog of your own can be made: {error.strerror}. Try again later.") from error
        with contextlib.suppress(OSError):  # another session may be deleting the same ones
            _delete_old(folder)
        catalog = SqliteCatalog(folder / f"{secrets.token_hex(16)}.sqlite")
        state.private = Workspace(catalog, HotFeatures(catalog), "My catalog", writable=True)
    return state.private


def _delete_old(folder: Path) -> None:
    for path in folder.glob("*.sqlite"):
        files = [path, *(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))]
        newest = max(one.stat().st_mtime for one in files if one.exists())
        if time.time() - newest > KEPT_S:
            for one in files:
                one.unlink(missing_ok=True)
            shutil.rmtree(f"{path}.cache", ignore_errors=True)


def _open_cache(hot: HotFeatures) -> None:
    """Have the cache at hand before the first search asks for it; that one will tell what is wrong."""
    with contextlib.suppress(PicTraceError):
        hot.sketches(all_metrics())


def current_table(workspace: Workspace, state: Session, *, orientations: bool) -> ScoreTable | None:
    """The ScoreTable of the session's picture; computed only if the picture, the catalog or the
    comparison changed. A slider of the ranking changes none of them."""
    picture = state.asked or state.picture
    if picture is None:
        return None
    exhaustive = state.exhaustive and state.asked is None
    key = (workspace.catalog.location, workspace.catalog.revision(), orientations, exhaustive)
    if state.asked is None and state.table is not None and state.key == key:
        return state.table
    with st.skeleton(ANSWER_PX):  # holds the place of the answer
        try:
            query = prepare_query(picture.data, orientations=orientations, limits=UPLOAD_LIMITS)
        except PicTraceError as error:
            state.asked = None
            state.refuse(f"{picture.name}: {error}")
        else:
            _score_into(workspace, state, picture, query, exhaustive=exhaustive)
            state.key = key
            return state.table
    # What could not be read changes nothing; the former picture's results are at hand, or quickly made again.
    return current_table(workspace, state, orientations=orientations) if state.picture is not picture else None


def _score_into(workspace: Workspace, state: Session, picture: Picture, query: Query, *, exhaustive: bool) -> None:
    started = time.perf_counter()
    if exhaustive:
        place = st.empty()
        with place.container(horizontal=True, vertical_alignment="center"):
            bar = st.progress(0.0, text="Scoring every picture exactly")
            st.button("Stop", icon=":material/stop:", on_click=state.settle_for_the_nearest)
        table = score(query, workspace.hot, exhaustive=True, progress=_show_in(bar, started))
        place.empty()
    else:
        table = score(query, workspace.hot)
    if state.asked is not None:
        state.asked, state.selected = None, None
    state.picture, state.query, state.table, state.exhaustive = picture, query, table, exhaustive
    state.query_thumbnail = encode_jpeg(query.image)
    state.timing_ms = {**query.timing_ms, "score": (time.perf_counter() - started) * 1e3}
    state.forget_pairs()


def _show_in(bar: DeltaGenerator, started: float) -> Callable[[int, int], None]:
    def show(done: int, total: int) -> None:
        rate = done / max(1e-3, time.perf_counter() - started)
        text = (
            f"{done:,} of {total:,} pictures scored exactly, {rate:,.0f} a second, {(total - done) / rate:.0f} s left"
        )
        bar.progress(done / total, text=text)

    return show
