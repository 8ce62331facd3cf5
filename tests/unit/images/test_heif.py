"""HEIC files, made by pillow-heif; and what is said where that is not installed."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from pictrace.errors import ImageError
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import DecodeLimits, ImageInfo, decode, load, open_image
from pictrace.sources.listing import list_source
from tests.paths import ROOT

FAKE = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)


def gradient(height: int = 48, width: int = 80) -> RGBImage:
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return np.dstack([255 * x, 255 * y, 120 + 100 * x * y]).astype(np.uint8)


PICTURE = gradient()


def heic(image: Image.Image, exif: bytes = b"") -> bytes:
    """Saved by the plugin's own function, so that Pillow is not told of a format that PicTrace must not rely on."""
    pillow_heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    file = pillow_heif.from_pillow(image)
    file.info["exif"] = exif or None
    file.save(buffer, quality=95, chroma=444)
    return buffer.getvalue()


def near(one: RGBImage, other: RGBImage, levels: float = 3.0) -> bool:
    return one.shape == other.shape and float(np.abs(one.astype(int) - other).mean()) < levels


def test_a_heic_file_is_read() -> None:
    data = heic(Image.fromarray(PICTURE))
    assert open_image(data).info == ImageInfo("HEIC", 80, 48)
    assert near(decode(data), PICTURE)
    assert load(heic(Image.fromarray(gradient(600, 1000)))).shape == (307, 512, 3)
    assert near(decode(heic(Image.fromarray(PICTURE[..., 0]))), np.dstack([PICTURE[..., 0]] * 3))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_turned_once(orientation: int) -> None:
    """The encoder writes the turn as irot and imir, and keeps the EXIF block that says it again."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = heic(Image.fromarray(PICTURE), exif.tobytes())
    assert (b"irot" in data, b"imir" in data) == (orientation in (3, 5, 6, 7, 8), orientation in (2, 4, 5, 7))
    turned = Image.open(io.BytesIO(_jpeg(exif)))

    upright = np.asarray(ImageOps.exif_transpose(turned))
    info = open_image(data).info
    assert (info.height, info.width) == upright.shape[:2]
    assert near(decode(data), upright, 4)


def _jpeg(exif: Image.Exif) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PICTURE).save(buffer, "JPEG", quality=98, subsampling=0, exif=exif)
    return buffer.getvalue()


def test_alpha_is_laid_on_white() -> None:
    alpha = np.zeros(PICTURE.shape[:2], np.uint8)
    alpha[:, 40:] = 255
    pixels = decode(heic(Image.fromarray(np.dstack([PICTURE, alpha]))))
    assert pixels[:, :32].min() > 245
    assert near(pixels[:, 48:], PICTURE[:, 48:])


def test_ten_bits_become_eight() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    deep = (PICTURE.astype(np.uint16) << 8 | PICTURE).astype("<u2")
    buffer = io.BytesIO()
    pillow_heif.encode("RGB;16", (80, 48), deep.tobytes(), buffer, quality=95, chroma=444)
    assert near(decode(buffer.getvalue()), PICTURE)


def test_limits_and_damage() -> None:
    data = heic(Image.fromarray(PICTURE))
    decode(data, DecodeLimits(max_pixels=80 * 48))
    for read in (open_image, decode):
        with pytest.raises(ImageError, match="80 x 48 pixels, more than"):
            read(data, DecodeLimits(max_pixels=80 * 48 - 1))
        with pytest.raises(ImageError, match="HEIC is damaged"):
            read(FAKE)
    for end in range(40, len(data) - 60, 40):
        with pytest.raises(ImageError):
            decode(data[:end])


def test_folders_list_them(tmp_path: Path) -> None:
    for name in ("a.heic", "b.HEIF"):
        (tmp_path / name).write_bytes(FAKE)
    assert len(list_source(str(tmp_path)).items) == 2


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1", b"msf1"])
def test_without_the_package_it_is_named(brand: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    for read in (open_image, decode, load):
        with pytest.raises(ImageError, match=r'HEIC picture.*JPEG or PNG.*pip install "pictrace\[heic\]"'):
            read(FAKE.replace(b"ftypheic", b"ftyp" + brand))


def test_the_package_is_loaded_for_a_heic_file_only() -> None:
    code = "import sys, pictrace.cli; print('pillow_heif' in sys.modules, 'botocore' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "False"]
