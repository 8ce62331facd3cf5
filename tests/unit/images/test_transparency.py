"""What transparent pictures are laid on."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pictrace.images.loading import load_picture
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import DecodeLimits, open_image
from pictrace.images.transparency import BLACK, LIGHT_NOTE, WHITE, ground_under

SIDE = 96


def icon(colour: tuple[int, int, int], *, alpha: int = 255) -> NDArray[np.uint8]:
    """A clock: a ring and two hands, smooth at their edges, on nothing. RGBA."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(mask, (48, 48), 36, 255, 7, cv2.LINE_AA)
    cv2.line(mask, (48, 48), (48, 24), 255, 7, cv2.LINE_AA)
    cv2.line(mask, (48, 48), (66, 56), 255, 7, cv2.LINE_AA)
    layer = np.empty((SIDE, SIDE, 4), np.uint8)
    layer[..., :3] = colour
    layer[..., 3] = mask.astype(np.uint16) * alpha // 255
    return layer


def page() -> NDArray[np.uint8]:
    """Writing on a white sheet, around which there is nothing."""
    layer = np.zeros((SIDE, SIDE, 4), np.uint8)
    layer[8:-8, 8:-8] = 255
    for row in range(16, 80, 8):
        layer[row : row + 3, 14:80:3, :3] = 0
    return layer


def read(layer: NDArray[np.uint8], image_format: str = "PNG", mode: str = "RGBA") -> tuple[RGBImage, tuple[str, ...]]:
    out = io.BytesIO()
    options = {"lossless": True, "exact": True} if image_format == "WEBP" else {}
    Image.fromarray(layer).convert(mode).save(out, image_format, **options)
    opened = open_image(out.getvalue())
    return opened.pixels(), opened.notes


@pytest.mark.parametrize("image_format", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("colour", [(255, 255, 255), (240, 240, 240), (255, 255, 224)])
def test_a_light_icon_is_seen_on_black(colour: tuple[int, int, int], image_format: str) -> None:
    pixels, notes = read(icon(colour), image_format)
    assert pixels[0, 0].tolist() == [0, 0, 0]
    assert pixels[48, 12].tolist() == list(colour)
    assert notes == (LIGHT_NOTE,)


@pytest.mark.parametrize("image_format", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 0, 0), (255, 255, 0), (120, 120, 120), (200, 200, 200)])
def test_other_icons_are_laid_on_white(colour: tuple[int, int, int], image_format: str) -> None:
    pixels, notes = read(icon(colour), image_format)
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert notes == ()


def test_white_on_black_is_the_negative_of_black_on_white() -> None:
    assert np.array_equal(255 - read(icon((255, 255, 255)))[0], read(icon((0, 0, 0)))[0])


def test_a_faint_veil_of_white_is_seen_too() -> None:
    assert read(icon((255, 255, 255), alpha=60))[0].max() >= 59


def test_a_white_page_with_writing_stays_on_white() -> None:
    pixels, notes = read(page())
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert not notes


def test_colours_below_what_is_transparent_do_not_count() -> None:
    layer = icon((255, 255, 255))
    layer[layer[..., 3] == 0, :3] = np.random.default_rng(1).integers(0, 256, ((layer[..., 3] == 0).sum(), 3))
    assert np.array_equal(read(layer)[0], read(icon((255, 255, 255)))[0])


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_gray_with_alpha(mode: str) -> None:
    assert read(icon((255, 255, 255)), mode=mode)[0][0, 0, 0] == BLACK


@pytest.mark.parametrize("bits", [8, 16])
def test_one_transparent_level(bits: int) -> None:
    levels = np.where(icon((0, 0, 0))[..., 3] > 127, 2**bits - 1, 7).astype(np.uint8 if bits == 8 else np.uint16)
    out = io.BytesIO()
    Image.fromarray(levels).save(out, "PNG", transparency=7)
    opened = open_image(out.getvalue())
    assert opened.pixels()[0, 0].tolist() == [0, 0, 0]
    assert opened.pixels()[48, 12].tolist() == [255, 255, 255]
    assert opened.notes == (LIGHT_NOTE,)


def test_a_palette_with_a_transparent_colour() -> None:
    image = Image.fromarray(np.where(icon((0, 0, 0))[..., 3] > 127, 1, 0).astype(np.uint8), "P")
    image.putpalette([0, 200, 0, 255, 255, 255])
    for image_format in ("PNG", "GIF"):
        out = io.BytesIO()
        image.save(out, image_format, transparency=0)
        assert open_image(out.getvalue()).pixels()[0, 0].tolist() == [0, 0, 0]


@pytest.mark.parametrize("image_format", ["PNG", "WEBP"])
def test_large_pictures_choose_alike(image_format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    large = np.asarray(Image.fromarray(icon((255, 255, 255))).resize((1300, 1300), Image.Resampling.BICUBIC), np.uint8)
    out = io.BytesIO()
    Image.fromarray(large).save(out, image_format)
    whole = open_image(out.getvalue()).working()
    monkeypatch.setattr("pictrace.images.strips.LARGE_PX", 1000)
    in_strips = open_image(out.getvalue()).working()
    assert whole[0, 0].tolist() == in_strips[0, 0].tolist() == [0, 0, 0]
    assert np.abs(whole.astype(int) - in_strips).max() <= 1


def test_nothing_at_all_and_nothing_transparent() -> None:
    assert ground_under(Image.new("RGBA", (4, 4), (255, 255, 255, 0))) == WHITE
    assert ground_under(Image.new("RGBA", (4, 4), (255, 255, 255, 255))) == WHITE
    assert ground_under(Image.new("RGBA", (1, 1), (255, 255, 255, 9))) == WHITE


def test_another_process_tells_the_same() -> None:
    out = io.BytesIO()
    Image.fromarray(icon((255, 255, 255))).save(out, "PNG")
    here, apart = (load_picture(out.getvalue(), DecodeLimits(apart=apart)) for apart in (False, True))
    assert here[0] == apart[0]
    assert here[0].notes == (LIGHT_NOTE,)
    assert np.array_equal(here[1], apart[1])
