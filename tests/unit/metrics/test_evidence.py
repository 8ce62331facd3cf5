"""What explanations rest on: parts that make up the number, and pictures of them."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import pearsonr
from skimage.metrics import structural_similarity

from pictrace import kernels
from pictrace.features import FeatureBatch
from pictrace.images.edits import brighten, crop, mirror, noise, recompress
from pictrace.images.orientation import UPRIGHT, VARIANTS
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import load
from pictrace.metrics import get_metric
from pictrace.metrics._local_ssim import local_ssim, most_different
from pictrace.metrics.evidence import BitGrids, Boxes, HeatMap, Lines, Region, Swatches, Terms
from pictrace.metrics.histogram import contributions, counts_of
from pictrace.metrics.keypoints import FRAME_PX
from pictrace.output.drawing import draw_evidence
from pictrace.output.drawing.base import GREEN, VERMILION, YELLOW, number
from pictrace.output.html_page import table

ALIKE = {"itself": lambda image: image, "recompressed": lambda image: recompress(image, 15)}
CHANGES: dict[str, Callable[[RGBImage], RGBImage]] = {
    **ALIKE,
    "brighter": lambda image: brighten(image, contrast=1.3, shift=20),
    "noisy": lambda image: noise(image, 20),
    "cropped": lambda image: crop(image, 0.7),
}


@pytest.fixture(scope="module")
def images(photographs: dict[str, bytes]) -> list[RGBImage]:
    return [load(data) for data in photographs.values()]


# SSIM --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ssim", "layout"])
@pytest.mark.parametrize("change", CHANGES)
def test_the_three_terms_multiply_to_the_ssim_map(name: str, change: str, images: list[RGBImage]) -> None:
    metric = get_metric(name)
    query, match = metric.extract(CHANGES[change](images[0]))[0], metric.extract(images[0])[0]
    local = local_ssim(query, match)
    _, expected = structural_similarity(query, match, data_range=255, full=True)
    np.testing.assert_allclose(local.luminance * local.contrast * local.structure, expected[3:-3, 3:-3], atol=1e-5)
    raw = metric.scores(query[np.newaxis], FeatureBatch.of([match[np.newaxis]], metric.layout)).raw[0]
    assert local.product.mean(dtype=np.float64) == pytest.approx(float(raw), abs=5e-5)


def test_each_term_sees_its_own_change(images: list[RGBImage]) -> None:
    """Brighter is a matter of luminance alone, a negative of structure (and luminance), neither of contrast."""
    square = np.clip(get_metric("ssim").extract(images[0])[0] // 2 + 40, 0, 255).astype(np.uint8)
    brighter = local_ssim(square, square + np.uint8(60))
    assert brighter.luminance.mean() < 0.95
    np.testing.assert_allclose(brighter.contrast, 1, atol=1e-5)
    np.testing.assert_allclose(brighter.structure, 1, atol=1e-5)
    negative = local_ssim(square, 255 - square)
    np.testing.assert_allclose(negative.contrast, 1, atol=1e-5)
    variance = np.lib.stride_tricks.sliding_window_view(square.astype(float), (7, 7)).var(axis=(2, 3), ddof=1)
    half = (0.03 * 255) ** 2 / 2
    np.testing.assert_allclose(negative.structure, (half - variance) / (half + variance), atol=1e-5)
    for one in (brighter, negative):
        assert one.luminance.min() >= 0
        assert one.luminance.max() <= 1 + 1e-6
        assert np.abs(one.structure).max() <= 1 + 1e-6


def test_the_most_different_regions_are_found_worst_first() -> None:
    values = np.ones((250, 250), np.float32)
    places = {(20, 30): -0.5, (100, 150): 0.1, (190, 40): 0.3, (190, 190): 0.6}
    for (row, column), value in places.items():
        values[row : row + 48, column : column + 48] = value
    regions = most_different(values)
    assert [one.value for one in regions] == pytest.approx([-0.5, 0.1, 0.3])
    for region, (row, column) in zip(regions, places, strict=False):
        left, top, right, bottom = (share * 256 for share in region.box)
        assert column <= left
        assert right <= column + 48 + 6
        assert row <= top
        assert bottom <= row + 48 + 6
    boxes = [np.array(one.box) for one in regions]
    for first in range(3):
        for second in range(first):
            overlap = np.minimum(boxes[first][2:], boxes[second][2:]) - np.maximum(boxes[first][:2], boxes[second][:2])
            assert overlap.min() <= 1e-9


def test_pictures_that_are_alike_have_no_different_regions() -> None:
    assert most_different(np.ones((250, 250), np.float32)) == ()
    assert most_different(np.full((26, 26), 0.96, np.float32)) == ()


def test_a_changed_corner_is_boxed(images: list[RGBImage]) -> None:
    changed = images[0].copy()
    height, width = changed.shape[:2]
    part = np.s_[: height // 6, width * 5 // 6 :]
    changed[part] = np.random.default_rng(1).integers(0, 256, changed[part].shape, dtype=np.uint8)
    explanation = get_metric("ssim").explain(changed, images[0])
    (boxes,) = (part for part in explanation.evidence if isinstance(part, Boxes))
    left, _, _, bottom = boxes.regions[0].box
    assert left > 0.75
    assert bottom < 0.25
    assert boxes.regions[0].value < 0.3
    (heat,) = (part for part in explanation.evidence if isinstance(part, HeatMap))
    assert heat.values.mean(dtype=np.float64) == pytest.approx(explanation.raw, abs=5e-5)
    assert heat.margin == 3 / 256
    red = draw_evidence(heat)[0].image.astype(int)
    orange = (red[..., 0] - red[..., 2]) > 40
    assert orange[5 : height // 8, width * 7 // 8 : -5].mean() > 0.5
    assert orange[height // 2 :].mean() < 0.01


def test_the_shown_terms_are_the_maps(images: list[RGBImage]) -> None:
    explanation = get_metric("ssim").explain(images[0], crop(images[0], 0.8))
    (terms,) = (part for part in explanation.evidence if isinstance(part, Terms))
    product = np.prod([one.values for one in terms.terms], axis=0)
    assert product.mean(dtype=np.float64) == pytest.approx(explanation.raw, abs=5e-5)
    assert [one.name for one in terms.terms] == ["Luminance", "Contrast", "Structure"]


# Colours -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", range(3))
@pytest.mark.parametrize("second", range(4))
def test_contributions_sum_to_the_correlation(first: int, second: int, images: list[RGBImage]) -> None:
    metric = get_metric("histogram")
    query, match = metric.extract(images[first]), metric.extract(images[second])
    raw = metric.scores(query, FeatureBatch.of([match], metric.layout)).raw[0]
    parts, taken = contributions(query, match)
    assert parts.sum() == pytest.approx(float(raw), abs=1e-6)
    assert 1 + taken.sum() == pytest.approx(float(raw), abs=1e-6)
    assert (taken <= 0).all()
    dense = np.zeros((2, 32**3))
    for row, one in zip(dense, (query, match), strict=True):
        row[one[:, 0]] = counts_of(one)
    assert parts.sum() == pytest.approx(pearsonr(*dense).statistic, abs=1e-9)
    explanation = metric.explain(images[first], images[second])
    (swatches,) = (part for part in explanation.evidence if isinstance(part, Swatches))
    shown = [one.contribution for one in (*swatches.raising, *swatches.lowering)]
    assert sum(shown) + swatches.rest == pytest.approx(explanation.raw, abs=1e-6)


def test_what_raises_is_shared_and_what_lowers_is_not() -> None:
    def halves(*colours: tuple[int, int, int]) -> RGBImage:
        image = np.zeros((40, 40, 3), np.uint8)
        image[:, :20], image[:, 20:] = colours
        return image

    explanation = get_metric("histogram").explain(
        halves((200, 30, 30), (20, 200, 20)), halves((200, 30, 30), (20, 20, 200))
    )
    (swatches,) = (part for part in explanation.evidence if isinstance(part, Swatches))
    assert [one.rgb for one in swatches.raising] == [(204, 28, 28)]
    assert (swatches.raising[0].query_share, swatches.raising[0].match_share) == (0.5, 0.5)
    assert swatches.raising[0].contribution == pytest.approx(0.5, abs=1e-3)
    assert {one.rgb for one in swatches.lowering} <= {(20, 204, 20), (20, 20, 204)}
    assert {one.rgb for one in swatches.apart} == {(20, 204, 20), (20, 20, 204)}
    assert [one.contribution for one in swatches.apart] == pytest.approx([-0.25, -0.25], abs=1e-3)


def test_histograms_that_are_the_same_in_every_bin_correlate_by_one() -> None:
    codes = np.arange(32**3)
    even = np.stack([codes, np.full(32**3, 2), np.zeros(32**3)], axis=1).astype(np.uint16)
    one = np.array([[5, 7, 0]], np.uint16)
    for pair in ((even, even), (even, one)):
        added, taken = contributions(*pair)
        assert added.sum() == pytest.approx(1)
        assert not taken.any()


# Hash --------------------------------------------------------------------------------------------


def test_a_turned_code_is_nearly_that_of_the_turned_picture(images: list[RGBImage]) -> None:
    metric = get_metric("phash")
    for image in images:
        turned, exact = metric.turned(metric.extract(image)), metric.extract_variants(image, VARIANTS)
        off = [int(turned[one][0] ^ exact[one][0]).bit_count() for one in VARIANTS]
        assert off[0] == 0
        assert max(off) <= 12
        assert np.mean(off) <= 5
    assert all(len(one) == 0 for one in metric.turned(metric.layout.empty()).values())


def test_turned_squares_are_exactly_those_of_the_turned_picture(images: list[RGBImage]) -> None:
    metric = get_metric("layout")
    turned, exact = metric.turned(metric.extract(images[0])), metric.extract_variants(images[0], VARIANTS)
    for one in VARIANTS:
        np.testing.assert_array_equal(turned[one], exact[one])
    colours = get_metric("histogram")
    assert list(colours.turned(colours.extract(images[0]))) == [UPRIGHT]


@pytest.mark.parametrize("name", ["sift", "orb"])
def test_turned_keypoints_lie_where_they_would(images: list[RGBImage], name: str) -> None:
    metric = get_metric(name)
    features = metric.extract(images[0])
    turned = metric.turned(features)
    assert list(turned) == list(metric.variants)
    here, there = (kernels.unpack_points(one) for one in turned.values())
    np.testing.assert_allclose(here[:, 0] + there[:, 0], FRAME_PX, atol=0.05)
    np.testing.assert_array_equal(here[:, 1], there[:, 1])


# Drawing -----------------------------------------------------------------------------------------


def has(image: RGBImage, colour: tuple[int, int, int]) -> bool:
    return bool((image == np.array(colour, np.uint8)).all(axis=2).any())


def test_lines_and_the_outline_are_drawn(images: list[RGBImage]) -> None:
    explanation = get_metric("orb").explain(crop(mirror(images[0]), 0.5), images[0], orientations=True)
    assert "shown with your picture mirrored" in explanation.summary
    (lines,) = explanation.evidence
    assert isinstance(lines, Lines)
    assert lines.distance_bits.shape == lines.consistent.shape
    assert lines.distance_bits[lines.consistent].mean() < 40  # unrelated descriptors differ in half of 256
    assert lines.overlap is not None
    assert lines.overlap.query > 0.97
    assert lines.overlap.match == pytest.approx(0.5, abs=0.05)
    connected, placed = draw_evidence(lines)
    assert has(connected.image, GREEN)
    assert str(int(lines.consistent.sum())) in connected.caption
    assert has(placed.image, YELLOW)
    assert f"{100 * lines.overlap.match:.0f} % of it" in placed.caption
    alone = draw_evidence(dataclasses.replace(lines, outline=None, overlap=None))
    assert len(alone) == 1


def no_lines(image: RGBImage) -> Lines:
    points = np.empty((0, 2), np.float32)
    return Lines("", image, image, points, points, np.empty(0, np.bool_), np.empty(0, np.uint16))


def test_wide_pairs_are_stacked_and_tall_ones_stand_side_by_side() -> None:
    wide, tall = np.zeros((200, 512, 3), np.uint8), np.zeros((512, 300, 3), np.uint8)
    (stacked,) = draw_evidence(no_lines(wide))
    assert stacked.image.shape[0] > 2 * 2 * 200
    (beside,) = draw_evidence(no_lines(tall))
    assert beside.image.shape[0] == 2 * 512


def test_an_outline_far_outside_does_not_enlarge_the_picture_without_end() -> None:
    image = np.full((300, 400, 3), 200, np.uint8)
    far = np.array([[-1e7, -1e7], [1e7, -50], [1e7, 1e7], [-30, 9e6]], np.float32)
    _, placed = draw_evidence(dataclasses.replace(no_lines(image), outline=far))
    assert placed.image.shape[0] <= 1.7 * 300 + 1
    assert placed.image.shape[1] <= 1.7 * 400 + 1


def test_every_differing_bit_is_marked_and_no_other() -> None:
    query = np.zeros((8, 8), np.bool_)
    match = query.copy()
    match[2, 5] = match[7, 0] = True
    for drawn in draw_evidence(BitGrids("", query, match)):
        assert "2 of 64 bits differ" in drawn.alt
        marked = (drawn.image == np.array(VERMILION, np.uint8)).all(axis=2)
        cells = marked.reshape(8, 32, 8, 32).any(axis=(1, 3))
        np.testing.assert_array_equal(cells, query != match)


def test_boxes_stand_where_the_regions_are() -> None:
    image = np.zeros((200, 400, 3), np.uint8)
    drawn = draw_evidence(Boxes("", "local SSIM", image, image, (Region((0.5, 0.5, 0.75, 1.0), -0.004),)))
    assert len(drawn) == 2
    assert drawn[0].caption == "Mean local SSIM: 0.00 in region 1."
    rows, columns = np.nonzero((drawn[0].image == np.array(VERMILION, np.uint8)).all(axis=2))
    assert columns.min() >= 196
    assert columns.max() <= 304
    assert rows.min() >= 96
    assert draw_evidence(Boxes("", "local SSIM", image, image, ())) == []


def test_numbers_have_no_negative_zero() -> None:
    assert number(-0.001) == "0.00"
    assert number(-0.5) == "-0.50"
    assert number(27.4, 0) == "27"
    scale = get_metric("histogram").scale
    assert [scale.number(one) for one in (-0.001, -0.5)] == ["0.00", "-0.50"]
    assert "<td class='number'>0.00</td>" in table(["Similarity"], [[-0.001]])


def test_drawing_leaves_the_evidence_alone(images: list[RGBImage]) -> None:
    before = images[0].copy()
    for name in ("orb", "ssim"):
        for part in get_metric(name).explain(images[0], mirror(images[0]), orientations=True).evidence:
            draw_evidence(part)
    np.testing.assert_array_equal(images[0], before)
