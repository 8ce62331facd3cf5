"""Servers of more than a thousand pictures each choose the nearest by a cascade of their own; the union is ranked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pictrace.catalog import open_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import NewPicture, Source, digest
from pictrace.cluster.cache import cache_of
from pictrace.features import Features
from pictrace.images.encoding import encode_png
from pictrace.images.orientation import UPRIGHT
from pictrace.metrics import get_metric
from pictrace.searching.query import Query, prepare_query
from pictrace.searching.scoring import EXACT_LIMIT, score
from pictrace.searching.table import Criteria, ScoreTable
from tests.servers import serving

EACH = EXACT_LIMIT + 60
SHARED = 40
METRICS = tuple(get_metric(name) for name in ("phash", "layout", "histogram"))
EVEN = Criteria(weights={one.name: 1.0 for one in METRICS}, top=10)


def drawing(number: int) -> bytes:
    random = np.random.default_rng(number)
    return encode_png(np.kron(random.integers(0, 256, (6, 6, 3), np.uint8), np.ones((12, 12, 1), np.uint8)))


def made(number: int, near: Query, random: np.random.Generator) -> NewPicture:
    """A picture of features alone; every hundredth is near to the query, and some have no histogram."""
    square = random.integers(0, 256, (1, 32, 32), np.uint8)
    features: dict[str, Features] = {"phash": random.integers(0, 2**63, 1, np.uint64), "layout": square}
    query = {one.name: near.features[one.name][UPRIGHT] for one in METRICS}
    if number % 100 == 0:
        features["phash"] = query["phash"] ^ np.uint64(2 ** (number // 100) - 1)
        features["layout"] = query["layout"] // 2 + square // 2
    if number % 7:
        counts = query["histogram"].copy()
        counts[:, 1] = np.maximum(1, counts[:, 1] * random.random(len(counts)))
        features["histogram"] = counts
    kept = {
        spec: part for one in METRICS if one.name in features for spec, part in one.kept(features[one.name]).items()
    }
    return NewPicture(digest(b"%d" % number), "PNG", 72, 72, 9, b"-", [Source("file", f"/{number}.png")], None, kept)


@pytest.fixture(scope="module")
def query() -> Query:
    return prepare_query(drawing(1), METRICS)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory, query: Query) -> tuple[Path, Path, Path]:
    """Two catalogs that share some pictures, and one of all."""
    folder, random = tmp_path_factory.mktemp("large"), np.random.default_rng(3)
    pictures = [made(number, query, random) for number in range(2 * EACH - SHARED)]
    found = folder / "one.sqlite", folder / "two.sqlite", folder / "all.sqlite"
    for path, some in zip(found, (pictures[:EACH], pictures[-EACH:], pictures), strict=True):
        with closing(open_catalog(str(path), must_exist=False)) as catalog:
            catalog.add(some)
    return found


@pytest.fixture
def federated(paths: tuple[Path, Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalog]:
    monkeypatch.setenv("PICTRACE_CACHE", str(tmp_path))
    with ExitStack() as stack:
        addresses = [stack.enter_context(serving(path)) for path in paths[:2]]
        yield stack.enter_context(closing(open_catalog(",".join(addresses))))


def rows(table: ScoreTable, ids: NDArray[np.int64]) -> list[tuple[bytes, bytes]]:
    """Raw values and orientations of these pictures, by metric."""
    places = np.searchsorted(table.ids, ids)
    assert np.array_equal(table.ids[places], ids)
    return [(one.raw[..., places].tobytes(), one.variant[..., places].tobytes()) for one in table.columns]


def test_the_union_of_their_cascades_is_scored_as_one_catalog_scores(
    federated: Catalog, paths: tuple[Path, Path, Path], query: Query
) -> None:
    table = score(query, cache_of(federated))
    with ExitStack() as stack:
        caches = [FeatureCache(stack.enter_context(closing(open_catalog(str(path))))) for path in paths]
        each = [score(query, one) for one in caches[:2]]
        whole, exact = score(query, caches[2]), score(query, caches[2], exhaustive=True)
    assert not any(one.exhaustive for one in (*each, whole, table))
    assert np.array_equal(table.ids, np.union1d(each[0].ids, each[1].ids))
    assert table.catalog_size == 2 * EACH - SHARED
    assert (table.unanswered, table.told) == (0, "")
    assert rows(table, table.ids) == rows(exact, table.ids)
    assert np.isin(whole.ids, table.ids).all()  # what one catalog compares exactly is compared by its server, too
    assert [one.id for one in table.rank(EVEN)] == [one.id for one in exact.rank(EVEN)]
    assert table.rank(EVEN)[0] == whole.rank(EVEN)[0]


def test_checked_in_full_detail_they_are_one_catalog(
    federated: Catalog, paths: tuple[Path, Path, Path], query: Query
) -> None:
    table = score(query, cache_of(federated), exhaustive=True)
    with closing(open_catalog(str(paths[2]))) as catalog:
        exact = score(query, FeatureCache(catalog), exhaustive=True)
    assert np.array_equal(table.ids, exact.ids)
    assert rows(table, table.ids) == rows(exact, exact.ids)
    assert table.exhaustive
