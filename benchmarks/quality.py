"""How often the original of a changed picture comes first, and how often a stranger is taken for a match.

Half of the photographs are targets, in the catalog as they are. The other half only makes distractors: the photographs
and windows of them, until the catalog has --size pictures. Every target is searched for under each of sixteen changes.
These are edits of one photograph; of photographs taken anew, benchmarks/finding.py tells.
For false accepts the same queries are searched in a catalog of the distractors alone, where none has an original.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cv2
import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.common import distractors, intro, parser, photographs, row
from pictrace import kernels
from pictrace.features import FeatureBatch
from pictrace.images.edits import CHANGES
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import load
from pictrace.metrics.base import Metric
from pictrace.metrics.capabilities import Sketched
from pictrace.searching.cascade import nearest_of
from pictrace.searching.convincing import convincing_ids
from pictrace.searching.presets import all_presets, criteria_of
from pictrace.searching.query import Query, needed_metrics, prepare_query
from pictrace.searching.table import Criteria, ScoreTable

HashFunction = Callable[[RGBImage], NDArray[np.bool_]]


class Reference:
    """The algorithm that such tools share: the mean of SSIM, ORB (500 keypoints, ratio 0.75) and RGB histogram.

    OpenCV's ORB as it comes, matches counted as a share of the query's keypoints; SSIM at 256 px; 32x32x32 bins.
    """

    def __init__(self, images: Sequence[RGBImage]) -> None:
        self.ssim = np.stack([self._gray(image) for image in images])
        descriptors = [self._orb(image) for image in images]
        self.offsets = np.concatenate([[0], np.cumsum([len(one) for one in descriptors])]).astype(np.int64)
        self.rows = np.concatenate(descriptors)
        histogram = next(metric for metric in needed_metrics() if metric.name == "histogram")
        self.histogram = histogram
        self.histograms = FeatureBatch.of([histogram.extract(image) for image in images], histogram.layout)

    @staticmethod
    def _gray(image: RGBImage) -> NDArray[np.uint8]:
        gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        return np.asarray(cv2.resize(gray, (256, 256), interpolation=cv2.INTER_AREA), np.uint8)

    @staticmethod
    def _orb(image: RGBImage) -> NDArray[np.uint8]:
        _, found = cv2.ORB.create(500).detectAndCompute(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), None)
        return np.empty((0, 32), np.uint8) if found is None else np.asarray(found, np.uint8)

    def scores(self, image: RGBImage) -> NDArray[np.float32]:
        ssim = kernels.ssim_pairs(self._gray(image), self.ssim)
        query = self._orb(image)
        best, second, _ = kernels.orb_nearest(query, self.rows, self.offsets)
        share = ((100 * best.astype(np.int64) < 75 * second) & (second < kernels.NO_MATCH)).sum(axis=1)
        colours = self.histogram.scores(self.histogram.extract(image), self.histograms).raw
        return np.asarray((ssim + share / max(1, len(query)) + colours) / 3, np.float32)


class Hashes:
    """A hash function's bits for a catalog; scores are minus the Hamming distance."""

    def __init__(self, images: Sequence[RGBImage], function: HashFunction) -> None:
        self.function = function
        self.bits = np.stack([self._bits(image) for image in images])

    def _bits(self, image: RGBImage) -> NDArray[np.bool_]:
        return self.function(image).ravel()

    def scores(self, image: RGBImage) -> NDArray[np.float32]:
        return -(self.bits != self._bits(image)).sum(axis=1).astype(np.float32)


def _imagededup() -> dict[str, HashFunction]:
    """imagededup's hash functions, where it is installed (it wants PyTorch, for its networks)."""
    try:
        from imagededup.methods import AHash, DHash, PHash, WHash
    except ImportError:
        return {}

    def function(method: Any) -> HashFunction:
        def bits(image: RGBImage) -> NDArray[np.bool_]:
            code = int(method.encode_image(image_array=image), 16)
            return np.array([code >> place & 1 for place in range(64)], np.bool_)

        return bits

    return {f"imagededup {one.__name__}": function(one(verbose=False)) for one in (PHash, DHash, AHash, WHash)}


class Cascade:
    """The same queries through the cascade, with shortlists of several lengths."""

    def __init__(self, batches: Mapping[str, FeatureBatch], lengths: Sequence[int]) -> None:
        self.lengths = lengths
        self.agreed: dict[int, list[bool]] = {length: [] for length in lengths}
        self.overlap: dict[int, list[float]] = {length: [] for length in lengths}
        self.exact: dict[int, list[int]] = {length: [] for length in lengths}
        self.sketches: dict[str, FeatureBatch] = {}
        self.batches = batches
        for metric in needed_metrics():
            if isinstance(metric, Sketched):
                batch = batches[metric.name]
                rows = [metric.sketch(batch[index]) for index in range(len(batch))]
                self.sketches[metric.name] = FeatureBatch.of(rows, metric.sketch_layout)
            elif metric.small:
                self.sketches[metric.name] = batches[metric.name]

    def compare(self, query: Query, table: ScoreTable, criteria: Criteria) -> None:
        whole = [match.id for match in table.rank(criteria)]
        fused, _ = table.fused(criteria)
        for length in self.lengths:
            ids = nearest_of(query, self.sketches, table.ids, self._small, needed_metrics(), length)
            part = ids[np.lexsort((ids, -fused[ids]))][: len(whole)].tolist()
            self.agreed[length].append(part[0] == whole[0])
            self.overlap[length].append(len(set(part) & set(whole)) / len(whole))
            self.exact[length].append(len(ids))

    def _small(self, ids: NDArray[np.int64], metric: Metric) -> FeatureBatch:
        return self.batches[metric.name].take(ids)


