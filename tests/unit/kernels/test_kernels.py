"""The kernels: plain against other libraries, compiled against plain, and the switch between them."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from pictrace import kernels
from pictrace.kernels import pool
from pictrace.kernels.switch import Backend
from tests.paths import ROOT

PERCENTS = range(50, 96)


@pytest.fixture(params=["plain", "compiled"])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    chosen: Backend = request.param
    with kernels.forced(chosen):
        yield chosen


def both(call: Callable[[], Any]) -> tuple[Any, Any]:
    with kernels.forced("plain"):
        plain = call()
    with kernels.forced("compiled"):
        return plain, call()


def random_bytes(seed: int, *shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def descriptors(seed: int, count: int) -> NDArray[np.uint8]:
    """Few bits vary, so that ties and near matches are common."""
    return random_bytes(seed, count, 32) & random_bytes(seed + 1000, count, 32) & random_bytes(seed + 2000, 1, 32)


def ragged(*counts: int) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


@pytest.mark.parametrize("side", [8, 32, 64])
def test_squares_are_shrunk_as_opencv_does(backend: Backend, side: int) -> None:
    rows = random_bytes(1, 40, 256, 256)
    rows[:20] %= 2  # means of which many lie halfway between two whole numbers
    rows[20] = 255
    expected = [cv2.resize(row, (side, side), interpolation=cv2.INTER_AREA) for row in rows]
    np.testing.assert_array_equal(kernels.shrunk(rows, side), expected)


@pytest.mark.parametrize("side", [0, 96, 128, 256, 512])
def test_squares_are_shrunk_by_three_or_more_only(side: int) -> None:
    with pytest.raises(ValueError, match="three or more"):
        kernels.shrunk(random_bytes(1, 1, 256, 256), side)


# --- SSIM ---------------------------------------------------------------------------------------


def similar_squares(side: int, n: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A query, and candidates from alike to unrelated, with flat, black and white ones among them."""
    query = np.asarray(cv2.GaussianBlur(random_bytes(1, side, side), (5, 5), 0), np.uint8)
    noise = np.random.default_rng(2).normal(size=(n, side, side)) * np.linspace(0, 80, n)[:, None, None]
    rows: NDArray[np.uint8] = np.clip(query + noise, 0, 255).astype(np.uint8)
    for position, level in enumerate((0, 255, 254, 77)[: max(0, n - 1)]):
        rows[1 + position] = level
    return query, rows


@pytest.mark.parametrize(("side", "n"), [(7, 5), (8, 70), (31, 65), (32, 130), (33, 1), (65, 9), (256, 9)])
def test_ssim_is_scikit_images(backend: Backend, side: int, n: int) -> None:
    query, rows = similar_squares(side, n)
    flat = np.full_like(query, 255)
    for first in (query, flat):
        expected = [structural_similarity(first, row, data_range=255) for row in rows]
        np.testing.assert_allclose(kernels.ssim_pairs(first, rows), expected, atol=5e-5)
    expected = [structural_similarity(query, row, data_range=255) for row in rows[5:]]
    np.testing.assert_allclose(kernels.ssim_pairs(query, rows)[5:], expected, atol=4e-6)


@pytest.mark.parametrize("side", [32, 20])
def test_ssim_of_eight_orientations_is_that_of_each(backend: Backend, side: int) -> None:
    query, rows = similar_squares(side, 67)
    queries = np.stack([np.rot90(each, k) for each in (query, query[:, ::-1]) for k in range(4)])
    together = kernels.ssim_variants(queries, rows)
    assert together.shape == (8, 67)
    expected = [[structural_similarity(each, row, data_range=255) for row in rows] for each in queries]
    np.testing.assert_allclose(together, expected, atol=5e-5)


def test_ssim_with_the_chosen_orientation_is_that_of_each(backend: Backend) -> None:
    random = np.random.default_rng(9)
    queries = random.integers(0, 256, (3, 100, 100), dtype=np.uint8)
    rows = random.integers(0, 256, (23, 100, 100), dtype=np.uint8)
    choice = random.integers(0, 3, 23)
    with kernels.forced(backend):
        found = kernels.ssim_chosen(queries, choice, rows)
        each = np.stack([kernels.ssim_pairs(query, rows) for query in queries])
        np.testing.assert_array_equal(found, each[choice, np.arange(23)])
        assert kernels.ssim_chosen(queries, choice[:0], rows[:0]).shape == (0,)
        for wrong in (choice + 1, choice - 1, choice[:5]):
            with pytest.raises(ValueError, match="whole numbers from 0 to 2"):
                kernels.ssim_chosen(queries, wrong, rows)


