"""Which pictures keypoints vote for, through the lists of an inverted index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.arrays import arranged, checked_offsets
from pictrace.kernels.pool import run_chunks
from pictrace.kernels.switch import implementation

__all__ = ["MAX_PICTURES", "Voters", "keypoint_votes"]

ENTRY_WORDS = 3
MAX_PICTURES = 1 << 24

MOST_BITS = 22
"""Signatures of 64 bits that differ in more are no keypoints of one spot."""

FALLOFF_BITS = 10


@dataclass(frozen=True)
class Voters:
    """The query's keypoints, those of all its orientations one after the other.

    Attributes
    ----------
    signatures : (q,) uint64 array
    turns : (q,) uint8 array
        Their angles; 256 is a full turn.
    offsets : (v + 1,) int64 array
        Where each orientation's keypoints begin and end.
    """

    signatures: NDArray[np.uint64]
    turns: NDArray[np.uint8]
    offsets: NDArray[np.int64]


def keypoint_votes(
    voters: Voters,
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    weights: NDArray[np.float32],
    entries: NDArray[np.uint32],
    pictures: int,
) -> NDArray[np.float32]:
    """How many of the query's keypoints each picture seems to share, at one turn of the picture.

    A keypoint votes for the picture of an entry in one of its lists, if their signatures differ in d <= 22 bits, with
    exp(-(d / 10) ** 2) times the weight of that list; of a picture's entries the best alone counts. Votes are summed
    by the turn from the keypoint to the entry, in 16 steps, and the best two neighbouring steps together count: other
    pictures' votes come from all turns.

    After Jegou, Douze, Schmid: Hamming embedding and weak geometric consistency for large scale image search,
    ECCV 2008, doi:10.1007/978-3-540-88682-2_24.

    Parameters
    ----------
    voters : Voters
        q keypoints, in v orientations.
    first, last : (q, m) int64
        Each keypoint's lists: rows of ``entries`` from first up to last.
    weights : (q, m) float32
        What a vote from each of these lists counts.
    entries : (total, 3) uint32
        Signature (lower half first), then picture << 8 | turn; may be mapped from a file.
    pictures : int
        Their numbers in the entries are below it.

    Returns
    -------
    (v, pictures) float32
        For each orientation of the query; 0 for a picture that nothing votes for.

    Raises
    ------
    ValueError
        For lists or offsets that leave their arrays, or another dtype or shape.
    """
    signatures = arranged(voters.signatures, np.uint64, (None,), "signatures")
    turns = arranged(voters.turns, np.uint8, (len(signatures),), "turns")
    offsets = checked_offsets(voters.offsets, len(signatures))
    first = arranged(first, np.int64, (len(signatures), None), "first")
    last = arranged(last, np.int64, first.shape, "last")
    weights = arranged(weights, np.float32, first.shape, "weights")
    entries = arranged(entries, np.uint32, (None, ENTRY_WORDS), "entries")
    if not 0 <= pictures <= MAX_PICTURES:
        raise ValueError(f"there can be up to {MAX_PICTURES} pictures, not {pictures}")
    if first.size and not (first.min() >= 0 and (first <= last).all() and last.max() <= len(entries)):
        raise ValueError(f"lists must lie within the {len(entries)} entries")
    votes = np.zeros((len(offsets) - 1, pictures), np.float32)
    if pictures and first.size:
        distances = np.arange(65, dtype=np.float64)
        falloff = np.where(distances <= MOST_BITS, np.exp(-((distances / FALLOFF_BITS) ** 2)), 0).astype(np.float32)
        fill = implementation("votes").votes(signatures, turns, offsets, first, last, weights, falloff, entries, votes)
        run_chunks(fill, len(votes), min_chunk=1)
    return votes
