"""Pictures with more bits a sample than they use, and those of floating-point numbers."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from pictrace.errors import ImageError
from pictrace.images import samples
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import Opened, open_image
from pictrace.images.samples import Span, span_of_levels

GRAY = np.linspace(0, 1, 24 * 32).reshape(24, 32)
EXPECTED = np.rint(GRAY * 255)
DOUBLE = 12  # of TIFF 6.0


def saved(pixels: NDArray[Any], image_format: str, **tags: tuple[int, float]) -> bytes:
    """``tags``: kind and value of TIFF tags t340=… and so on."""
    out = io.BytesIO()
    info = ImageFileDirectory_v2()
    for name, (kind, value) in tags.items():
        info.tagtype[int(name[1:])] = kind
        info[int(name[1:])] = value
    Image.fromarray(pixels).save(out, image_format, **({"tiffinfo": info} if image_format == "TIFF" else {}))
    return out.getvalue()


def encoded(suffix: str, pixels: NDArray[Any]) -> bytes:
    return bytes(cv2.imencode(suffix, pixels)[1])


def with_chunk(png: bytes, name: bytes, body: bytes) -> bytes:
    """The PNG with one more chunk behind its header."""
    return png[:33] + struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) + png[33:]


def read(data: bytes) -> tuple[RGBImage, str]:
    opened: Opened = open_image(data)
    assert opened.notes == ()
    pixels = opened.pixels()
    assert np.array_equal(opened.pixels(), pixels)
    return pixels, " ".join(opened.notes)


@pytest.mark.parametrize("image_format", ["PNG", "TIFF"])
@pytest.mark.parametrize("bits", [8, 10, 12, 14])
def test_gray_that_uses_fewer_bits_is_scaled_by_them(bits: int, image_format: str) -> None:
    levels = np.rint(GRAY * (2**bits - 1)).astype(np.uint16)
    pixels, note = read(saved(levels, image_format))
    assert np.abs(pixels[..., 0] - EXPECTED).max() <= 1
    assert note == f"Read as {bits} bits, as no more of its 16 are used."


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("bits", [10, 12, 14])
def test_colours_that_use_fewer_bits_are_scaled_by_them(bits: int, suffix: str) -> None:
    levels = np.rint(np.dstack([GRAY, GRAY[::-1], GRAY[:, ::-1]]) * (2**bits - 1)).astype(np.uint16)
    pixels, note = read(encoded(suffix, levels))
    assert np.abs(pixels[..., 2] - EXPECTED).max() <= 1
    assert np.abs(pixels[..., 1] - EXPECTED[::-1]).max() <= 1
    assert f"{bits} bits" in note


def test_colours_with_alpha_keep_it() -> None:
    levels = np.full((4, 4, 4), 4095, np.uint16)
    levels[..., 0] = 0
    levels[:, :2, 3] = 0
    levels[:, 2:, 3] = 65535
    pixels, _ = read(encoded(".png", levels))
    assert pixels[0, 3].tolist() == [255, 255, 0]
    assert pixels[0, 0].tolist() == [255, 255, 255]


@pytest.mark.parametrize("times", [256, 257])
def test_a_dark_picture_made_of_8_bits_stays_dark(times: int) -> None:
    pixels, note = read(saved((GRAY * 20).astype(np.uint16) * times, "PNG"))
    assert pixels.max() == 20
    assert not note


def test_all_bits_used_need_no_word() -> None:
    pixels, note = read(saved(np.rint(GRAY * 65535).astype(np.uint16), "TIFF"))
    assert np.array_equal(pixels[..., 0], EXPECTED)
    assert not note


def test_significant_bits_of_a_png_decide() -> None:
    levels = np.rint(GRAY * 900).astype(np.uint16)  # 10 bits would hold them
    pixels, note = read(with_chunk(saved(levels, "PNG"), b"sBIT", b"\x0c"))
    assert pixels.max() == round(900 * 255 / 4095)
    assert "12 bits" in note


def test_significant_bits_that_were_spread_over_all_change_nothing() -> None:
    levels = np.rint(GRAY * 65535).astype(np.uint16)
    pixels, note = read(with_chunk(saved(levels, "PNG"), b"sBIT", b"\x0c"))
    assert np.array_equal(pixels[..., 0], EXPECTED)
    assert not note


def test_the_range_that_a_tiff_declares_decides() -> None:
    levels = (1000 + np.rint(GRAY * 1000)).astype(np.uint16)
    pixels, note = read(saved(levels, "TIFF", t340=(3, 1000), t341=(3, 2000)))
    assert np.abs(pixels[..., 0] - EXPECTED).max() <= 1
    assert note == "Read from 1000 (black) to 2000 (white), as the file says of its samples."
    pixels, note = read(saved(levels, "TIFF", t340=(3, 1500), t341=(3, 1600)))  # which does not hold them
    assert pixels.max() == round(2000 * 255 / 4095)


@pytest.mark.parametrize("white", [1, 255, 4095, 65535])
def test_floating_point_numbers(white: int) -> None:
    pixels, note = read(saved((GRAY * white).astype(np.float32), "TIFF"))
    assert np.abs(pixels[..., 0] - EXPECTED).max() <= 1
    assert note == f"Its samples reach from 0 to {white:.4g}; 0 is black, {white:.4g} white."


def test_a_picture_of_numbers_that_is_dim_stays_so() -> None:
    pixels, _ = read(saved((GRAY * 0.75).astype(np.float32), "TIFF"))
    assert pixels.max() == round(0.75 * 255)


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (-1024, 3071), (0, 8e6)])
def test_numbers_beyond_any_depth_are_stretched(low: float, high: float) -> None:
    pixels, note = read(saved((low + GRAY * (high - low)).astype(np.float32), "TIFF"))
    assert np.abs(pixels[..., 0] - EXPECTED).max() <= 1
    assert "Its samples reach from" in note


def test_the_range_that_a_tiff_of_numbers_declares_decides() -> None:
    numbers = (GRAY * 3).astype(np.float32)
    pixels, _ = read(saved(numbers, "TIFF", t340=(DOUBLE, 0.0), t341=(DOUBLE, 6.0)))
    assert pixels.max() in (127, 128)


def test_integers_of_32_bits() -> None:
    pixels, _ = read(saved(np.rint(GRAY * 4095).astype(np.int32), "TIFF"))
    assert np.abs(pixels[..., 0] - EXPECTED).max() <= 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused_in_words(bad: float) -> None:
    numbers = GRAY.astype(np.float32)
    numbers[3, 3] = bad
    with pytest.raises(ImageError, match=r"infinite or no numbers.*save it with 8 or 16 bits"):
        read(saved(numbers, "TIFF"))


def test_a_flat_picture_of_numbers() -> None:
    pixels, _ = read(saved(np.full((3, 3), -7, np.float32), "TIFF"))
    assert np.array_equal(pixels, np.zeros((3, 3, 3)))


def test_strips_make_one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    levels = np.rint(GRAY * 4095).astype(np.uint16)
    at_once, _ = read(saved(levels, "PNG"))
    monkeypatch.setattr(samples, "_STRIP_PX", 100)
    assert np.array_equal(read(saved(levels, "PNG"))[0], at_once)


def test_no_levels_at_all() -> None:
    assert span_of_levels(np.zeros(samples.LEVELS, np.bool_), 16) == Span(0, 65535)
