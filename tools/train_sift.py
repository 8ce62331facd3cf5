"""Fit the projection by which SIFT descriptors become 256 bits: python -m tools.train_sift FOLDER.

Pairs of keypoints that show the same spot are made of photographs under random homographies, turns, light, noise and
JPEG compression. RootSIFT vectors minus their mean are whitened by the covariance of the differences of such pairs, so
that what changes between two photographs of a thing counts little; of what is left, the leading directions are kept,
turned at random into 256, and cut at the median of each.

Arandjelovic, Zisserman: Three things everyone should know to improve object retrieval, CVPR 2012 (RootSIFT).
Mikolajczyk, Matas: Improving descriptors for fast tree matching by optimal linear projection, ICCV 2007.
Gong, Lazebnik: Iterative quantization, CVPR 2011 (the random rotation before signs are taken).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage, fit
from pictrace.images.reading import decode
from pictrace.metrics.sift import Sift
from pictrace.sources.folders import read_folder

SIZES_PX = (512, 768)
DETECTED = 2000
DIRECTIONS = 96
BITS = 256
NEAR_PX = 3.0
TURN_LIMIT_DEGREES = 20.0
SCALE_LIMIT = 0.5  # log2


def taken_anew(image: RGBImage, random: np.random.Generator) -> tuple[RGBImage, NDArray[np.float64]]:
    """The picture as somebody else may have photographed it, and the homography from the picture to it."""
    height, width = image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    centre = corners.mean(axis=0)
    angle = np.radians(random.normal(0, 25) if random.random() < 0.8 else random.uniform(-180, 180))
    scale = 2.0 ** random.uniform(-0.8, 0.6)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (corners - centre) @ turn.T * scale * random.uniform(0.75, 1.0, 2)
    moved += random.uniform(-0.16, 0.16, (4, 2)) * np.array([width, height])
    low, high = moved.min(axis=0), moved.max(axis=0)
    size = np.maximum(1, np.ceil(high - low)).astype(int)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), (moved - low).astype(np.float32))
    warped = cv2.warpPerspective(
        image, matrix, (int(size[0]), int(size[1])), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT
    )
    light = warped.astype(np.float32) * random.uniform(0.6, 1.35) + random.uniform(-30, 30)
    light = 255 * (np.clip(light, 0, 255) / 255) ** (2.0 ** random.uniform(-0.6, 0.6))
    ramp = np.linspace(random.uniform(0.7, 1), random.uniform(0.7, 1), warped.shape[1], dtype=np.float32)
    light = light * ramp[np.newaxis, :, np.newaxis]
    if random.random() < 0.4:
        light = cv2.GaussianBlur(light, (0, 0), random.uniform(0.4, 1.6))
    light += random.normal(0, random.uniform(0, 9), light.shape)
    noisy = np.clip(light, 0, 255).astype(np.uint8)
    return decode(encode_jpeg(noisy, quality=int(random.integers(20, 90)))), np.asarray(matrix, np.float64)


def pairs_of(
    image: RGBImage, size_px: int, random: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Vectors of keypoints that show the same spot in the picture and in it taken anew."""
    other, matrix = taken_anew(image, random)
    metric = Sift(keypoints=DETECTED, long_side_px=size_px)
    (points, vectors, width), (others, other_vectors, other_width) = metric.found(image), metric.found(other)
    if not len(points) or not len(others):
        return vectors[:0], vectors[:0]
    before, after = width / image.shape[1], other_width / other.shape[1]
    matrix = np.diag([after, after, 1]) @ matrix @ np.diag([1 / before, 1 / before, 1])
    here, there = points[:, :2], others[:, :2]
    ahead = here + np.stack([np.cos(np.radians(points[:, 2])), np.sin(np.radians(points[:, 2]))], 1)
    moved, tip = (cv2.perspectiveTransform(one[np.newaxis], matrix)[0] for one in (here, ahead))
    direction = tip - moved
    length = np.linalg.norm(direction, axis=1)
    angle = np.degrees(np.arctan2(direction[:, 1], direction[:, 0]))
    distance = np.linalg.norm(moved[:, np.newaxis] - there[np.newaxis], axis=2)
    turn = np.abs((angle[:, np.newaxis] - others[np.newaxis, :, 2] + 180) % 360 - 180)
    scale = np.abs(np.log2(others[np.newaxis, :, 3] / (points[:, 3] * length)[:, np.newaxis]))
    fits = (distance < NEAR_PX) & (turn < TURN_LIMIT_DEGREES) & (scale < SCALE_LIMIT)
    cost = np.where(fits, distance, np.inf)
    best = cost.argmin(axis=1)
    chosen = np.flatnonzero(np.isfinite(cost[np.arange(len(points)), best]))
    return vectors[chosen], other_vectors[best[chosen]]


def fitted(
    vectors: NDArray[np.float32], others: NDArray[np.float32], seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """(mean (128,), projection (128, 256), thresholds (256,)) of matching pairs (n, 128) each."""
    random = np.random.default_rng(seed)
    everything = np.concatenate([vectors, others]).astype(np.float64)
    mean = everything.mean(axis=0)
    difference = (vectors - others).astype(np.float64)
    noise = difference.T @ difference / len(difference)
    noise += np.eye(128) * np.trace(noise) / 128 * 0.02
    values, directions = np.linalg.eigh(noise)
    whitening = directions / np.sqrt(values)
    white = (everything - mean) @ whitening
    values, leading = np.linalg.eigh(np.cov(white.T))
    leading = leading[:, ::-1][:, :DIRECTIONS]
    turn = np.linalg.qr(random.normal(size=(BITS, DIRECTIONS)))[0].T  # (96, 256), rows orthonormal
    projection = whitening @ leading @ turn
    thresholds = np.median((everything - mean) @ projection, axis=0)
    return mean.astype(np.float32), projection.astype(np.float32), thresholds.astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a folder of photographs")
    parser.add_argument("--target", type=Path, default=Path("pictrace/metrics/sift_bits.npz"))
    parser.add_argument("--pairs", type=int, default=80_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    images = [
        decode(item.path.read_bytes(), min_long_side_px=768) for item in read_folder(options.folder).items if item.path
    ]
    images = [fit(one, 768) for one in images]
    parts: tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]] = ([], [])
    count = 0
    while count < options.pairs:
        image = images[int(random.integers(len(images)))]
        found = pairs_of(image, int(random.choice(SIZES_PX)), random)
        for part, one in zip(parts, found, strict=True):
            part.append(one)
        count += len(found[0])
    first, second = (np.concatenate(part)[: options.pairs] for part in parts)
    held = len(first) // 10
    mean, projection, thresholds = fitted(first[held:], second[held:], options.seed)
    bits = [((one[:held] - mean) @ projection > thresholds) for one in (first, second)]
    true = (bits[0] != bits[1]).sum(axis=1)
    false = (bits[0] != np.roll(bits[1], held // 3, axis=0)).sum(axis=1)
    below = (true < np.percentile(false, 0.1)).mean()
    print(f"{len(first)} pairs of {len(images)} photographs, a tenth of them held out")
    print(f"bits that differ: {true.mean():.1f} of a pair, {false.mean():.1f} +- {false.std():.1f} of others")
    print(f"{below:.1%} of the pairs differ less than the nearest 0.1 % of others")
    np.savez(options.target, mean=mean, projection=projection.astype(np.float16), thresholds=thresholds)
    print(f"{options.target}: {options.target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
