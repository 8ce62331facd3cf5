"""What the API answers, typed: the server describes its answers by these, and the clients read them into these.

Fields are named as in the JSON of the command line (docs/json.md). A newer server's further fields are passed over.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

__all__ = [
    "Added",
    "Box",
    "CatalogSearched",
    "CompareResult",
    "CriteriaUsed",
    "DiagnosisFound",
    "DuplicateCut",
    "DuplicateGroup",
    "DuplicateGroups",
    "DuplicateImage",
    "Failed",
    "Health",
    "HeldPart",
    "Image",
    "ImagePage",
    "ImageSource",
    "JobProgress",
    "JobState",
    "MatchFound",
    "MetricInfo",
    "MetricPart",
    "PresetInfo",
    "Problem",
    "ProblemPart",
    "QueryRead",
    "RegistrationFound",
    "SearchResult",
    "SettingInfo",
    "SimilarityInfo",
    "Stats",
    "VerdictSaid",
]

Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]
PictureId = Annotated[
    int, Meta(ge=0, le=2**63 - 1, description="63 bits of the file's SHA-256: read it as a 64-bit integer.")
]


class _Answer(Struct, frozen=True, kw_only=True):
    """Read-only; a field that is not there has its default."""


class QueryRead(_Answer, frozen=True, kw_only=True):
    """A picture that was given, and what it is."""

    source: str
    sha256: str
    format: str
    width: Count
    height: Count
    region: str | None = None
    notes: list[str] = []
    negative: bool = False


class VerdictSaid(_Answer, frozen=True, kw_only=True):
    """The answer in a sentence, its grounds, how many matches are good, and how often chance does as well.

    All but the first three are null where what chance gives in the catalog is not known.
    """

    headline: str
    detail: str
    good: Count
    p: Share | None = None
    false_alarms: Share | None = None
    searches_without_an_answer: Count | None = None


class CatalogSearched(_Answer, frozen=True, kw_only=True):
    """What was searched. silent: by name of a server that was asked and did not answer, why."""

    location: str
    images: Count
    scored_exactly: Count
    unanswered: Count = 0
    silent: dict[str, str] = {}
    told: str = ""
    revision: int


class CriteriaUsed(_Answer, frozen=True, kw_only=True):
    """What the matches were ranked by."""

    weights: dict[str, float]
    settings: dict[str, dict[str, float | str]]
    min_score: Share
    top: Count
    only: dict[str, list[str]] = {}


class ImageSource(_Answer, frozen=True, kw_only=True):
    """Where a picture came from."""

    kind: str
    address: str
    title: str = ""
    metadata: dict[str, str] = {}


class MetricPart(_Answer, frozen=True, kw_only=True):
    """One metric's part in a match; null where it could not compare the two."""

    raw: float | None
    similarity: float | None
    weight: float | None
    contribution: float | None


class MatchFound(_Answer, frozen=True, kw_only=True):
    """One ranked picture."""

    rank: Count
    id: PictureId
    good: bool
    source: str | None
    sources: list[ImageSource]
    score: float | None
    coverage: float | None
    variant: str
    metrics: dict[str, MetricPart]
    p: Share | None = None
    expected_by_chance: dict[str, float | None] | None = None


class HeldPart(_Answer, frozen=True, kw_only=True):
    """Where pictures of the catalog lie within the query: corners, in shares of its sides."""

    ids: list[PictureId]
    outline: list[list[float]]


class SearchResult(_Answer, frozen=True, kw_only=True):
    """A whole search."""

    query: QueryRead
    verdict: VerdictSaid
    catalog: CatalogSearched
    criteria: CriteriaUsed
    matches: list[MatchFound]
    held: list[HeldPart] = []
    timing_ms: dict[str, float] = {}


class Box(_Answer, frozen=True, kw_only=True):
    """A part of a picture, in shares of its sides."""

    left: float | None
    top: float | None
    right: float | None
    bottom: float | None


class RegistrationFound(_Answer, frozen=True, kw_only=True):
    """What takes pixels of the query to pixels of the candidate."""

    matrix: list[list[float]]
    agreement: float | None
    overlap_query: float | None
    overlap_candidate: float | None


class DiagnosisFound(_Answer, frozen=True, kw_only=True):
    """What was done to the candidate to obtain the query; a change's parameters stand beside its kind."""

    relation: str
    confidence: float | None
    text: str
    alike: float | None
    places: list[Box]
    changes: list[dict[str, Any]]
    registration: RegistrationFound | None


