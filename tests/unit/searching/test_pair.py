"""Two pictures against each other give what a search over a catalog with the second gives."""

from collections.abc import Callable

import numpy as np
import pytest

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.features import FeatureBatch
from pictrace.images.edits import crop, mirror
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.orientation import UPRIGHT
from pictrace.images.reading import DecodeLimits, decode, load
from pictrace.indexing.prepare import new_picture
from pictrace.metrics import ready_metrics
from pictrace.metrics.orientations import MIRRORED
from pictrace.searching.pair import compare_as_scored, compare_queries
from pictrace.searching.presets import criteria_of
from pictrace.searching.query import prepare_query
from pictrace.searching.scoring import score


@pytest.mark.parametrize("orientations", [True, False])
def test_the_pair_scores_as_a_search_would(
    photographs: dict[str, bytes], make_catalog: Callable[..., SqliteCatalog], orientations: bool
) -> None:
    changed = encode_jpeg(crop(mirror(decode(photographs["chelsea.png"])), 0.7), quality=50)
    catalog = make_catalog()
    picture = new_picture(
        photographs["chelsea.png"], Source("upload", "cat"), ready_metrics(), keep_original=True, limits=DecodeLimits()
    )
    catalog.add([picture])
    first = prepare_query(changed, orientations=orientations)
    table = score(first, FeatureCache(catalog))
    pair = compare_queries(prepare_query(changed), prepare_query(photographs["chelsea.png"]), orientations=orientations)
    np.testing.assert_array_equal(pair.table.raw, table.raw)
    assert pair.table.ids.tolist() == table.ids.tolist()
    criteria = criteria_of("balanced", top=1)
    assert pair.match(criteria) == table.rank(criteria)[0]
    for metric in ready_metrics():
        explained = metric.explain_pair(pair.pairs[metric.name])
        place = pair.table.names.index(metric.name)
        assert explained.raw == pytest.approx(pair.table.raw[0, place])
    if not orientations:
        assert all(set(one.features) == {UPRIGHT} for one in pair.pairs.values())


def test_flat_pictures_have_no_match() -> None:
    flat = prepare_query(encode_jpeg(np.full((64, 64, 3), 127, np.uint8)))
    assert compare_queries(flat, flat).match(criteria_of("ssim-orb")) is None


@pytest.mark.parametrize("corner", [(0, 0), (0, 1), (1, 0), (1, 1)], ids=str)
def test_a_crop_is_upright_for_all_metrics(corner: tuple[int, int], photographs: dict[str, bytes]) -> None:
    """Each metric that tries all orientations took the one that suited it, though the keypoints knew it."""
    told = []
    for data in photographs.values():
        image = decode(data)
        height, width = image.shape[:2]
        top, left = corner[0] * height // 2, corner[1] * width // 2
        part = image[top : top + height // 2, left : left + width // 2]
        scores = compare_queries(prepare_query(encode_png(np.ascontiguousarray(part))), prepare_query(data))
        if scores.table.raw[0, scores.table.names.index("orb")] >= 8:
            at_default = zip(scores.table.metrics, scores.table.columns, strict=True)
            told += [int(column.variant[(*metric.setting_positions({}), 0)]) for metric, column in at_default]
    assert len(told) > 20
    assert set(told) == {UPRIGHT.index}


def test_a_match_is_explained_as_it_was_scored(
    photographs: dict[str, bytes], make_catalog: Callable[..., SqliteCatalog]
) -> None:
    catalog = make_catalog()
    data = photographs["chelsea.png"]
    catalog.add(
        [new_picture(data, Source("upload", "cat"), ready_metrics(), keep_original=True, limits=DecodeLimits())]
    )
    query = prepare_query(encode_png(mirror(crop(decode(data), 0.5))))
    table = score(query, FeatureCache(catalog))
    picture_id = int(table.ids[0])
    image = load(data)
    for metric, column in zip(table.metrics, table.columns, strict=True):
        pair = compare_as_scored(query, image, metric, table, picture_id)
        np.testing.assert_allclose(pair.scores.raw[..., 0], column.raw[..., 0], rtol=1e-6)
        if len(metric.variants) > 2:
            assert [one.mirrored for one in pair.features] == [True]


def test_keypoints_of_one_kind_tell_the_other_which_pairs_are_mirrored(photographs: dict[str, bytes]) -> None:
    metrics = tuple(one for one in ready_metrics() if one.name in ("sift", "orb"))
    orb = metrics[1]
    for change, name in ((mirror, MIRRORED.variants[1]), (np.asarray, UPRIGHT)):
        query = prepare_query(encode_png(change(decode(photographs["coffee.png"]))), metrics)
        other = prepare_query(photographs["coffee.png"], metrics)
        pair = compare_queries(query, other)
        batch = FeatureBatch.of([other.features["orb"][UPRIGHT]], orb.layout)
        alone = orb.compare_variants({name: query.features["orb"][name]}, batch)
        told = pair.table.columns[pair.table.names.index("orb")]
        np.testing.assert_array_equal(told.raw, alone.raw)
        np.testing.assert_array_equal(told.variant, alone.variant)
