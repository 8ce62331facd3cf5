"""Several servers answer as one catalog: the same scores and ranks, and honest where not all of them answer."""

from __future__ import annotations

from contextlib import closing
from typing import cast

import numpy as np
import pytest

from pictrace.catalog import open_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.servers.address import parsed
from pictrace.catalog.servers.federated import FederatedCatalog
from pictrace.cluster.cache import cache_of
from pictrace.errors import CatalogError
from pictrace.metrics import all_metrics
from pictrace.searching.attempts import score_either
from pictrace.searching.presets import criteria_of
from pictrace.searching.query import prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.table import Criteria, ScoreTable
from pictrace.service.once import search_once
from pictrace.service.pictures import Picture
from pictrace.service.search import Search
from tests.servers import closed_port
from tests.unit.federation.conftest import Shared

EVEN = Criteria(weights={metric.name: 1.0 for metric in all_metrics()}, top=30)
ORB_ONLY = Criteria(weights={"orb": 1.0}, settings={"orb": {"ratio": 0.9}}, top=30)


def same(one: ScoreTable, other: ScoreTable) -> bool:
    columns = zip(one.columns, other.columns, strict=True)
    return np.array_equal(one.ids, other.ids) and all(
        np.array_equal(mine.raw, theirs.raw, equal_nan=True) and np.array_equal(mine.variant, theirs.variant)
        for mine, theirs in columns
    )


def test_the_union_is_one_catalog_bit_for_bit(alone: Catalog, federated: Catalog, changed: bytes) -> None:
    query = prepare_query(changed)
    one, other = score(query, FeatureCache(alone)), score(query, cache_of(federated))
    assert same(one, other)
    assert (other.exhaustive, other.catalog_size, other.incomplete, other.told) == (True, alone.count(), False, "")
    for criteria in (EVEN, ORB_ONLY, criteria_of("balanced")):  # no server is asked again
        assert one.rank(criteria) == other.rank(criteria)
    some = alone.ids()[::3]
    assert same(*(score(query, cache, among=some) for cache in (FeatureCache(alone), cache_of(federated))))


def test_the_answer_is_the_same_in_words(
    alone: Catalog, federated: Catalog, changed: bytes, stranger: bytes, photographs: dict[str, bytes]
) -> None:
    for data in (changed, photographs["coffee.png"]):
        found = [search_once(prepare_query(data), cache, EVEN) for cache in (FeatureCache(alone), cache_of(federated))]
        assert found[0].said == found[1].said
        assert [one.match for one in found[0].found] == [one.match for one in found[1].found]
        assert [one.picture.sha256 for one in found[0].found] == [one.picture.sha256 for one in found[1].found]
    assert [one.name for one in federated.metadata_names()] == [one.name for one in alone.metadata_names()]
    assert np.array_equal(federated.ids_with({"kind": ["png"]}), alone.ids_with({"kind": ["png"]}))


def test_a_dead_server_is_named_and_is_never_no_match(shared: Shared, stranger: bytes) -> None:
    dead = closed_port()
    with closing(open_catalog(f"{shared.addresses[0]},{dead}")) as catalog:
        outcome = search_once(prepare_query(stranger), cache_of(catalog), EVEN)
        name = dead.removeprefix("http://")
        assert outcome.table.silent == {name: "it cannot be reached"}
        assert not outcome.table.exhaustive
        assert name in outcome.table.told
        assert outcome.said.headline == "Not all of the catalog has answered."
        assert name in outcome.said.detail
        document = outcome.document("stranger.png", catalog, {})
        assert document["catalog"]["silent"] == {name: "it cannot be reached"}
    with closing(open_catalog(dead)) as catalog, pytest.raises(CatalogError, match=f"{name}: it cannot be reached"):
        score_either(prepare_query(stranger), cache_of(catalog))


def test_a_server_that_is_back_is_asked_and_nobody_else_has_to_search_again(shared: Shared, stranger: bytes) -> None:
    now = [0.0]
    servers = FederatedCatalog(parsed(",".join((shared.addresses[0], closed_port()))), clock=lambda: now[0])
    catalog = cast(Catalog, servers)
    with closing(servers):
        cache, search = cache_of(catalog), Search()
        search.look_for(Picture(stranger, "stranger.png", "upload"))
        table = search.table(cache, EVEN)
        answer, dead = search.answer, servers.servers.all[1]
        assert table is not None
        assert answer is not None
        before = catalog.revision()
        assert not answer.is_worth_asking_again(catalog)
        assert search.is_current(cache, EVEN)
        assert dead.rests
        now[0] = 4.0
        dead.problem = ""  # it answered somebody
        assert catalog.revision() == before
        assert answer.is_worth_asking_again(catalog)
        assert not search.is_current(cache, EVEN)
