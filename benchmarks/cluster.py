"""One process against the workers of a cluster on this machine: time of a query, memory, whether the same is found.

python -m benchmarks.cluster FOLDER_OF_PHOTOGRAPHS [--pictures 20000] [--workers 2 4] [--queries 40] [--compact]

The best of all is found without comparing all: whatever falls behind what is found already, though all that is not
compared of it were the same, cannot be the first. The few others are compared exactly.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

import distributed
import numpy as np

from benchmarks.common import memory_mb, photographs
from benchmarks.made import made_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.keeping import COMPACT, FULL
from pictrace.catalog.segments import merged, write_segment
from pictrace.cluster.cache import ClusterCache
from pictrace.cluster.connection import Connection
from pictrace.cluster.shard import shards
from pictrace.images.edits import crop
from pictrace.images.encoding import encode_jpeg
from pictrace.indexing.keypoints import IndexKeypoints
from pictrace.kernels.switch import warm
from pictrace.metrics.base import Metric
from pictrace.metrics.capabilities import Indexed
from pictrace.searching.cascade import open_for
from pictrace.searching.presets import criteria_of
from pictrace.searching.query import Query, needed_metrics, prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.table import Criteria, ScoreTable

SPARED = {"dashboard_address": "127.0.0.1:0", "worker_dashboard_address": "127.0.0.1:0"}
SMALL = ("phash", "embedding", "layout")
"""By what can be read of all pictures in a moment most are out of the question."""

ROUNDING = 1e-4
WARM_UP = 2


def megabytes() -> tuple[float, float]:
    """Of this process without mapped files, and of these what is in memory now."""
    whole, mapped = memory_mb()
    return whole - mapped, mapped


def best_of_all(query: Query, cache: FeatureCache, table: ScoreTable, criteria: Criteria) -> tuple[int, int]:
    """(the id that comparing all pictures exactly would put first, how many had to be compared for that)."""
    found = table.rank(criteria)
    least = found[0].score - ROUNDING
    weights = {one.name: criteria.weights.get(one.name, 0.0) for one in table.metrics}
    total = sum(weights.values())
    small = [one for one in table.metrics if one.name in SMALL]
    snapshot = cache.all(small)
    places, bound = np.arange(len(snapshot.ids)), np.full(len(snapshot.ids), total)
    for metric in sorted(small, key=lambda one: SMALL.index(one.name)):
        batch = snapshot.batches[metric.name]
        raw = metric.compare_variants(
            query.features[metric.name], batch.take(places) if len(places) < len(batch) else batch
        )
        likeness = metric.scale.similarity(raw.raw[metric.setting_positions({})])
        bound = bound - weights[metric.name] * (1 - np.nan_to_num(likeness))
        kept = bound / total >= least
        places, bound = places[kept], bound[kept]
    if not len(places):
        return found[0].id, 0
    among = np.union1d(snapshot.ids[places], table.ids)
    return score(query, cache, exhaustive=True, among=among).rank(criteria)[0].id, len(places)


def asked(queries: Sequence[Query], cache: FeatureCache, criteria: Criteria) -> tuple[list[float], list[ScoreTable]]:
    """(milliseconds, table) of each query, after two that warm up."""
    for one in queries[:WARM_UP]:
        score(one, cache, exhaustive=False)
    times, tables = [], []
    for one in queries:
        begin = time.perf_counter()
        table = score(one, cache, exhaustive=False)
        table.rank(criteria)
        times.append(1e3 * (time.perf_counter() - begin))
        tables.append(table)
    return times, tables


def told(title: str, times: list[float], spent_s: float, tables: Sequence[ScoreTable], memory: str) -> None:
    print(
        f"{title:12} {median(times):6.0f} ms a query, 95 % within {np.quantile(times, 0.95):.0f} ms, "
        f"{min(times):.0f} to {max(times):.0f}; {1e3 * spent_s / (len(times) + WARM_UP):.0f} ms of all processors; "
        f"{median(len(one.ids) for one in tables):.0f} compared exactly; {memory}",
        flush=True,
    )


def same(one: ScoreTable, other: ScoreTable) -> bool:
    """Whether two tables are the same, bit for bit."""
    return np.array_equal(one.ids, other.ids) and all(
        np.array_equal(mine.raw, theirs.raw, equal_nan=True) and np.array_equal(mine.variant, theirs.variant)
        for mine, theirs in zip(one.columns, other.columns, strict=True)
    )


def deal(catalog: Catalog, cache: FeatureCache, count: int) -> None:
    """Give each shard its part of the index of one process, instead of making it anew: it is what it would make."""
    for metric in needed_metrics():
        if not isinstance(metric, Indexed):
            continue
        postings = cache.index_of(metric).current()
        for shard in shards(count):
            part, ids = shard.catalog(catalog), shard.among(postings.ids)
            folder = part.cache_folder
            assert folder is not None
            folder.mkdir(parents=True)
            path = folder / f"{metric.index_key}-{secrets.token_hex(8)}.postings"
            blocks, cells = merged(postings.segments, ids), postings.segments[0].cells
            revision = postings.revision
            write_segment(path, blocks, ids, cells, catalog=part.identity, key=metric.index_key, revision=revision)


def folders_of(catalog: Catalog, count: int) -> list[Path]:
    return [one.catalog(catalog).cache_folder or Path() for one in shards(count)]


@contextmanager
def workers_of(catalog: Catalog, count: int) -> Iterator[tuple[distributed.LocalCluster, Connection]]:
    with (
        distributed.LocalCluster(n_workers=count, threads_per_worker=1, memory_limit=0, **SPARED) as cluster,
        closing(Connection(cluster.scheduler_address, patience_s=600)) as connection,
    ):
        begin = time.perf_counter()
        ready = sum(one for _, one in connection.made_ready(catalog.identity))
        assert ready == catalog.count()
        files = [one for folder in folders_of(catalog, count) for one in folder.iterdir()]
        room = sum(one.stat().st_size for one in files) / count / 1e6
        print(f"{count} workers are ready after {time.perf_counter() - begin:.0f} s; {room:.0f} MB of disk each")
        yield cluster, connection


def measure(catalog: Catalog, queries: Sequence[Query], options: argparse.Namespace, criteria: Criteria) -> None:
    cache = FeatureCache(catalog)
    begin, spent = time.perf_counter(), time.process_time()
    IndexKeypoints(cache).run()
    print(
        f"one process has its index after {time.perf_counter() - begin:.0f} s, {time.process_time() - spent:.0f} of a "
        "processor"
    )
    open_for(cache, queries[0].metrics)
    spent = time.process_time()
    times, tables = asked(queries, cache, criteria)
    told(
        "one process",
        times,
        time.process_time() - spent,
        tables,
        "{:.0f} MB, {:.0f} MB of files beside".format(*megabytes()),
    )
    for count in options.workers:
        for folder in folders_of(catalog, count):
            shutil.rmtree(folder, ignore_errors=True)
        if options.deal:
            deal(catalog, cache, count)
        with workers_of(catalog, count) as (cluster, connection):
            with distributed.Client(cluster, set_as_default=False) as client:
                spent = time.process_time() + sum(client.run(time.process_time).values())
                times, found = asked(queries, ClusterCache(catalog, connection), criteria)
                spent = time.process_time() + sum(client.run(time.process_time).values()) - spent
                each = client.run(megabytes).values()
            equal = sum(same(one, other) for one, other in zip(found, tables, strict=True))
            memory = "workers of " + ", ".join(f"{own:.0f} MB (and {mapped:.0f} of files)" for own, mapped in each)
            told(f"{count} workers", times, spent, found, f"{equal} of {len(found)} tables as of one process; {memory}")
        for folder in folders_of(catalog, count):
            shutil.rmtree(folder)
    if options.unchecked:
        return
    begin, right, compared = time.perf_counter(), 0, []
    for query, table in zip(queries, tables, strict=True):
        best, many = best_of_all(query, cache, table, criteria)
        right += table.rank(criteria)[0].id == best
        compared.append(many)
    print(
        f"first as by comparing all: {right} of {len(queries)} ({median(compared):.0f} could be, and were compared; "
        f"{time.perf_counter() - begin:.0f} s)"
    )


def metrics_of(options: argparse.Namespace, criteria: Criteria) -> tuple[Metric, ...]:
    left_out = COMPACT.left_out if options.compact else ()
    return tuple(one for one in needed_metrics(criteria.weights) if one.name not in left_out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=20_000)
    parser.add_argument("--workers", type=int, nargs="*", default=[2, 4])
    parser.add_argument("--queries", type=int, default=40)
    parser.add_argument("--compact", action="store_true", help="a catalog of the metrics that a compact one keeps")
    parser.add_argument("--deal", action="store_true", help="shards get parts of one process' index")
    parser.add_argument("--unchecked", action="store_true", help="do not look for the best of all")
    parser.add_argument("--place", type=Path, default=Path(tempfile.gettempdir()), help="where the catalog is kept")
    options = parser.parse_args()
    warm(wait=True)
    images = [image for _, image in photographs(options.folder)]
    criteria = criteria_of("balanced")
    metrics = metrics_of(options, criteria)
    print(f"asked by {', '.join(one.name for one in metrics)}")
    begin = time.perf_counter()
    queries = [
        prepare_query(
            encode_jpeg(crop(images[number % len(images)], 0.5 + 0.4 * (number % 7) / 7), quality=60), metrics
        )
        for number in range(options.queries)
    ]
    took = 1e3 * (time.perf_counter() - begin) / len(queries)
    print(f"a query is cut, decoded and extracted in {took:.0f} ms, which is not in the times below")
    keeping = replace(COMPACT, packed=False) if options.compact else FULL
    only = metrics if options.compact else None
    with closing(made_catalog(options.place, images, options.pictures, 1, only=only, keeping=keeping)) as catalog:
        os.environ["PICTRACE_CATALOG"] = catalog.location
        measure(catalog, queries, options, criteria)


if __name__ == "__main__":
    main()
