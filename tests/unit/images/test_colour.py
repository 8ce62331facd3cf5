"""Embedded colour profiles: built here from their definitions, converted, and compared with the formulas."""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from pictrace.features import FeatureBatch
from pictrace.images import colour
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import decode, load
from pictrace.metrics import get_metric

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
D50 = (0.9642, 1.0, 0.8249)

# XYZ relative to D50 of the primaries, (red, green, blue) by row.
ADOBE = np.array([[0.60974, 0.31111, 0.01947], [0.20528, 0.62567, 0.06087], [0.14919, 0.06322, 0.74457]])
SRGB_MATRIX = np.array(
    [[0.4360747, 0.2225045, 0.0139322], [0.3850649, 0.7168786, 0.0971045], [0.1430804, 0.0606169, 0.7141733]]
)
GAMMA = 563 / 256


def profile(space: bytes = b"RGB ", gamma: float = GAMMA, matrix: NDArray[np.float64] = ADOBE, **more: bytes) -> bytes:
    """An ICC profile of version 2 by hand: gamma curves, and for RGB the primaries."""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"

    def xyz(values: NDArray[np.float64] | tuple[float, ...]) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(float(one) * 65536) for one in values))

    tags = {b"desc": b"desc\0\0\0\0" + struct.pack(">I", 5) + b"made\0" + bytes(79), b"wtpt": xyz(D50)}
    if space == b"RGB ":
        tags |= dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(xyz, matrix), strict=True))
        tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    else:
        tags[b"kTRC"] = curve
    tags |= {name.encode(): value for name, value in more.items()}
    table, body, at = b"", b"", 132 + 12 * len(tags)
    for name, value in tags.items():
        value += bytes(-len(value) % 4)
        table += struct.pack(">4sII", name, at + len(body), len(value))
        body += value
    head = struct.pack(
        ">I4xI4s4s4s12x4s28x3i48x",
        at + len(body),
        0x02400000,
        b"mntr",
        space,
        b"XYZ ",
        b"acsp",
        *(round(one * 65536) for one in D50),
    )
    return head + struct.pack(">I", len(tags)) + table + body


def as_srgb(adobe: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Adobe RGB (1998) to sRGB (IEC 61966-2-1) by their formulas, in levels."""
    linear = (adobe / 255.0) ** GAMMA @ ADOBE @ np.linalg.inv(SRGB_MATRIX)
    return encoded(linear)


def encoded(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Levels of sRGB, for light from 0 to 1."""
    linear = np.clip(linear, 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def photo(seed: int = 3, height: int = 60, width: int = 90) -> RGBImage:
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(30, 225, (8, 12, 3), np.uint8))
    return np.array(small.resize((width, height), Image.Resampling.BICUBIC))


def save(
    pixels: NDArray[np.uint8] | Image.Image, image_format: str, icc: bytes | None = None, **options: object
) -> bytes:
    buffer = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(buffer, image_format, icc_profile=icc, **options)
    return buffer.getvalue()


PIXELS = photo()
Options = dict[str, dict[str, Any]]
EXACT: Options = {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True, "exact": True}}
LOSSY: Options = {
    "JPEG": {"quality": 97, "subsampling": 0},
    "AVIF": {"quality": 95, "subsampling": "4:4:4"},
}


@pytest.mark.parametrize("image_format", [*EXACT, *LOSSY])
def test_adobe_rgb_becomes_srgb(image_format: str) -> None:
    data = save(PIXELS, image_format, profile(), **(EXACT | LOSSY)[image_format])
    apart = np.abs(decode(data) - as_srgb(PIXELS))
    assert apart.max() <= 2 if image_format in EXACT else apart.mean() < 3
    assert np.abs(decode(data).astype(int) - PIXELS).mean() > 4  # so something was done
    assert np.abs(load(data) - as_srgb(PIXELS)).mean() < 3


def test_colours_match_after_a_conversion() -> None:
    """One photograph, saved in Adobe RGB and, converted by an editor, in sRGB."""
    pixels = photo(5, 200, 300)
    edited = np.rint(as_srgb(pixels)).astype(np.uint8)
    metric = get_metric("histogram")

    def similarity(one: bytes, other: bytes) -> float:
        batch = FeatureBatch.of([metric.extract(load(other))], metric.layout)
        return float(metric.scale.similarity(metric.scores(metric.extract(load(one)), batch).raw)[..., 0])

    ignored = similarity(save(pixels, "JPEG", quality=95), save(edited, "JPEG", quality=95))
    honoured = similarity(save(pixels, "JPEG", profile(), quality=95), save(edited, "JPEG", SRGB, quality=95))
    assert honoured > 0.9
    assert honoured > ignored + 0.4  # 0.39 before


