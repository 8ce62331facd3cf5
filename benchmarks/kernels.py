"""What each kernel costs per candidate: plain, compiled, and the library call that it stands for.

    python benchmarks/kernels.py FOLDER_WITH_PHOTOGRAPHS [--candidates 400] [--repeat 9] [--threads 1 2]

Features come from the photographs, repeated up to the number of candidates. All sides of a
comparison are timed in turn, round after round, and the medians and their ratios are printed: the
ratios are what lasts from machine to machine.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from pictrace import kernels
from pictrace.kernels import pool
from pictrace.metrics.sift import Sift

SEED = 1
LONG_SIDE_PX = 512
Side = tuple[Callable[[], object], int]  # a call, and the candidates that it compares


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the kernels, plain and compiled.")
    parser.add_argument("folder", type=Path, help="a folder with photographs")
    parser.add_argument("--candidates", type=int, default=400)
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    began = time.perf_counter()
    with kernels.forced("compiled"):
        compiling_s = time.perf_counter() - began
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}")
    print(
        f"numpy {np.__version__}, OpenCV {cv2.__version__}, numba {version('numba')}, "
        f"scikit-image {version('scikit-image')}; seed {SEED}"
    )
    print(f"compiled kernels there after {compiling_s:.1f} s (import of numba, compilation or cache)")
    print(f"{options.candidates} candidates, {options.repeat} rounds: {' '.join(sys.argv)}")
    cv2.setNumThreads(1)  # so that one thread means one thread
    for name, calls in comparisons(photographs(options.folder), options.candidates).items():
        report(name, calls, options)


def photographs(folder: Path) -> list[NDArray[np.uint8]]:
    """Every readable picture of the folder, BGR, long side 512 px, in a random order."""
    found = []
    for path in sorted(folder.iterdir()):
        picture = cv2.imread(str(path)) if path.is_file() else None
        if picture is not None:
            scale = LONG_SIDE_PX / max(picture.shape[:2])
            found.append(np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)))
    if not found:
        raise SystemExit(f"{folder} holds no picture that OpenCV reads")
    order = np.random.default_rng(SEED).permutation(len(found))
    return [found[position] for position in order]


def comparisons(pictures: list[NDArray[np.uint8]], n: int) -> dict[str, dict[str, Side]]:
    """By kernel: the library's call on a few candidates, and ours on all."""
    chosen = [pictures[i % len(pictures)] for i in range(n)]
    few = min(n, 20)
    large, small = squares(pictures, n, 256), squares(pictures, n, 32)
    orientations = np.stack([np.rot90(each, k) for each in (small[0], small[0, :, ::-1]) for k in range(4)])
    packed = [keypoints(picture) for picture in pictures]
    own = max(packed, key=len)
    description, points = np.ascontiguousarray(own[:, :32]), kernels.unpack_points(own)
    rows, offsets = ragged([packed[i % len(packed)] for i in range(n)])
    row_descriptions, row_points = np.ascontiguousarray(rows[:, :32]), kernels.unpack_points(rows)
    near = kernels.orb_nearest(description, row_descriptions, offsets)
    top, top_counts = strongest(rows, offsets)
    colours = [histogram(picture) for picture in pictures]
    bins, bin_offsets = ragged([colours[i % len(colours)] for i in range(n)])
    counts = colours[0][:, 1] + np.float32(65536) * colours[0][:, 2]
    largest = np.stack([kernels.largest_bins(colours[i % len(colours)]) for i in range(n)])
    dense = [cv2.calcHist([picture], [0, 1, 2], None, [32] * 3, [0, 256] * 3).ravel() for picture in chosen[:few]]
    codes = np.random.default_rng(SEED).integers(0, 2**64, 1_000_000, dtype=np.uint64)
    matcher = cv2.BFMatcher(cv2.NORM_HAMMING)

    def ratio_test() -> int:
        passing = 0
        for i in range(few):
            for pair in matcher.knnMatch(description, row_descriptions[offsets[i] : offsets[i + 1]], k=2):
                passing += len(pair) == 2 and pair[0].distance < 0.75 * pair[1].distance
        return passing

    def ours(call: Callable[[], object], size: int = n) -> dict[str, Side]:
        return {"ours": (call, size)}

    def opencv_sift() -> object:
        detector = cv2.SIFT.create(500, contrastThreshold=0.01)
        return [detector.detectAndCompute(cv2.cvtColor(each, cv2.COLOR_BGR2GRAY), None) for each in halves]

    def sift() -> object:
        metric = Sift()
        return [metric.found(each) for each in chosen[:few]]

    halves = [cv2.resize(each, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for each in chosen[:few]]

    def score(last: int) -> Callable[[], object]:
        return lambda: kernels.orb_score(description, points, rows, offsets, last_percent=last)

    def evidence(last: int) -> Callable[[], object]:
        return lambda: kernels.orb_evidence(points, *near, row_points, offsets, last_percent=last)

    def scikit_image(pixels: NDArray[np.uint8]) -> Side:
        return lambda: [structural_similarity(pixels[0], each, data_range=255) for each in pixels[:few]], few

    def opencv_histograms() -> object:
        return [cv2.compareHist(dense[0], each, cv2.HISTCMP_CORREL) for each in dense]

    return {
        "SSIM 256": {"scikit-image": scikit_image(large)} | ours(lambda: kernels.ssim_pairs(large[0], large)),
        "SSIM 32": {"scikit-image": scikit_image(small)} | ours(lambda: kernels.ssim_pairs(small[0], small)),
        "SSIM 32, 8 orientations": ours(lambda: kernels.ssim_variants(orientations, small)),
        "ORB nearest": {"BFMatcher + ratio": (ratio_test, few)}
        | ours(lambda: kernels.orb_nearest(description, row_descriptions, offsets)),
        "ORB evidence to 90 %": ours(evidence(90)),
        "ORB evidence to 95 %": ours(evidence(95)),
        "ORB score to 90 %": ours(score(90)),
        "ORB score to 95 %": ours(score(95)),
        "ORB 64 x 64": ours(lambda: kernels.orb_coarse(top[0, : top_counts[0]], top, top_counts)),
        "SIFT, a picture": {"OpenCV at 256 px": (opencv_sift, few)} | ours(sift, few),
        "histogram": {"compareHist": (opencv_histograms, few)}
        | ours(lambda: kernels.histogram_correlation(colours[0][:, 0], counts, bins, bin_offsets)),
        "histogram, 256 bins": ours(lambda: kernels.histogram_coarse(largest[0], largest)),
        "64-bit hash": ours(lambda: kernels.hamming64_variants(np.array([codes[0]], np.uint64), codes)[0], len(codes)),
        "64-bit hash, 8 orientations": ours(lambda: kernels.hamming64_variants(codes[:8], codes), len(codes)),
    }


def squares(pictures: list[NDArray[np.uint8]], n: int, side: int) -> NDArray[np.uint8]:
    gray = [cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) for picture in pictures]
    resized = [cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA) for picture in gray]
    return np.stack([resized[i % len(resized)] for i in range(n)]).astype(np.uint8)


