"""Look-alikes: pictures indexed a second beside the runtime's own limit, memory, search times, what rounding loses.

Without --model, a network of ResNet50's shape with random weights is made: it costs what the real one costs. Its
numbers mean nothing, so take --model (a name of ``pictrace model list``, or an ONNX file with its JSON) for the recall
and for the cosine of unrelated pictures, which is what "unrelated" in a model's description should be.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import distractors, interleaved, intro, memory_mb, parser, photographs, row
from benchmarks.index import write_pictures
from pictrace import kernels, models
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import NewPicture, Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.images.edits import crop, recompress
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage, fit
from pictrace.indexing.index import Indexing
from pictrace.metrics import loaded, ready_metrics
from pictrace.metrics.base import Metric
from pictrace.metrics.embedding import Embedding
from pictrace.models import Network, network_of
from pictrace.models.sketch import sign_bits
from pictrace.searching.query import prepare_query
from pictrace.searching.scoring import SHORTLIST, score
from pictrace.searching.table import Criteria
from pictrace.sources.base import Item

BATCH = 1000
ALONE = 32  # pictures
TAKEN = (10, 40, SHORTLIST * Embedding.preselected)


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--model", metavar="NAME_OR_FILE", help="instead of random weights")
    arguments.add_argument("--count", type=int, default=200, help="pictures to index")
    arguments.add_argument("--size", type=int, default=100_000, help="embeddings to search in")
    arguments.add_argument("--queries", type=int, default=20)
    arguments.add_argument("--search-only", action="store_true")
    options = arguments.parse_args()
    intro(options, "onnxruntime")
    photos = [fit(image, 512) for _, image in photographs(options.folder)]
    with tempfile.TemporaryDirectory() as folder:
        choice = options.model or str(_made(Path(folder, "resnet50.onnx")))
        with models.using(choice):
            model = models.chosen_model()
            before, _ = memory_mb()
            started = time.perf_counter()
            network = network_of(model)
            spent = time.perf_counter() - started
            print(
                f"{model.title}, {model.megabytes:.0f} MB, {model.dimension} numbers, by {network.runtime}: loaded and "
                f"checked in {spent:.1f} s; memory {before:.0f} to {memory_mb()[0]:.0f} MB\n"
            )
            _alone(network, network.see(photos[0]))
            if not options.search_only:
                _indexing(Path(folder), photos, network, options)
            rows, queries = _embeddings(photos, network, options)
            _recall(rows, queries)
            _searching(Path(folder), rows, photos, options)


def _made(path: Path) -> Path:
    """In a process of its own, so that making it is not taken for memory that using it needs."""
    code = "import sys, pathlib; from tests.networks import made_resnet50; made_resnet50(pathlib.Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    path.with_suffix(".json").write_text('{"name": "made", "title": "ResNet50, made", "dimension": 2048}')
    return path


def _alone(network: Network, square: RGBImage) -> None:
    """What the network gives on all cores, and what it would give on a machine that has nothing else to do."""
    cores = os.cpu_count() or 1
    by_clock, by_work = list[float](), list[float]()
    for _ in range(5):
        started, worked = time.perf_counter(), time.process_time()
        network.embed([square] * ALONE)
        by_clock.append(ALONE / (time.perf_counter() - started))
        by_work.append(ALONE * cores / (time.process_time() - worked))
    print(
        f"the network alone: {statistics.median(by_clock):.1f} pictures a second by the clock, "
        f"{statistics.median(by_work):.1f} by the time of {cores} processors\n"
    )


def _indexing(folder: Path, photos: list[RGBImage], network: Network, options: argparse.Namespace) -> None:
    """The same pictures with and without, in turns with the runtime alone on one prepared picture."""
    (folder / "pictures").mkdir()
    paths = write_pictures(folder / "pictures", photos, options.count, 500, 375, options.seed)
    everything = loaded(ready_metrics())
    others = [one for one in everything if one.name != "embedding"]
    square = network.see(photos[0])
    limits, without, whole = list[float](), list[float](), list[float]()
    for turn in range(3):
        started = time.perf_counter()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(network.embed, [[square]] * options.count))
        limits.append(options.count / (time.perf_counter() - started))
        without.append(_indexed(folder / f"without-{turn}.sqlite", paths, others))
        whole.append(_indexed(folder / f"whole-{turn}.sqlite", paths, everything))
    limit = statistics.median(limits)
    row("500 px", "pictures a second", "of the runtime's own")
    row("---", "---", "---")
    row("the network alone, a picture a thread", f"{limit:.1f}", "100%")
    row("indexed, all other metrics", f"{statistics.median(without):.1f}", "")
    row("indexed, all metrics", f"**{statistics.median(whole):.1f}**", f"{statistics.median(whole) / limit:.0%}")
    both = 1 / (1 / limit + 1 / statistics.median(without))
    row("what the two would give one after the other", f"{both:.1f}", f"{both / limit:.0%}")
    peaks = [_peak_mb(paths[0].parent, folder / f"{len(words)}.sqlite", words) for words in ((), _model_words())]
    print(f"\npictrace index at its peak: {peaks[0]:.0f} MB without the network, {peaks[1]:.0f} MB with it\n")


def _model_words() -> tuple[str, ...]:
    model = models.chosen_model()
    return "--model", model.name if model.path is None else str(model.path)


def _peak_mb(source: Path, target: Path, words: tuple[str, ...]) -> float:
    """Peak memory of a process of its own that indexes the folder, as its system counts it."""
    code = (
        "import sys, pathlib; from pictrace.cli import main; main(sys.argv[1:]);"
        "status = pathlib.Path('/proc/self/status').read_text();"
        "print(status.partition('VmHWM:')[2].split()[0])"
    )
    command = [sys.executable, "-c", code, "index", str(source), "--catalog", str(target), *words]
    lacking = {} if words else {models.MODEL_VARIABLE: str(target.with_suffix(".onnx"))}  # else there is one always
    environment = {**os.environ, **lacking}
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.split()[-1]
    return float(told) / 1024


def _indexed(target: Path, paths: list[Path], metrics: list[Metric] | tuple[Metric, ...]) -> float:
    started = time.perf_counter()
    with closing(SqliteCatalog(target)) as catalog:
        done = Indexing(catalog, [Item.of_file(path) for path in paths], metrics=tuple(metrics)).run()
    if done.added != len(paths):
        raise SystemExit(f"only {done.added} of {len(paths)} were indexed")
    return len(paths) / (time.perf_counter() - started)


def _embeddings(
    photos: list[RGBImage], network: Network, options: argparse.Namespace
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Of windows of the photographs and, beyond them, of mixtures of two; and of cropped, recompressed photographs."""
    windows = distractors(photos, len(photos) * 4, options.seed)
    real = _unit(np.concatenate([network.embed([network.see(one)]) for one in windows]))
    pairs = real[: len(photos)] @ real[: len(photos)].T
    apart = pairs[np.triu_indices(len(photos), 1)]
    quantiles = ", ".join(f"{share:.0%}: {np.quantile(apart, share):.2f}" for share in (0.05, 0.5, 0.95, 0.99))
    print(f"cosine of {len(apart):,} pairs of different photographs: {quantiles}\n")
    random = np.random.default_rng(options.seed)
    chosen = random.integers(len(real), size=(max(0, options.size - len(real)), 2))
    share = random.uniform(0.5, 1, (len(chosen), 1)).astype(np.float32)
    mixed = share * real[chosen[:, 0]] + (1 - share) * real[chosen[:, 1]]
    asked = [recompress(crop(one, 0.7), 50) for one in photos[: options.queries]]
    return np.concatenate([real, _unit(mixed)])[: options.size], _unit(
        network.embed([network.see(one) for one in asked])
    )


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _recall(rows: NDArray[np.float32], queries: NDArray[np.float32]) -> None:
    """What is left of the ten nearest by float32, and how long one query takes over all rows."""
    half = rows.astype(np.float16)
    steps = np.abs(rows).max(axis=1, keepdims=True) / 127
    whole = np.round(rows / steps).astype(np.int8)
    bits = np.concatenate([sign_bits(rows[start : start + BATCH]) for start in range(0, len(rows), BATCH)])
    best = [np.argsort(-(rows @ one), kind="stable")[:10] for one in queries]

    def int8(one: NDArray[np.float32]) -> NDArray[np.float32]:
        found = np.empty(len(whole), np.float32)
        for start in range(0, len(whole), BATCH):
            found[start : start + BATCH] = whole[start : start + BATCH].astype(np.float32) @ one
        return found * steps[:, 0]

    def signs(one: NDArray[np.float32]) -> NDArray[np.float32]:
        return -kernels.hamming_rows(sign_bits(one[np.newaxis])[0], bits).astype(np.float32)

    ways: dict[str, tuple[Callable[[NDArray[np.float32]], NDArray[np.float32]], int]] = {
        "float32": (lambda one: rows @ one, rows.nbytes),
        "float16, as stored": (lambda one: kernels.cosines(one.astype(np.float16), half), half.nbytes),
        "int8": (int8, whole.nbytes),
        "2048 sign bits": (signs, bits.nbytes),
    }
    row(f"{len(rows):,} embeddings", "memory", "ms a query", *(f"ten nearest among the first {one}" for one in TAKEN))
    row(*["---"] * (3 + len(TAKEN)))
    times = interleaved({name: partial(way, queries[0]) for name, (way, _) in ways.items()}, rounds=9)
    for name, (way, size) in ways.items():
        orders = [np.argsort(-way(one), kind="stable") for one in queries]
        kept = [
            np.mean([len(set(order[:taken]) & set(ten)) / 10 for order, ten in zip(orders, best, strict=True)])
            for taken in TAKEN
        ]
        row(name, f"{size / 1e6:.0f} MB", f"{times[name]:.1f}", *(f"{one:.4f}" for one in kept))
    print()