class CompareResult(_Answer, frozen=True, kw_only=True):
    """Two pictures against each other; without a score where no metric with a weight compares them."""

    query: QueryRead
    candidate: QueryRead
    criteria: CriteriaUsed
    diagnosis: DiagnosisFound
    score: float | None = None
    coverage: float | None = None
    variant: str = ""
    metrics: dict[str, MetricPart] = {}


class Image(_Answer, frozen=True, kw_only=True):
    """A picture of the catalog."""

    id: PictureId
    sha256: str
    format: str
    width: Count
    height: Count
    bytes: Count
    added_at: str
    title: str
    sources: list[ImageSource]


class ImagePage(_Answer, frozen=True, kw_only=True):
    """Some pictures by ascending id; ``next`` is what ``after`` asks the following ones with, null at the end."""

    images: list[Image]
    next: PictureId | None
    total: Count
    silent: dict[str, str] = {}


class Added(_Answer, frozen=True, kw_only=True):
    """A picture that was added, or known before."""

    added: bool
    image: Image
    notes: list[str] = []


class Failed(_Answer, frozen=True, kw_only=True):
    """An entry that could not be used, or was left out, and why."""

    address: str
    reason: str


class JobProgress(_Answer, frozen=True, kw_only=True):
    """How far a job has come."""

    done: Count
    total: Count
    added: Count
    known: Count
    failed: Count


class JobState(_Answer, frozen=True, kw_only=True):
    """Work in the background. state: "listing", "running", "done", "failed" or "stopped"."""

    id: str
    state: str
    progress: JobProgress
    summary: str
    problem: str
    created_at: str
    failures: list[Failed]
    skipped: list[Failed]


class DuplicateImage(_Answer, frozen=True, kw_only=True):
    """A picture of a group, at one of its addresses; level and score say what it has in common with the one to keep."""

    id: PictureId
    source: str
    keep: bool
    level: str
    score: float
    relation: str
    changes: list[dict[str, Any]]
    width: Count
    height: Count
    bytes: Count


class DuplicateCut(_Answer, frozen=True, kw_only=True):
    """A picture outside of a group that matches one of its members, but not the first."""

    outside: PictureId
    member: PictureId
    score: float


class DuplicateGroup(_Answer, frozen=True, kw_only=True):
    """Copies of one picture."""

    keep: PictureId
    level: str
    images: list[DuplicateImage]
    cuts: list[DuplicateCut]


class DuplicateGroups(_Answer, frozen=True, kw_only=True):
    """All of them, those with the most to win first."""

    changed_copies: Count
    expected_false: float
    groups: list[DuplicateGroup]


class SettingInfo(_Answer, frozen=True, kw_only=True):
    """A metric's setting: what it can be, and what it is unless told otherwise."""

    name: str
    title: str
    values: list[float | str]
    default: float | str


class MetricInfo(_Answer, frozen=True, kw_only=True):
    """A way of comparing pictures. hindrance: why it cannot be used now, empty where it can."""

    name: str
    title: str
    help: str
    unit: str
    default_weight: float
    settings: list[SettingInfo]
    hindrance: str


class PresetInfo(_Answer, frozen=True, kw_only=True):
    """A named choice of weights and settings."""

    name: str
    title: str
    help: str
    weights: dict[str, float]
    settings: dict[str, dict[str, float | str]]


class SimilarityInfo(_Answer, frozen=True, kw_only=True):
    """All that ``weights``, ``settings`` and ``preset`` can name."""

    metrics: list[MetricInfo]
    presets: list[PresetInfo]
    default_preset: str


class Stats(_Answer, frozen=True, kw_only=True):
    """What the catalog holds, and what it lacks."""

    images: Count
    features: dict[str, int]
    links: dict[str, int]
    revision: int
    bytes: Count
    missing: dict[str, int]
    outdated: dict[str, int]
    writable: bool
    silent: dict[str, str] = {}
    left_out: list[str] = []


class Health(_Answer, frozen=True, kw_only=True):
    """That the server is there, or ready."""

    status: str
    version: str


class ProblemPart(_Answer, frozen=True, kw_only=True):
    """What is wrong with one part of a request. pointer: where, as a JSON pointer into the body or the parameters."""

    pointer: str
    detail: str


class Problem(_Answer, frozen=True, kw_only=True):
    """Why a request was not done (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[ProblemPart] = []
