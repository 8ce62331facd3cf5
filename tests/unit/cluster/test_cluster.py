"""A search that workers share: the same as one process', and honest where not all of them answer."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import dask.config
import distributed
import numpy as np
import pytest

from pictrace.catalog import open_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Source, digest, image_id
from pictrace.cluster import worker
from pictrace.cluster.cache import ClusterCache
from pictrace.cluster.connection import Answers, Connection, placed_anew
from pictrace.cluster.shard import Shard, shards
from pictrace.cluster.worker import Part, scored, scored_chosen
from pictrace.errors import CatalogError, StoppedError
from pictrace.images.edits import crop
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.reading import decode
from pictrace.indexing import keypoints as indexing_keypoints
from pictrace.indexing.index import Indexing
from pictrace.indexing.keypoints import IndexKeypoints
from pictrace.metrics import all_metrics
from pictrace.searching import cascade
from pictrace.searching.find import find
from pictrace.searching.query import Query, prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.table import Criteria, ScoreTable
from pictrace.searching.verdict import verdict
from pictrace.sources.base import Item

EVEN = Criteria(weights={metric.name: 1.0 for metric in all_metrics()})
COUNT = 40
QUIET = {"dashboard_address": "127.0.0.1:0", "worker_dashboard_address": "127.0.0.1:0"}


@pytest.fixture(scope="module")
def location(tmp_path_factory: pytest.TempPathFactory, photographs: dict[str, bytes]) -> str:
    rng = np.random.default_rng(4)
    items = [Item.of_bytes(data, Source("upload", name)) for name, data in photographs.items()]
    whole = decode(photographs["astronaut.png"])
    for number in range(COUNT - len(items)):
        top, left = rng.integers(0, 300, 2)
        part = cv2.GaussianBlur(whole[top : top + 200, left : left + 200], (0, 0), 1 + number % 3)
        items.append(Item.of_bytes(encode_png(part.astype(np.uint8)), Source("upload", f"{number}.png")))
    path = tmp_path_factory.mktemp("cluster") / "c.sqlite"
    with closing(open_catalog(str(path), must_exist=False)) as catalog:
        Indexing(catalog, items).run()
    return str(path)


@pytest.fixture
def catalog(location: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Catalog]:
    monkeypatch.setenv("PICTRACE_CATALOG", location)
    monkeypatch.setenv("PICTRACE_CACHE", str(tmp_path))
    monkeypatch.setenv(
        "PICTRACE_KERNELS", "plain"
    )  # of this process and of the workers, which would load compiled ones
    monkeypatch.setattr(worker, "_caches", {})
    with closing(open_catalog(location)) as one:
        yield one


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Three workers as threads of this process."""
    with distributed.LocalCluster(n_workers=3, processes=False, threads_per_worker=1, **QUIET) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="module")
def query(photographs: dict[str, bytes]) -> Query:
    return prepare_query(encode_jpeg(crop(decode(photographs["astronaut.png"]), 0.7), quality=60))


@pytest.fixture(scope="module")
def queries(photographs: dict[str, bytes], query: Query) -> list[Query]:
    others = [name for name in photographs if name != "astronaut.png"][:2]
    return [query, *(prepare_query(encode_jpeg(crop(decode(photographs[one]), 0.5), quality=60)) for one in others)]


def same(one: ScoreTable, other: ScoreTable) -> bool:
    columns = zip(one.columns, other.columns, strict=True)
    return np.array_equal(one.ids, other.ids) and all(
        np.array_equal(mine.raw, theirs.raw, equal_nan=True) and np.array_equal(mine.variant, theirs.variant)
        for mine, theirs in columns
    )


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_every_id_is_in_one_shard(count: int) -> None:
    ids = np.array([0, 1, 2**61, 2**62 - 1, 2**62, 2**63 - 1], np.int64)
    assert np.array_equal(np.concatenate([one.among(ids) for one in shards(count)]), ids)
    with pytest.raises(ValueError, match="no shard"):
        Shard(count, count)


def test_shards_stay_where_they_are_and_lie_evenly() -> None:
    assert placed_anew(["a", "b", "c", "d"], ["a", "b", "c", "d"]) == ["a", "b", "c", "d"]
    assert placed_anew(["a", "b", "c", "d"], ["a", "b", "d"]) == ["a", "b", "a", "d"]
    assert placed_anew(["a", "b", "a", "d"], ["a", "b", "d", "e"]) == ["a", "b", "e", "d"]
    assert placed_anew(["a", "b", "c", "d"], ["x"]) == ["x"] * 4


