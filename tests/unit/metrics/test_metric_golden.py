"""Values that independent implementations give for the same pictures."""

import cv2
import imagehash
import numpy as np
import pytest
from PIL import Image
from skimage.metrics import structural_similarity

from pictrace.features import FeatureBatch
from pictrace.images.edits import crop, recompress, turn
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import load
from pictrace.metrics import get_metric
from pictrace.metrics.evidence import Lines
from pictrace.metrics.histogram import counts_of


@pytest.fixture(scope="module")
def pairs(photographs: dict[str, bytes]) -> list[tuple[RGBImage, RGBImage]]:
    images = [load(data) for data in photographs.values()]
    changed = [recompress(images[0], 20), crop(images[1], 0.7), turn(images[2], 12)]
    return [(a, b) for a in images[:3] for b in [*images[:4], *changed]]


def raw_of(name: str, query: RGBImage, match: RGBImage) -> float:
    metric = get_metric(name)
    batch = FeatureBatch.of([metric.extract(match)], metric.layout)
    return float(metric.scores(metric.extract(query), batch).raw[(*metric.setting_positions({}), 0)])


@pytest.mark.parametrize(("name", "size_px"), [("ssim", 256), ("layout", 32)])
def test_ssim_equals_scikit_image(name: str, size_px: int, pairs: list[tuple[RGBImage, RGBImage]]) -> None:
    for query, match in pairs:
        squares = [
            cv2.resize(cv2.cvtColor(one, cv2.COLOR_RGB2GRAY), (size_px, size_px), interpolation=cv2.INTER_AREA)
            for one in (query, match)
        ]
        expected = structural_similarity(*squares, data_range=255)
        assert raw_of(name, query, match) == pytest.approx(expected, abs=1e-4)


def test_phash_equals_imagehash(pairs: list[tuple[RGBImage, RGBImage]]) -> None:
    metric = get_metric("phash")
    for query, match in pairs:
        ours, theirs = metric.extract(query), imagehash.phash(Image.fromarray(query))
        assert f"{int(ours[0]):016x}" == str(theirs)
        assert raw_of("phash", query, match) == theirs - imagehash.phash(Image.fromarray(match))


def test_histogram_equals_opencv(pairs: list[tuple[RGBImage, RGBImage]]) -> None:
    for query, match in pairs:
        # As columns: OpenCV 5.0 counts the bins of a three-dimensional histogram wrongly.
        dense = [cv2.calcHist([one], [0, 1, 2], None, [32] * 3, [0, 256] * 3).reshape(-1, 1) for one in (query, match)]
        expected = cv2.compareHist(dense[0], dense[1], cv2.HISTCMP_CORREL)
        assert raw_of("histogram", query, match) == pytest.approx(expected, abs=1e-5)


def test_stored_histogram_is_the_dense_one(pairs: list[tuple[RGBImage, RGBImage]]) -> None:
    image = pairs[0][0]
    features = get_metric("histogram").extract(image)
    dense = np.zeros(32**3)
    dense[features[:, 0]] = counts_of(features)
    expected, _ = np.histogramdd(image.reshape(-1, 3), bins=32, range=[(0, 256)] * 3)
    np.testing.assert_array_equal(dense, expected.ravel())


def test_histogram_counts_beyond_16_bits() -> None:
    image = np.zeros((512, 512, 3), np.uint8)
    image[0, 0] = 255
    assert counts_of(get_metric("histogram").extract(image)).tolist() == [512 * 512 - 1, 1]


@pytest.mark.slow
@pytest.mark.parametrize("percent", [50, 60, 75, 90, 95])
def test_orb_counts_equal_the_brute_force_matcher(percent: int, pairs: list[tuple[RGBImage, RGBImage]]) -> None:
    """The column of each ratio threshold holds what a fresh match at this threshold gives."""
    metric = get_metric("orb")
    matcher = cv2.BFMatcher(cv2.NORM_HAMMING)
    for query, match in pairs:
        first, second = metric.extract(query), metric.extract(match)
        nearest = matcher.knnMatch(np.ascontiguousarray(first[:, :32]), np.ascontiguousarray(second[:, :32]), k=2)
        good = [a for a, b in nearest if 100 * a.distance < percent * b.distance]
        raw = metric.scores(first, FeatureBatch.of([second], metric.layout)).raw

        def at(evidence: str, raw: np.ndarray = raw) -> float:
            return float(raw[(*metric.setting_positions({"evidence": evidence, "ratio": percent / 100}), 0)])

        assert at("matches") == pytest.approx(len(good) / len(first))
        assert at("distinct") == len({one.trainIdx for one in good})
        assert at("consistent") <= at("distinct")


def test_orb_keypoints_are_spread_over_the_picture(photographs: dict[str, bytes]) -> None:
    image = load(photographs["astronaut.png"])
    features = get_metric("orb").extract(image)
    assert 400 <= len(features) <= 500
    places = features[:, 32:36].copy().view("<u2") / 64
    cells = {(int(x // 64), int(y // 64)) for x, y in places}
    plain = cv2.ORB.create(500).detect(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), None)
    crowded = {(int(point.pt[0] // 64), int(point.pt[1] // 64)) for point in plain}
    assert len(cells) > len(crowded)


@pytest.mark.slow
@pytest.mark.parametrize("percent", [50, 75, 95])
def test_the_lines_shown_are_the_keypoints_counted(percent: int, pairs: list[tuple[RGBImage, RGBImage]]) -> None:
    """An explanation draws as many agreeing lines, and as many in all, as the score counts."""
    metric = get_metric("orb")
    for query, match in pairs:
        explanation = metric.explain(query, match, {"ratio": percent / 100})
        distinct = metric.explain(query, match, {"ratio": percent / 100, "evidence": "distinct"}).raw
        (lines,) = explanation.evidence
        assert isinstance(lines, Lines)
        assert int(lines.consistent.sum()) == explanation.raw
        assert len(lines.consistent) == distinct
