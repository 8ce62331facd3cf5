"""Large pictures are scaled down in strips, to what scaling the whole gives."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pictrace.images import strips
from pictrace.images.pixels import fit, fitting_size
from pictrace.images.reading import decode, load
from pictrace.images.strips import shrunk


def _levels(height: int, width: int, channels: int = 3) -> NDArray[np.uint8]:
    """Noise on a ramp, so that a row out of its place shows."""
    ramp = np.linspace(0, 200, height)[:, np.newaxis, np.newaxis]
    return (ramp + np.random.default_rng(height).integers(0, 55, (height, width, channels))).astype(np.uint8)


@pytest.mark.parametrize(("height", "width"), [(700, 900), (901, 613), (3000, 3), (2, 1800), (1, 2000), (1500, 1)])
@pytest.mark.parametrize("strip_px", [1, 2500, 10**6])
def test_strips_give_what_the_whole_gives(
    height: int, width: int, strip_px: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strips, "_STRIP_PX", strip_px)
    image = _levels(height, width)
    size = fitting_size((width, height), 512)

    small = shrunk(width, height, size, lambda top, bottom: image[top:bottom])

    whole = fit(image, 512)
    assert small.shape == whole.shape
    assert np.abs(small.astype(int) - whole).max() <= 1


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1", "I;16", "CMYK"])
@pytest.mark.parametrize("image_format", ["PNG", "WEBP", "TIFF", "GIF", "BMP"])
def test_a_large_picture_is_the_same_in_strips(mode: str, image_format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if mode == "I;16":
        image = Image.fromarray(_levels(700, 600, 1)[..., 0].astype(np.uint16) * 200)
    else:
        image = Image.fromarray(_levels(700, 600, 4)).convert("RGBA")
        image = image if mode == "RGBA" else image.convert("RGB").convert(mode)
    file = io.BytesIO()
    try:
        image.save(file, image_format, **({"lossless": True} if image_format == "WEBP" else {}))
    except (OSError, ValueError):
        pytest.skip(f"{image_format} has no {mode}")
    whole, small = decode(file.getvalue()), load(file.getvalue())

    monkeypatch.setattr(strips, "_STRIP_PX", 10_000)
    np.testing.assert_array_equal(decode(file.getvalue()), whole)
    monkeypatch.setattr(strips, "LARGE_PX", 1000)
    in_strips = load(file.getvalue())

    assert in_strips.shape == small.shape == (512, 439, 3)
    assert np.abs(in_strips.astype(int) - small).max() <= 1
    assert decode(file.getvalue()).shape == (700, 600, 3), "asked for the whole, it comes whole"
