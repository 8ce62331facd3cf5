"""The originals of pictures, read only where what is stored cannot tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pictrace.catalog.base import Catalog
from pictrace.duplicates.levels import Level
from pictrace.duplicates.looks import Look
from pictrace.duplicates.pixels import same_pixels
from pictrace.duplicates.verify import Pair
from pictrace.errors import PicTraceError
from pictrace.images.loading import load_picture
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import DecodeLimits, ImageInfo, open_image
from pictrace.indexing.prepare import original_bytes

__all__ = ["Originals"]

EVERYTHING, EQUAL = 0.98, 0.9
"""Overlap of both, and agreement, from which it is worth asking whether all pixels are the same."""

KEPT = 2  # of one group: the picture in the middle, and the one that it is compared with


class Originals:
    """Reads them; the last few are kept. For one thread."""

    def __init__(self, catalog: Catalog, limits: DecodeLimits) -> None:
        self._catalog, self._limits = catalog, limits
        self._whole: dict[int, tuple[ImageInfo, RGBImage] | None] = {}

    def judged(self, pair: Pair, looks: Mapping[int, Look]) -> Pair:
        """The pair, at level PIXELS where both originals hold the same ones; as it is where one cannot be read."""
        first, second = looks[pair.first], looks[pair.second]
        sides = {first.width, first.height} == {second.width, second.height}
        alike = pair.score >= EQUAL and min(pair.share_first, pair.share_second) >= EVERYTHING
        if pair.level is not Level.PHOTOGRAPH or not sides or not alike:
            return pair
        one, other = self._read(pair.first), self._read(pair.second)
        if one is None or other is None:
            return pair
        qualities = one[0].quality, other[0].quality
        saved_alike = qualities[0] is not None and qualities[0] == qualities[1]
        return replace(pair, level=Level.PIXELS) if same_pixels(one[1], other[1], saved_alike=saved_alike) else pair

    def _read(self, one: int) -> tuple[ImageInfo, RGBImage] | None:
        """Header and pixels; of strangers' files, which are decoded apart, the working picture."""
        if one not in self._whole:
            while len(self._whole) >= KEPT:
                self._whole.pop(next(iter(self._whole)))
            try:
                data = original_bytes(self._catalog, one, self._limits)
                if self._limits.apart:
                    self._whole[one] = load_picture(data, self._limits)
                else:
                    opened = open_image(data, self._limits)
                    self._whole[one] = opened.info, opened.pixels()
            except PicTraceError:
                self._whole[one] = None
        return self._whole[one]
