"""How many choices of weights are measured in a second, on scores that are made up.

Each query has one to three right pictures, which are more alike by every metric, and 10,000 others. The mean average
precision is measured, as learning does. "lines" are exact searches along a line of weights, each of which looks at all
settings on it.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from benchmarks.common import intro, row
from pictrace import kernels
from pictrace.evaluation.cube import Block, Column, Cube
from pictrace.evaluation.intervals import everything
from pictrace.evaluation.learning.line import along
from pictrace.evaluation.learning.objective import Objective
from pictrace.evaluation.measures import measure_named
from pictrace.evaluation.standing import standing
from pictrace.metrics import all_metrics

SETTINGS = 256


def made_up(queries: int, pictures: int, seed: int) -> Cube:
    """Similarities of right pictures lie higher by a seventh to all of the range, by metric and query."""
    random = np.random.default_rng(seed)
    metrics = all_metrics()
    blocks = []
    for number in range(queries):
        similarity = random.beta(2, 5, (len(metrics), pictures)).astype(np.float32)
        right = np.sort(random.choice(pictures, random.integers(1, 4), replace=False))
        lift = random.random((len(metrics), len(right)))
        similarity[:, right] += (1 - similarity[:, right]) * lift.astype(np.float32)
        able = np.ones(len(metrics), np.bool_)
        blocks.append(Block(f"{number}", number, np.arange(pictures), similarity, able, right, len(right)))
    return Cube(metrics, tuple(Column(one.name) for one in metrics), tuple(blocks), pictures)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--queries", type=int, default=200)
    arguments.add_argument("--pictures", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    intro(options)
    cube = made_up(options.queries, options.pictures, options.seed)
    print(f"{cube.byte_count / 1e6:.0f} MB of scores")
    random = np.random.default_rng(options.seed)
    weights = random.dirichlet(np.ones(len(cube.columns)), SETTINGS)
    started = time.perf_counter()
    objective = Objective.of(cube, "mAP")
    prepared = time.perf_counter() - started
    pairs, whole = objective.pairs.ahead.shape[1], sum(len(one.ids) * len(one.right) for one in cube.blocks)
    size = objective.pairs.ahead.nbytes / 1e6
    print(f"{pairs:,} of {whole:,} pairs depend on the weights; {size:.0f} MB, made in {prepared:.1f} s\n")
    row("kernels", "settings a second", "a second of a processor", "lines a second of a processor")
    row("---", "---", "---", "---")
    for backend in ("compiled", "plain"):
        with kernels.forced("compiled" if backend == "compiled" else "plain"):
            objective.values(weights[:16])
            started, spent = time.perf_counter(), time.process_time()
            values = objective.values(weights)
            settings, of_one = SETTINGS / (time.perf_counter() - started), SETTINGS / (time.process_time() - spent)
            spent = time.process_time()
            for one in range(4):
                along(objective, weights[one], weights[one + 1] - weights[one])
            lines = 4 / (time.process_time() - spent)
        row(backend, f"{settings:,.0f}", f"{of_one:,.0f}", f"{lines:.1f}")
    started = time.process_time()
    whole_value = measure_named("mAP").of(standing(cube, weights[0].astype(np.float32)), everything(len(cube.blocks)))[
        0
    ]
    pace = 1 / (time.process_time() - started)
    print(f"\nall scores ranked, for every measure: {pace:.1f} settings a second of a processor")
    print(f"the same mean average precision: {values[0]:.6f} and {whole_value:.6f}")


if __name__ == "__main__":
    main()
