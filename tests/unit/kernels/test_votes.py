"""Votes of keypoints: both implementations against the definition, spelled out."""

import math

import numpy as np
import pytest

from pictrace import kernels
from pictrace.kernels.votes import Voters, keypoint_votes

PICTURES = 9


def made(seed: int) -> tuple[Voters, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Keypoints of two orientations, and lists in which many entries resemble them."""
    random = np.random.default_rng(seed)
    signatures = random.integers(0, 2**63, 12, dtype=np.uint64)
    voters = Voters(signatures, random.integers(0, 256, 12).astype(np.uint8), np.array([0, 7, 12]))
    codes = signatures[random.integers(0, 12, 400)]
    for _ in range(2):
        flips = random.integers(0, 64, (400, 8)).astype(np.uint64)
        codes = codes ^ np.bitwise_or.reduce(np.uint64(1) << flips, axis=1)
    entries = np.empty((400, 3), np.uint32)
    entries[:, 0], entries[:, 1] = codes & np.uint64(0xFFFFFFFF), codes >> np.uint64(32)
    entries[:, 2] = random.integers(0, PICTURES, 400) << 8 | random.integers(0, 256, 400)
    first = random.integers(0, 380, (12, 3))
    last = np.minimum(first + random.integers(0, 120, (12, 3)), 400)
    return voters, first, last, random.random((12, 3), np.float32), entries


def by_definition(
    voters: Voters, first: np.ndarray, last: np.ndarray, weights: np.ndarray, entries: np.ndarray
) -> np.ndarray:
    result = np.zeros((len(voters.offsets) - 1, PICTURES))
    for variant, (begin, end) in enumerate(zip(voters.offsets, voters.offsets[1:], strict=False)):
        sums = np.zeros((PICTURES, 16))
        for i in range(begin, end):
            best: dict[int, tuple[float, int]] = {}
            for j in range(first.shape[1]):
                for low, high, last_word in entries[first[i, j] : last[i, j]].tolist():
                    distance = ((low | high << 32) ^ int(voters.signatures[i])).bit_count()
                    vote = float(weights[i, j]) * math.exp(-((distance / 10) ** 2)) if distance <= 22 else 0.0
                    turn = (last_word % 256 - int(voters.turns[i])) % 256 // 16
                    if vote > best.get(last_word >> 8, (0.0, 0))[0]:
                        best[last_word >> 8] = vote, turn
            for picture, (vote, turn) in best.items():
                sums[picture, turn] += vote
        result[variant] = (sums + np.roll(sums, -1, axis=1)).max(axis=1)
    return result


@pytest.mark.parametrize("seed", range(3))
def test_both_give_what_the_definition_says(seed: int) -> None:
    made_ = made(seed)
    expected = by_definition(*made_)
    assert (expected > 0).mean() > 0.5
    found = {}
    for backend in ("plain", "compiled"):
        with kernels.forced(backend):
            found[backend] = keypoint_votes(*made_, PICTURES)
        np.testing.assert_allclose(found[backend], expected, rtol=1e-5)
    np.testing.assert_array_equal(found["plain"], found["compiled"])


def test_the_turn_of_the_picture_is_what_votes_agree_on() -> None:
    signatures = np.arange(1, 9, dtype=np.uint64) << np.uint64(40)
    voters = Voters(signatures, np.arange(8, dtype=np.uint8) * 31, np.array([0, 8]))
    entries = np.zeros((16, 3), np.uint32)
    entries[:, 1] = np.tile(signatures >> np.uint64(32), 2)
    entries[:8, 2] = (voters.turns + np.uint8(250)) | 0 << 8  # picture 0: all turned alike, across the full turn
    entries[8:, 2] = np.arange(8) * 101 % 256 | 1 << 8  # picture 1: each otherwise
    first = np.stack([np.arange(8), np.arange(8, 16)], axis=1)
    alike, otherwise = keypoint_votes(voters, first, first + 1, np.ones((8, 2), np.float32), entries, 2)[0]
    assert alike == 8
    assert otherwise < 5


def test_nothing_to_vote_on_is_zero() -> None:
    voters = Voters(np.empty(0, np.uint64), np.empty(0, np.uint8), np.array([0, 0]))
    nothing = np.empty((0, 8), np.int64)
    votes = keypoint_votes(voters, nothing, nothing, nothing.astype(np.float32), np.empty((0, 3), np.uint32), 4)
    np.testing.assert_array_equal(votes, np.zeros((1, 4)))


def test_lists_beyond_the_entries_are_refused() -> None:
    voters, first, last, weights, entries = made(0)
    for harm in (last + 400, np.where(first > 5, -1, last)):
        with pytest.raises(ValueError, match="lists must lie within"):
            keypoint_votes(voters, first, harm, weights, entries, PICTURES)
    with pytest.raises(ValueError, match="up to"):
        keypoint_votes(voters, first, last, weights, entries, 1 << 25)
