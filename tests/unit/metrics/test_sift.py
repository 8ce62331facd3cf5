"""SIFT keypoints as bits: what two photographs of a thing share, and what others do not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from pictrace.features import FeatureBatch
from pictrace.images.orientation import VARIANTS, orient
from pictrace.images.pixels import RGBImage, fit
from pictrace.metrics.evidence import Lines
from pictrace.metrics.keypoints import keypoint_pairs
from pictrace.metrics.sift import Sift

MIRRORED = VARIANTS[4]
CONVINCING = Sift.convincing or 0


@pytest.fixture(scope="module")
def astronaut() -> RGBImage:
    return fit(np.asarray(data.astronaut()), 512)


@pytest.fixture(scope="module")
def others() -> list[RGBImage]:
    return [fit(np.asarray(one), 512) for one in (data.coffee(), data.chelsea(), data.rocket())]


def counts(query: RGBImage, catalog: list[RGBImage], *, mirrored: bool = True) -> np.ndarray:
    metric = Sift()
    features = metric.extract_variants(query, metric.variants if mirrored else metric.variants[:1])
    batch = FeatureBatch.of([metric.extract(one) for one in catalog], metric.layout)
    return metric.compare_variants(features, batch).raw[metric.setting_positions({})]


def test_a_picture_taken_from_aside_shares_many_keypoints_and_others_none(
    astronaut: RGBImage, others: list[RGBImage]
) -> None:
    size = astronaut.shape[1], astronaut.shape[0]
    corners = np.array([[0, 0], [512, 0], [512, 512], [0, 512]], np.float32)
    aside = np.array([[40, 60], [470, 10], [500, 430], [10, 500]], np.float32)
    taken = cv2.warpPerspective(astronaut, cv2.getPerspectiveTransform(corners, aside), size)
    darker = (taken * 0.6).astype(np.uint8)

    found = counts(darker, [astronaut, *others])

    assert found[0] >= 3 * CONVINCING
    assert (found[1:] < CONVINCING).all()


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_mirrored_crops_are_found_without_a_second_extraction(
    astronaut: RGBImage, others: list[RGBImage], share: float
) -> None:
    side = int(512 * share)
    crop = np.ascontiguousarray(astronaut[100 - int(100 * share) :, :][:side, :side][:, ::-1])

    assert counts(crop, [astronaut, *others])[0] >= 2 * CONVINCING
    assert counts(crop, [astronaut, *others], mirrored=False)[0] < CONVINCING


def test_mirroring_the_descriptors_is_close_to_mirroring_the_picture(astronaut: RGBImage) -> None:
    metric = Sift()
    made = metric.extract_variants(astronaut, metric.variants)[MIRRORED]
    truly = metric.extract(orient(astronaut, MIRRORED))

    places = [rows[:, 32:36].copy().view("<u2").astype(float) / 64 for rows in (made, truly)]
    distance = np.linalg.norm(places[0][:, None] - places[1][None], axis=2)
    partner, near = distance.argmin(axis=1), distance.min(axis=1) < 1.5
    bits = np.unpackbits(np.bitwise_xor(made[near, :32], truly[partner[near], :32]), axis=1).sum(axis=1)

    assert near.mean() > 0.8
    assert np.median(bits) < 25  # of 256; unrelated ones differ in 128


def test_the_rows_of_what_is_extracted_are_plausible(astronaut: RGBImage) -> None:
    metric = Sift()
    rows = metric.extract(astronaut)

    assert metric.plausible(rows)
    assert 300 < len(rows) <= metric.keypoints
    broken = rows.copy()
    broken[0, 38] = 255
    assert not metric.plausible(broken)


def test_a_flat_picture_has_no_keypoints() -> None:
    metric = Sift()
    flat = np.full((200, 300, 3), 128, np.uint8)

    assert len(metric.extract(flat)) == 0
    assert [len(one) for one in metric.extract_variants(flat, metric.variants).values()] == [0, 0]


def test_few_details_are_counted_from_both_pictures(astronaut: RGBImage, others: list[RGBImage]) -> None:
    metric = Sift()
    places = ((60, 50, 250), (60, 200, 150), (60, 300, 100), (80, 0, 150), (100, 50, 150))
    parts = [np.ascontiguousarray(astronaut[y : y + side, x : x + side]) for side, y, x in places]
    pictures = [astronaut, others[1], *parts]
    rows = [metric.extract(one) for one in pictures]
    batch, fewer = FeatureBatch.of(rows, metric.layout), 0
    place = metric.setting_positions({})
    percent = round(100 * float(metric.default_settings()["ratio"]))
    found = np.stack([metric.compare(one, batch)[place] for one in rows])
    for one, other in np.ndindex(found.shape):
        forward, backward = (
            int(keypoint_pairs(rows[a], rows[b], percent=percent)[1].sum()) for a, b in ((one, other), (other, one))
        )
        assert found[one, other] == (min(forward, backward) if 4 <= forward <= 6 else forward)
        fewer += 4 <= forward <= 6 and backward < forward
    assert fewer >= 3


def test_the_evidence_shows_the_matches_that_were_counted(astronaut: RGBImage) -> None:
    metric = Sift()
    backwards = 0
    for y, x in ((50, 250), (200, 150), (300, 100), (250, 50)):
        part = np.ascontiguousarray(astronaut[y : y + 60, x : x + 60])
        for one, other in ((part, astronaut), (astronaut, part)):
            told = metric.explain(one, other)
            (lines,) = told.evidence
            assert isinstance(lines, Lines)
            assert lines.consistent.sum() == told.raw
            backwards += "from the match to your picture" in str(told.summary)
    assert 2 <= backwards < 8
