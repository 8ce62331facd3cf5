"""Comparing begins with the plain kernels and goes on with compiled ones, once they are there."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from pictrace import kernels
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.indexing.index import Indexing
from pictrace.kernels import switch
from pictrace.metrics import get_metric
from pictrace.searching import scoring
from pictrace.searching.query import prepare_query
from pictrace.searching.scoring import score
from pictrace.sources.base import Item

METRICS = (get_metric("phash"), get_metric("layout"))


@pytest.fixture
def catalog(photographs: dict[str, bytes], tmp_path: Path) -> Iterator[SqliteCatalog]:
    with closing(SqliteCatalog(tmp_path / "c.sqlite")) as catalog:
        items = [Item.of_bytes(data, Source("upload", name)) for name, data in photographs.items()]
        Indexing(catalog, items, METRICS).run()
        yield catalog


def test_parts_give_what_the_whole_gives(
    catalog: SqliteCatalog, photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    query = prepare_query(next(iter(photographs.values())), METRICS)
    with kernels.forced("plain"):
        whole = score(query, FeatureCache(catalog), exhaustive=True)
        monkeypatch.setattr(scoring, "PLAIN_CHUNK_PICTURES", 3)
        parts = score(query, FeatureCache(catalog), exhaustive=True)
    np.testing.assert_array_equal(parts.ids, whole.ids)
    np.testing.assert_array_equal(parts.similarity, whole.similarity)


def test_compiling_begins_where_it_pays(
    catalog: SqliteCatalog, photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[bool] = []
    monkeypatch.setattr(switch, "warm", lambda: begun.append(True))
    monkeypatch.setattr(switch, "_expected", 0)
    monkeypatch.setattr(switch, "WORTH_PAIRS", 2 * catalog.count())
    query = prepare_query(next(iter(photographs.values())), METRICS)
    score(query, FeatureCache(catalog), exhaustive=True)
    assert begun == []
    score(query, FeatureCache(catalog), exhaustive=True)
    assert begun == [True]
