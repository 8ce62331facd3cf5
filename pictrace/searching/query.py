"""A picture to look for: its features, extracted once."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pictrace import kernels
from pictrace.catalog.records import digest, image_id
from pictrace.features import Features
from pictrace.images.loading import load_picture
from pictrace.images.orientation import UPRIGHT, Variant
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import DecodeLimits, ImageInfo
from pictrace.images.region import Region, region_of
from pictrace.metrics import loaded, ready_metrics
from pictrace.metrics.base import Metric

__all__ = ["Query", "as_negative", "needed_metrics", "prepare_query", "with_metrics"]

_took_s: dict[str, float] = {}
"""How long each metric's features took the last time, by key."""


@dataclass(frozen=True)
class Query:
    """A picture to look for: its pixels, and its features by metric name and orientation."""

    sha256: bytes
    info: ImageInfo
    image: RGBImage
    features: Mapping[str, Mapping[Variant, Features]]
    timing_ms: Mapping[str, float] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()  # whose features these are
    region: Region | None = None  # which part of the file it is
    negative: bool = False  # image and features are those of the picture's negative

    @property
    def id(self) -> int:
        """The id that this very file has, or would have, in a catalog; of a part, one that no file has."""
        return image_id(self.sha256)

    @property
    def picture(self) -> RGBImage:
        """The picture as it is in the file."""
        return np.subtract(np.uint8(255), self.image) if self.negative else self.image


def as_negative(query: Query, *, orientations: bool = True) -> Query:
    """The same file, looked for as its negative, with features of the same metrics."""
    image = np.subtract(np.uint8(255), query.image)
    return replace(
        query,
        image=image,
        features=_features(image, query.metrics, orientations=orientations),
        negative=not query.negative,
    )


def prepare_query(
    data: bytes,
    metrics: Sequence[Metric] | None = None,
    *,
    orientations: bool = True,
    limits: DecodeLimits | None = None,
) -> Query:
    """Decode the query and extract what each metric needs.

    Parameters
    ----------
    data
        The bytes of a picture's file.
    metrics
        By default, those that ``needed_metrics`` gives without weights.
    orientations
        Compare it mirrored and turned as well, for the metrics that would not notice.
    limits
        What decoding may cost; the usual limits where none are given.

    Raises
    ------
    ImageError
        Where it is no picture, or one beyond the limits.
    """
    limits = limits or DecodeLimits()
    started = time.perf_counter()
    info, image = load_picture(data, limits)
    decoded = time.perf_counter()
    chosen = needed_metrics() if metrics is None else tuple(metrics)
    features = _features(image, chosen, orientations=orientations)
    timing = {
        "decode": (decoded - started) * 1e3,
        "extract": (time.perf_counter() - decoded) * 1e3,
    }
    return Query(digest(data), info, image, features, timing, chosen, region_of(data)[1])


def needed_metrics(weights: Mapping[str, float] | None = None) -> tuple[Metric, ...]:
    """The metrics that are ready; of those that extract on demand, only the ones with a weight here."""
    wanted = {name for name, weight in (weights or {}).items() if weight > 0}
    return loaded(metric for metric in ready_metrics() if not metric.on_demand or metric.name in wanted)


def with_metrics(query: Query, metrics: Sequence[Metric], *, orientations: bool = True) -> Query:
    """The query with the features of these metrics; what it has already is not extracted again."""
    had = {metric.feature_key for metric in query.metrics}
    started = time.perf_counter()
    new = _features(query.image, [one for one in metrics if one.feature_key not in had], orientations=orientations)
    spent = query.timing_ms.get("extract", 0.0) + (time.perf_counter() - started) * 1e3
    features = {one.name: new.get(one.name) or query.features[one.name] for one in metrics}
    return replace(query, features=features, timing_ms={**query.timing_ms, "extract": spent}, metrics=tuple(metrics))


def _features(image: RGBImage, metrics: Sequence[Metric], *, orientations: bool) -> dict[str, dict[Variant, Features]]:
    """By name; metrics beside one another, as most of the time is spent without the GIL."""
    found: dict[str, dict[Variant, Features]] = {}
    in_turn = sorted(metrics, key=lambda one: -_took_s.get(one.feature_key, math.inf))  # or the longest is waited for

    def extract(start: int, stop: int) -> None:
        for one in in_turn[start:stop]:
            started = time.thread_time()
            found[one.name] = one.extract_variants(image, one.variants if orientations else (UPRIGHT,))
            _took_s[one.feature_key] = time.thread_time() - started

    kernels.run_chunks(extract, len(in_turn), min_chunk=1)
    return {one.name: found[one.name] for one in metrics}
