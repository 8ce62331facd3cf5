"""An embedding in 256 bytes: signs after a random rotation, whose differing bits grow with the angle.

Charikar: Similarity estimation techniques from rounding algorithms (2002), doi:10.1145/509907.509965. The rotation is
three rounds of random signs and a Hadamard transform, of Andoni, Indyk, Laarhoven, Razenshteyn, Schmidt: Practical and
optimal LSH for angular distance (2015), arXiv:1509.02897: no matrix to keep, and the same on every machine.
"""

from __future__ import annotations

import functools
import hashlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["SKETCH_BITS", "SKETCH_WORDS", "sign_bits"]

SKETCH_BITS = 2048
SKETCH_WORDS = SKETCH_BITS // 64
ROUNDS = 3


def sign_bits(rows: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Of embeddings (n, dimension), of any length: (n, SKETCH_WORDS) uint64.

    Each row's mean is taken off first: embeddings of one network share a large part along it (after a ReLU none is
    negative), which would make most bits the same for all.
    """
    n, dimension = rows.shape
    size = max(SKETCH_BITS, 1 << (dimension - 1).bit_length())
    turned = np.zeros((n, size), np.float32)
    centred = rows - rows.mean(axis=1, keepdims=True, dtype=np.float32)
    for start in range(0, size - dimension + 1, dimension):  # a short one is repeated, so that all bits differ
        turned[:, start : start + dimension] = centred
    for signs in _signs(size):
        turned *= signs
        turned = _hadamard(turned)
    return np.packbits(turned[:, :SKETCH_BITS] > 0, axis=1).view("<u8").astype(np.uint64)


@functools.lru_cache(maxsize=2)
def _signs(size: int) -> tuple[NDArray[np.float32], ...]:
    """Random signs, the same for ever: numpy's generators promise that no more."""
    data = hashlib.shake_256(b"pictrace embedding sketch %d" % size).digest(ROUNDS * size // 8)
    bits = np.unpackbits(np.frombuffer(data, np.uint8)).reshape(ROUNDS, size)
    return tuple(np.where(one, np.float32(1), np.float32(-1)) for one in bits)


def _hadamard(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The fast Walsh-Hadamard transform of (n, 2**k), scaled to keep lengths."""
    n, size = rows.shape
    step = 1
    while step < size:
        pairs = rows.reshape(n, size // (2 * step), 2, step)
        rows = np.stack([pairs[:, :, 0] + pairs[:, :, 1], pairs[:, :, 0] - pairs[:, :, 1]], axis=2).reshape(n, size)
        step *= 2
    return rows * np.float32(size**-0.5)
