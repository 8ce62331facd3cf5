"""Maps of a catalog: the axes, the neighbours, who is on them and where a new picture belongs."""

from collections.abc import Callable
from typing import ClassVar

import numpy as np
import pytest

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import NewPicture, Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.explore.map.axes import principal_axes
from pictrace.explore.map.maps import AXES, METHODS, NEIGHBOURS, catalog_map, mappable
from pictrace.explore.map.neighbours import nearest, neighbour_layout
from pictrace.features import Layout, Scale
from pictrace.metrics import all_metrics, get_metric
from pictrace.metrics.base import Metric
from pictrace.metrics.capabilities import Mapped
from tests.metrics import ByHand

MakeCatalog = Callable[..., SqliteCatalog]


class Numbers(ByHand, Mapped):
    """Rows of half-precision floats, as networks give them."""

    name: ClassVar[str] = "numbers"
    layout: ClassVar[Layout] = Layout(np.dtype(np.float16), (24,))
    scale: ClassVar[Scale] = Scale("cosine", worst=0.0, best=1.0)


NUMBERS = Numbers()


def rows_of(count: int, seed: int = 1, groups: int = 4) -> np.ndarray:
    """Directions around a few centres, (count, 24) float16."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((groups, 24))
    return (centres[np.arange(count) % groups] + 0.3 * random.standard_normal((count, 24))).astype(np.float16)


def stored(catalog: SqliteCatalog, rows: np.ndarray, metric: Metric = NUMBERS) -> FeatureCache:
    """A catalog of pictures 0, 1, ... with these rows, the last ones without any if there are fewer rows."""
    spec = metric.spec
    catalog.add(
        [
            NewPicture(
                number.to_bytes(7, "big") + b"\0" * 25,
                "JPEG",
                4,
                4,
                9,
                b"",
                [Source("file", f"/{number}.jpg")],
                None,
                {spec: row[np.newaxis]},
            )
            for number, row in enumerate(rows, start=1)
        ]
    )
    return FeatureCache(catalog)


def without_signs(directions: np.ndarray) -> np.ndarray:
    largest = directions[np.arange(len(directions)), np.abs(directions).argmax(axis=1)]
    return directions * np.sign(largest)[:, np.newaxis]


# Axes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "d"), [(40, 6), (30, 400), (500, 300), (3, 5)])
def test_axes_are_those_of_the_singular_value_decomposition(n: int, d: int) -> None:
    random = np.random.default_rng(7)
    vectors = (random.standard_normal((n, d)) * np.geomspace(3, 0.1, d) + 5).astype(np.float32)
    axes = principal_axes(vectors)
    exact = vectors.astype(np.float64)
    _, values, right = np.linalg.svd(exact - exact.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(axes.directions, without_signs(right[:2]), atol=2e-3)
    np.testing.assert_allclose(axes.shares, (values**2 / (values**2).sum())[:2], rtol=1e-3)
    np.testing.assert_allclose(axes.project(vectors).mean(axis=0), 0, atol=1e-3)


def test_axes_are_the_same_every_time() -> None:
    vectors = np.random.default_rng(3).standard_normal((400, 300)).astype(np.float32)
    first, second = principal_axes(vectors), principal_axes(vectors.copy())
    np.testing.assert_array_equal(first.directions, second.directions)
    largest = first.directions[np.arange(2), np.abs(first.directions).argmax(axis=1)]
    assert (largest > 0).all()


def test_pictures_that_are_all_the_same_have_no_variance() -> None:
    axes = principal_axes(np.full((9, 200), 0.3, np.float32))
    np.testing.assert_array_equal(axes.shares, 0)
    assert np.isfinite(axes.project(np.ones((1, 200), np.float32))).all()
    with pytest.raises(ValueError, match="no vectors"):
        principal_axes(np.empty((0, 4), np.float32))


def test_more_axes_than_dimensions_are_zero() -> None:
    axes = principal_axes(np.eye(3, dtype=np.float32), 5)
    assert axes.directions.shape == (5, 3)
    np.testing.assert_array_equal(axes.directions[3:], 0)


# Neighbours --------------------------------------------------------------------------------------------


def trustworthiness(vectors: np.ndarray, positions: np.ndarray, count: int) -> float:
    """Venna, Kaski (2001), as defined: how few intruders there are among the nearest on the map."""

    def ranks(points: np.ndarray) -> np.ndarray:
        apart = np.square(points[:, np.newaxis].astype(float) - points).sum(axis=2)
        np.fill_diagonal(apart, -1)
        return apart.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")

    n = len(vectors)
    there, here = ranks(vectors), ranks(positions)
    intruders = (here >= 1) & (here <= count) & (there > count)
    return 1 - 2 / (n * count * (2 * n - 3 * count - 1)) * float((there - count)[intruders].sum())


def test_nearest_are_those_of_all_distances() -> None:
    random = np.random.default_rng(2)
    vectors, queries = (random.standard_normal((size, 8)).astype(np.float32) for size in (300, 20))
    places, squared = nearest(vectors, queries, 7)
    exact = np.square(queries[:, np.newaxis] - vectors).sum(axis=2)
    np.testing.assert_array_equal(places, exact.argsort(axis=1)[:, :7])
    np.testing.assert_allclose(squared, np.sort(exact, axis=1)[:, :7], rtol=1e-4)


def test_neighbours_stay_together_where_two_axes_cannot_keep_them() -> None:
    vectors = rows_of(240, groups=12).astype(np.float32)
    start = principal_axes(vectors).project(vectors)
    drawn = neighbour_layout(vectors, start)
    np.testing.assert_array_equal(drawn, neighbour_layout(vectors, start))
    assert np.isfinite(drawn).all()
    flat, kept = trustworthiness(vectors, start, 10), trustworthiness(vectors, drawn, 10)
    assert kept > max(0.93, flat + 0.03)


@pytest.mark.parametrize("count", [3, 4, 5, 12])
def test_a_few_pictures_and_copies_have_a_map_of_neighbours(count: int) -> None:
    vectors = np.repeat(rows_of(2).astype(np.float32), count, axis=0)
    assert np.isfinite(neighbour_layout(vectors[:count], vectors[:count, :2])).all()
    assert np.isfinite(neighbour_layout(vectors, vectors[:, :2])).all()


# Maps --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_a_map_has_every_picture_in_its_square(make_catalog: MakeCatalog, method: str) -> None:
    drawn = catalog_map(stored(make_catalog(), rows_of(60)), NUMBERS, method=method)
    assert (len(drawn.ids), drawn.left_out, drawn.total, drawn.sampled) == (60, 0, 60, False)
    assert drawn.positions.dtype == np.float32
    assert drawn.positions.min() >= 0
    assert drawn.positions.max() <= 1
    assert np.ptp(drawn.positions, axis=0).max() > 0.9
    again = catalog_map(stored(make_catalog(), rows_of(60)), NUMBERS, method=method)
    np.testing.assert_array_equal(drawn.positions, again.positions)


def test_the_axes_map_tells_what_share_it_keeps(make_catalog: MakeCatalog) -> None:
    cache = stored(make_catalog(), rows_of(60))
    axes, neighbours = (catalog_map(cache, NUMBERS, method=one) for one in (AXES, NEIGHBOURS))
    assert axes.explained is not None
    assert 0.4 < axes.explained < 1
    assert neighbours.explained is None


@pytest.mark.parametrize("method", METHODS)
def test_a_picture_of_the_catalog_lands_on_its_own_point(make_catalog: MakeCatalog, method: str) -> None:
    rows = rows_of(60)
    cache = stored(make_catalog(), rows)
    drawn = catalog_map(cache, NUMBERS, method=method)
    for number in (0, 17, 59):
        own = cache.catalog.fetch(drawn.ids[number : number + 1], NUMBERS.spec)[0]
        placed = drawn.place(NUMBERS, own)
        assert placed is not None
        np.testing.assert_allclose(placed, drawn.positions[number], atol=2e-3)
        assert drawn.near(placed, 1) == [drawn.ids[number]]


@pytest.mark.parametrize("method", METHODS)
def test_a_new_picture_lands_in_its_group(make_catalog: MakeCatalog, method: str) -> None:
    rows = rows_of(61)
    cache = stored(make_catalog(), rows[:60])
    drawn = catalog_map(cache, NUMBERS, method=method)
    placed = drawn.place(NUMBERS, rows[60:])
    assert placed is not None
    group = {int(one) for one in drawn.ids[0::4]}
    assert set(drawn.near(placed, 5)) <= group
    assert drawn.place(NUMBERS, NUMBERS.layout.empty()) is None


def test_pictures_without_anything_to_compare_are_left_out_and_counted(make_catalog: MakeCatalog) -> None:
    rows = rows_of(20)
    rows[3] = 0
    rows[5, 2] = np.nan
    catalog = make_catalog()
    cache = stored(catalog, rows)
    catalog.add([NewPicture(b"\x7f" * 32, "JPEG", 4, 4, 9, b"", [Source("file", "/none.jpg")], None, {})])
    drawn = catalog_map(cache, NUMBERS)
    assert (len(drawn.ids), drawn.left_out, drawn.total, drawn.sampled) == (18, 3, 21, False)
    assert not {int(one) for one in catalog.ids()[[3, 5, 20]]} & set(drawn.ids.tolist())
    assert np.isfinite(drawn.positions).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_large_catalog_is_sampled_and_the_matches_join(make_catalog: MakeCatalog, method: str) -> None:
    cache = stored(make_catalog(), rows_of(90))
    drawn = catalog_map(cache, NUMBERS, method=method, limit=50, seed=4)
    assert (len(drawn.ids), drawn.total, drawn.sampled) == (50, 90, True)
    np.testing.assert_array_equal(drawn.ids, catalog_map(cache, NUMBERS, method=method, limit=50, seed=4).ids)
    assert drawn.ids.tolist() != catalog_map(cache, NUMBERS, method=method, limit=50, seed=5).ids.tolist()
    missing = np.setdiff1d(cache.ids()[1], drawn.ids)[:3].tolist()
    with_matches = drawn.including(cache, NUMBERS, [*missing, int(drawn.ids[0]), 99])
    assert len(with_matches.ids) == 53
    assert (np.diff(with_matches.ids) > 0).all()
    np.testing.assert_array_equal(with_matches.position_of(int(drawn.ids[7])), drawn.positions[7])
    for one in missing:
        place = with_matches.position_of(one)
        assert place is not None
        nearest_ids = [found for found in with_matches.near(place, 5) if found != one]
        assert any(
            int(np.searchsorted(cache.ids()[1], found)) % 4 == int(np.searchsorted(cache.ids()[1], one)) % 4
            for found in nearest_ids
        )
    assert drawn.position_of(99) is None
    assert drawn.including(cache, NUMBERS, drawn.ids[:2].tolist()) is drawn


@pytest.mark.parametrize("count", [0, 1, 2, 3])
@pytest.mark.parametrize("method", METHODS)
def test_hardly_any_pictures(make_catalog: MakeCatalog, count: int, method: str) -> None:
    drawn = catalog_map(stored(make_catalog(), rows_of(3)[:count]), NUMBERS, method=method)
    assert len(drawn.ids) == len(drawn.positions) == count
    assert np.isfinite(drawn.positions).all()
    placed = drawn.place(NUMBERS, rows_of(1))
    assert (placed is None) == (count == 0)


def test_copies_lie_on_each_other(make_catalog: MakeCatalog) -> None:
    drawn = catalog_map(stored(make_catalog(), np.repeat(rows_of(1), 5, axis=0)), NUMBERS)
    np.testing.assert_allclose(drawn.positions, 0.5, atol=1e-3)
    assert drawn.explained == 0


def test_what_cannot_be_mapped_says_so(make_catalog: MakeCatalog) -> None:
    cache = stored(make_catalog(), rows_of(3))
    with pytest.raises(ValueError, match="orb has no vectors"):
        catalog_map(cache, get_metric("orb"))
    with pytest.raises(ValueError, match="one of axes, neighbours"):
        catalog_map(cache, NUMBERS, method="umap")
    assert {one.name for one in mappable(all_metrics())} >= {"layout", "histogram", "phash"}
    assert "orb" not in {one.name for one in mappable(all_metrics())}
