"""What a page works with: the open catalog (shared), and this session's query and ScoreTable (private)."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pictrace.app.shared.workspaces import Workspace, new_private, open_named, open_sample_workspace, open_workspace
from pictrace.diagnosis import Diagnosis
from pictrace.errors import PicTraceError
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import DecodeLimits
from pictrace.metrics.base import Metric
from pictrace.metrics.evidence import ComparedPair, Evidence
from pictrace.searching.query import Query, needed_metrics, prepare_query, with_metrics
from pictrace.searching.scoring import score
from pictrace.searching.table import ScoreTable
from pictrace.service.jobs import Job
from pictrace.service.uploads import Intake
from pictrace.web.scrape import PictureLink

__all__ = [
    "PRIVATE",
    "SAMPLE",
    "SHARED",
    "UPLOAD_LIMITS",
    "Original",
    "Picture",
    "Session",
    "current_table",
    "session",
    "workspace_of",
    "workspace_to_add_to",
]

ANSWER_PX = 190
SHARED, SAMPLE, PRIVATE = "shared", "sample", "private"

UPLOAD_LIMITS = DecodeLimits(max_bytes=20 * 1024**2)


@dataclass(frozen=True)
class Picture:
    """A picture that somebody gave. kind as in catalog.base.Source, or "catalog" or "example".

    address: what brings the same picture again on another visit, "" where nothing does.
    """

    data: bytes
    name: str
    kind: str
    address: str = ""

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class Original:
    """A match as all metrics see it, and what was done to it to obtain the query."""

    image: RGBImage
    diagnosis: Diagnosis


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
    looks: dict[str, tuple[str, tuple[Evidence, ...]]] = field(default_factory=dict)  # closer ones, where asked for
    originals: dict[int, Original] = field(default_factory=dict)
    opened: str = SHARED  # or SAMPLE, PRIVATE, or the address of a catalog in the owner's folders
    private: Workspace | None = None  # what this person added pictures to
    earlier: Workspace | None = None  # the same of an earlier visit, while it is offered
    declined: set[str] = field(default_factory=set)  # earlier catalogs that were offered, and not wanted
    forgotten: str = ""  # what the browser shall not remember any more
    job: Job | None = None
    found_links: tuple[PictureLink, ...] = ()  # on a web page, to be picked from
    intake: Intake = field(default_factory=Intake)
    removing: dict[int, str] = field(default_factory=dict)  # pictures that leave the catalog when that is confirmed
    settings: dict[str, object] = field(default_factory=dict)  # where the sliders were when the page was left
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # what the metadata must say, by name
    uploads: int = 0  # part of the uploader's key: raised to empty it

    def look_for(self, picture: Picture) -> None:
        """Ask for another query. The former one and its results stay until this one has been read."""
        self.asked, self.problem = picture, ""

    def forget_pairs(self) -> None:
        self.pairs.clear()
        self.looks.clear()
        self.originals.clear()

    def open(self, opened: str) -> None:
        """Another catalog; the query stays and is scored against it."""
        self.opened, self.selected = opened, None
        self.removing.clear()
        self.forget_pairs()

    def forget_chosen(self) -> None:
        """Empty what was chosen to be added: it is being added."""
        self.uploads += 1
        self.found_links = ()
        self.intake = Intake()

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


def workspace_of(state: Session) -> Workspace:
    """What this session has open: the shared catalog, the sample, its own, or one of the owner's folders."""
    if state.opened == PRIVATE and state.private is not None:
        return state.private
    if state.opened == SAMPLE:
        return open_sample_workspace()
    if state.opened in {SHARED, PRIVATE}:
        return open_workspace()
    return open_named(state.opened)


def workspace_to_add_to(state: Session) -> Workspace:
    """What this session has open where it may add to that, else its own catalog, which is then made and opened."""
    here = workspace_of(state)
    if here.writable:
        return here
    if state.private is None:
        state.private = new_private()
    state.opened = PRIVATE
    return state.private


def current_table(
    workspace: Workspace, state: Session, weights: Mapping[str, float], *, orientations: bool
) -> ScoreTable | None:
    """The ScoreTable of the session's picture; computed only if the picture, the catalog, the filters or the
    comparison changed. A slider of the ranking changes none of them, but for the first time that a metric which
    extracts on demand gets a weight: then it alone is extracted, and stays for this picture."""
    picture = state.asked or state.picture
    if picture is None:
        return None
    exhaustive = state.exhaustive and state.asked is None
    had = {one.name: 1.0 for one in state.table.metrics} if state.table and state.asked is None else {}
    metrics = needed_metrics({**weights, **had})
    keys = tuple(one.feature_key for one in metrics)
    here = workspace.catalog
    key = (orientations, here.location, here.revision(), exhaustive, keys, *state.filters.items())
    if state.asked is None and state.table is not None and state.key == key:
        return state.table
    with st.skeleton(ANSWER_PX):  # holds the place of the answer
        try:
            query = _query_for(state, picture, metrics, orientations=orientations)
        except PicTraceError as error:
            state.asked = None
            state.refuse(f"{picture.name}: {error}")
        else:
            _score_into(workspace, state, picture, query, exhaustive=exhaustive)
            state.key = key
            return state.table
    # What could not be read changes nothing; the former picture's results are at hand, or quickly made again.
    if state.picture is picture:
        return None
    return current_table(workspace, state, weights, orientations=orientations)


def _query_for(state: Session, picture: Picture, metrics: Sequence[Metric], *, orientations: bool) -> Query:
    """The picture with these features: those of before, where it is the same picture."""
    if state.query is not None and state.picture is picture and state.key[:1] == (orientations,):
        return with_metrics(state.query, metrics, orientations=orientations)
    return prepare_query(picture.data, metrics, orientations=orientations, limits=UPLOAD_LIMITS)


def _score_into(workspace: Workspace, state: Session, picture: Picture, query: Query, *, exhaustive: bool) -> None:
    started = time.perf_counter()
    among = workspace.catalog.ids_with(state.filters) if state.filters else None
    if exhaustive:
        place = st.empty()
        with place.container(horizontal=True, vertical_alignment="center"):
            bar = st.progress(0.0, text="Scoring every picture exactly")
            st.button("Stop", icon=":material/stop:", on_click=state.settle_for_the_nearest)
        progress = _show_in(bar, started)
        table = score(query, workspace.cache, exhaustive=True, among=among, progress=progress)
        place.empty()
    else:
        table = score(query, workspace.cache, among=among)
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
