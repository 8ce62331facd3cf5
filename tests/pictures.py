"""Catalogs of photographs whose originals lie beside them, and pictures made of photographs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from skimage import data

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.images.encoding import encode_png
from pictrace.images.pixels import RGBImage
from pictrace.indexing.index import Indexing
from pictrace.sources.base import Item

__all__ = ["another_frame", "cache_of", "id_of", "pixels_of"]


def pixels_of(*names: str) -> dict[str, RGBImage]:
    """Photographs of scikit-image, by its names for them."""
    return {name: np.asarray(getattr(data, name)()) for name in names}


def cache_of(catalog: SqliteCatalog, pictures: Mapping[str, RGBImage], folder: Path) -> FeatureCache:
    """The features of pictures that lie in a folder as PNG, and are indexed from there, in the order of their names."""
    for name, picture in pictures.items():
        (folder / f"{name}.png").write_bytes(encode_png(picture))
    Indexing(catalog, [Item.of_file(folder / f"{name}.png") for name in sorted(pictures)]).run()
    return FeatureCache(catalog)


def id_of(cache: FeatureCache, name: str) -> int:
    """Of a picture that ``cache_of`` put there."""
    records = cache.catalog.pictures(cache.catalog.ids())
    return next(one for one, record in records.items() if record.label == f"{name}.png")


def another_frame(image: RGBImage) -> RGBImage:
    """As from a camera that stood a little beside: what is near moves against what is far."""
    height, width = image.shape[:2]
    down, across = np.mgrid[:height, :width].astype(np.float32)
    depth = (np.sin(across / width * 5) + np.cos(down / height * 4)).astype(np.float32)
    return np.asarray(cv2.remap(image, across + 0.012 * width * depth, down, cv2.INTER_LINEAR, None, 2), np.uint8)
