"""How unusual a value is among unrelated pairs of a catalog."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.features import FeatureBatch
from pictrace.images.edits import crop, recompress
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.orientation import UPRIGHT
from pictrace.images.reading import decode
from pictrace.indexing.index import Indexing
from pictrace.metrics import all_metrics, get_metric
from pictrace.searching import rarity as rarity_module
from pictrace.searching.convincing import convinces
from pictrace.searching.rarity import rarity, unrelated_values
from pictrace.sources.base import Item


@pytest.fixture
def cache(make_catalog: Callable[..., SqliteCatalog], photographs: dict[str, bytes]) -> FeatureCache:
    """Six photographs, a recompressed copy of one, a crop of another, a blank picture."""
    catalog = make_catalog()
    images = {name: decode(data) for name, data in photographs.items()}
    pictures = [
        *photographs.values(),
        encode_jpeg(recompress(images["coffee.png"], 50)),
        encode_jpeg(crop(images["astronaut.png"], 0.6)),
        encode_png(np.full((300, 400, 3), 250, np.uint8)),
    ]
    add(catalog, pictures)
    return FeatureCache(catalog)


def add(catalog: SqliteCatalog, pictures: list[bytes]) -> None:
    items = [Item.of_bytes(data, Source("upload", f"{index}")) for index, data in enumerate(pictures)]
    assert Indexing(catalog, items).run().added == len(pictures)


@pytest.mark.slow
@pytest.mark.parametrize("orientations", [False, True])
def test_the_values_are_those_of_a_plain_loop(cache: FeatureCache, orientations: bool) -> None:
    """Every pair of the nine pictures, one by one, by compare; related pairs left out by any metric's word."""
    metrics = all_metrics()
    batches = cache.all(metrics).batches
    raw: dict[str, list[float]] = {metric.name: [] for metric in metrics}
    related = []
    for first, second in itertools.combinations(range(9), 2):
        good = False
        for metric in metrics:
            batch = batches[metric.name]
            queries = metric.turned(batch[first]) if orientations else {UPRIGHT: batch[first]}
            scores = metric.compare_variants(queries, FeatureBatch.of([batch[second]], metric.layout))
            value = scores.raw[(*metric.setting_positions({}), 0)]
            raw[metric.name].append(float(value))
            good |= bool(convinces(metric, value))
        related.append(good)
    assert 2 <= sum(related) <= 4
    found = unrelated_values(cache, metrics, orientations=orientations)
    assert list(found) == [metric.name for metric in metrics]
    for name, values in found.items():
        kept = [value for value, good in zip(raw[name], related, strict=True) if not good and not math.isnan(value)]
        np.testing.assert_allclose(values, sorted(kept), atol=1e-6)
    assert len(found["histogram"]) > len(found["orb"]) > 10  # the blank picture has no keypoints


def test_pairs_are_limited_and_repeatable(cache: FeatureCache, monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = [get_metric("histogram")]  # vouches for nothing, so that no pair is left out
    all_pairs = unrelated_values(cache, metrics)["histogram"]
    some = unrelated_values(cache, metrics, pairs=10)["histogram"]
    assert len(all_pairs) == 36
    assert len(some) == 10
    assert np.isin(some, all_pairs).all()
    np.testing.assert_array_equal(some, unrelated_values(cache, metrics, pairs=10)["histogram"])
    assert not np.array_equal(some, unrelated_values(cache, metrics, pairs=10, seed=2)["histogram"])
    monkeypatch.setattr(rarity_module, "PICTURES", 4)
    assert len(unrelated_values(cache, metrics)["histogram"]) == 6


@pytest.mark.parametrize("count", [0, 1, 2])
def test_tiny_catalogs_cannot_tell(
    count: int, make_catalog: Callable[..., SqliteCatalog], photographs: dict[str, bytes]
) -> None:
    catalog = make_catalog()
    if count:
        add(catalog, list(photographs.values())[:count])
    for name, values in unrelated_values(FeatureCache(catalog), all_metrics()).items():
        assert len(values) == 0
        found = rarity(get_metric(name), 0.5, values)
        assert found.of == 0
        assert math.isnan(found.share)
        assert "too few" in found.text
        assert found.brief == "unknown"


def test_three_pictures_can_tell_little(
    make_catalog: Callable[..., SqliteCatalog], photographs: dict[str, bytes]
) -> None:
    catalog = make_catalog()
    add(catalog, list(photographs.values())[:3])
    metric = get_metric("orb")
    found = rarity(metric, 100.0, unrelated_values(FeatureCache(catalog), [metric])["orb"])
    assert found.of == 3
    assert found.text == "None of 3 unrelated pairs came this close."
    assert found.brief == "none of 3"


def test_nearer_means_smaller_for_distances_and_larger_for_similarities() -> None:
    values = np.arange(1, 301, dtype=np.float32)
    hash_bits, structure = get_metric("phash"), get_metric("ssim")
    assert rarity(hash_bits, 3.0, values).nearer == 3
    assert rarity(structure, 3.0, values).nearer == 298
    assert rarity(structure, 300.0, values).share == pytest.approx(1 / 300)
    assert rarity(hash_bits, 0.0, values).nearer == 0


def test_the_words_are_never_surer_than_the_sample() -> None:
    values = np.arange(1, 301, dtype=np.float32)
    metric = get_metric("phash")
    assert rarity(metric, 0.0, values).text == "None of 300 unrelated pairs came this close."
    assert rarity(metric, 1.0, values).text == "Closer than 99 % of 300 unrelated pairs."
    assert rarity(metric, 300.0, values).text == "Closer than 0 % of 300 unrelated pairs."
    assert rarity(metric, 150.0, values).text == "Closer than 50 % of 300 unrelated pairs."
    assert rarity(metric, float("nan"), values).of == 0
    one = rarity(metric, 0.0, values[:1])
    assert one.text == "The one unrelated pair tried did not come this close."
    found = rarity(metric, 20.0, values)
    assert (found.low, found.middle, found.high) == pytest.approx((15.95, 150.5, 285.05))
