"""One process against the workers of a cluster on this machine: time of a query, memory, and whether the same is found.

python -m benchmarks.cluster FOLDER_OF_PHOTOGRAPHS [--pictures 20000] [--workers 2 4] [--queries 40]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from statistics import median

import distributed
import numpy as np

from benchmarks.common import memory_mb, photographs
from benchmarks.made import made_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.cluster.cache import ClusterCache
from pictrace.cluster.connection import Connection
from pictrace.images.edits import crop
from pictrace.images.encoding import encode_jpeg
from pictrace.indexing.keypoints import IndexKeypoints
from pictrace.searching.cascade import open_for
from pictrace.searching.presets import criteria_of
from pictrace.searching.query import Query, needed_metrics, prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.table import Criteria

SPARED = {"dashboard_address": "127.0.0.1:0", "worker_dashboard_address": "127.0.0.1:0"}


def megabytes() -> float:
    """Of this process, without mapped files."""
    whole, mapped = memory_mb()
    return whole - mapped


def asked(
    queries: Sequence[Query], cache: FeatureCache, criteria: Criteria
) -> tuple[list[float], list[int], list[int]]:
    """(milliseconds, the first match's id, how many were scored exactly) of each query, after one that warms up."""
    score(queries[0], cache, exhaustive=False)
    times, first, counts = [], [], []
    for one in queries:
        begin = time.perf_counter()
        table = score(one, cache, exhaustive=False)
        found = table.rank(criteria)
        times.append(1e3 * (time.perf_counter() - begin))
        first.append(found[0].id if found else 0)
        counts.append(len(table.ids))
    return times, first, counts


def told(title: str, times: list[float], counts: list[int], right: float, memory: str) -> None:
    print(
        f"{title:12} {median(times):6.0f} ms a query, 95 % within {np.quantile(times, 0.95):.0f} ms, "
        f"{median(counts):.0f} compared exactly; first as by comparing all: {right:.1%}; {memory}",
        flush=True,
    )


def measure(catalog: Catalog, queries: Sequence[Query], workers: Sequence[int], criteria: Criteria) -> None:
    cache = FeatureCache(catalog)
    IndexKeypoints(cache).run()
    open_for(cache, needed_metrics())
    best = [score(one, cache, exhaustive=True).rank(criteria)[0].id for one in queries]
    times, first, counts = asked(queries, cache, criteria)
    right = float(np.mean([one == other for one, other in zip(first, best, strict=True)]))
    told("one process", times, counts, right, f"{megabytes():.0f} MB")
    for count in workers:
        with (
            distributed.LocalCluster(n_workers=count, threads_per_worker=1, memory_limit=0, **SPARED) as cluster,
            closing(Connection(cluster.scheduler_address, patience_s=600)) as connection,
        ):
            begin = time.perf_counter()
            ready = sum(one for _, one in connection.made_ready(catalog.identity))
            assert ready == catalog.count()
            print(f"{count} workers have read their shards in {time.perf_counter() - begin:.0f} s")
            times, first, counts = asked(queries, ClusterCache(catalog, connection), criteria)
            right = float(np.mean([one == other for one, other in zip(first, best, strict=True)]))
            client = distributed.Client(cluster, set_as_default=False)
            memory = "workers of " + ", ".join(f"{one:.0f}" for one in client.run(megabytes).values()) + " MB"
            client.close()
            told(f"{count} workers", times, counts, right, memory)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=20_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 4])
    parser.add_argument("--queries", type=int, default=40)
    parser.add_argument("--place", type=Path, default=Path(tempfile.gettempdir()), help="where the catalog is kept")
    options = parser.parse_args()
    images = [image for _, image in photographs(options.folder)]
    criteria = criteria_of("balanced")
    queries = [prepare_query(encode_jpeg(crop(one, 0.7), quality=60)) for one in images[: options.queries]]
    with closing(made_catalog(options.place, images, options.pictures, 1)) as catalog:
        os.environ["PICTRACE_CATALOG"] = catalog.location
        measure(catalog, queries, options.workers, criteria)


if __name__ == "__main__":
    main()
