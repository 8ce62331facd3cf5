"""What was found out about single matches of a search, each once while it is open."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from pictrace.catalog.base import Catalog
from pictrace.catalog.servers.federated import FederatedCatalog
from pictrace.diagnosis import Diagnosis, diagnose
from pictrace.errors import PicTraceError
from pictrace.features import Features
from pictrace.images.loading import load_picture
from pictrace.images.pixels import WORKING_SIDE_PX, RGBImage, fit
from pictrace.images.reading import ImageInfo
from pictrace.metrics.base import Metric
from pictrace.metrics.evidence import ComparedPair, Evidence
from pictrace.precedence import answering
from pictrace.searching.pair import compare_as_scored
from pictrace.service.answer import Answer
from pictrace.service.pictures import original_picture, upload_limits
from pictrace.told import told

__all__ = ["Details", "Looks", "Original"]

Looks = dict[str, tuple[str, tuple[Evidence, ...]]]
"""Closer looks, by what was looked at."""


@dataclass(frozen=True)
class Original:
    """A match as all metrics see it, and what was done to it to obtain the query."""

    image: RGBImage
    diagnosis: Diagnosis
    notes: tuple[str, ...] = ()


class Details:
    """Of one answer; another answer needs another one. Only the match that was opened last is kept."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.looks: Looks = {}
        self._originals: dict[int, Original] = {}
        self._pairs: dict[tuple[int, str], ComparedPair] = {}
        self._without: Catalog | None = None  # the catalog that has no original of the match that is open

    def original(self, catalog: Catalog, picture_id: int, wanted: Metric | None = None) -> Original:
        """Read and diagnosed once; PicTraceError where the original is gone or cannot be read.

        wanted: the metric whose pair is wanted next: it is compared meanwhile.
        """
        if picture_id not in self._originals:
            info, image, is_small = _picture_of(catalog, picture_id)
            query = self.answer.query
            self._forget()
            self._without = catalog if is_small else None
            with answering(), ThreadPoolExecutor(1, "details") as beside:
                if wanted is not None:
                    beside.submit(self.pair, wanted, picture_id, image)
                found = diagnose(query.picture, image, query_info=query.info, candidate_info=info)
            self._originals[picture_id] = Original(image, found, info.notes)
        return self._originals[picture_id]

    def knows(self, picture_id: int) -> bool:
        """Whether its original was read and diagnosed."""
        return picture_id in self._originals

    def pair(self, metric: Metric, picture_id: int, image: RGBImage) -> ComparedPair:
        """The query compared with a match, in the orientation that it was scored in."""
        key = (picture_id, metric.name)
        if key not in self._pairs:
            with answering():
                kept = None if self._without is None else _kept(self._without, picture_id, metric)
                self._pairs[key] = compare_as_scored(
                    self.answer.query, image, metric, self.answer.table, picture_id, candidate=kept
                )
        return self._pairs[key]

    def _forget(self) -> None:
        self._pairs.clear()
        self.looks.clear()
        self._originals.clear()


def _kept(catalog: Catalog, picture_id: int, metric: Metric) -> Features | None:
    """What a picture's score is made of; None where there is nothing of this kind."""
    found = catalog.fetch(np.array([picture_id], np.int64), metric.spec)[0]
    return found if len(found) else None


def _picture_of(catalog: Catalog, picture_id: int) -> tuple[ImageInfo, RGBImage, bool]:
    """The original; where another server has none at hand, its thumbnail, with a note that tells so.

    The thumbnail is enlarged to the size that features are of, and the third says that it is one.
    """
    try:
        return (*original_picture(catalog, picture_id), False)
    except PicTraceError:
        small = catalog.thumbnail(picture_id) if isinstance(catalog, FederatedCatalog) else None
        if small is None:
            raise
    info, image = load_picture(small, upload_limits())
    record = catalog.pictures([picture_id])[picture_id]
    side_px = max(1, min(WORKING_SIDE_PX, max(record.width, record.height)))
    note = told("The server has no original at hand: the evidence is of its features, drawn on the thumbnail.")
    return replace(info, notes=(note,)), fit(image, side_px, enlarge=True), True
