"""Which parts of two pictures an embedding's similarity hangs on, found by covering them one by one.

Zeiler, Fergus: Visualizing and understanding convolutional networks (2014), doi:10.1007/978-3-319-10590-1_53,
with the similarity to the other picture in the place of a class score.
"""

from __future__ import annotations

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.images.pixels import RGBImage
from pictrace.metrics.evidence import Evidence, Picture
from pictrace.models import Network
from pictrace.told import told

__all__ = ["deciding_parts", "drops"]

GRID = 7
GRAY = 124  # the mean level of photographs, which means the least to a network
DIMMED = 0.25  # brightness that is left of parts that do not matter
NEGLIGIBLE = 0.005  # drops under it are shown as none


def deciding_parts(network: Network, query: RGBImage, match: RGBImage) -> tuple[str, tuple[Evidence, ...]]:
    """A sentence, and both pictures as the network sees them, the parts that decide bright."""
    squares = network.see(query), network.see(match)
    first, second = _unit(network.embed(squares))
    maps = drops(network, squares[0], second), drops(network, squares[1], first)
    strongest = max(float(one.max()) for one in maps)
    if strongest < NEGLIGIBLE:
        return told("No single part decides: covering any of them hardly changes the similarity."), ()
    return (
        told(
            "Bright: parts that matter. Covering one costs up to {most} of the cosine similarity.",
            most=f"{strongest:.2f}",
        ),
        (
            Picture(told("What decides in your picture"), _lit(squares[0], maps[0])),
            Picture(told("What decides in the match"), _lit(squares[1], maps[1])),
        ),
    )


def drops(network: Network, square: RGBImage, other: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much the cosine with another embedding, of length 1, falls when each part is covered: (GRID, GRID) float32.

    A patch covers two cells each way around its own; what rises instead is negative.
    """
    side = len(square)
    cells = list(itertools.pairwise(np.linspace(0, side, GRID + 1).round().astype(int).tolist()))
    half = side // (2 * GRID)
    covered = []
    for (top, bottom), (left, right) in itertools.product(cells, cells):
        patch = square.copy()
        patch[max(0, top - half) : bottom + half, max(0, left - half) : right + half] = GRAY
        covered.append(patch)
    cosine = _unit(network.embed([square, *covered])) @ other
    return np.asarray(cosine[0] - cosine[1:], np.float32).reshape(GRID, GRID)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float32)


def _lit(square: RGBImage, fall: NDArray[np.float32]) -> RGBImage:
    """The picture dimmed where nothing hangs on it."""
    share = np.clip(fall, 0, None) / max(float(fall.max()), NEGLIGIBLE)
    smooth = cv2.resize(share, square.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    light = DIMMED + (1 - DIMMED) * np.clip(smooth, 0, 1)
    return np.asarray((square * light[..., np.newaxis]).round(), np.uint8)
