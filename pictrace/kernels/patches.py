"""What surrounds a keypoint: which way it points, and how its gradients lie."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.arrays import arranged
from pictrace.kernels.scale_space import LAYERS, SIGMA_PX, ScaleSpace
from pictrace.kernels.switch import implementation

__all__ = ["BINS", "DIRECTIONS", "SIDE", "SPACING", "STEPS", "TURNED", "described", "directed"]

SPACING = np.float32(0.75)
"""Of samples, in the keypoint's sigma."""

STEPS, DIRECTIONS = 13, 32
SECOND_BEST = 0.8  # of the best direction: another one as good makes another keypoint
SIDE, BINS, TURNED = 16, 4, 8

_STEPS = (np.arange(STEPS) - STEPS // 2).astype(np.float32) * SPACING
_TURNS = np.arange(DIRECTIONS) * (2 * math.pi / DIRECTIONS)
_EIGHTHS = np.arange(TURNED) * (2 * math.pi / TURNED)
_PLACES = (np.arange(SIDE) - (SIDE - 1) / 2) * (BINS / SIDE)  # of samples, in bins from the middle

STEP_WEIGHTS = np.exp(-(_STEPS[:, np.newaxis] ** 2 + _STEPS**2) / (2 * 1.5**2)).astype(np.float32)
TURN_AXES = np.stack([np.cos(_TURNS), np.sin(_TURNS)]).astype(np.float32)
TURN_WIDTH = np.float32(math.cos(math.radians(26)))
AXES = np.stack([np.cos(_EIGHTHS), np.sin(_EIGHTHS)]).astype(np.float32)
WIDTH = np.float32(math.cos(2 * math.pi / TURNED))
POOLED = np.maximum(0, 1 - np.abs(_PLACES[:, np.newaxis] - (np.arange(BINS) - (BINS - 1) / 2)))
POOLED = (POOLED * np.exp(-(_PLACES[:, np.newaxis] ** 2) / (2 * (BINS / 2) ** 2))).astype(np.float32)
MOST_OF_ALL = np.float32(0.2)


def directed(space: ScaleSpace, spots: NDArray[np.float32]) -> NDArray[np.float32]:
    """The spots with the directions that the gradients around them have, as keypoints.

    A direction's share is the sum, over samples up to 4.5 sigma away, of what their gradients have along it beyond
    cos 26 degrees of their length: a histogram that is smooth from the start, without an angle computed.

    Parameters
    ----------
    space : ScaleSpace
    spots : (k, 5) float32
        As from extrema.

    Returns
    -------
    (m, 6) float32
        x and y in pixels of the octave, level in it, sigma in pixels of the octave, angle in radians from 0 to 2 pi
        (clockwise on screen), number of the octave. In the order of the spots; a spot may have several directions.
    """
    spots = arranged(spots, np.float32, (None, 5), "spots")
    sigma = np.float32(SIGMA_PX) * np.exp2(spots[:, 2] / np.float32(LAYERS))
    points = np.column_stack([spots[:, :3], sigma, np.zeros(len(spots), np.float32), spots[:, 4]])
    shares = np.zeros((len(spots), DIRECTIONS), np.float32)
    if len(spots):
        implementation("patches").shares(space.values, space.shapes, points, shares)
    before, after = np.roll(shares, 1, axis=1), np.roll(shares, -1, axis=1)
    peaks = (shares > before) & (shares >= after) & (shares >= SECOND_BEST * shares.max(axis=1, keepdims=True))
    which, at = np.nonzero(peaks)
    left, here, right = (one[which, at] for one in (before, shares, after))
    points = points[which]
    points[:, 4] = (at + (left - right) / 2 / (left - 2 * here + right)) * (2 * math.pi / DIRECTIONS) % (2 * math.pi)
    return points


def described(space: ScaleSpace, points: NDArray[np.float32]) -> NDArray[np.float32]:
    """How gradients lie around keypoints: SIFT's histograms, as vectors whose distances are Hellinger's.

    The surroundings, 12 sigma a side and turned by the keypoint's angle, are sampled in 16 x 16 places of the level of
    its own blur. Each sample's gradient counts for the directions less than 45 degrees from its own and, linearly, for
    the nearest of 4 x 4 places; the middle counts more. As Lowe (see scale_space.extrema) cuts what one number may be
    of all at .2, and as Arandjelovic and Zisserman (Three things everyone should know to improve object retrieval, CVPR
    2012, doi:10.1109/CVPR.2012.6248018) take the root of each number's share.

    Parameters
    ----------
    space : ScaleSpace
    points : (k, 6) float32
        As from directed.

    Returns
    -------
    (k, 128) float32
        By row, column and direction, (4, 4, 8); of length 1.
    """
    points = arranged(points, np.float32, (None, 6), "points")
    vectors = np.zeros((len(points), BINS * BINS * TURNED), np.float32)
    if len(points):
        implementation("patches").describe(space.values, space.shapes, points, vectors)
    return vectors