def test_ssim_of_no_candidates_and_of_itself(backend: Backend) -> None:
    for side in (32, 256):
        query = random_bytes(3, side, side)
        assert kernels.ssim_pairs(query, np.empty((0, side, side), np.uint8)).shape == (0,)
        assert kernels.ssim_pairs(query, query[np.newaxis]) == pytest.approx([1.0], abs=1e-6)
    assert kernels.ssim_variants(np.empty((0, 32, 32), np.uint8), query[np.newaxis, :32, :32]).shape == (0, 1)


def test_pictures_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 7 px, not 6 x 6"):
        kernels.ssim_pairs(random_bytes(0, 6, 6), random_bytes(0, 1, 6, 6))
    with pytest.raises(ValueError, match=r"rows must be uint8 \(any, 32, 32\)"):
        kernels.ssim_pairs(random_bytes(0, 32, 32), random_bytes(0, 1, 32, 33))
    with pytest.raises(ValueError, match="query must be uint8"):
        kernels.ssim_pairs(np.zeros((32, 32)), random_bytes(0, 1, 32, 32))  # type: ignore[arg-type]


# --- nearest descriptors ------------------------------------------------------------------------

COUNTS = (0, 1, 2, 3, 37, 64, 5, 0)


@pytest.mark.parametrize("queries", [0, 1, 15, 16, 50])
def test_nearest_descriptors_are_those_of_brute_force(backend: Backend, queries: int) -> None:
    query, rows, offsets = descriptors(1, queries), descriptors(2, sum(COUNTS)), ragged(*COUNTS)
    rows[60:64] = rows[70]  # ties
    query[: queries // 4] = 0
    best, second, index = kernels.orb_nearest(query, rows, offsets)
    assert best.shape == second.shape == index.shape == (len(COUNTS), queries)
    matcher = cv2.BFMatcher(cv2.NORM_HAMMING)
    for one in range(len(COUNTS)):
        own = rows[offsets[one] : offsets[one + 1]]
        if len(own) < 2:
            assert (best[one] == kernels.NO_MATCH).all()
            assert (second[one] == kernels.NO_MATCH).all()
            assert (index[one] == 0).all()
            continue
        bits = np.unpackbits(query[:, np.newaxis] ^ own, axis=2).sum(axis=2)
        assert (index[one] == bits.argmin(axis=1)).all()  # the lowest on ties
        assert (np.stack([best[one], second[one]], axis=1) == np.sort(bits, axis=1)[:, :2]).all()
        for i, (nearest, other) in enumerate(matcher.knnMatch(query, own, k=2) if queries else ()):
            assert (best[one, i], second[one, i]) == (nearest.distance, other.distance)
            assert index[one, i] == nearest.trainIdx


def test_descriptors_can_differ_in_all_bits(backend: Backend) -> None:
    query, rows = np.zeros((3, 32), np.uint8), np.full((2, 32), 255, np.uint8)
    best, second, index = kernels.orb_nearest(query, rows, ragged(2))
    assert (best.tolist(), second.tolist(), index.tolist()) == ([[256] * 3], [[256] * 3], [[0] * 3])


def test_coarse_keypoints_count_distinct_targets(backend: Backend) -> None:
    query, n = descriptors(3, 50), 150
    rows = descriptors(4, n * 64).reshape(n, 64, 32)
    rows[::3, :20] = query[:20] ^ np.uint8(1)
    counts = np.random.default_rng(5).integers(0, 65, n)
    counts[:4] = 0, 1, 2, 64
    expected = []
    for own, count in zip(rows, counts, strict=True):
        bits = np.unpackbits(query[:, np.newaxis] ^ own[:count], axis=2).sum(axis=2)
        two = np.sort(bits, axis=1)[:, :2]
        passes = two[:, 0] < 0.75 * two[:, 1] if count >= 2 else np.zeros(50, np.bool_)
        expected.append(len(set(bits[passes].argmin(axis=1))) if passes.any() else 0)
    assert max(expected) > 5
    assert kernels.orb_coarse(query, rows, counts).tolist() == expected
    assert kernels.orb_coarse(query[:0], rows, counts).tolist() == [0] * n
    assert kernels.orb_coarse(query, rows[:0], counts[:0]).shape == (0,)


# --- what matches prove -------------------------------------------------------------------------


def points(seed: int, count: int) -> NDArray[np.float32]:
    """Keypoints whose turns and scales are whole steps, so that rounding to steps changes nothing."""
    rng = np.random.default_rng(seed)
    xy = rng.random((count, 2)) * (512, 384)
    angles = rng.integers(0, 4096, count) * (2 * math.pi / 4096)
    scales = rng.integers(0, 8, count) * 0.25
    return np.column_stack([xy, angles, scales]).astype(np.float32)


def moved(own: NDArray[np.float32], turn: float, log2_scale: float, shift: tuple[float, float]) -> NDArray[np.float32]:
    """The same keypoints in a picture turned clockwise on screen, resized and shifted."""
    cosine, sine, scale = math.cos(turn), math.sin(turn), 2.0**log2_scale
    x, y = own[:, 0], own[:, 1]
    place = scale * (cosine * x - sine * y) + shift[0], scale * (sine * x + cosine * y) + shift[1]
    return np.column_stack([*place, own[:, 2] + turn, own[:, 3] + log2_scale]).astype(np.float32)


def fresh_evidence(
    query: NDArray[np.float32], matches: list[tuple[int, int, int]], candidate: NDArray[np.float32], percent: int
) -> tuple[int, int, int]:
    """One threshold of one candidate, by the words of orb_evidence; matches are (best, second, index)."""
    passing = [i for i, (best, second, _) in enumerate(matches) if 100 * best < percent * second]

    def preference(i: int) -> tuple[int, int, int]:
        best, second, _ = matches[i]
        return 100 * best // second, best, i

    def first_of(chosen: list[int], group: Callable[[int], Any]) -> list[int]:
        groups = {group(i) for i in chosen}
        return [min((i for i in chosen if group(i) == one), key=preference) for one in groups]

    distinct = first_of(passing, lambda i: matches[i][2])
    kept = first_of(distinct, lambda i: (query[i, 0] // 8, query[i, 1] // 8))
    most = 0
    for i in kept:
        change = candidate[matches[i][2]].astype(float) - query[i]
        own = moved(query[kept], float(change[2]), float(change[3]), (0, 0)).astype(float)
        own[:, :2] += candidate[matches[i][2], :2] - own[kept.index(i), :2]
        found = candidate[[matches[j][2] for j in kept]]
        near = np.hypot(*(own[:, :2] - found[:, :2]).T) <= 24 * min(1, 2 ** change[3])
        turned = np.abs((found[:, 2] - own[:, 2] + math.pi) % (2 * math.pi) - math.pi) <= 0.5
        grown = np.abs(found[:, 3] - own[:, 3]) <= 0.8
        most = max(most, int((near & turned & grown).sum()))
    return len(passing), len(distinct), most


def matched_set() -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64], tuple[Any, ...]]:
    """Points of a query and of five candidates: related, unrelated, tiny and empty; and their matches."""
    rng = np.random.default_rng(7)
    query = points(8, 60)
    query[50:] = query[40:50]  # keypoints found twice
    related = [moved(query, 1.0, -0.5, (300, 20)), moved(query, 4.5, 0.75, (-50, 400))]
    candidates = [*related, points(9, 40), points(10, 2), points(11, 0)]
    offsets = ragged(*(len(one) for one in candidates))
    best = rng.integers(20, 80, (5, 60)).astype(np.uint16)
    second = np.maximum(best, rng.integers(40, 110, (5, 60))).astype(np.uint16)
    second[:, 3], best[:, 3] = 0, 0
    best[4] = second[4] = kernels.NO_MATCH
    index = np.stack([rng.integers(0, max(1, len(one)), 60) for one in candidates]).astype(np.uint16)
    right = rng.random((2, 60)) < 0.6
    index[:2][right] = np.broadcast_to(np.arange(60), (2, 60))[right]
    return query, np.concatenate(candidates), offsets, (best, second, index)


def test_every_threshold_gives_what_it_would_give_alone(backend: Backend) -> None:
    query, candidates, offsets, (best, second, index) = matched_set()
    counts, turn = kernels.orb_evidence(query, best, second, index, candidates, offsets)
    assert counts.shape == (3, 46, 5)
    assert turn.shape == (46, 5)
    for one in range(5):
        own = candidates[offsets[one] : offsets[one + 1]]
        matches = list(zip(*(each[one].tolist() for each in (best, second, index)), strict=True))
        for percent in PERCENTS[::3]:
            expected = fresh_evidence(query, matches, own, percent)
            assert tuple(counts[:, percent - 50, one]) == expected, (one, percent)
    for percent in (50, 77, 95):
        alone = kernels.orb_evidence(
            query, best, second, index, candidates, offsets, first_percent=percent, last_percent=percent
        )
        assert (alone[0][:, 0] == counts[:, percent - 50]).all()
        assert (alone[1][0] == turn[percent - 50]).all()
    assert counts[2, -1, 0] > 15  # the related ones
    assert counts[2, -1, 2] < 6
    assert not counts[:, :, 4].any()


def test_both_implementations_judge_crowded_keypoints_alike() -> None:
    """Two small clusters, where many proposals gather some matches at one threshold or another."""
    rng = np.random.default_rng(25)
    n, count = 150, 40
    query, candidates = (
        np.column_stack([rng.random((k, 2)) * 70, rng.random((k, 2)) * 0.9]).astype(np.float32)
        for k in (count, n * count)
    )
    best = rng.integers(30, 60, (n, count)).astype(np.uint16)
    second = rng.integers(58, 64, (n, count)).astype(np.uint16)
    index = np.stack([rng.permutation(count) for _ in range(n)]).astype(np.uint16)
    (counts, turn), (same_counts, same_turn) = both(
        lambda: kernels.orb_evidence(query, best, second, index, candidates, ragged(*[count] * n), cell_px=2.0)
    )
    np.testing.assert_array_equal(counts, same_counts)
    np.testing.assert_array_equal(turn, same_turn)
    assert len(np.unique(counts[2])) > 10
    for percent in (60, 70, 80, 90):
        alone, _ = kernels.orb_evidence(
            query,
            best,
            second,
            index,
            candidates,
            ragged(*[count] * n),
            first_percent=percent,
            last_percent=percent,
            cell_px=2.0,
        )
        np.testing.assert_array_equal(alone[:, 0], counts[:, percent - 50])


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_known_similarity_makes_all_matches_agree(backend: Backend, quarters: int) -> None:
    query = points(12, 40)
    query[:, 0], query[:, 1] = np.arange(40) % 8 * 60, np.arange(40) // 8 * 60  # one per cell
    other = moved(query, -quarters * math.pi / 2 + 0.2, 0.4, (7, -30))
    best, second, index = (np.full((1, 40), value, np.uint16) for value in (10, 100, 0))
    index[0] = np.arange(40)
    counts, turn = kernels.orb_evidence(query, best, second, index, other, ragged(40))
    assert (counts == 40).all()
    assert (turn == quarters).all()
    index[0] = np.random.default_rng(13).permutation(40)
    counts, _ = kernels.orb_evidence(query, best, second, index, other, ragged(40))
    assert (counts[1] == 40).all()
    assert (counts[2] <= 4).all()


def picture_keypoints(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    found, description = cv2.ORB.create(200).detectAndCompute(picture, None)
    rows = [(*one.pt, math.radians(one.angle), one.octave * math.log2(1.2)) for one in found]
    return np.asarray(description, np.uint8), np.array(rows, np.float32)


@pytest.fixture(scope="module")
def picture() -> NDArray[np.uint8]:
    """Rectangles on a 512 x 384 canvas: corners enough, and alike at all four quarter turns."""
    rng, canvas = np.random.default_rng(14), np.full((384, 512), 128, np.uint8)
    for _ in range(120):
        x, y, width, height, level = (int(value) for value in rng.integers((0, 0, 8, 8, 0), (490, 370, 60, 60, 256)))
        cv2.rectangle(canvas, (x, y), (x + width, y + height), level, -1)
    return canvas


def test_turns_are_those_of_rot90(backend: Backend, picture: NDArray[np.uint8]) -> None:
    query, query_points = picture_keypoints(picture)
    for quarters in range(4):
        packed = kernels.pack_keypoints(*picture_keypoints(np.ascontiguousarray(np.rot90(picture, quarters))))
        counts, turn = kernels.orb_score(query, query_points, packed, ragged(len(packed)))
        assert counts[2, 25, 0] > 30
        assert turn[25, 0] == quarters


def test_the_score_is_nearest_and_evidence_together(picture: NDArray[np.uint8]) -> None:
    description, own_points = picture_keypoints(picture)
    packed = kernels.pack_keypoints(description, own_points)
    unrelated = kernels.pack_keypoints(descriptors(15, 130), points(16, 130))
    rows = np.concatenate([packed, unrelated, packed[::-1], unrelated[:1], *[unrelated[i:] for i in range(80)]])
    offsets = ragged(len(packed), 130, len(packed), 1, 0, *range(130, 50, -1))
    offsets = np.insert(offsets, 4, offsets[4])
    assert offsets[-1] == len(rows)
    settings: dict[str, Any] = {"first_percent": 60, "last_percent": 90, "tolerance_px": 12.0}
    plain, compiled = both(lambda: kernels.orb_score(description, own_points, rows, offsets, **settings))
    near = both(lambda: kernels.orb_nearest(description, np.ascontiguousarray(rows[:, :32]), offsets))
    for best, second, index in near:
        place = kernels.unpack_points(rows)
        apart = both(partial(kernels.orb_evidence, own_points, best, second, index, place, offsets, **settings))
        for counts, turn in (plain, compiled, *apart):
            np.testing.assert_array_equal(counts, plain[0])
            np.testing.assert_array_equal(turn, plain[1])
    assert plain[0][2, 0, 0] > 50


def test_backwards_the_candidate_asks(picture: NDArray[np.uint8]) -> None:
    query = kernels.pack_keypoints(*picture_keypoints(picture))
    turned = kernels.pack_keypoints(*picture_keypoints(np.ascontiguousarray(np.rot90(picture)[:300])))
    unrelated = kernels.pack_keypoints(descriptors(15, 130), points(16, 130))
    rows, offsets = np.concatenate([unrelated, turned, turned[:1], query]), ragged(130, len(turned), 0, 1, len(query))
    chosen = np.array([4, 1, 2, 3, 1])
    expected = []
    for one in chosen:
        own = rows[offsets[one] : offsets[one + 1]]
        counts, _ = kernels.orb_score(
            np.ascontiguousarray(own[:, :32]), kernels.unpack_points(own), query, ragged(len(query)), first_percent=60
        )
        expected.append(counts[2, :, 0])
    for found in both(lambda: kernels.consistent_backwards(query, rows, offsets, chosen, first_percent=60)):
        np.testing.assert_array_equal(found, np.stack(expected, axis=1))
        assert found[30, 0] > found[30, 1] > 20
        assert not found[:, 2].any()
    for wrong in (5, -1):
        with pytest.raises(ValueError, match="chosen"):
            kernels.consistent_backwards(query, rows, offsets, np.array([wrong]))


def test_evidence_of_nothing_is_zero(backend: Backend) -> None:
    query, rows = descriptors(17, 9), kernels.pack_keypoints(descriptors(18, 4), points(19, 4))
    for own, batch, offsets in (
        (query[:0], rows, ragged(4)),
        (query, rows[:0], ragged()),
        (query, rows[:0], ragged(0, 0)),
        (query, rows[:1], ragged(1)),
    ):
        counts, turn = kernels.orb_score(own, points(20, len(own)), batch, offsets)
        assert counts.shape == (3, 46, len(offsets) - 1)
        assert not counts.any()
        assert not turn.any()


def test_all_zero_descriptors_never_pass(backend: Backend) -> None:
    rows = kernels.pack_keypoints(np.zeros((5, 32), np.uint8), points(21, 5))
    counts, _ = kernels.orb_score(np.zeros((5, 32), np.uint8), points(22, 5), rows, ragged(5))
    assert not counts.any()  # best and second are 0: nothing is nearer than anything


def test_packed_keypoints_come_back() -> None:
    own, description = points(23, 50), descriptors(24, 50)
    own[:, 3] = np.arange(50) % 8 * math.log2(1.2)
    rows = kernels.pack_keypoints(description, own)
    assert rows.shape == (50, 40)
    assert (rows[:, :32] == description).all()
    np.testing.assert_allclose(kernels.unpack_points(rows), own, atol=1 / 128)
    x, y, angle = rows[0, 32:38].view("<u2")
    assert (x, y, angle) == (round(own[0, 0] * 64), round(own[0, 1] * 64), round(own[0, 2] * 65536 / (2 * math.pi)))


def test_evidence_that_makes_no_sense_is_refused() -> None:
    best = np.zeros((1, 3), np.uint16)
    with pytest.raises(ValueError, match="names a row"):
        kernels.orb_evidence(points(1, 3), best, best, best + np.uint16(2), points(2, 2), ragged(2))
    with pytest.raises(ValueError, match="from 80 to 70"):
        kernels.orb_evidence(points(1, 3), best, best, best, points(2, 2), ragged(2), first_percent=80, last_percent=70)
    with pytest.raises(ValueError, match="offsets must ascend"):
        kernels.orb_nearest(descriptors(1, 3), descriptors(2, 3), np.array([0, 4]))


# --- histograms ---------------------------------------------------------------------------------


def histogram(seed: int, occupied: int, most: int, bins: int = 32768) -> NDArray[np.uint16]:
    rng = np.random.default_rng(seed)
    found = np.sort(rng.choice(bins, occupied, replace=False))
    counts = np.maximum(1, rng.random(occupied) ** 6 * most).astype(np.int64)
    return np.stack([found, counts % 65536, counts // 65536], axis=1).astype(np.uint16)


def dense(rows: NDArray[np.uint16], bins: int = 32768) -> NDArray[np.float32]:
    found = np.zeros(bins, np.float32)
    found[rows[:, 0]] = rows[:, 1] + 65536.0 * rows[:, 2]
    return found


def test_histograms_correlate_as_in_opencv(backend: Backend) -> None:
    sizes = (2500, 1, 0, 17, 3000, 64, 0)
    own = [histogram(seed, size, 400_000) for seed, size in enumerate(sizes)]
    own[3] = own[0][:17]
    rows, offsets = np.concatenate(own), ragged(*sizes)
    for query in (own[0], own[1], own[4]):
        found = kernels.histogram_correlation(query[:, 0], dense(query)[query[:, 0]], rows, offsets)
        for value, one in zip(found, own, strict=True):
            if len(one):
                assert value == pytest.approx(cv2.compareHist(dense(query), dense(one), cv2.HISTCMP_CORREL), abs=1e-5)
            else:
                assert np.isnan(value)
    nothing = kernels.histogram_correlation(own[2][:, 0], np.empty(0, np.float32), rows, offsets)
    assert np.isnan(nothing).all()
    assert kernels.histogram_correlation(own[0][:, 0], dense(own[0])[own[0][:, 0]], rows, ragged()).shape == (0,)


def test_a_histogram_equal_in_all_bins_correlates_as_in_opencv(backend: Backend) -> None:
    flat = np.stack([np.arange(64), np.full(64, 5), np.zeros(64)], axis=1).astype(np.uint16)
    other = histogram(3, 10, 50, bins=64)
    for one in (flat, other):
        expected = cv2.compareHist(dense(flat, 64), dense(one, 64), cv2.HISTCMP_CORREL)
        found = kernels.histogram_correlation(flat[:, 0], dense(flat, 64), one, ragged(len(one)), bins=64)
        assert found[0] == pytest.approx(expected) == 1.0


def test_coarse_histograms_keep_the_largest_bins(backend: Backend) -> None:
    full = [histogram(seed, size, 100_000) for seed, size in enumerate((2500, 100, 0, 256, 1))]
    rows = np.stack([kernels.largest_bins(one) for one in full])
    assert rows.shape == (5, 256, 2)
    kept = []
    for one in full:
        counts = dense(one)
        counts[np.argsort(-counts, kind="stable")[256:]] = 0
        kept.append(counts)
    for query in (0, 1, 4):
        found = kernels.histogram_coarse(rows[query], rows)
        for other, value in enumerate(found):
            expected = cv2.compareHist(kept[query], kept[other], cv2.HISTCMP_CORREL) if other != 2 else math.nan
            assert value == pytest.approx(expected, abs=1e-4, nan_ok=True)
    assert np.isnan(kernels.histogram_coarse(rows[2], rows)).all()
    assert kernels.histogram_coarse(rows[0], rows[:0]).shape == (0,)


# --- hashes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 77])
def test_hamming_distance_is_that_of_whole_numbers(backend: Backend, n: int) -> None:
    codes = np.random.default_rng(n).integers(0, 2**64, n, dtype=np.uint64)
    queries = np.array([0, 2**64 - 1, 12345678901234567890, 12345678901234567890, 1], np.uint64)
    table = np.array([[(int(a) ^ int(b)).bit_count() for b in codes] for a in queries]).reshape(5, n)
    for query, expected in zip(queries, table, strict=True):
        assert kernels.hamming64_variants(np.array([query], np.uint64), codes)[0].tolist() == expected.tolist()
    bits, position = kernels.hamming64_variants(queries, codes)
    assert bits.tolist() == table.min(axis=0).tolist()
    assert position.tolist() == table.argmin(axis=0).tolist()  # the first on ties


@pytest.mark.parametrize("n", [0, 1, 300, 5000])
def test_pairs_of_codes_are_those_that_whole_numbers_give(backend: Backend, n: int) -> None:
    random = np.random.default_rng(n)
    codes = random.integers(0, 8, n, dtype=np.uint64)  # so that most pairs are near: more than a block makes room for
    queries = random.integers(0, 16, (min(n, 7), 3), dtype=np.uint64)
    stops = random.integers(0, n + 1, len(queries))
    expected = []
    for row, stop in enumerate(stops.tolist()):
        for place in range(stop):
            distances = [(int(query) ^ int(codes[place])).bit_count() for query in queries[row]]
            if min(distances) <= 1:
                expected.append([row, place, min(distances), distances.index(min(distances))])
    found = kernels.hamming64_pairs(queries, codes, stops, most_bits=1)
    assert found.tolist() == expected
    with pytest.raises(ValueError, match="stops"):
        kernels.hamming64_pairs(np.zeros((1, 1), np.uint64), codes, np.array([n + 1]), most_bits=1)


@pytest.mark.parametrize(("n", "words"), [(0, 1), (1, 32), (4099, 32), (50, 3)])
def test_long_codes_differ_in_as_many_bits_as_whole_numbers_do(backend: Backend, n: int, words: int) -> None:
    random = np.random.default_rng(n)
    query, codes = (random.integers(0, 2**64, shape, dtype=np.uint64) for shape in (words, (n, words)))
    codes[:1] = query
    expected = [sum((int(a) ^ int(b)).bit_count() for a, b in zip(query, code, strict=True)) for code in codes]
    found = kernels.hamming_rows(query, codes)
    assert found.dtype == np.uint16
    assert found.tolist() == expected
    codes.setflags(write=False)
    assert kernels.hamming_rows(~query, codes).tolist() == [64 * words - one for one in expected]
    with pytest.raises(ValueError, match="codes must be"):
        kernels.hamming_rows(query, codes[:, :-1])


# --- embeddings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "dimension"), [(0, 8), (1, 1), (700, 2048), (65, 33)])
def test_cosines_are_those_of_double_precision(backend: Backend, n: int, dimension: int) -> None:
    random = np.random.default_rng(n)
    rows = (random.standard_normal((n, dimension)) / dimension**0.5).astype(np.float16)
    rows[: n // 2] *= np.float16(0.01)  # lengths do not matter, nor do numbers below float16's normal ones
    rows[:1, :1] = np.float16(1e-7)
    query = rows[-1] if n else np.ones(dimension, np.float16)
    wide, first = rows.astype(np.float64), query.astype(np.float64)
    expected = wide @ first / np.maximum(np.linalg.norm(wide, axis=1), 1e-12) / np.linalg.norm(first)
    found = kernels.cosines(query, rows)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    assert np.all(np.abs(found) <= 1)
    rows.setflags(write=False)
    np.testing.assert_array_equal(kernels.cosines(query, rows), found)
    with pytest.raises(ValueError, match="rows must be"):
        kernels.cosines(query, rows.astype(np.float32))


# --- arrays as they come from files -------------------------------------------------------------


def test_read_only_and_misaligned_arrays_are_taken(backend: Backend) -> None:
    query, rows = similar_squares(32, 9)
    packed = kernels.pack_keypoints(descriptors(1, 30), points(2, 30))
    colours = histogram(1, 40, 900)
    codes = np.arange(9, dtype=np.uint64)

    def from_file(array: NDArray[Any]) -> NDArray[Any]:
        data = np.frombuffer(b"?" + array.tobytes(), np.uint8)[1:]
        return np.ndarray(array.shape, array.dtype, data.data)

    for array in (rows, packed, colours, codes):
        strange = from_file(array)
        assert not strange.flags.writeable
        assert (strange == array).all()
    same = [
        (kernels.ssim_variants(query[np.newaxis], one) for one in (rows, from_file(rows))),
        (
            kernels.orb_score(descriptors(1, 30), points(2, 30), one, ragged(30))[0]
            for one in (packed, from_file(packed))
        ),
        (
            kernels.histogram_correlation(colours[:, 0], np.ones(40, np.float32), one, ragged(40))
            for one in (colours, from_file(colours))
        ),
        (kernels.hamming64_variants(np.array([3], np.uint64), one)[0] for one in (codes, from_file(codes))),
    ]
    for one, other in same:
        np.testing.assert_array_equal(one, other)


# --- threads ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_many_threads_searching_at_once_get_equal_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "workers", lambda: 4)
    small_query, small = similar_squares(32, 300)
    query, squares = similar_squares(96, 24)
    packed = kernels.pack_keypoints(descriptors(1, 60 * 90), points(2, 60 * 90))
    colours = [histogram(seed, 300, 9000) for seed in range(300)]
    rows, codes = np.concatenate(colours), np.arange(200_000, dtype=np.uint64)

    def search() -> list[NDArray[Any]]:
        return [
            kernels.ssim_pairs(small_query, small),
            kernels.ssim_pairs(query, squares),
            *kernels.orb_score(packed[:90, :32].copy(), points(3, 90), packed, ragged(*[90] * 60)),
            kernels.histogram_correlation(rows[:300, 0], np.ones(300, np.float32), rows, ragged(*[300] * 300)),
            kernels.hamming64_variants(np.array([77], np.uint64), codes)[0],
        ]

    for chosen in ("plain", "compiled"):
        with kernels.forced(chosen), ThreadPoolExecutor(8) as threads:
            expected = search()
            for found in threads.map(lambda _: search(), range(16)):
                for one, other in zip(expected, found, strict=True):
                    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 1000, 1001])
def test_chunks_cover_every_candidate_once(monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    monkeypatch.setattr(pool, "workers", lambda: 3)
    seen, chunks = np.zeros(n, np.int64), []

    def note(start: int, stop: int) -> None:
        seen[start:stop] += 1
        chunks.append((start, stop))

    kernels.run_chunks(note, n, min_chunk=64)
    assert (seen == 1).all()
    assert all(start % 64 == 0 and (stop % 64 == 0 or stop == n) for start, stop in chunks)
    assert len(chunks) <= 12


def test_a_chunk_may_start_chunks_and_may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "workers", lambda: 4)
    total = []
    kernels.run_chunks(
        lambda start, stop: kernels.run_chunks(lambda a, b: total.append(b - a), stop - start, min_chunk=1),
        200,
        min_chunk=1,
    )
    assert sum(total) == 200

    def fail(start: int, stop: int) -> None:
        if start <= 150 < stop:
            raise KeyError("chunk 150")

    with pytest.raises(KeyError, match="chunk 150"):
        kernels.run_chunks(fail, 200, min_chunk=1)


# --- the switch ---------------------------------------------------------------------------------


def python(code: str, **environment: str) -> str:
    """What a program prints that may compile, unless it is told otherwise."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PICTRACE_KERNELS": "", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


HAMMING = "kernels.hamming64_variants(np.array([5], np.uint64), np.array([4, 5, 7], np.uint64))[0].tolist()"


def test_importing_does_not_import_numba() -> None:
    assert python("import sys, pictrace.kernels; print('numba' in sys.modules)") == "False"


def test_plain_kernels_can_be_asked_for() -> None:
    found = python(
        f"""
        import sys, numpy as np
        from pictrace import kernels
        kernels.warm(wait=True)
        print(kernels.ready(), kernels.backend(), 'numba' in sys.modules, {HAMMING})
        """,
        PICTRACE_KERNELS="plain",
    )
    assert found == "False plain False [1, 0, 1]"


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["sys.modules['numba'] = None", "import numba; numba.njit = lambda *a, **k: 1 / 0"])
def test_without_a_working_numba_the_plain_kernels_answer(fault: str) -> None:
    found = python(
        f"""
        import sys, numpy as np
        {fault}
        from pictrace import kernels
        kernels.warm(wait=True)
        kernels.warm(wait=True)
        print(kernels.ready(), kernels.backend(), {HAMMING})
        """
    )
    assert found == "False plain [1, 0, 1]"


@pytest.mark.slow
def test_warming_up_switches_over_once() -> None:
    found = python(
        f"""
        import threading, numpy as np
        from pictrace import kernels
        before = kernels.backend(), {HAMMING}
        threads = [threading.Thread(target=kernels.warm) for _ in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        compilers = sum(thread.name == 'pictrace-kernels' for thread in threading.enumerate())
        kernels.warm(wait=True)
        print(*before, compilers, kernels.backend(), kernels.ready(), {HAMMING})
        """
    )
    assert found == "plain [1, 0, 1] 1 compiled True [1, 0, 1]"


@pytest.mark.slow
def test_leaving_while_the_kernels_compile_does_no_harm(tmp_path: Path) -> None:
    code = """
        import importlib, threading
        from pictrace import kernels

        compiling, load = threading.Event(), importlib.import_module

        def watched(name):
            if name.startswith("pictrace.kernels.compiled."):
                compiling.set()
            return load(name)

        importlib.import_module = watched
        threading.Thread(target=kernels.warm, kwargs={"wait": True}, daemon=True).start()
        print(compiling.wait())
        """
    assert python(code, NUMBA_CACHE_DIR=str(tmp_path)) == "True"


FILL = """
    import sys
    from pictrace.kernels import filling
    filling.fill(["cosine"])
    print("numba" in sys.modules)
    """


@pytest.mark.slow
def test_another_process_fills_the_cache_once(tmp_path: Path) -> None:
    places = {"NUMBA_CACHE_DIR": str(tmp_path / "numba"), "PICTRACE_CACHE": str(tmp_path)}
    assert python(FILL, **places) == "False"
    made = {one: one.stat().st_mtime_ns for one in (tmp_path / "numba").rglob("*.nbi")}
    assert made
    (stamp,) = tmp_path.glob("kernels-*")
    assert python(FILL, **places) == "False"
    assert {one: one.stat().st_mtime_ns for one in (tmp_path / "numba").rglob("*.nbi")} == made
    assert stamp.exists()


def test_what_could_not_be_filled_is_not_taken_for_filled(tmp_path: Path) -> None:
    code = FILL.replace("cosine", "no_such_kernel")
    assert python(code, PICTRACE_CACHE=str(tmp_path), NUMBA_CACHE_DIR=str(tmp_path)) == "False"
    assert not list(tmp_path.glob("kernels-*"))


@pytest.mark.slow
def test_filling_ends_with_the_process_that_began_it(tmp_path: Path) -> None:
    """The child would compile for many seconds; its pipe closes at once, and it ends with the status of that."""
    command = [sys.executable, "-c", "from pictrace.kernels.filling import main; main()", "ssim", "votes", "orb"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path)}
    ended = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, timeout=60, check=False)
    assert ended.returncode == 1


def test_without_a_place_for_the_cache_kernels_are_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from numba.core.caching import CacheImpl

    from pictrace.kernels.compiled.jit import compiled, output, types

    monkeypatch.setattr(CacheImpl, "_locator_classes", [])

    def double(values: NDArray[np.int64]) -> None:
        for i in range(len(values)):
            values[i] *= 2

    values = np.arange(3)
    compiled(output(types.int64, 1))(double)(values)
    assert values.tolist() == [0, 2, 4]


def test_the_switch_is_restored_after_forcing() -> None:
    before = kernels.backend()
    with kernels.forced("compiled"):
        assert kernels.ready()
    assert kernels.backend() == before
