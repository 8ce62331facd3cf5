"""What many pictures of a catalog share is no evidence that two of them are the same."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from pictrace.calibration.making import Drawing
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Source, digest, image_id
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.images.edits import caption, recompress
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage, fit
from pictrace.images.reading import decode
from pictrace.indexing.index import Indexing
from pictrace.metrics import get_metric
from pictrace.searching.commons import shared_by_many
from pictrace.searching.find import find
from pictrace.searching.presets import criteria_of
from pictrace.searching.query import prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.verdict import Verdict
from pictrace.service.judge import Judge
from pictrace.sources.base import Item

MakeCatalog = Callable[..., SqliteCatalog]
METRICS = tuple(get_metric(name) for name in ("sift", "ssim", "histogram"))
BANNER, STAMP = "banner", "stamp"


def laid_over(picture: RGBImage, what: str) -> RGBImage:
    """The same with a strip of news below, or a stamp in the corner."""
    picture = fit(picture, 400, enlarge=True).copy()
    height, width = picture.shape[:2]
    if what == BANNER:
        bar = np.full((80, width, 3), 20, np.uint8)
        for text, row in (("BREAKING NEWS Seven", 32), ("rain - sports - 18:45", 66)):
            cv2.putText(bar, text, (6, row), cv2.FONT_HERSHEY_DUPLEX, 0.8, (250, 220, 60), 1, cv2.LINE_AA)
        return np.vstack([picture, bar])
    corner = picture[height - 90 :, width - 180 :]
    corner[:] = (20, 60, 160)
    for text, row in (("ACME tv", 34), ("(c) 2025", 72)):
        cv2.putText(corner, text, (8, row), cv2.FONT_HERSHEY_TRIPLEX, 1.0, (255, 255, 255), 2, cv2.LINE_AA)
    return picture


@pytest.fixture(scope="module")
def photos(photographs: dict[str, bytes]) -> list[RGBImage]:
    return [decode(data) for data in photographs.values()]


def made(make_catalog: MakeCatalog, pictures: list[bytes]) -> SqliteCatalog:
    catalog = make_catalog()
    Indexing(catalog, [Item.of_bytes(data, Source("upload", f"{n}")) for n, data in enumerate(pictures)], METRICS).run()
    return catalog


def said_of(query: bytes, catalog: SqliteCatalog) -> Verdict:
    wanted = criteria_of("balanced")
    prepared = prepare_query(query, METRICS)
    table = score(prepared, FeatureCache(catalog), METRICS)
    return Judge(prepared).verdict(catalog, table, find(catalog, table, wanted), wanted)


@pytest.mark.parametrize("what", [pytest.param(BANNER, marks=pytest.mark.slow), STAMP])
def test_another_photograph_under_the_same_overlay_is_not_found(
    what: str, photos: list[RGBImage], make_catalog: MakeCatalog
) -> None:
    *others, asked = photos
    pictures = [encode_jpeg(laid_over(one, what)) for one in others]
    catalog = made(make_catalog, pictures)
    strange = said_of(encode_jpeg(laid_over(asked, what), quality=80), catalog)
    assert strange.headline == "Only the form is shared."
    assert not strange.good
    again = said_of(encode_jpeg(laid_over(others[0], what), quality=50), catalog)
    assert again.good == {image_id(digest(pictures[0]))}


def test_beside_common_details_chance_is_no_evidence(photos: list[RGBImage], make_catalog: MakeCatalog) -> None:
    """One that shares nothing with the query may reach a closer look's count, as those under the same overlay do."""
    *others, asked = photos
    pictures = [*(encode_jpeg(laid_over(one, STAMP)) for one in others), encode_jpeg(others[0][:, ::-1])]
    catalog = made(make_catalog, pictures)
    ids = [image_id(digest(one)) for one in pictures]
    assert shared_by_many(prepare_query(encode_jpeg(laid_over(asked, STAMP)), METRICS), catalog, ids) == set(ids)


def test_copies_of_one_photograph_stay_good(photos: list[RGBImage], make_catalog: MakeCatalog) -> None:
    picture = laid_over(photos[0], STAMP)
    changes = [recompress(picture, 30), recompress(picture, 60), caption(picture), (picture * 0.6).astype(np.uint8)]
    copies = [encode_jpeg(one) for one in changes]
    catalog = made(make_catalog, copies)
    ids = [image_id(digest(one)) for one in copies]
    assert not shared_by_many(prepare_query(encode_jpeg(picture), METRICS), catalog, ids)


@pytest.mark.slow
def test_what_was_laid_over_all_of_a_catalog_makes_no_relatives(
    photos: list[RGBImage], make_catalog: MakeCatalog
) -> None:
    pictures = [encode_jpeg(laid_over(one, BANNER)) for one in photos]
    catalog = made(make_catalog, [*pictures, encode_jpeg(recompress(laid_over(photos[0], BANNER), 50))])
    drawing = Drawing(FeatureCache(catalog), METRICS, fewest=2)
    list(drawing.steps())
    first, second, *_ = (image_id(digest(one)) for one in pictures)
    accidents = drawing.accidents
    assert accidents is not None
    assert np.diff(accidents.offsets).min() >= len(pictures) - 2
    assert drawing.families.same(first, catalog.ids()).sum() == 2
    assert not drawing.families.same(first, np.array([second]))[0]
