"""Levels of registered pictures: curves, widths and deviations that were put in come out again."""

import cv2
import numpy as np
import pytest

from pictrace.diagnosis.blockiness import blockiness
from pictrace.diagnosis.difference import difference
from pictrace.diagnosis.overlays import Patch, whereabouts
from pictrace.diagnosis.photometry import Photometry, photometry
from pictrace.diagnosis.registration import register
from pictrace.diagnosis.tones import fit_tone
from pictrace.images.edits import blur, brighten, caption, gamma, grayscale, letterbox, mirror, noise, recolour
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage, to_gray
from pictrace.images.reading import load

RANDOM = np.random.default_rng(5)
LEVELS = RANDOM.uniform(0, 255, 20_000).astype(np.float32)


@pytest.fixture(scope="module")
def chelsea(photographs: dict[str, bytes]) -> RGBImage:
    return load(photographs["chelsea.png"])


def fitted(query: RGBImage, candidate: RGBImage) -> Photometry:
    registration = register(query, candidate)
    assert registration is not None
    return photometry(query, candidate, registration)


@pytest.mark.parametrize(("gain", "offset"), [(1.0, 0.0), (1.4, -30.0), (0.6, 25.0), (1.0, -60.0)])
def test_gain_and_offset_are_fitted_beside_foreign_content(gain: float, offset: float) -> None:
    query = np.clip(LEVELS * gain + offset, 0, 255)
    query[::5] = 255  # a fifth of the picture is laid over
    tone = fit_tone(query, LEVELS)
    assert tone.exponent == 1
    assert tone.gain == pytest.approx(gain, abs=0.03)
    assert tone.offset == pytest.approx(offset, abs=3)
    assert tone.error < 2


@pytest.mark.parametrize("exponent", [0.5, 0.8, 1.5, 2.0])
def test_gamma_is_told_from_gain_and_offset(exponent: float) -> None:
    tone = fit_tone((255 * (LEVELS / 255) ** exponent).astype(np.float32), LEVELS)
    assert tone.exponent == pytest.approx(exponent, rel=0.03)
    assert tone.error < 1 < tone.before


def test_no_levels_are_no_change() -> None:
    assert fit_tone(LEVELS[:3], LEVELS[:3]).identity


def test_the_predicted_candidate_is_the_changed_one(chelsea: RGBImage) -> None:
    for changed in (gamma(chelsea, 1.7), brighten(chelsea, contrast=0.8, shift=20), grayscale(chelsea)):
        predicted = fitted(changed, chelsea).predicted(chelsea)
        assert np.abs(predicted.astype(int) - changed).mean() < 2


def test_hue_and_gray_are_seen_in_both_directions(chelsea: RGBImage) -> None:
    assert fitted(recolour(chelsea, 40), chelsea).colours.hue_degrees == pytest.approx(40, abs=3)
    assert fitted(chelsea, recolour(chelsea, 40)).colours.hue_degrees == pytest.approx(-40, abs=3)
    assert fitted(grayscale(chelsea), chelsea).colours.grayed
    assert fitted(chelsea, grayscale(chelsea)).colours.coloured


@pytest.mark.slow
@pytest.mark.parametrize("sigma", [1.2, 2.0, 3.5])
def test_the_width_of_a_blur_is_measured_in_both_directions(sigma: float, chelsea: RGBImage) -> None:
    soft = blur(chelsea, sigma)
    assert fitted(soft, chelsea).blur_px == pytest.approx(sigma, abs=0.3)
    assert fitted(chelsea, soft).blur_px == pytest.approx(-sigma, abs=0.3)


def test_noise_is_measured_and_is_no_sharpness(chelsea: RGBImage) -> None:
    noisy = noise(chelsea, 20)
    luma = 20 * np.linalg.norm([0.299, 0.587, 0.114])  # of independent noise in three channels
    fit = fitted(noisy, chelsea)
    assert fit.noise == pytest.approx(luma, rel=0.15)
    assert abs(fit.blur_px) < 0.5
    back = fitted(chelsea, noisy)
    assert back.noise == pytest.approx(-luma, rel=0.25)


def test_bars_are_measured_on_the_side_that_has_them(chelsea: RGBImage) -> None:
    boxed = letterbox(chelsea, 0.2)
    fit = fitted(boxed, chelsea)
    np.testing.assert_allclose(fit.bars, (0, 1 / 7, 0, 1 / 7), atol=0.01)
    assert not any(fit.other_bars)
    assert fit.uncovered < 0.01
    np.testing.assert_allclose(fitted(chelsea, boxed).other_bars, (0, 1 / 7, 0, 1 / 7), atol=0.01)


def test_only_what_was_changed_lights_up(chelsea: RGBImage) -> None:
    query = gamma(mirror(caption(chelsea)), 1.5)
    registration = register(query, chelsea)
    assert registration is not None
    shown = difference(query, chelsea, registration, photometry(query, chelsea, registration))
    assert shown.heat.shape == query.shape[:2]
    assert shown.heat.dtype == np.float32
    assert 0 <= shown.heat.min() <= shown.heat.max() <= 1
    laid_over = np.abs(mirror(caption(chelsea)).astype(int) - mirror(chelsea)).max(axis=2) > 60
    assert shown.heat[laid_over].mean() > 0.4
    far = cv2.dilate(laid_over.astype(np.uint8), np.ones((15, 15), np.uint8)) == 0
    assert shown.heat[far].mean() < 0.02


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((0.1, 0.85, 0.9, 0.95), "at the lower edge"),
        ((0.1, 0.02, 0.9, 0.1), "at the upper edge"),
        ((0.4, 0.45, 0.6, 0.55), "in the middle"),
        ((0.8, 0.85, 0.98, 0.97), "in the lower right corner"),
        ((0.02, 0.4, 0.2, 0.6), "at the left"),
        ((0.1, 0.1, 0.9, 0.9), "over most of the picture"),
    ],
)
def test_where_something_is_laid_over_is_said_in_words(box: tuple[float, float, float, float], words: str) -> None:
    assert whereabouts(Patch(0.02, *box, levels=100, ours=1)) == words


def test_blocks_show_the_more_the_lower_the_quality(photographs: dict[str, bytes]) -> None:
    plain = load(photographs["camera.png"])
    shown = [blockiness(to_gray(load(encode_jpeg(plain, quality=quality)))) for quality in (95, 40, 15, 5)]
    assert shown == sorted(shown)
    assert shown[-1] > 1.5 > shown[0]
