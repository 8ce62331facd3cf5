"""What metrics of keypoints share: matching by brute force, the ratio test, and the check for common geometry."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.features import FeatureBatch, Features, Layout, RawScores, Scale, Setting, Settings
from pictrace.images.orientation import UPRIGHT, Variant
from pictrace.images.pixels import fit
from pictrace.kernels.keypoints import PACKED_BYTES
from pictrace.metrics.capabilities import Sketched
from pictrace.metrics.evidence import Evidence, Lines, Pair
from pictrace.metrics.keypoints import FEWEST, FRAME_PX, keypoint_pairs, passing_count
from pictrace.metrics.orientations import MIRRORED, Orientations
from pictrace.metrics.placement import place
from pictrace.told import joined, told

__all__ = ["EVIDENCE", "KeypointMetric", "ratio"]

MANY = 20_000
"""In larger catalogs the query's orientations share the descriptors that sort the candidates."""

CONSISTENT, DISTINCT, MATCHES = "consistent", "distinct", "matches"
FIRST_PERCENT, LAST_PERCENT = 50, 95


EVIDENCE = Setting(
    "evidence",
    "Keypoint matches to count",
    "Consistent: matches that agree on one rotation, scale and shift. Distinct: one match per keypoint. "
    "All: every match that passes the ratio test, as a share of your picture's keypoints.",
    (CONSISTENT, DISTINCT, MATCHES),
    CONSISTENT,
    {CONSISTENT: told("Consistent"), DISTINCT: told("Distinct"), MATCHES: told("All")},
)


def ratio(default: float) -> Setting:
    """Lowe's ratio threshold as a setting; what it is best at depends on the descriptor."""
    return Setting(
        "ratio",
        "Ratio threshold",
        "How much closer the best keypoint must be than the second best (Lowe's ratio test). "
        "Raise it to accept more matches, and more doubtful ones.",
        tuple(percent / 100 for percent in range(FIRST_PERCENT, LAST_PERCENT + 1)),
        default,
    )


