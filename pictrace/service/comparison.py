"""Two pictures that one person compares, and what was computed of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pictrace.diagnosis import Diagnosis, diagnose
from pictrace.diagnosis.difference import difference
from pictrace.images.encoding import thumbnail
from pictrace.metrics.drawn import Drawn
from pictrace.output.drawing.overlays import laid_over
from pictrace.searching.pair import PairScores, compare_queries
from pictrace.searching.query import Query, needed_metrics, prepare_query, with_metrics
from pictrace.service.details import Looks
from pictrace.service.pictures import Picture, upload_limits

__all__ = ["FIRST", "SECOND", "Comparison", "Examined", "Side"]

FIRST, SECOND = "a", "b"
"""The sides, called so in the page's address too."""
SHOWN_PX = 480


@dataclass(frozen=True)
class Side:
    """A picture that was read: what was given, how it looks, and its features."""

    picture: Picture
    preview: bytes
    query: Query


@dataclass(frozen=True)
class Examined:
    """The diagnosis, and the first picture, the second laid on it, and what differs; none where nothing fits."""

    diagnosis: Diagnosis
    laid_over: Sequence[Drawn]


@dataclass
class Comparison:
    """The pictures by side, each read once; what was computed of a pair is kept as long as both stay."""

    sides: dict[str, Side] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)  # what the page's address named, and was looked at
    _scores: tuple[tuple[object, ...], PairScores] | None = None
    looks: Looks = field(default_factory=dict)  # closer ones, where asked for
    _examined: tuple[tuple[str, str], Examined] | None = None

    def put(self, side: str, picture: Picture) -> None:
        """Set one side; ImageError where the bytes are no picture, and then the former stays."""
        query = prepare_query(picture.data, limits=upload_limits())
        self.sides[side] = Side(picture, thumbnail(query.image, SHOWN_PX), query)
        self.asked[side] = picture.address

    def swap(self) -> None:
        """The first becomes the second."""
        other = {FIRST: SECOND, SECOND: FIRST}
        self.sides = {other[side]: one for side, one in self.sides.items()}
        self.asked = {other[side]: one for side, one in self.asked.items()}

    def scores(self, weights: Mapping[str, float], *, orientations: bool) -> PairScores | None:
        """Every metric's number for the pair; None as long as there are not two.

        Parameters
        ----------
        weights
            A metric that extracts on demand is compared only where it has one.
        """
        if len(self.sides) < 2:
            return None
        first, second = self.sides[FIRST], self.sides[SECOND]
        metrics = needed_metrics(weights)
        key = (first.picture.sha256, second.picture.sha256, orientations, *(one.feature_key for one in metrics))
        if self._scores is None or self._scores[0] != key:
            query, other = with_metrics(first.query, metrics), with_metrics(second.query, metrics)
            self._scores = key, compare_queries(query, other, metrics, orientations=orientations)
        return self._scores[1]

    def examined(self) -> Examined | None:
        """What was done to one of them to obtain the other; None as long as there are not two."""
        if len(self.sides) < 2:
            return None
        first, second = self.sides[FIRST], self.sides[SECOND]
        key = (first.picture.sha256, second.picture.sha256)
        if self._examined is None or self._examined[0] != key:
            self._examined = key, _examine(first, second)
        return self._examined[1]


def _examine(first: Side, second: Side) -> Examined:
    images = first.query.image, second.query.image
    found = diagnose(*images, query_info=first.query.info, candidate_info=second.query.info)
    if found.registration is None or found.photometry is None:
        return Examined(found, ())
    shown = difference(*images, found.registration, found.photometry)
    return Examined(found, laid_over(images[0], shown, found.places))
