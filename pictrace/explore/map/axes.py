"""The directions along which pictures differ most: principal components, however many numbers a picture has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Axes", "principal_axes"]

OVERSAMPLED = 14  # directions carried along beside those that are wanted
DEPTH = 3  # how often they are sharpened
SEED = 20


@dataclass(frozen=True)
class Axes:
    """A mean, and the orthonormal directions of the greatest variance around it.

    Attributes
    ----------
    mean
        (d,) float32.
    directions
        (k, d) float32, in each the entry of the largest magnitude is positive; rows of zeros where the vectors have
        fewer directions.
    shares
        (k,) float32, of the whole variance, descending.
    """

    mean: NDArray[np.float32]
    directions: NDArray[np.float32]
    shares: NDArray[np.float32]

    def project(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Where vectors (n, d) lie along the directions, (n, k) float32."""
        return np.asarray(vectors @ self.directions.T - self.directions @ self.mean, np.float32)


def principal_axes(vectors: NDArray[np.float32], count: int = 2) -> Axes:
    """The first ``count`` principal axes of n vectors (n, d) float32, with the same signs every time.

    By block Krylov iteration, which reads the vectors 8 times and never copies them; it is exact where n or d is
    small, and the covariances of 2048 numbers would take ten times as long: Musco, Musco: Randomized block Krylov
    methods for stronger and faster approximate singular value decomposition (2015), arXiv:1504.05477.
    ValueError for no vectors.
    """
    if not len(vectors):
        raise ValueError("there are no vectors to find axes of")
    mean = np.asarray(vectors.mean(axis=0, dtype=np.float64), np.float32)
    basis = _basis(vectors, mean, count)
    seen = _centred(vectors, mean, basis)
    values, turned = np.linalg.eigh((seen.T @ seen).astype(np.float64))
    order = np.argsort(-values, kind="stable")[:count]
    directions = np.zeros((count, vectors.shape[1]), np.float32)
    directions[: len(order)] = (basis @ turned[:, order].astype(np.float32)).T
    largest = directions[np.arange(count), np.abs(directions).argmax(axis=1)]
    directions[largest < 0] *= -1
    shares = np.zeros(count, np.float32)
    squares = float(np.einsum("ij,ij->", vectors, vectors, dtype=np.float64))
    variance = squares - len(vectors) * float(np.square(mean, dtype=np.float64).sum())
    if variance > 1e-6 * squares:  # else it is rounding: all pictures are the same
        shares[: len(order)] = np.clip(values[order] / variance, 0, 1)
    return Axes(mean, directions, shares)


def _basis(vectors: NDArray[np.float32], mean: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Orthonormal columns (d, at most d) that span the first directions."""
    n, d = vectors.shape
    width = count + OVERSAMPLED
    most = width * (DEPTH + 1)
    if d <= most:
        return np.eye(d, dtype=np.float32)
    if n <= most:
        return np.asarray(np.linalg.qr((vectors - mean).T)[0], np.float32)
    block = np.random.default_rng(SEED).standard_normal((d, width)).astype(np.float32)
    blocks = []
    for _ in range(DEPTH + 1):
        seen = _centred(vectors, mean, block)
        spread = vectors.T @ seen - np.outer(mean, seen.sum(axis=0))
        block = np.asarray(np.linalg.qr(spread)[0], np.float32)
        blocks.append(block)
    return np.asarray(np.linalg.qr(np.concatenate(blocks, axis=1))[0], np.float32)


def _centred(
    vectors: NDArray[np.float32], mean: NDArray[np.float32], block: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(vectors - mean) @ block, without that difference being stored."""
    return np.asarray(vectors @ block - mean @ block, np.float32)