def _rank_of(scores: NDArray[np.float32], target: int) -> int:
    """How many come before the target or tie with it under another place, from 0."""
    filled = np.where(np.isnan(scores), -np.inf, scores)
    return int((filled > filled[target]).sum() + (filled[:target] == filled[target]).sum())


def _table(query: Query, batches: Mapping[str, FeatureBatch], count: int) -> ScoreTable:
    metrics = needed_metrics()
    columns = tuple(metric.compare_variants(query.features[metric.name], batches[metric.name]) for metric in metrics)
    return ScoreTable(np.arange(count, dtype=np.int64), metrics, columns, catalog_size=count)


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--size", type=int, default=1000, help="pictures in the catalog")
    arguments.add_argument("--targets", type=int, default=0, help="targets at the most (default: half of the folder)")
    options = arguments.parse_args()
    intro(options, "scikit-image", "imagehash", "imagededup")
    photos = [image for _, image in photographs(options.folder)]
    order = np.random.default_rng(options.seed).permutation(len(photos))
    half = options.targets or len(photos) // 2
    targets = [photos[index] for index in order[:half]]
    others = distractors([photos[index] for index in order[half:]], options.size - len(targets), options.seed)
    catalog = [load(encode_jpeg(image, quality=92)) for image in targets + others]
    print(f"{len(targets)} targets, {len(catalog)} pictures in the catalog, {len(CHANGES)} changes\n")

    batches = {
        metric.name: FeatureBatch.of([metric.extract(image) for image in catalog], metric.layout)
        for metric in needed_metrics()
    }
    functions: dict[str, HashFunction] = {
        "ImageHash phash": lambda image: imagehash.phash(Image.fromarray(image)).hash,
        "ImageHash dhash": lambda image: imagehash.dhash(Image.fromarray(image)).hash,
        **_imagededup(),
    }
    peers = {"reference mean": Reference(catalog)} | {
        name: Hashes(catalog, function) for name, function in functions.items()
    }
    criteria = {metric.name: Criteria(weights={metric.name: 1}) for metric in needed_metrics()}
    criteria |= {f"{preset.title} *": criteria_of(preset.name) for preset in all_presets()}
    names = [*criteria, *peers]
    ranks: dict[str, dict[str, list[int]]] = {name: {change: [] for change in CHANGES} for name in names}
    convinced: list[bool] = []
    accepted: dict[str, list[bool]] = {change: [] for change in CHANGES}
    strangers: dict[str, list[float]] = {"orb": [], "phash": [], "ssim": [], "layout": [], "balanced": []}
    first_stranger = len(targets)
    cascade = Cascade(batches, (10, 25, 50, 100))
    for change, function in CHANGES.items():
        for target, image in enumerate(targets):
            data = encode_jpeg(function(image), quality=95)
            query = prepare_query(data)
            table = _table(query, batches, len(catalog))
            for name, chosen in criteria.items():
                ranks[name][change].append(_rank_of(table.fused(chosen)[0], target))
            cascade.compare(query, table, criteria["Balanced *"])
            for name, peer in peers.items():
                ranks[name][change].append(_rank_of(peer.scores(query.image), target))
            good = convincing_ids(table)
            convinced.append(target in good)
            accepted[change].append(any(one >= first_stranger for one in good))
            raw = table.raw[first_stranger:]
            for name, values in strangers.items():
                if name == "balanced":
                    values.append(float(table.fused(criteria["Balanced *"])[0][first_stranger:].max()))
                else:
                    column = raw[:, table.names.index(name)]
                    known = column[~np.isnan(column)]
                    if len(known):
                        values.append(float(known.min() if name == "phash" else known.max()))
    _print(ranks, names)
    print("\nCascade against scoring everything exactly, balanced preset\n")
    row("shortlist by each metric", "scored exactly", "same first", "top 5 in common")
    row("---", "---", "---", "---")
    for length in cascade.lengths:
        parts = np.mean(cascade.exact[length]), np.mean(cascade.agreed[length]), np.mean(cascade.overlap[length])
        row(length, f"{parts[0]:.0f}", f"{parts[1]:.2%}", f"{parts[2]:.1%}")
    print("\nVerdict (does convincing evidence point at a picture?)\n")
    row("", "share of queries")
    row("---", "---")
    row("original called a good match", f"{np.mean(convinced):.2%}")
    every = [one for values in accepted.values() for one in values]
    row(f"some stranger among {len(others)} called a good match", f"{np.mean(every):.2%}")
    for change, fooled in accepted.items():
        if any(fooled):
            row(f"of these, {change}", sum(fooled))
    print("\nNearest stranger of each query (median, 99 %, 99.9 %, extreme)\n")
    row("metric", "median", "99 %", "99.9 %", "extreme")
    row("---", "---", "---", "---", "---")
    for name, values in strangers.items():
        sorted_values = np.sort(values)[:: -1 if name == "phash" else 1]
        picked = [sorted_values[int((len(values) - 1) * share)] for share in (0.5, 0.99, 0.999, 1)]
        row(name, *(f"{value:.2f}" for value in picked))


def _print(ranks: Mapping[str, Mapping[str, Sequence[int]]], names: Sequence[str]) -> None:
    for most in (1, 5):
        print(f"\nRecall@{most} in %\n")
        row("change", *names)
        row("---", *("---" for _ in names))
        for change in CHANGES:
            row(change, *(f"{100 * np.mean([one < most for one in ranks[name][change]]):.0f}" for name in names))
        means = [100 * np.mean([one < most for change in CHANGES for one in ranks[name][change]]) for name in names]
        row("**mean of 16**", *(f"**{mean:.1f}**" for mean in means))


if __name__ == "__main__":
    main()
