"""What was done to the pictures of a group, by the diagnosis of their originals; noted in the book."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.base import Catalog
from pictrace.diagnosis import diagnose
from pictrace.diagnosis.registration import Registration
from pictrace.duplicates.beyond import bars
from pictrace.duplicates.book import Book
from pictrace.duplicates.directions import costs
from pictrace.duplicates.groups import Group
from pictrace.duplicates.replay import replayed
from pictrace.duplicates.whole import whole_picture
from pictrace.errors import PicTraceError
from pictrace.images.geometry import Matrix, inverse, scaling
from pictrace.images.loading import load_picture
from pictrace.images.pixels import RGBImage, to_gray
from pictrace.images.reading import DecodeLimits, ImageInfo
from pictrace.indexing.prepare import original_bytes
from pictrace.indexing.run import Pace, Run, default_workers
from pictrace.told import as_document, from_document

__all__ = ["Telling", "TellingProgress", "elected", "pairs_of", "text_of", "told_group", "with_first"]

Note = Mapping[str, Any]
"""relation, confidence, text, changes with kind, confidence, text and parameters, and what else costs are made of."""

CLEARLY = 1.0
"""Difference of the costs there and back from which another picture takes the first one's place."""

Notes = Mapping[tuple[int, int], Note]
"""By the ids of two pictures: what was done to the first to obtain the second."""


@dataclass(frozen=True)
class TellingProgress(Pace):
    """How many pairs were diagnosed, or could not be."""

    told: int = 0

    @property
    def done(self) -> int:
        return self.told


@dataclass
class Telling(Run[TellingProgress]):
    """Diagnose pairs that have not been: iterate over it, once. What is told is in the book.

    Attributes
    ----------
    catalog, book
        The pictures, and where it is noted.
    pairs
        By ids: it is told what was done to the first to obtain the second.
    limits
        What reading an original may cost.
    closely
        Do again what was done, too, on whole pictures, in both directions: what a family tree asks.
    """

    catalog: Catalog
    book: Book
    pairs: Sequence[tuple[int, int]]
    limits: DecodeLimits = field(default_factory=DecodeLimits)
    closely: bool = False

    def __post_init__(self) -> None:
        self._ready(TellingProgress(0))

    def _work(self) -> Generator[TellingProgress, None, None]:
        known = self.book.told(self.pairs)
        left = [
            pair
            for pair in dict.fromkeys(self.pairs)
            if pair not in known or (self.closely and "bars" in known[pair] and "replays" not in known[pair])
        ]
        self.progress = TellingProgress(len(left))
        workers = default_workers()
        with ThreadPoolExecutor(workers, thread_name_prefix="relations") as pool:
            for start in range(0, len(left), 4 * workers):
                if self._stop.is_set():
                    return
                some = left[start : start + 4 * workers]
                notes = dict(zip(some, pool.map(self._note, some), strict=True))
                self.book.tell({pair: note for pair, note in notes.items() if note is not None})
                yield self._count(told=len(some))

    def _note(self, pair: tuple[int, int]) -> Note | None:
        try:
            data = [original_bytes(self.catalog, one, self.limits) for one in pair]
            loaded = [(one, *load_picture(one, self.limits)) for one in data]
        except PicTraceError:
            return None  # it may be back tomorrow
        (_, info, candidate), (_, other_info, query) = loaded
        found = diagnose(query, candidate, query_info=other_info, candidate_info=info)
        fit, lies = found.photometry, found.registration
        return {
            "relation": found.relation,
            "confidence": found.confidence,
            "text": found.text,
            "told": as_document(found.text),
            "alike": found.alike,
            **({} if fit is None else {"left_over": fit.left_over, "blur_px": fit.blur_px}),
            **({"replays": self._replays(loaded, lies)} if self.closely and lies is not None else {}),
            **({} if lies is None else {"bars": _bars(to_gray(query), to_gray(candidate), lies.matrix)}),
            "changes": [
                {
                    "kind": one.kind,
                    "confidence": one.confidence,
                    "text": one.text,
                    "told": as_document(one.text),
                    "parameters": dict(one.parameters),
                }
                for one in found.changes
            ],
        }

    def _replays(self, loaded: Sequence[tuple[bytes, ImageInfo, RGBImage]], lies: Registration) -> list[float | None]:
        """Of the query from the candidate, and of the candidate from the query; see replay.replayed."""
        try:
            first, second = (whole_picture(*one, self.limits) for one in loaded)
        except PicTraceError:
            return [None, None]
        if first is None or second is None:
            return [None, None]
        here, there = (
            scaling(whole.shape[1] / shown.shape[1], whole.shape[0] / shown.shape[0])
            for whole, (_, _, shown) in zip((first, second), loaded, strict=True)
        )
        matrix = here @ lies.matrix @ inverse(there)
        return [
            replayed(first, second, matrix, quality=loaded[1][1].quality),
            replayed(second, first, inverse(matrix), quality=loaded[0][1].quality),
        ]


def _bars(query: NDArray[np.uint8], candidate: NDArray[np.uint8], matrix: Matrix) -> list[bool]:
    """Whether what the candidate, and what the query shows beyond the other is but bars."""
    return [bars(candidate, query, inverse(matrix)), bars(query, candidate, matrix)]


def elected(group: Group, notes: Notes) -> int:
    """Which picture of a group the others were made from, as far as its first one's notes tell.

    The first stays it, unless another can be made from it only by inventing more than the way back takes.
    """
    best, most = group.keep, CLEARLY
    for image in group.images[1:]:
        note = notes.get((group.keep, image.id))
        if note is None or note["relation"] != "same photograph":
            continue
        forth, back = costs(note)
        if forth - back > most:
            best, most = image.id, forth - back
    return best


def with_first(group: Group, first: int) -> Group:
    """The same pictures with another one first."""
    if first == group.keep:
        return group
    chosen = next(image for image in group.images if image.id == first)
    former = replace(group.images[0], level=chosen.level, score=chosen.score, pair=chosen.pair)
    others = [former, *(image for image in group.images[1:] if image.id != first)]
    return replace(group, images=(replace(chosen, level=group.level, score=1.0, pair=None), *others))


def told_group(group: Group, notes: Notes) -> Group:
    """The group with what was done to its first picture to obtain each of the others, where that is known."""
    images = [group.images[0]]
    for image in group.images[1:]:
        note = notes.get((group.keep, image.id))
        if note is not None:
            image = replace(image, relation=str(note["relation"]), changes=tuple(map(_with_text, note["changes"])))
        images.append(image)
    return replace(group, images=tuple(images))


def text_of(note: Mapping[str, Any]) -> str:
    """Of a note or a change in it: as it knew what it was made from, when it was noted."""
    try:
        return from_document(note["told"])
    except (KeyError, ValueError):
        return str(note["text"])


def _with_text(change: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**{name: value for name, value in change.items() if name != "told"}, "text": text_of(change)}


def pairs_of(groups: Iterable[Group]) -> list[tuple[int, int]]:
    """Of each group, the first with each of the others."""
    return [(group.keep, image.id) for group in groups for image in group.images[1:]]