def test_there_are_as_many_shards_as_before_though_workers_were_lost(address: str) -> None:
    """Or whatever each has read would be of no use, and all would be read anew."""
    with (
        distributed.Client(address, set_as_default=False) as client,
        closing(Connection(address, patience_s=60)) as connection,
    ):
        client.set_metadata(["pictrace", "of five"], ["gone", "gone", "gone", "gone", "gone"])
        assert connection.ask("of five", at_once, lambda _: ()).shards == shards(5)


def test_compared_exactly_the_table_is_that_of_one_process(catalog: Catalog, address: str, query: Query) -> None:
    alone = FeatureCache(catalog)
    some = catalog.ids()[::3]
    with closing(Connection(address, patience_s=120)) as connection:
        shared = ClusterCache(catalog, connection)
        assert not shared.searched_here
        for among in (None, some):
            one, other = (score(query, cache, exhaustive=True, among=among) for cache in (alone, shared))
            assert same(one, other)
            assert other.exhaustive
            assert other.catalog_size == one.catalog_size
        assert [one.match for one in find(catalog, other, EVEN)] == [one.match for one in find(catalog, one, EVEN)]


@pytest.fixture
def indexed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few pictures get an index of keypoints, too, and little of what it chooses is worth more."""
    monkeypatch.setattr(indexing_keypoints, "EXACT_LIMIT", 2)
    monkeypatch.setattr(cascade, "INDEX_TIMES", 5)
    monkeypatch.setattr(cascade, "WORTH_TIMES", 1)


@pytest.mark.parametrize("with_index", [True, False])
def test_by_the_cascade_the_table_is_that_of_one_process(
    catalog: Catalog,
    address: str,
    queries: list[Query],
    indexed: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    with_index: bool,
) -> None:
    alone = FeatureCache(catalog, folder=tmp_path / "alone")
    if not with_index:
        monkeypatch.setattr(cascade, "NEW_PICTURES", 0)
        monkeypatch.setattr(indexing_keypoints, "EXACT_LIMIT", COUNT)
    some = catalog.ids()[::2]
    sizes = set[int]()
    with closing(Connection(address, patience_s=120)) as connection:
        if with_index:
            IndexKeypoints(alone).run()
            assert sum(count for _, count in connection.made_ready(catalog.identity)) == COUNT
        shared = ClusterCache(catalog, connection)
        for query in queries:
            for among in (None, some):
                one, other = (
                    score(query, cache, exhaustive=False, shortlist=2, among=among) for cache in (alone, shared)
                )
                assert same(one, other)
                assert (other.catalog_size, other.told, other.unanswered) == (one.catalog_size, "", 0)
                sizes.add(len(one.ids))
    assert max(sizes) < COUNT


def test_votes_count_as_in_one_process_as_soon_as_a_shard_has_more(
    catalog: Catalog, address: str, queries: list[Query], indexed: None, tmp_path: Path
) -> None:
    """What the asker knows of the shards' indexes is asked for again once one of them is another one."""
    alone = FeatureCache(catalog, folder=tmp_path / "alone")
    with closing(Connection(address, patience_s=120)) as connection:
        shared = ClusterCache(catalog, connection)
        score(queries[0], shared, exhaustive=False, shortlist=2)
        data = encode_jpeg(crop(queries[0].image, 0.5))
        Indexing(catalog, [Item.of_bytes(data, Source("upload", "later.jpg"))]).run()
        try:
            for query in queries:
                one, other = (score(query, cache, exhaustive=False, shortlist=2) for cache in (alone, shared))
                assert same(one, other)
                assert other.catalog_size == COUNT + 1
        finally:
            catalog.remove([image_id(digest(data))])


class LostBetween(Connection):
    """As if the worker of one shard, that offered something, did not answer the second time."""

    def ask(self, identity: str, call: Callable[..., Any], *given: Any, **named: Any) -> Answers[Any]:
        answers = super().ask(identity, call, *given, **named)
        if call is not scored_chosen:
            return answers
        self.lost = next(one for one, part in answers.parts.items() if len(part[0]))
        return replace(answers, parts={one: part for one, part in answers.parts.items() if one != self.lost})


