"""What the keypoints of a catalog's index say of a query: which pictures seem to share many of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.catalog.postings import Postings
from pictrace.kernels.votes import Voters

__all__ = ["votes"]


def votes(
    postings: Postings, voters: Voters, cells: NDArray[np.uint32], lengths: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    """What kernels.keypoint_votes says of all pictures, the best over the query's orientations.

    A keypoint that many share says less: its vote is divided by the root of how many entries its cell has in all
    segments. So it does not matter how the pictures are dealt out to segments.

    Parameters
    ----------
    postings
        Of n pictures.
    voters, cells : (q, m) uint32 array
        The query's keypoints, and the cells that each looks into.
    lengths : (q, m) int64 array, optional
        How many entries these cells have, where the postings are a part of what is searched.

    Returns
    -------
    (n,) float32
        In the order of ``postings.ids``; 0 for pictures that nothing votes for, or that are missing.
    """
    found = np.zeros(len(postings.ids), np.float32)
    lists = postings.lists(cells)
    if lengths is None:
        lengths = sum((last - first for first, last in lists), np.zeros(cells.shape, np.int64))
    weights = (1 / np.sqrt(np.maximum(lengths, 1))).astype(np.float32)
    for segment, places, (first, last) in zip(postings.segments, postings.places, lists, strict=True):
        counted = kernels.keypoint_votes(voters, first, last, weights, segment.entries, len(segment.ids))
        here = places >= 0
        found[places[here]] = counted.max(axis=0, initial=0)[here]
    postings.release()
    return found