def test_gray_profiles() -> None:
    gray = np.tile(np.arange(256, dtype=np.uint8), (16, 1))
    expected = encoded((gray / 255.0) ** 1.8)
    for data in (save(gray, "PNG", profile(b"GRAY", 1.8)), save(gray, "JPEG", profile(b"GRAY", 1.8), quality=100)):
        pixels = decode(data)
        assert np.abs(pixels[..., 1] - expected).max() <= 3
        assert np.ptp(pixels, axis=2).max() == 0


def lab_table() -> bytes:
    """A mft1 table, CMYK to Lab, of two points a side: white paper, black ink, and red for magenta with yellow."""
    lab = []
    for cyan, magenta, yellow, black in itertools.product((0, 1), repeat=4):
        light = 100 * (1 - 0.3 * cyan) * (1 - 0.4 * magenta) * (1 - 0.1 * yellow) * (1 - 0.9 * black)
        lab.append((light * 2.55, 128 + 60 * magenta - 40 * cyan, 128 + 60 * yellow - 40 * cyan))
    steps = bytes(range(256))
    identity = struct.pack(">9i", *(65536 * (row == column) for row in range(3) for column in range(3)))
    values = bytes(min(255, max(0, round(one))) for point in lab for one in point)
    return b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + identity + steps * 4 + values + steps * 3


def cmyk_profile() -> bytes:
    made = bytearray(profile(b"CMYK", A2B0=lab_table()))
    made[12:16], made[20:24] = b"prtr", b"Lab "
    return bytes(made)


@pytest.mark.parametrize("image_format", ["JPEG", "TIFF"])
def test_cmyk_by_its_profile(image_format: str) -> None:
    ink = np.zeros((32, 64, 4), np.uint8)
    ink[:, 32:] = (0, 255, 255, 0)  # magenta and yellow
    image = Image.merge("CMYK", [Image.fromarray(ink[..., n]) for n in range(4)])
    options = {"quality": 100} if image_format == "JPEG" else {}
    plain, converted = (decode(save(image, image_format, icc, **options)) for icc in (None, cmyk_profile()))
    assert np.abs(plain[:, 48:].astype(int) - (255, 0, 0)).max() < 8
    f = np.array([(54 + 16) / 116 + 60 / 500, (54 + 16) / 116, (54 + 16) / 116 - 60 / 200])  # Lab (54, 60, 60)
    expected = encoded(f**3 * D50 @ np.linalg.inv(SRGB_MATRIX))
    assert np.abs(converted[:, 48:].mean((0, 1)) - expected).max() < 12
    assert converted[:, :16].min() > 245


def test_reduced_cmyk_has_the_same_size() -> None:
    image = Image.new("CMYK", (2051, 1203), (10, 200, 30, 0))
    sizes = {load(save(image, "JPEG", icc)).shape for icc in (None, cmyk_profile())}
    assert len(sizes) == 1


UNSUITED = {
    "none": None,
    "sRGB": SRGB,
    "noise": bytes(range(256)) * 4,
    "cut short": profile()[:300],
    "for gray": profile(b"GRAY"),
    "for CMYK": profile(b"CMYK"),
    "as good as sRGB": SRGB.replace(b"sRGB", b"mine"),
    "with programs": profile(D2B0=b"mpet" + bytes(20)),
    "too large": profile(text=b"text\0\0\0\0" + bytes(colour.MAX_PROFILE_BYTES)),
}


@pytest.mark.parametrize("name", UNSUITED)
@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP"])
def test_other_profiles_change_nothing(name: str, image_format: str) -> None:
    options: dict[str, Any] = EXACT.get(image_format, {"quality": 90})
    assert np.array_equal(
        decode(save(PIXELS, image_format, UNSUITED[name], **options)), decode(save(PIXELS, image_format, **options))
    )


def test_noise_in_a_profile_is_borne() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        noisy = bytearray(profile())
        for at in rng.integers(0, len(noisy), 6):
            noisy[at] = rng.integers(0, 256)
        assert decode(save(PIXELS, "PNG", bytes(noisy))).shape == PIXELS.shape


def test_a_png_profile_that_inflates_without_end_is_cut() -> None:
    chunk = b"iCCP" + b"x\0\0" + zlib.compress(bytes(50_000_000))
    plain = save(PIXELS, "PNG")
    data = plain[:33] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + plain[33:]
    assert np.array_equal(decode(data), PIXELS)


def test_profiles_in_many_pieces() -> None:
    large = profile(text=b"text\0\0\0\0" + bytes(150_000))
    data = save(PIXELS, "JPEG", large, quality=97, subsampling=0)
    assert data.count(b"ICC_PROFILE\0") == 3
    assert np.abs(decode(data) - as_srgb(PIXELS)).mean() < 3
    lost = data.replace(b"ICC_PROFILE\0\2", b"ICC_PROFILE\0\7")
    assert np.array_equal(decode(lost), decode(save(PIXELS, "JPEG", quality=97, subsampling=0)))