@dataclass(frozen=True)
class KeypointMetric(Sketched):
    """Keypoints with binary descriptors, nearest by Hamming distance, Lowe's ratio test.

    Lowe: Distinctive image features from scale-invariant keypoints, IJCV 60 (2004),
    doi:10.1023/B:VISI.0000029664.99615.94.

    A raw count of matches is won by nearly featureless pictures, which every descriptor matches, so
    it is kept only for comparison; by default a match counts if it is the only one of its target
    keypoint and agrees with others on one turn, scale and shift.

    Features: one row per keypoint, 40 bytes, the strongest of each cell of a grid first: 32 of
    descriptor, x and y (uint16, 1/64 px of the 512 px picture), angle (uint16, 65536 is a full
    turn), octave (uint8), one spare; little-endian.
    """

    layout: ClassVar[Layout] = Layout(np.dtype(np.uint8), (PACKED_BYTES,))
    sketch_layout: ClassVar[Layout] = Layout(np.dtype(np.uint8), (kernels.COARSE_DESCRIPTORS, 32))
    formula: ClassVar[str] = r"\frac{d(p, q_1)}{d(p, q_2)} < r, \qquad q = s\,R\,p + t"
    in_words: ClassVar[str] = (
        "$p$ is a detail of your picture, described by 256 bits; $q_1$ and $q_2$ are the nearest and the second "
        "nearest detail of the other picture, $d$ the number of bits that differ. A match must be nearer than the "
        "second by the ratio $r$ (Lowe's ratio test), and agree with others on one scale $s$, rotation $R$ and "
        "shift $t$. The value is how many do."
    )
    scale: ClassVar[Scale] = Scale("matching details", worst=4, best=30, whole=True)
    orientations: ClassVar[Orientations] = MIRRORED  # turns are found by the keypoints' own angles
    symmetric: ClassVar[bool] = False
    not_comparable: ClassVar[str] = told(
        "One of the pictures has fewer than {fewest} keypoints to compare.", fewest=FEWEST
    )
    settings: ClassVar[tuple[Setting, ...]] = (EVIDENCE, ratio(0.75))
    levels: ClassVar[int]  # of the pyramid: octaves are below
    doubted: ClassVar[range] = range(0)
    """So many consistent matches are counted from the candidate to the query, too; the smaller number is the score."""

    keypoints: int = field(default=500, metadata={"short": "n"})

    def compare(self, query: Features, batch: FeatureBatch) -> NDArray[np.float32]:
        return self._scores(query, batch).raw

    def _scores(self, query: Features, batch: FeatureBatch) -> RawScores:
        """The query as it is, each score with the quarter turns that it was found at."""
        counts, turn = kernels.orb_score(
            np.ascontiguousarray(query[:, :32]),
            kernels.unpack_points(query),
            batch.rows,
            batch.offsets,
            first_percent=FIRST_PERCENT,
            last_percent=LAST_PERCENT,
        )
        raw = np.empty((3, *turn.shape), np.float32)
        raw[0], raw[1], raw[2] = counts[2], counts[1], counts[0] / np.float32(max(1, len(query)))
        if self.doubted:
            in_doubt = (counts[2] >= self.doubted.start) & (counts[2] < self.doubted.stop)
            some = np.flatnonzero(in_doubt.any(axis=0))
            backwards = kernels.consistent_backwards(
                query, batch.rows, batch.offsets, some, first_percent=FIRST_PERCENT, last_percent=LAST_PERCENT
            )
            counted = counts[2][:, some]
            raw[0][:, some] = np.where(in_doubt[:, some], np.minimum(counted, backwards), counted)
        return RawScores(raw, np.broadcast_to(turn, raw.shape).copy())

    def plausible(self, features: Features) -> bool:
        inside = (features[:, 32:36].copy().view("<u2") <= FRAME_PX * 64).all()
        few = not len(features) or FEWEST <= len(features) <= self.keypoints
        return bool(few and inside and (features[:, 38] < self.levels).all())

    def sketch(self, features: Features) -> Features:
        """The descriptors of the 64 strongest keypoints; unused rows are zero."""
        found = np.zeros((min(1, len(features)), kernels.COARSE_DESCRIPTORS, 32), np.uint8)
        strongest = features[: kernels.COARSE_DESCRIPTORS, :32]
        found[:, : len(strongest)] = strongest
        return found

    def turned(self, features: Features) -> dict[Variant, Features]:
        """Mirrored, the keypoints lie and point as they would; their descriptors are those of before.

        A binary descriptor does not tell that of the mirrored patch. Among unrelated pictures one is as good as the
        other: what matches by accident, and how well it then agrees, does not depend on it.
        """
        if not len(features):
            return {UPRIGHT: features}
        points = kernels.unpack_points(features) * (-1, 1, -1, 1) + (FRAME_PX, 0, math.pi, 0)
        return {UPRIGHT: features, self.variants[1]: kernels.pack_keypoints(features[:, :32], points)}

    def compare_sketches(self, queries: Mapping[Variant, Features], sketches: FeatureBatch) -> NDArray[np.float32]:
        rough = np.full(len(sketches), np.nan, np.float32)
        present = sketches.counts > 0
        counts = np.full(len(sketches.rows), kernels.COARSE_DESCRIPTORS, np.int64)
        known = [features[:, :32] for features in queries.values() if len(features)]
        if len(sketches) > MANY:  # reading the sketches is what takes the time: once for all orientations
            share = kernels.COARSE_DESCRIPTORS // max(1, len(known))
            known = [np.concatenate([features[:share] for features in known])] if known else []
        for features in known:
            query = np.ascontiguousarray(features[: kernels.COARSE_DESCRIPTORS])
            found = kernels.orb_coarse(query, sketches.rows, counts).astype(np.float32)
            rough[present] = np.fmax(rough[present], found)
        return rough

    def compare_many(self, queries: Mapping[Variant, Features], batch: FeatureBatch) -> RawScores:
        """The better of the query as it is and mirrored, each with the quarter turns that it was found at."""
        first, *others = (self._scores_as(variant, query, batch) for variant, query in queries.items())
        return functools.reduce(self.nearer, others, first)

    def _scores_as(self, variant: Variant, query: Features, batch: FeatureBatch) -> RawScores:
        scores = self._scores(query, batch)
        return RawScores(scores.raw, scores.variant + np.uint8(variant.index))

    def _counted(
        self, query: Features, match: Features, percent: int
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_], bool]:
        """As keypoint_pairs, in the direction whose consistent matches are the score; whether that is backwards."""
        pairs, consistent = keypoint_pairs(query, match, percent=percent)
        if int(consistent.sum()) in self.doubted:
            back, agreeing = keypoint_pairs(match, query, percent=percent)
            if agreeing.sum() < consistent.sum():
                return back[:, ::-1], agreeing, True
        return pairs, consistent, False

    def scale_for(self, settings: Settings) -> Scale:
        evidence = settings.get("evidence", CONSISTENT)
        if evidence == DISTINCT:
            return Scale("one-to-one matches", worst=8, best=60, whole=True)
        if evidence == MATCHES:
            return Scale("of your picture's keypoints match", worst=0.0, best=1.0)
        return self.scale

    def evidence(self, pair: Pair, settings: Settings) -> tuple[str, tuple[Evidence, ...]]:
        percent = round(float(settings["ratio"]) * 100)
        pairs, consistent, backwards = self._counted(pair.query_features, pair.match_features, percent)
        passing = passing_count(pair.query_features, pair.match_features, percent=percent)
        query_points = kernels.unpack_points(pair.query_features)[pairs[:, 0], :2]
        match_points = kernels.unpack_points(pair.match_features)[pairs[:, 1], :2]
        query, match = (fit(one, FRAME_PX, enlarge=True) for one in (pair.query, pair.match))
        agreeing = int(consistent.sum())
        summary = joined(
            told(
                "{passing} of your picture's {all} keypoints pass the ratio test at {ratio}.",
                passing=passing,
                all=len(pair.query_features),
                ratio=f"{percent / 100:.2f}",
            ),
            told("{number} pair one to one.", number=len(pairs)),
            told("{number} agree on one rotation, scale and shift.", number=agreeing),
            *([told("They are counted from the match to your picture, where fewer agree.")] if backwards else []),
        )
        differing = pair.query_features[pairs[:, 0], :32] ^ pair.match_features[pairs[:, 1], :32]
        bits = np.bitwise_count(differing).sum(axis=1, dtype=np.uint16)
        lines = Lines(told("Matching keypoints"), query, match, query_points, match_points, consistent, bits)
        placement = place(query_points[consistent], match_points[consistent])
        if placement is not None:
            outline = placement.outline(query.shape)
            if np.isfinite(outline).all():
                overlap = placement.overlap(query.shape, match.shape)
                lines = dataclasses.replace(lines, outline=outline, overlap=overlap)
        return summary, (lines,)