def keypoints(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    found, descriptors = cv2.ORB.create(500, fastThreshold=10).detectAndCompute(picture, None)
    if not found:
        return np.empty((0, 40), np.uint8)
    points = [(*one.pt, np.deg2rad(one.angle), one.octave * np.log2(1.2)) for one in found]
    return kernels.pack_keypoints(np.asarray(descriptors, np.uint8), np.array(points, np.float32))


def histogram(picture: NDArray[np.uint8]) -> NDArray[np.uint16]:
    blue, green, red = np.moveaxis(picture.astype(np.int64) >> 3, 2, 0)
    counts = np.bincount((red * 1024 + green * 32 + blue).ravel(), minlength=32768)
    occupied = np.flatnonzero(counts)
    return np.stack([occupied, counts[occupied] % 65536, counts[occupied] // 65536], axis=1).astype(np.uint16)


def ragged(parts: list[NDArray[Any]]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    offsets = np.zeros(len(parts) + 1, np.int64)
    np.cumsum([len(part) for part in parts], out=offsets[1:])
    return np.concatenate(parts), offsets


def strongest(rows: NDArray[np.uint8], offsets: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    counts = np.minimum(np.diff(offsets), 64)
    top = np.zeros((len(counts), 64, 32), np.uint8)
    for i, count in enumerate(counts):
        top[i, :count] = rows[offsets[i] : offsets[i] + count, :32]
    return top, counts


def report(name: str, calls: dict[str, Side], options: argparse.Namespace) -> None:
    """Time the library's call, the plain and the compiled kernel in turn; print microseconds a candidate."""
    times: dict[str, list[float]] = {}
    for _ in range(options.repeat):
        for side, (call, size) in calls.items():
            if side != "ours":
                times.setdefault(side, []).append(timed(call, size))
                continue
            with kernels.forced("plain"):
                times.setdefault("plain", []).append(timed(call, size, threads=1))
            with kernels.forced("compiled"):
                for threads in options.threads:
                    times.setdefault(f"compiled ({threads})", []).append(timed(call, size, threads=threads))
    medians = {side: statistics.median(found) for side, found in times.items()}
    fastest = medians[f"compiled ({options.threads[0]})"]
    columns = [f"{side} {median:.4g} µs (x{median / fastest:.3g})" for side, median in medians.items()]
    print(f"{name:28} {'  '.join(columns)}")


def timed(call: Callable[[], object], size: int, *, threads: int = 1) -> float:
    """Microseconds a candidate, with this many threads in the kernels' pool."""
    former, pool.workers = pool.workers, lambda: threads
    try:
        began = time.perf_counter()
        call()
        return (time.perf_counter() - began) / size * 1e6
    finally:
        pool.workers = former


if __name__ == "__main__":
    main()
