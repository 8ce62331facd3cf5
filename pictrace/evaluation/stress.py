"""Stress: pictures of a catalog, changed more and more, and where their originals stand then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.base import Catalog
from pictrace.errors import UsageError
from pictrace.evaluation.cube import Cube
from pictrace.evaluation.naming import Asking
from pictrace.evaluation.standing import Standing
from pictrace.images.encoding import encode_jpeg
from pictrace.images.graded import GRADED, UNGRADED
from pictrace.images.loading import load_picture
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.prepare import original_bytes
from pictrace.told import told

__all__ = ["STRENGTHS", "Case", "asking_of", "cases_of", "changed", "chosen_pictures", "ranks_of"]

STRENGTHS = (0.2, 0.5, 0.8)
QUALITY = 90  # of the JPEG file that a changed picture becomes


@dataclass(frozen=True)
class Case:
    """One picture with one change. strength: 0 to 1."""

    change: str
    strength: float
    picture_id: int

    @property
    def name(self) -> str:
        return f"{self.change}, {self.strength:g}, {self.picture_id}"


def chosen_pictures(catalog: Catalog, count: int, *, seed: int = 0) -> list[int]:
    """So many pictures of the catalog, drawn at random."""
    ids = catalog.ids()
    return sorted(np.random.default_rng(seed).choice(ids, min(count, len(ids)), replace=False).tolist())


def cases_of(pictures: Iterable[int], changes: Sequence[str], strengths: Sequence[float]) -> list[Case]:
    """Every change of every picture at every strength; a change without strengths once.

    Raises
    ------
    UsageError
        For a change that there is not, and a strength beyond 0 and 1.
    """
    for one in changes:
        if one not in GRADED:
            raise UsageError(
                told("There is no change named {one}. There are: {names}.", one=repr(one), names="; ".join(GRADED))
            )
    for strength in strengths:
        if not 0 <= strength <= 1:
            raise UsageError(
                told("A strength of {strength:g} is out of range. Give numbers from 0 to 1.", strength=strength)
            )
    return [
        Case(change, strength, picture_id)
        for picture_id in pictures
        for change in changes
        for strength in (strengths[:1] if change in UNGRADED else strengths)
    ]


def changed(catalog: Catalog, case: Case, limits: DecodeLimits) -> bytes:
    """The changed picture as a file; PicTraceError where its original is gone."""
    _, image = load_picture(original_bytes(catalog, case.picture_id, limits), limits)
    return encode_jpeg(GRADED[case.change](image, case.strength), quality=QUALITY)


def asking_of(catalog: Catalog, cases: Sequence[Case], limits: DecodeLimits) -> list[Asking]:
    """Each case as a query that should find its original; all changes of a picture belong together."""
    return [
        Asking(one.name, partial(changed, catalog, one, limits), frozenset([one.picture_id]), group=one.picture_id)
        for one in cases
    ]


def ranks_of(cube: Cube, s: Standing, cases: Sequence[Case]) -> dict[Case, int]:
    """Where the original of each case stands, from 1; one place behind all where it was not even scored.

    What scores just as much does not stand before it: a catalog often has further copies of the original, and a metric
    that counts up to a bound gives all of them its highest value. Where that is nothing at all, ids decide.
    """
    by_name = {one.name: one for one in cases}
    ranks: NDArray[np.int64] = np.full(len(cube.blocks), cube.catalog_size + 1)
    for query, score, rank in zip(s.query.tolist(), s.score, s.rank.tolist(), strict=True):
        others = s.wrong[query]
        ranks[query] = 1 + len(others) - np.searchsorted(others, score, side="right") if score > 0 else rank
    return {by_name[block.name]: int(rank) for block, rank in zip(cube.blocks, ranks, strict=True)}