def test_a_shard_that_is_lost_between_the_rounds_is_told(catalog: Catalog, address: str, query: Query) -> None:
    whole = score(query, FeatureCache(catalog), exhaustive=False, shortlist=2)
    with closing(LostBetween(address, patience_s=120)) as connection:
        table = score(query, ClusterCache(catalog, connection), exhaustive=False, shortlist=2)
        lacking = len(connection.lost.among(catalog.ids()))
        assert lacking > 0
        assert table.unanswered == lacking
        assert table.told.startswith("2 of 3 shards answered")
        assert table.catalog_size == COUNT
        assert not len(connection.lost.among(table.ids))
        assert set(table.ids) <= set(whole.ids)
    said = verdict(query, table, find(catalog, table, EVEN), EVEN)
    assert "no match" not in said.headline.lower()


class Silent(Connection):
    """As if the worker of one shard did not answer."""

    def ask(self, *given: Any, **named: Any) -> Answers[Any]:
        answers = super().ask(*given, **named)
        return replace(answers, parts={one: part for one, part in answers.parts.items() if one.place})


def test_a_worker_waits_for_the_kernels_that_whoever_asks_uses(
    catalog: Catalog, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = list[bool]()
    monkeypatch.setattr(worker, "warm", lambda *, wait: waited.append(wait))
    scored(Shard(0, 1), catalog.identity, query, [query.metrics[0].feature_key], None)
    assert waited == [True]


def test_what_did_not_answer_is_told_and_is_never_no_match(catalog: Catalog, address: str) -> None:
    stranger = prepare_query(encode_png(np.random.default_rng(9).integers(0, 255, (90, 90, 3), np.uint8)))
    with closing(Silent(address, patience_s=120)) as connection:
        table = score(stranger, ClusterCache(catalog, connection), exhaustive=True)
    lacking = len(shards(3)[0].among(catalog.ids()))
    assert lacking > 0
    assert (table.unanswered, table.exhaustive, table.catalog_size) == (lacking, False, COUNT)
    assert table.told == f"2 of 3 shards answered: {lacking} pictures were not looked at."
    said = verdict(stranger, table, find(catalog, table, EVEN), EVEN)
    assert said.headline == "Not all of the catalog has answered."


class NobodyYet(Connection):
    """As if all workers were reading their shards."""

    def ask(self, *given: Any, **named: Any) -> Answers[Any]:
        return replace(super().ask(*given, **named), parts={})


@pytest.mark.parametrize("exhaustive", [True, False])
def test_where_nobody_has_answered_yet_a_process_searches_alone_what_fits(
    catalog: Catalog, address: str, query: Query, monkeypatch: pytest.MonkeyPatch, exhaustive: bool
) -> None:
    with closing(NobodyYet(address, patience_s=120)) as connection:
        shared = ClusterCache(catalog, connection)
        table = score(query, shared, exhaustive=exhaustive)
        assert same(table, score(query, FeatureCache(catalog), exhaustive=exhaustive))
        assert table.told == "No worker of the cluster has answered; this server searched by itself."
        assert not table.unanswered
        monkeypatch.setattr("pictrace.cluster.cache.MOST_ALONE", COUNT - 1)
        with pytest.raises(CatalogError, match="No worker of the cluster has answered yet"):
            score(query, shared, exhaustive=exhaustive)


def at_once(shard: Shard, identity: str) -> Part:
    return np.array([shard.start], np.int64), (), 1


def test_workers_are_there_whatever_the_client_notes_of_them_meanwhile(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every two seconds it asks the scheduler for all but its workers, and keeps that in place of what was asked."""
    noting = distributed.Client._update_scheduler_info

    async def noted_without(client: distributed.Client, n_workers: int = 0) -> None:
        await noting(client, n_workers)
        await noting(client)

    monkeypatch.setattr(distributed.Client, "_update_scheduler_info", noted_without)
    with closing(Connection(address, patience_s=60)) as connection:
        assert set(connection.ask("made up", at_once, lambda _: ()).parts) == set(shards(3))


def slowly(shard: Shard, identity: str) -> Part:
    """A worker that takes a second over its shard, but for the first one."""
    if shard.place:
        threading.Event().wait(1)
    return np.array([shard.start], np.int64), (), 1


def test_what_is_compared_exactly_is_waited_for_and_whoever_looks_on_may_end_it(address: str) -> None:
    seen: list[frozenset[Shard]] = []
    with closing(Connection(address, patience_s=0.2)) as connection:
        answers = connection.ask("made up", slowly, lambda shard: (), exactly=10_000, waiting=seen.append)
        assert set(answers.parts) == set(shards(3))
        assert seen[0] == {Shard(0, 3)}
        assert set(connection.ask("made up", slowly, lambda shard: ()).parts) == {Shard(0, 3)}  # no more patience

    def enough(answered: frozenset[Shard]) -> None:
        raise StoppedError

    with closing(Connection(address, patience_s=30)) as connection, pytest.raises(StoppedError):
        connection.ask("made up", slowly, lambda shard: (), waiting=enough)


LET_GO: dict[str, threading.Event] = {}


def stuck(shard: Shard, identity: str) -> Part:
    """A worker, a thread of this process, that does not come back with the second shard until it is let go."""
    if shard.place == 1:
        LET_GO[identity].wait(30)
    return np.array([shard.start], np.int64), (), 1


@pytest.mark.parametrize("owed_s", [60.0, 0.0])
def test_a_shard_that_owes_an_answer_for_too_long_is_asked_anew(address: str, owed_s: float) -> None:
    release = LET_GO["made up"] = threading.Event()
    with closing(Connection(address, patience_s=2.0, owed_s=owed_s)) as connection:
        assert Shard(1, 3) not in connection.ask("made up", stuck, lambda shard: ()).parts
        later = threading.Timer(0.2, release.set)
        later.start()
        answered = connection.ask("made up", at_once, lambda shard: ()).parts
        later.join()
    assert (Shard(1, 3) in answered) == (owed_s == 0)


def test_a_few_chosen_pictures_are_compared_here(catalog: Catalog, query: Query) -> None:
    table = score(query, ClusterCache(catalog, Connection("tcp://127.0.0.1:9")), among=catalog.ids()[:5])
    assert same(table, score(query, FeatureCache(catalog), among=catalog.ids()[:5]))
    assert table.told == ""


def test_without_a_scheduler_a_process_searches_alone_what_fits(
    catalog: Catalog, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = ClusterCache(catalog, Connection("tcp://127.0.0.1:9"))
    table = score(query, cache, exhaustive=True)
    assert same(table, score(query, FeatureCache(catalog), exhaustive=True))
    assert "cannot be reached" in table.told
    assert cache.searched_here
    monkeypatch.setattr("pictrace.cluster.cache.MOST_ALONE", COUNT - 1)
    with pytest.raises(CatalogError, match="too many to search without it"):
        score(query, cache, exhaustive=True)


def test_a_worker_with_another_catalog_or_none_says_so(
    catalog: Catalog, address: str, query: Query, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Connection(address, patience_s=120)) as connection:
        open_catalog(str(tmp_path / "other.sqlite"), must_exist=False).close()
        monkeypatch.setenv("PICTRACE_CATALOG", str(tmp_path / "other.sqlite"))
        with pytest.raises(CatalogError, match="another catalog"):
            score(query, ClusterCache(catalog, connection))
        monkeypatch.delenv("PICTRACE_CATALOG")
        with pytest.raises(CatalogError, match="PICTRACE_CATALOG"):
            score(query, ClusterCache(catalog, connection))


def test_metrics_that_a_worker_lacks_are_named(catalog: Catalog, query: Query) -> None:
    with pytest.raises(CatalogError, match="cannot compare by of-mars"):
        scored(Shard(0, 1), catalog.identity, query, ["of-mars"], None)


@pytest.mark.slow
def test_the_shard_of_a_worker_that_is_killed_is_taken_over(catalog: Catalog, query: Query) -> None:
    expected = score(query, FeatureCache(catalog), exhaustive=True)
    with (
        dask.config.set({"distributed.nanny.pre-spawn-environ": {}}),  # or it sets this process', too, for good
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, memory_limit=0, **QUIET) as cluster,
        closing(Connection(cluster.scheduler_address, patience_s=60)) as connection,
    ):
        assert sum(count for _, count in connection.made_ready(catalog.identity)) == COUNT
        cache = ClusterCache(catalog, connection)
        assert same(score(query, cache, exhaustive=True), expected)
        other = distributed.Client(cluster, set_as_default=False)
        first = next(iter(other.scheduler_info(n_workers=-1)["workers"]))
        future = other.submit(os._exit, 1, workers=[first], retries=0, pure=False)
        for _ in range(5):
            table = score(query, cache, exhaustive=True)
            assert table.unanswered or same(table, expected)
        future.cancel()
        other.close()
        assert same(score(query, cache, exhaustive=True), expected)