def _searching(folder: Path, rows: NDArray[np.float32], photos: list[RGBImage], options: argparse.Namespace) -> None:
    """From a query with features to ranked matches, out of a catalog that holds nothing but embeddings."""
    metric = next(one for one in loaded(ready_metrics()) if one.name == "embedding")
    started = time.perf_counter()
    with closing(SqliteCatalog(folder / "embeddings.sqlite")) as catalog:
        for start in range(0, len(rows), BATCH):
            catalog.add(
                [_picture(number, rows[number], metric) for number in range(start, min(start + BATCH, len(rows)))]
            )
        filled = time.perf_counter() - started
        size = (folder / "embeddings.sqlite").stat().st_size / 1e6
        started = time.perf_counter()
        FeatureCache(catalog).sketches([metric])
        print(
            f"catalog of {len(rows):,}: {filled:.0f} s to fill, {size:.0f} MB; sketches at hand in "
            f"{time.perf_counter() - started:.1f} s the first time"
        )
        cache = FeatureCache(catalog)
        started = time.perf_counter()
        cache.sketches([metric])
        print(f"and in {(time.perf_counter() - started) * 1e3:.0f} ms from the cache\n")
        criteria = Criteria(weights={metric.name: 1.0}, top=10)
        spent, busy, extracting = list[float](), list[float](), list[float]()
        found = total = 0
        for image in photos[: options.queries]:
            query = prepare_query(encode_jpeg(recompress(crop(image, 0.7), 50)), [metric])
            extracting.append(query.timing_ms["extract"])
            started, worked = time.perf_counter(), time.process_time()
            ranked = score(query, cache, exhaustive=False).rank(criteria)
            spent.append((time.perf_counter() - started) * 1e3)
            busy.append((time.process_time() - worked) * 1e3)
            exact = kernels.cosines(
                query.features[metric.name][next(iter(query.features[metric.name]))][0], rows.astype(np.float16)
            )
            ten = set(np.argsort(-exact, kind="stable")[:10].tolist())
            found += len({_number_of(match.id) for match in ranked} & ten)
            total += 10
        quick = statistics.median(spent)
        print(
            f"query to ranking: median {quick:.1f} ms, fastest {min(spent):.1f} ms, {statistics.median(busy):.1f} ms "
            f"of the processors (extracting it: {statistics.median(extracting):.0f} ms); {found / total:.4f} of "
            "the ten nearest found\n"
        )


def _digest(number: int) -> bytes:
    return number.to_bytes(7, "big") + b"\0" + hashlib.sha256(b"%d" % number).digest()[:24]


def _number_of(picture_id: int) -> int:
    return picture_id >> 7


def _picture(number: int, embedding: NDArray[np.float32], metric: Metric) -> NewPicture:
    features = embedding.astype(np.float16)[np.newaxis]
    sources = [Source("file", f"/made/{number}.jpg")]
    return NewPicture(_digest(number), "JPEG", 1, 1, 1, b"", sources, None, metric.kept(features))


if __name__ == "__main__":
    main()
