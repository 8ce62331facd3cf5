"""How long it takes to explain a pair of 12-megapixel pictures by each metric, and to tell how unusual a value is."""

from __future__ import annotations

import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np

from benchmarks.common import interleaved, intro, parser, photographs, row
from benchmarks.made import made_catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.images.edits import crop, mirror
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import load
from pictrace.metrics.base import Metric
from pictrace.metrics.evidence import Channels, Explanation
from pictrace.output.charts.evidence import channels_figure
from pictrace.output.drawing import draw_evidence
from pictrace.searching.query import needed_metrics
from pictrace.searching.rarity import unrelated_values

SIZE_PX = (4000, 3000)


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--pairs", type=int, default=5, help="different pairs, of each a changed copy")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--catalog", type=int, default=10_000, help="pictures of the catalog; 0 for none")
    arguments.add_argument("--work", type=Path, help="a folder for the catalog, kept (default: one that is removed)")
    options = arguments.parse_args()
    intro(options, "plotly")
    photos = [image for _, image in photographs(options.folder)]
    pairs = [(_large(mirror(crop(one, 0.8))), _large(one)) for one in photos[: options.pairs]]
    row("metric", "decode both", "extract, compare", "explain", "draw, encode", "all, median ms", "slowest pair")
    row(*["---"] * 7)
    for metric in needed_metrics():
        times = [_times(metric, *pair, rounds=options.rounds) for pair in pairs]
        parts = [statistics.median(column) for column in zip(*times, strict=True)]
        sums = [sum(one) for one in times]
        row(metric.title, *(f"{one:.1f}" for one in parts), f"**{statistics.median(sums):.0f}**", f"{max(sums):.0f}")
    if options.catalog:
        with tempfile.TemporaryDirectory() as folder:
            _unrelated(options.work or Path(folder), photos, options.catalog, options.seed)


def _large(image: RGBImage) -> bytes:
    return encode_jpeg(np.asarray(cv2.resize(image, SIZE_PX, interpolation=cv2.INTER_CUBIC), np.uint8), quality=87)


def _times(metric: Metric, query: bytes, match: bytes, *, rounds: int) -> list[float]:
    """Median milliseconds of each step for one pair, with all orientations."""
    images = load(query), load(match)
    pair = metric.compare_pair(*images, orientations=True)
    explanation = metric.explain_pair(pair)
    return list(
        interleaved(
            {
                "decode": lambda: (load(query), load(match)),
                "compare": lambda: metric.compare_pair(*images, orientations=True),
                "explain": lambda: metric.explain_pair(pair),
                "draw": lambda: _draw(explanation),
            },
            rounds=rounds,
        ).values()
    )


def _draw(explanation: Explanation) -> None:
    """What the page does: the chart of channels by Plotly, all else as JPEG."""
    for part in explanation.evidence:
        if isinstance(part, Channels):
            channels_figure(part).to_json()
        else:
            for drawn in draw_evidence(part):
                encode_jpeg(drawn.image)


def _unrelated(folder: Path, photos: list[RGBImage], size: int, seed: int) -> None:
    with closing(made_catalog(folder, photos, size, seed)) as catalog:
        cache = FeatureCache(catalog)
        cache.sketches(needed_metrics())
        print()
        for orientations in (False, True):
            times = []
            for turn in range(9):
                started = time.perf_counter()
                found = unrelated_values(cache, needed_metrics(), seed=turn, orientations=orientations)
                times.append((time.perf_counter() - started) * 1e3)
            tried = "all orientations" if orientations else "upright only"
            count = max(len(values) for values in found.values())
            told = f"{statistics.median(times):.0f} ms, {min(times):.0f} at the best"
            print(f"{count} unrelated pairs of {size:,} pictures by every metric, {tried}: {told}")


if __name__ == "__main__":
    main()
