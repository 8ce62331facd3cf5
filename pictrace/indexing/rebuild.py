"""Features that a catalog lacks: of a new metric, or of one with other parameters."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from pictrace.catalog.base import Catalog
from pictrace.catalog.records import Source
from pictrace.errors import ImageError, PicTraceError, StoppedError
from pictrace.faults import as_own
from pictrace.features import Features, FeatureSpec
from pictrace.images.budget import giving_up
from pictrace.images.loading import load_picture
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.prepare import BATCH_PICTURES, original_bytes
from pictrace.indexing.run import Failure, Progress, Run, default_workers
from pictrace.metrics import all_metrics, loaded, ready_metrics
from pictrace.metrics.base import Metric
from pictrace.metrics.capabilities import Sketched
from pictrace.told import told

__all__ = ["Rebuild", "count_missing_features", "count_outdated_features"]

BATCH_SKETCHES = 512


def count_missing_features(catalog: Catalog, metrics: Sequence[Metric] | None = None) -> dict[str, int]:
    """By feature key, sketches included, how many pictures lack these features; keys that none lacks are not named,
    nor those that the catalog leaves out.

    A picture whose original is gone stays among them, as its features cannot be made.
    """
    specs: list[FeatureSpec] = []
    for metric in ready_metrics() if metrics is None else metrics:
        sketch = metric.sketch_spec
        specs += [metric.spec, *([sketch] if sketch is not None else [])]
    counts, total = catalog.feature_counts(), catalog.count()
    kept = catalog.keeping.kept(specs)
    return {spec.key: total - counts.get(spec.key, 0) for spec in kept if counts.get(spec.key, 0) < total}


def count_outdated_features(catalog: Catalog, metrics: Sequence[Metric] | None = None) -> dict[str, int]:
    """By feature key, features that none of the metrics reads, and of how many pictures there are some."""
    used: set[str] = set()
    for metric in all_metrics() if metrics is None else metrics:
        used |= {spec.key for spec in (metric.spec, metric.sketch_spec) if spec is not None}
    return {key: count for key, count in catalog.feature_counts().items() if key not in used}


@dataclass
class Rebuild(Run[Progress]):
    """One run that makes the features that are missing. Iterate over it, once: each step is a Progress.

    From kept originals, and from files where they lie; pictures whose original is gone are listed in
    ``failures``. It ends early by ``stop``, or by closing its iterator; what is stored is not made again.

    Attributes
    ----------
    catalog
        Whose pictures lack features.
    metrics
        Whose features are made; by default, all that are ready.
    limits
        What decoding one picture may cost.

    Raises
    ------
    PicTraceError
        At the first step, where a metric that is named cannot be made ready.
    """

    catalog: Catalog
    metrics: Sequence[Metric] | None = None
    limits: DecodeLimits = field(default_factory=DecodeLimits)

    def __post_init__(self) -> None:
        self._wanted: dict[int, list[Metric]] = {}
        self._ready(Progress(0))

    def _find_work(self) -> Sequence[Metric]:
        """Which metrics the run is for. What lacks their features is looked up when its turn comes, as another run
        before it may add some."""
        chosen = ready_metrics() if self.metrics is None else tuple(self.metrics)
        missing = {metric: self.catalog.missing(metric.spec) for metric in chosen}
        lacking = [metric for metric, ids in missing.items() if len(ids)]
        if self.metrics is None:
            lacking = [*loaded(lacking)]  # what cannot be loaded holds up nobody else
        for metric in lacking:
            metric.make_ready()
            for one in missing[metric]:
                self._wanted.setdefault(int(one), []).append(metric)
        return chosen

    def _work(self) -> Generator[Progress, None, None]:
        chosen = self._find_work()
        ids = sorted(self._wanted)
        self.progress = Progress(len(ids))
        with ThreadPoolExecutor(default_workers(), thread_name_prefix="features") as pool:
            for start in range(0, len(ids), BATCH_PICTURES):
                if self._stop.is_set():
                    return
                some = ids[start : start + BATCH_PICTURES]
                done = zip(some, pool.map(self._features_of, some), strict=True)
                yield self._store({one: result for one, result in done if result is not None})
        for metric in chosen:
            self._build_sketches(metric)

    def _store(self, results: Mapping[int, dict[FeatureSpec, Features] | Failure]) -> Progress:
        made: dict[FeatureSpec, dict[int, Features]] = {}
        failed = sum(isinstance(result, Failure) for result in results.values())
        for one, result in results.items():
            if isinstance(result, Failure):
                self.failures.append(result)
                continue
            for spec, features in result.items():
                made.setdefault(spec, {})[one] = features
        for spec, by_id in made.items():
            self.catalog.put_features(spec, by_id)
        return self._count(added=len(results) - failed, failed=failed)

    def _build_sketches(self, metric: Metric) -> None:
        """Sketches of stored features that lack them: the pictures are not needed for that."""
        if not isinstance(metric, Sketched):
            return
        spec = metric.sketch_spec
        ids = np.intersect1d(self.catalog.missing(spec), self.catalog.feature_ids(metric.spec))
        for start in range(0, len(ids), BATCH_SKETCHES):
            if self._stop.is_set():
                return
            some = ids[start : start + BATCH_SKETCHES]
            batch = self.catalog.fetch(some, metric.spec)
            self.catalog.put_features(spec, {int(one): metric.sketch(batch[place]) for place, one in enumerate(some)})

    def _features_of(self, picture_id: int) -> dict[FeatureSpec, Features] | Failure | None:
        """What was made, or why it could not be; None where it was given up."""
        record = self.catalog.pictures([picture_id]).get(picture_id)
        if record is None:
            return Failure(Source("file", str(picture_id)), told("The picture was removed meanwhile."))
        made: dict[FeatureSpec, Features] = {}
        try:
            with as_own(ImageError, record.label), giving_up(self._stop.is_set):
                _, image = load_picture(original_bytes(self.catalog, picture_id, self.limits), self.limits)
                for metric in self._wanted[picture_id]:
                    made |= metric.kept(metric.extract(image))
        except StoppedError:
            return None
        except PicTraceError as error:
            return Failure(record.sources[0] if record.sources else Source("file", str(picture_id)), str(error))
        return made
