"""Two pictures against each other give what a search over a catalog with the second gives."""

from collections.abc import Callable

import numpy as np
import pytest

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.images.edits import crop, mirror
from pictrace.images.encoding import encode_jpeg
from pictrace.images.orientation import UPRIGHT
from pictrace.images.reading import DecodeLimits, decode
from pictrace.indexing.prepare import new_picture
from pictrace.metrics import ready_metrics
from pictrace.searching.pair import compare_queries
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
