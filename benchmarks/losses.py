"""Workers of a cluster are killed while it is asked: whether any answer is wrong, and how long the answers take.

python -m benchmarks.losses FOLDER_OF_PHOTOGRAPHS [--pictures 3000] [--workers 4] [--queries 200] [--losses 12]

An answer is wrong if all shards answered and it is not the table of one process, if a score in it is not the one that
this process computes alone, if it lacks a picture that the shards which answered would have sent on, if pictures that
nobody looked at are not counted, or if it says that there is no match while it lacks some. One that lacks a shard,
lost before it was asked or between the two rounds, and says so is honest, and counted.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any, cast

import distributed

from benchmarks.cluster import SPARED, same
from benchmarks.common import photographs
from benchmarks.made import made_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.cluster.cache import ClusterCache
from pictrace.cluster.connection import Answers, Connection
from pictrace.cluster.shard import Shard, shards
from pictrace.cluster.worker import made_ready, offers, scored_chosen
from pictrace.errors import CatalogError
from pictrace.images.edits import crop
from pictrace.images.encoding import encode_jpeg
from pictrace.indexing.keypoints import IndexKeypoints
from pictrace.kernels.switch import warm
from pictrace.searching.find import find
from pictrace.searching.presets import criteria_of
from pictrace.searching.query import Query, needed_metrics, prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.table import Criteria, ScoreTable
from pictrace.searching.verdict import verdict

NOTHING_FOUND = ("No match", "Nothing")
"""How headlines begin that an incomplete answer must not have."""


class Here:
    """In the place of a connection: this process answers for all shards but those that are silent in a round."""

    def __init__(self, count: int, first: frozenset[Shard], second: frozenset[Shard]) -> None:
        self._shards, self._first, self._second = shards(count), first, second

    def ask(
        self, identity: str, call: Callable[..., Any], arguments: Callable[[Shard], Any], **_: object
    ) -> Answers[Any]:
        silent = {offers: self._first, scored_chosen: self._second}.get(call, frozenset[Shard]())
        given = {one: arguments(one) for one in self._shards if one not in silent}
        parts = {one: call(one, identity, *some) for one, some in given.items() if some is not None}
        return Answers(parts, self._shards)


def _as_if(catalog: Catalog, count: int, query: Query, first: frozenset[Shard], second: frozenset[Shard]) -> ScoreTable:
    """What a search gives while these shards are silent in its rounds."""
    connection = cast(Connection, Here(count, first, second))
    return score(query, ClusterCache(catalog, connection), exhaustive=False)


def _exactly(cache: FeatureCache, query: Query, table: ScoreTable) -> ScoreTable:
    """The same pictures, compared by one process."""
    return score(query, cache, exhaustive=True, among=table.ids)


def judged(
    table: ScoreTable,
    whole: ScoreTable,
    expected: Callable[[frozenset[Shard], frozenset[Shard]], ScoreTable],
    exactly: Callable[[ScoreTable], ScoreTable],
    sizes: dict[Shard, int],
) -> str:
    """What an answer is: whole, honest about what it lacks, or wrong in some way."""
    if not table.unanswered:
        if not same(table, whole):
            return "WRONG: not the table of one process"
        return "by one process, and says so" if table.told else "whole"
    if not table.told:
        return "WRONG: it does not say what it lacks"
    if not same(table, exactly(table)):
        return "WRONG: other scores"
    for silent in subsets(sizes):
        lacking = sum(sizes[one] for one in silent)
        if lacking == table.unanswered and any(same(table, expected(one, silent - one)) for one in subsets(silent)):
            return "lacks a shard, and says so"
    return "WRONG: other pictures, or not as many lacking as it says"


def subsets(some: Iterable[Shard]) -> Iterator[frozenset[Shard]]:
    several = sorted(some, key=lambda one: one.place)
    for count in range(len(several) + 1):
        yield from map(frozenset, combinations(several, count))


def asked(
    catalog: Catalog, queries: Sequence[Query], options: argparse.Namespace, criteria: Criteria
) -> tuple[Counter[str], list[float], list[float]]:
    """(answers by what they are, seconds of the queries during which a worker was killed, and of the others)."""
    parts = shards(options.workers)
    for one in parts:
        made_ready(one, catalog.identity)
    sizes = {one: one.catalog(catalog).count() for one in parts}
    cache = FeatureCache(catalog)
    IndexKeypoints(cache).run()
    wholes = [score(query, cache, exhaustive=False) for query in queries]
    print(f"{len(queries)} queries answered by one process", flush=True)

    dice = random.Random(options.seed)  # noqa: S311 (no secret)
    deadly = set(dice.sample(range(1, len(queries)), options.losses))
    found: Counter[str] = Counter()
    disturbed, quiet = list[float](), list[float]()
    with (
        distributed.LocalCluster(n_workers=options.workers, threads_per_worker=1, memory_limit=0, **SPARED) as cluster,
        closing(Connection(cluster.scheduler_address, patience_s=options.patience)) as connection,
    ):
        assert sum(count for _, count in connection.made_ready(catalog.identity)) == catalog.count()
        shared = ClusterCache(catalog, connection)
        usual = 0.5
        for place, query in enumerate(queries):
            if place in deadly:
                victim = dice.choice([one.pid for one in cluster.workers.values() if one.pid])
                killer = threading.Timer(dice.uniform(0, usual), os.kill, (victim, signal.SIGKILL))
                killer.start()
            begin = time.perf_counter()
            table, failure = None, ""
            try:
                table = score(query, shared, exhaustive=False)
            except CatalogError as error:
                failure = str(error)
            took = time.perf_counter() - begin
            if place in deadly:
                killer.join()
                disturbed.append(took)
            else:
                quiet.append(took)
                usual = median(quiet)
            if table is None:
                found["nothing answered, and it says so"] += 1
                print(f"query {place}: {failure}", flush=True)
                continue
            said = judged(
                table,
                wholes[place],
                partial(_as_if, catalog, len(parts), query),
                partial(_exactly, cache, query),
                sizes,
            )
            best = table.rank(criteria)
            if said == "whole" and best[0].id != wholes[place].rank(criteria)[0].id:
                said = "WRONG: another first match"
            headline = verdict(query, table, find(catalog, table, criteria), criteria).headline
            if table.unanswered and headline.startswith(NOTHING_FOUND):
                said = "WRONG: no match, though it lacks some"
            found[said] += 1
            if said != "whole":
                alive = sum(one.pid is not None for one in cluster.workers.values())
                print(f"query {place}: {said}; {took:.1f} s; {table.told} ({alive} workers run)", flush=True)
    return found, disturbed, quiet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=3000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--losses", type=int, default=12, help="how often a worker is killed")
    parser.add_argument("--metrics", nargs="*", help="by which it is asked; fewer are done sooner (default: all)")
    parser.add_argument("--patience", type=float, default=10.0, help="seconds; more where the machine is busy")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--place", type=Path, default=Path(tempfile.gettempdir()), help="where the catalog is kept")
    options = parser.parse_args()
    warm(wait=True)
    begin = time.process_time()
    images = [image for _, image in photographs(options.folder)]
    criteria = criteria_of("balanced")
    metrics = [one for one in needed_metrics(criteria.weights) if not options.metrics or one.name in options.metrics]
    queries = [
        prepare_query(
            encode_jpeg(crop(images[number % len(images)], 0.5 + 0.4 * (number % 7) / 7), quality=60), metrics
        )
        for number in range(options.queries)
    ]
    with closing(made_catalog(options.place, images, options.pictures, 1)) as catalog:
        os.environ["PICTRACE_CATALOG"] = catalog.location
        found, disturbed, quiet = asked(catalog, queries, options, criteria)
        for one in shards(options.workers):
            shutil.rmtree(one.catalog(catalog).cache_folder or "", ignore_errors=True)
    print(f"{options.losses} workers of {options.workers} killed during {options.queries} queries:")
    for said, count in found.most_common():
        print(f"{count:5} {said}")
    for title, some in (("with a loss", disturbed), ("others", quiet)):
        print(f"{title}: {1e3 * median(some):.0f} ms, at most {1e3 * max(some):.0f}")
    print(f"this process took {time.process_time() - begin:.0f} s")


if __name__ == "__main__":
    main()
