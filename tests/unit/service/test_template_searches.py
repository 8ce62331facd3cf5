"""Of a catalog of one kind of drawing, another one of that kind is not found, and a copy of one is."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from benchmarks.drawings.kinds import KINDS
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.images.edits import resize
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import load
from pictrace.indexing.index import Indexing
from pictrace.metrics import ready_metrics
from pictrace.searching.presets import criteria_of
from pictrace.searching.query import prepare_query
from pictrace.service.once import search_once
from pictrace.sources.base import Item

pytestmark = pytest.mark.slow

IN_CATALOG = 3
CASES = ("business card", "code", "bar chart", "post", "gallery", "slide", "receipt", "settings")


@cache
def drawn(kind: str, number: int, photo: bytes) -> RGBImage:
    return KINDS[kind](np.random.default_rng(1), np.random.default_rng([11, number]), [load(photo)])


@pytest.mark.parametrize("kind", CASES)
def test_no_two_of_a_template_are_found_as_the_same(
    kind: str, photographs: dict[str, bytes], make_catalog: Callable[..., SqliteCatalog]
) -> None:
    photos = list(photographs.values())
    *catalogued, other = (drawn(kind, number, photos[number]) for number in range(IN_CATALOG + 1))
    catalog = make_catalog()
    items = [Item.of_bytes(encode_jpeg(one), Source("upload", f"{n}")) for n, one in enumerate(catalogued)]
    Indexing(catalog, items).run()

    def good(picture: RGBImage, quality: int) -> set[str]:
        query = prepare_query(encode_jpeg(picture, quality=quality), ready_metrics())
        outcome = search_once(query, FeatureCache(catalog), criteria_of("balanced"))
        return {one.picture.label for one in outcome.found if one.match.id in outcome.said.good}

    assert good(other, 85) == set()
    assert "1" in good(resize(catalogued[1], 0.8), 70)
