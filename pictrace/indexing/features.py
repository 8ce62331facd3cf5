"""Features that a catalog lacks: of a new metric, or of one with other parameters."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from pictrace.catalog.base import Catalog, FeatureSpec, Source
from pictrace.errors import PicTraceError
from pictrace.images import DecodeLimits
from pictrace.indexing.pictures import load_within_budget, original_bytes
from pictrace.indexing.run import BATCH_PICTURES, Failure, Progress
from pictrace.metrics import all_metrics
from pictrace.metrics.base import Features, Metric

__all__ = ["build_features"]


def build_features(
    catalog: Catalog, metrics: Sequence[Metric] | None = None, *, limits: DecodeLimits | None = None
) -> Iterator[tuple[Progress, list[Failure]]]:
    """Make the features that are missing, from kept originals and from files where they lie.

    Resumes by itself: what is stored is not made again. Yields after each batch.
    """
    limits = limits or DecodeLimits()
    wanted: dict[int, list[Metric]] = {}
    for metric in all_metrics() if metrics is None else metrics:
        for one in catalog.missing(FeatureSpec.of(metric)):
            wanted.setdefault(int(one), []).append(metric)
    progress, failures, started = Progress(len(wanted)), list[Failure](), time.monotonic()
    ids = sorted(wanted)
    with ThreadPoolExecutor(max(2, os.cpu_count() or 2), thread_name_prefix="features") as pool:
        for start in range(0, len(ids), BATCH_PICTURES):
            some = ids[start : start + BATCH_PICTURES]
            made: dict[Metric, dict[int, Features]] = {}
            results = pool.map(lambda one: _features_of(catalog, one, wanted[one], limits), some)
            for one, result in zip(some, results, strict=True):
                if isinstance(result, Failure):
                    failures.append(result)
                    continue
                for metric, features in result.items():
                    made.setdefault(metric, {})[one] = features
            for metric, by_id in made.items():
                catalog.put_features(FeatureSpec.of(metric), by_id)
            done = start + len(some)
            elapsed = time.monotonic() - started
            progress = Progress(len(ids), done, done - len(failures), 0, len(failures), elapsed)
            yield progress, failures


def _features_of(
    catalog: Catalog, picture_id: int, metrics: Sequence[Metric], limits: DecodeLimits
) -> dict[Metric, Features] | Failure:
    record = catalog.pictures([picture_id]).get(picture_id)
    if record is None:
        return Failure(Source("file", str(picture_id)), "The picture was removed meanwhile.")
    try:
        _, image = load_within_budget(original_bytes(catalog, picture_id, limits), limits)
    except PicTraceError as error:
        return Failure(record.sources[0] if record.sources else Source("file", str(picture_id)), str(error))
    return {metric: metric.extract(image) for metric in metrics}
