"""Fit the cells by which keypoints are looked up: python -m tools.train_index FOLDER, after tools.train_sift.

RootSIFT vectors of photographs are projected as pictrace.metrics.sift does. The 64 leading directions of what comes out
are brought back from the bits alone by least squares, dealt out in turn to two halves, and each half is clustered by
k-means into 256, 512 and 1,024 centres, stored as int8.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pictrace.images.reading import load
from pictrace.kernels.cells import HALF
from pictrace.metrics.keypoint_cells import SIDES
from pictrace.metrics.sift import Sift, as_bits, learned
from pictrace.sources.folders import read_folder

SIZES_PX = (512, 768)
ROUNDS = 15
RIDGE = 1e-3


def vectors_of(folder: Path) -> NDArray[np.float32]:
    """RootSIFT vectors of all photographs at all sizes, (k, 128)."""
    images = [load(item.path.read_bytes()) for item in read_folder(folder).items if item.path]
    return np.concatenate([Sift(long_side_px=px).found(image)[1] for px in SIZES_PX for image in images])


def fitted_directions(vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """What takes bits as -1 and 1 to the leading directions, (256, 64), halves interleaved; the mean cosine of both."""
    real = (vectors - learned()["mean"]) @ learned()["projection"]
    real -= real.mean(axis=0)
    leading = np.linalg.eigh(np.cov(real.T))[1][:, ::-1][:, : 2 * HALF]
    target = real @ np.concatenate([leading[:, 0::2], leading[:, 1::2]], axis=1)
    bits = np.unpackbits(as_bits(vectors), axis=1).astype(np.float64) * 2 - 1
    directions = np.linalg.solve(bits.T @ bits + np.eye(256) * len(bits) * RIDGE, bits.T @ target)
    again = bits @ directions
    cosine = (again * target).sum(axis=1) / np.linalg.norm(again, axis=1) / np.linalg.norm(target, axis=1)
    return directions.astype(np.float16), float(cosine.mean())


def clustered(points: NDArray[np.float32], count: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Centres (count, d) by Lloyd's k-means; a centre that nothing is near moves to a point at random."""
    centres = points[random.choice(len(points), count, replace=False)].copy()
    for _ in range(ROUNDS):
        nearest = (np.square(centres).sum(axis=1) - 2 * points @ centres.T).argmin(axis=1)
        sizes = np.bincount(nearest, minlength=count)
        for axis in range(points.shape[1]):
            centres[:, axis] = np.bincount(nearest, points[:, axis], count) / np.maximum(sizes, 1)
        empty = np.flatnonzero(sizes == 0)
        centres[empty] = points[random.choice(len(points), len(empty))]
    return centres


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a folder of photographs")
    parser.add_argument("--target", type=Path, default=Path("pictrace/metrics/keypoint_cells.npz"))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    vectors = vectors_of(options.folder)
    directions, cosine = fitted_directions(vectors)
    print(f"{len(vectors)} keypoints; leading directions brought back from bits with a mean cosine of {cosine:.3f}")
    bits = np.unpackbits(as_bits(vectors), axis=1).astype(np.float32) * 2 - 1
    points = bits @ directions.astype(np.float32)
    scale = np.float32(np.abs(points).max() / 127)
    centres = {}
    for side in SIDES:
        halves = [clustered(points[:, half * HALF : (half + 1) * HALF], side, random) for half in range(2)]
        centres[f"centres{side}"] = np.rint(np.stack(halves) / scale).astype(np.int8)
    np.savez_compressed(options.target, directions=directions, scale=scale, **centres)
    print(f"{options.target}: {options.target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
