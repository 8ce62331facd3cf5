"""Features that a catalog lacks: of a new metric, or of one with other parameters."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from pictrace.catalog.base import Catalog, FeatureSpec, Source, kept_features
from pictrace.errors import PicTraceError
from pictrace.images import DecodeLimits
from pictrace.indexing.intake import BATCH_PICTURES
from pictrace.indexing.pictures import load_within_budget, original_bytes
from pictrace.indexing.progress import Failure, Progress
from pictrace.metrics import all_metrics
from pictrace.metrics.base import Features, Metric

__all__ = ["build_features"]

BATCH_SKETCHES = 512


def build_features(
    catalog: Catalog, metrics: Sequence[Metric] | None = None, *, limits: DecodeLimits | None = None
) -> Iterator[tuple[Progress, list[Failure]]]:
    """Make the features that are missing, from kept originals and from files where they lie.

    Resumes by itself: what is stored is not made again. Yields after each batch.
    """
    limits = limits or DecodeLimits()
    chosen = all_metrics() if metrics is None else metrics
    wanted: dict[int, list[Metric]] = {}
    for metric in chosen:
        for one in catalog.missing(FeatureSpec.of(metric)):
            wanted.setdefault(int(one), []).append(metric)
    progress, failures, started = Progress(len(wanted)), list[Failure](), time.monotonic()
    ids = sorted(wanted)
    with ThreadPoolExecutor(max(2, os.cpu_count() or 2), thread_name_prefix="features") as pool:
        for start in range(0, len(ids), BATCH_PICTURES):
            some = ids[start : start + BATCH_PICTURES]
            made: dict[FeatureSpec, dict[int, Features]] = {}
            results = pool.map(lambda one: _features_of(catalog, one, wanted[one], limits), some)
            for one, result in zip(some, results, strict=True):
                if isinstance(result, Failure):
                    failures.append(result)
                    continue
                for spec, features in result.items():
                    made.setdefault(spec, {})[one] = features
            for spec, by_id in made.items():
                catalog.put_features(spec, by_id)
            done = start + len(some)
            elapsed = time.monotonic() - started
            progress = Progress(len(ids), done, done - len(failures), 0, len(failures), elapsed)
            yield progress, failures
    for metric in chosen:
        _build_sketches(catalog, metric)


def _build_sketches(catalog: Catalog, metric: Metric) -> None:
    """Sketches of stored features that lack them: the pictures are not needed for that."""
    spec = FeatureSpec.of_sketch(metric)
    if spec is None or metric.sketch_layout is None:
        return
    ids = np.intersect1d(catalog.missing(spec), catalog.feature_ids(FeatureSpec.of(metric)))
    for start in range(0, len(ids), BATCH_SKETCHES):
        some = ids[start : start + BATCH_SKETCHES]
        batch = catalog.fetch(some, FeatureSpec.of(metric))
        catalog.put_features(spec, {int(one): metric.sketch(batch[place]) for place, one in enumerate(some)})


def _features_of(
    catalog: Catalog, picture_id: int, metrics: Sequence[Metric], limits: DecodeLimits
) -> dict[FeatureSpec, Features] | Failure:
    record = catalog.pictures([picture_id]).get(picture_id)
    if record is None:
        return Failure(Source("file", str(picture_id)), "The picture was removed meanwhile.")
    try:
        _, image = load_within_budget(original_bytes(catalog, picture_id, limits), limits)
    except PicTraceError as error:
        return Failure(record.sources[0] if record.sources else Source("file", str(picture_id)), str(error))
    made: dict[FeatureSpec, Features] = {}
    for metric in metrics:
        made |= kept_features(metric, metric.extract(image))
    return made
