"""How long the map of weights takes, and what is beside it, on tables in which every picture is scored exactly.

The rows of a table are drawn from real comparisons of the folder's photographs, each picture with each, so that the
metrics agree and disagree as they do; a little noise tells rows apart that were drawn twice.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.common import interleaved, intro, parser, photographs, row
from pictrace.explore.weights.disagreement import agreement, disputes
from pictrace.explore.weights.ranges import weight_ranges
from pictrace.explore.weights.triangle import heaviest, weight_map
from pictrace.explore.weights.whatif import what_if
from pictrace.features import FeatureBatch, RawScores
from pictrace.images.pixels import RGBImage, fit
from pictrace.searching.presets import criteria_of
from pictrace.searching.query import needed_metrics
from pictrace.searching.table import Criteria, ScoreTable

NOISE = 0.01  # of the way from a scale's worst to its best
MISSING = 0.05


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000])
    arguments.add_argument("--photographs", type=int, default=40, help="how many of the folder are compared")
    arguments.add_argument("--rounds", type=int, default=21)
    options = arguments.parse_args()
    intro(options)
    images = [fit(image, 512) for _, image in photographs(options.folder)[: options.photographs]]
    compared = _compared(images)
    row(
        "pictures",
        "values missing",
        "matches",
        *_jobs(_table(compared, 10, 0.0, options.seed), criteria_of("balanced")),
    )
    row(*["---:"] * 9)
    for size in options.sizes:
        for missing in (0.0, MISSING):
            table = _table(compared, size, missing, options.seed)
            for top in (5, 24):
                times = interleaved(_jobs(table, criteria_of("balanced", top=top)), rounds=options.rounds)
                row(f"{size:,}", f"{missing:.0%}", top, *(f"{time:.1f} ms" for time in times.values()))


def _compared(images: list[RGBImage]) -> list[np.ndarray]:
    """Each metric's raw values of all pairs, (*settings, pairs)."""
    columns = []
    for metric in needed_metrics():
        features = [metric.extract(image) for image in images]
        batch = FeatureBatch.of(features, metric.layout)
        columns.append(np.concatenate([metric.scores(one, batch).raw for one in features], axis=-1))
    return columns


def _table(compared: list[np.ndarray], size: int, missing: float, seed: int) -> ScoreTable:
    random = np.random.default_rng(seed)
    chosen = random.integers(compared[0].shape[-1], size=size)
    columns = []
    for metric, raw in zip(needed_metrics(), compared, strict=True):
        noise = random.normal(0, NOISE * abs(metric.scale.best - metric.scale.worst), size)
        values = (raw[..., chosen] + noise).astype(np.float32)
        values[..., random.random(size) < missing] = np.nan
        columns.append(RawScores.upright(values))
    return ScoreTable(np.arange(size, dtype=np.int64), needed_metrics(), tuple(columns), catalog_size=size)


def _jobs(table: ScoreTable, criteria: Criteria) -> dict[str, Callable[[], object]]:
    first, second, third = heaviest(table, criteria)
    best = table.rank(criteria)[0].id
    return {
        "map with regions": lambda: weight_map(table, criteria, (first, second, third)).regions,
        "ranges": lambda: weight_ranges(table, criteria),
        "map and ranges": lambda: (
            weight_map(table, criteria, (first, second, third)).regions,
            weight_ranges(table, criteria),
        ),
        "agreement": lambda: agreement(table, criteria),
        "disputes": lambda: disputes(table, criteria),
        "what if": lambda: what_if(table, criteria, best),
    }


if __name__ == "__main__":
    main()
