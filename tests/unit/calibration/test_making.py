"""A catalog's own accidents: relatives are none."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import numpy as np
import pytest

from pictrace.calibration import kept
from pictrace.calibration.making import Drawing
from pictrace.calibration.relatives import Families
from pictrace.calibration.shipped import shipped
from pictrace.calibration.sources import Background
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Decision, Source, digest, image_id
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.images.edits import crop, recompress
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import decode
from pictrace.indexing.index import Indexing
from pictrace.metrics import ready_metrics
from pictrace.sources.base import Item


@pytest.fixture
def pictures(photographs: dict[str, bytes]) -> list[bytes]:
    """Photographs, and two changed copies of the first."""
    first = decode(next(iter(photographs.values())))
    return [*photographs.values(), encode_jpeg(recompress(first, 50)), encode_jpeg(crop(first, 0.7))]


@pytest.fixture
def cache(make_catalog: Callable[..., SqliteCatalog], pictures: list[bytes]) -> FeatureCache:
    catalog = make_catalog()
    items = [Item.of_bytes(data, Source("upload", f"{index}")) for index, data in enumerate(pictures)]
    Indexing(catalog, items).run()
    return FeatureCache(catalog)


def test_copies_are_no_accidents_and_neither_is_what_somebody_called_the_same(
    cache: FeatureCache, pictures: list[bytes]
) -> None:
    ids = [image_id(digest(data)) for data in pictures]
    cache.catalog.decide([Decision(ids[1], ids[2], "same")])
    drawing = Drawing(cache, ready_metrics(), fewest=2)
    assert list(drawing.steps())[-1][0] >= len(pictures)
    accidents = drawing.accidents
    assert accidents is not None
    assert accidents.searches == len(drawing.ids) == len(pictures)
    assert drawing.families.same(ids[0], np.array(ids[-2:])).all()
    rows = dict(zip(drawing.ids.tolist(), np.diff(accidents.offsets).tolist(), strict=True))
    assert rows[ids[0]] == len(pictures) - 3
    assert rows[ids[1]] == len(pictures) - 2
    sift = accidents.values(next(one for one in ready_metrics() if one.name == "sift"), {})
    assert np.nanmax(sift) < 8


def test_it_ends_in_time_and_keeps_what_it_has(cache: FeatureCache) -> None:
    ticks = count()
    drawing = Drawing(cache, ready_metrics(), fewest=2, seconds=3.0, clock=lambda: float(next(ticks)))
    list(drawing.steps())
    accidents = drawing.accidents
    assert accidents is not None
    assert 1 <= accidents.searches < cache.catalog.count()


def test_a_small_catalog_has_those_that_ship(cache: FeatureCache) -> None:
    background = Background(cache)
    assert not background.wanted
    assert [one.pictures > 100 for one in background.sources()] == [True]
    assert list(background.make()) == []


def test_what_was_made_is_kept_and_read_again(cache: FeatureCache) -> None:
    background = Background(cache, fewest=2)
    assert background.wanted
    assert background.sources() == ()
    steps = background.make(searches=3)
    next(steps)
    steps.close()  # what was asked until then is kept
    assert [one.searches for one in background.sources()] == [1, shipped().searches]
    list(background.make(searches=3))
    again = Background(FeatureCache(cache.catalog), fewest=2)
    assert not again.wanted
    assert [one.searches for one in again.sources()] == [3, shipped().searches]
    assert cache.folder is not None
    (cache.folder / kept.NAME).write_bytes(b"damaged")
    assert Background(FeatureCache(cache.catalog), fewest=2).wanted


@pytest.mark.parametrize(("details", "kept_ones"), [(4, {4}), (8, set()), (None, set())])
def test_details_are_kept_of_pictures_that_are_no_relatives(
    cache: FeatureCache, details: int | None, kept_ones: set[int]
) -> None:
    drawing = Drawing(cache, ready_metrics(), fewest=2, look=lambda _one, _other: details)
    list(drawing.steps())
    accidents = drawing.accidents
    assert accidents is not None
    assert set(accidents.details.tolist()) == kept_ones


def test_relatives_of_relatives_are_relatives() -> None:
    families = Families()
    families.tie(1, [2])
    families.tie(3, [2])
    assert families.same(1, np.array([1, 2, 3, 4])).tolist() == [True, True, True, False]
