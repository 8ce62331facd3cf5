"""Which pairs are worth a look: by hashes in eight orientations, all with all, and by the keypoints' index."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace import kernels
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.postings import Postings
from pictrace.features import FeatureBatch, Features
from pictrace.images.orientation import UPRIGHT, VARIANTS
from pictrace.kernels.votes import Voters
from pictrace.metrics.phash import PHash
from pictrace.metrics.sift import Sift
from pictrace.metrics.sift_mirrored import mirrored_rows
from pictrace.searching.voting import votes

__all__ = ["HASHES", "MOST_BITS", "Hashes", "matching", "voted"]

MOST_BITS = 10
"""Of 64, in any orientation; turned codes are derived from the stored ones, which costs a few."""

MIRRORED_KEYPOINTS = 250
"""The strongest, that are asked for mirrored: whole mirrored pictures are found by their hashes."""

RATIO = 0.9  # stricter than a search's: what is counted here is to lie in both pictures

LEAST_VOTES, MOST_VOTED = 0.8, 24

HASHES, KEYPOINTS = PHash(), Sift()


class Hashes:
    """The hashes of a whole catalog.

    Parameters
    ----------
    cache
        Of the catalog.
    old : (k,) int64 array
        Ids of pictures, ascending, that have been compared with each other before.
    """

    def __init__(self, cache: FeatureCache, old: NDArray[np.int64]) -> None:
        snapshot = cache.all([HASHES])
        batch = snapshot.batches[HASHES.name]
        ids = snapshot.ids[batch.counts > 0]
        codes = np.asarray(batch.rows, np.uint64)
        order = np.argsort(~np.isin(ids, old, assume_unique=True), kind="stable")  # the old ones first
        self._ids, self._codes = ids[order], codes[order]
        self._first_new = int(np.isin(ids, old, assume_unique=True).sum())
        self._places = {int(one): place for place, one in enumerate(self._ids.tolist()) if place >= self._first_new}

    def near(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Pairs of these new pictures with all that come before them: (k, 4) of two ids, bits and the variant's index.

        The first id is the picture that was turned. Asked for all new pictures, in any portions, every pair comes once.
        """
        places = np.array([self._places[one] for one in ids.tolist() if one in self._places], np.int64)
        if not len(places):
            return np.empty((0, 4), np.int64)
        turned = turned_codes(self._codes[places])
        rows = kernels.hamming64_pairs(turned, self._codes, places, most_bits=MOST_BITS)
        rows[:, 1] = self._ids[rows[:, 1]]
        rows[:, 0] = self._ids[places[rows[:, 0]]]
        return rows


def turned_codes(codes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """(n, 8): hashes in the order of VARIANTS, see PHash.turned, of many at once."""
    bits = np.unpackbits(np.ascontiguousarray(codes, ">u8").view(np.uint8).reshape(-1, 8), axis=1).reshape(-1, 8, 8)
    odd = np.arange(8, dtype=np.uint8) % 2
    found = np.empty((len(codes), len(VARIANTS)), np.uint64)
    for mirrored in (False, True):
        turned = bits ^ odd if mirrored else bits
        for quarter in range(4):
            packed = np.packbits(turned.reshape(-1, 64), axis=1)
            found[:, 4 * mirrored + quarter] = packed.view(">u8")[:, 0]
            turned = turned.transpose(0, 2, 1) ^ odd[:, np.newaxis]
    return found


def voted(rows: Features, own_id: int, postings: Postings) -> NDArray[np.int64]:
    """Ids of the pictures that seem to share keypoints with one, as it is or mirrored: (k,), the likeliest first."""
    if not len(rows) or not postings.side:
        return np.empty(0, np.int64)
    both = [rows, mirrored_rows(rows[:MIRRORED_KEYPOINTS])]
    cells, entries = KEYPOINTS.placed(np.concatenate(both), postings.side)
    signatures = entries[:, 0].astype(np.uint64) | entries[:, 1].astype(np.uint64) << np.uint64(32)
    offsets = np.array([0, len(both[0]), len(both[0]) + len(both[1])], np.int64)
    voters = Voters(signatures, entries[:, 2].astype(np.uint8), offsets)
    found = votes(postings, voters, cells[:, np.newaxis])
    found[postings.ids == own_id] = 0
    likely = np.argsort(-found, kind="stable")[:MOST_VOTED]
    return postings.ids[likely[found[likely] >= LEAST_VOTES]]


def matching(rows: Features, others: FeatureBatch) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """How many keypoints agree with each of n others, (n,), and whether they do mirrored, (n,)."""
    place = KEYPOINTS.setting_positions({"ratio": RATIO})
    both = []
    for one in (rows, mirrored_rows(rows)):
        raw = KEYPOINTS.compare_variants({UPRIGHT: one}, others).raw[place]
        both.append(np.nan_to_num(raw).astype(np.int64))
    return np.maximum(*both), both[1] > both[0]
