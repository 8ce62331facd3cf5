"""Files made by real encoders and by hand, read by pictrace.images; expectations are computed elsewhere."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pictrace.errors import ImageError
from pictrace.images.encoding import encode_jpeg, encode_png, thumbnail
from pictrace.images.formats import FORMATS, PICTURE_SUFFIXES
from pictrace.images.loading import load_picture
from pictrace.images.orientation import UPRIGHT, VARIANTS, Variant, orient
from pictrace.images.pixels import WORKING_SIDE_PX, RGBImage, fit, to_gray
from pictrace.images.reading import DecodeLimits, ImageInfo, decode, load, open_image

WHITE = (255, 255, 255)


def gradient(height: int = 40, width: int = 56) -> RGBImage:
    """Smooth, so that lossy formats keep it, and different in all eight orientations."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return np.dstack([255 * x, 255 * y, 120 + 100 * x * y]).astype(np.uint8)


PICTURE = gradient()
OTHER = np.ascontiguousarray(PICTURE[::-1, :, ::-1])


def save(pixels: NDArray[Any] | Image.Image, image_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def animated(image_format: str, **options: Any) -> bytes:
    return save(PICTURE, image_format, save_all=True, append_images=[Image.fromarray(OTHER)], **options)


def exif_saying(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = "a maker with a long name"
    exif[0x0112] = orientation
    return exif


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_by_hand(width: int, bits: int, colour: int, row: bytes, *extra: tuple[bytes, bytes], height: int = 1) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(b"\0" + row)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def tiff_by_hand(width: int, height: int, samples: bytes, order: str = "<", **tags: int) -> bytes:
    """One strip of gray samples; ``tags`` are t256=… and so on, each one SHORT or LONG."""
    values = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: height, 279: len(samples)}
    values |= {int(name[1:]): value for name, value in tags.items()}
    samples += b"\0" * (len(samples) % 2)
    entries = [struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in sorted(values.items())]
    magic = b"II*\0" if order == "<" else b"MM\0*"
    head = magic + struct.pack(order + "I", 8 + len(samples))
    return head + samples + struct.pack(order + "H", len(entries)) + b"".join(entries) + bytes(4)


def with_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    """The JPEG with one more segment, right after its beginning."""
    return jpeg[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + jpeg[2:]


def with_jpeg_size(jpeg: bytes, width: int, height: int) -> bytes:
    frame = jpeg.index(b"\xff\xc0")
    return jpeg[: frame + 5] + struct.pack(">HH", height, width) + jpeg[frame + 9 :]


def mean_difference(one: NDArray[Any], other: NDArray[Any]) -> float:
    assert one.shape == other.shape
    return float(np.abs(one.astype(np.int16) - other).mean())


def assert_picture(pixels: RGBImage) -> None:
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3
    assert pixels.flags.c_contiguous
    assert pixels.flags.writeable


JPEGS = {
    "plain": save(PICTURE, "JPEG", quality=95),
    "progressive": save(PICTURE, "JPEG", quality=95, progressive=True),
    "unsubsampled": save(PICTURE, "JPEG", quality=95, subsampling=0),
    "stored as RGB": save(PICTURE, "JPEG", quality=95, keep_rgb=True),
    "restart markers": save(PICTURE, "JPEG", quality=95, restart_marker_blocks=2),
    "from a phone": animated("MPO", quality=95),
}
CUTTABLE = {
    **JPEGS,
    "gray": save(PICTURE[..., 0], "JPEG", quality=95),
    "CMYK": save(Image.fromarray(PICTURE).convert("CMYK"), "JPEG", quality=95),
}
LAST_BLOCKS_BYTES = 60  # a cut within these may go unnoticed
LOSSLESS = {
    "PNG": save(PICTURE, "PNG"),
    "PNG, animated": animated("PNG"),
    "PNG with alpha": save(np.dstack([PICTURE, np.full((40, 56), 255, np.uint8)]), "PNG"),
    "WEBP": save(PICTURE, "WEBP", lossless=True),
    "WEBP, animated": animated("WEBP", lossless=True),
    "BMP": save(PICTURE, "BMP"),
    "TIFF": save(PICTURE, "TIFF"),
    "TIFF, LZW": save(PICTURE, "TIFF", compression="tiff_lzw"),
    "TIFF, deflated": save(PICTURE, "TIFF", compression="tiff_adobe_deflate"),
    "TIFF, two pages": animated("TIFF"),
}
LOSSY = {
    "WEBP": save(PICTURE, "WEBP", quality=95),
    "AVIF": save(PICTURE, "AVIF", quality=95),
    "AVIF, animated": animated("AVIF", quality=95),
    "TIFF, JPEG": save(PICTURE, "TIFF", compression="jpeg", quality=95),
}
PALETTE = Image.fromarray(PICTURE).quantize(32)
INDEXED = {
    "PNG": save(PALETTE, "PNG"),
    "GIF": save(PALETTE, "GIF"),
    "GIF, interlaced": save(PALETTE, "GIF", interlace=True),
    "GIF, animated": save(PALETTE, "GIF", save_all=True, append_images=[Image.fromarray(OTHER).quantize(32)]),
    "BMP": save(PALETTE, "BMP"),
    "TIFF": save(PALETTE, "TIFF"),
}
CORPUS = [*JPEGS.values(), *LOSSLESS.values(), *LOSSY.values(), *INDEXED.values()]


class TestFormats:
    @pytest.mark.parametrize("name", LOSSLESS)
    def test_lossless_files_come_back_exactly(self, name: str) -> None:
        pixels = decode(LOSSLESS[name])
        assert_picture(pixels)
        assert np.array_equal(pixels, PICTURE)

    @pytest.mark.parametrize("name", INDEXED)
    def test_palettes_are_looked_up(self, name: str) -> None:
        pixels = decode(INDEXED[name])
        assert_picture(pixels)
        assert np.array_equal(pixels, np.asarray(PALETTE.convert("RGB")))

    @pytest.mark.parametrize("name", LOSSY)
    def test_lossy_files_come_back_nearly(self, name: str) -> None:
        pixels = decode(LOSSY[name])
        assert_picture(pixels)
        assert mean_difference(pixels, PICTURE) < 3

    @pytest.mark.parametrize("name", JPEGS)
    def test_jpeg_agrees_with_pillow(self, name: str) -> None:
        pixels = decode(JPEGS[name])
        assert_picture(pixels)
        assert mean_difference(pixels, np.asarray(Image.open(io.BytesIO(JPEGS[name])))) < 0.5
        assert mean_difference(pixels, PICTURE) < 3

    def test_gray_jpeg(self) -> None:
        gray = PICTURE[:, :, 0]
        pixels = decode(save(gray, "JPEG", quality=95))
        assert_picture(pixels)
        assert mean_difference(pixels, np.dstack([gray] * 3)) < 2

    def test_cmyk_jpeg_is_taken_as_inverted(self) -> None:
        ink = [*Image.fromarray(PICTURE).split(), Image.new("L", (56, 40), 51)]  # a fifth of black
        data = save(Image.merge("CMYK", ink), "JPEG", quality=95)
        assert mean_difference(decode(data), (255.0 - PICTURE) * 0.8) < 3

    def test_ycck_jpeg(self) -> None:
        luma_and_chroma = Image.fromarray(255 - PICTURE).convert("YCbCr").split()
        planes = [*map(ImageOps.invert, luma_and_chroma), Image.new("L", (56, 40), 0)]
        data = bytearray(save(Image.merge("CMYK", planes), "JPEG", quality=95))
        transform = data.index(b"Adobe") + 11
        assert data[transform] == 0  # CMYK
        data[transform] = 2  # YCCK
        assert mean_difference(decode(bytes(data)), PICTURE) < 3

    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            (JPEGS["plain"], "JPEG"),
            (JPEGS["from a phone"], "JPEG"),
            (LOSSLESS["PNG"], "PNG"),
            (LOSSLESS["WEBP"], "WEBP"),
            (INDEXED["GIF"], "GIF"),
            (LOSSLESS["BMP"], "BMP"),
            (LOSSLESS["TIFF"], "TIFF"),
            (LOSSY["AVIF"], "AVIF"),
        ],
    )
    def test_the_header_says(self, data: bytes, expected: str) -> None:
        info = open_image(data).info
        assert (info.format, info.width, info.height) == (expected, 56, 40)
        assert (info.quality is None) == (expected != "JPEG")

    def test_names_and_suffixes_are_of_one_format_each(self) -> None:
        assert all(name == one.name for name, one in FORMATS.items())
        assert len(PICTURE_SUFFIXES) == sum(len(one.suffixes) for one in FORMATS.values()) == 26

    @pytest.mark.parametrize("shape", [(1, 1), (1, 10_000), (10_000, 1)])
    @pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
    def test_extreme_shapes(self, shape: tuple[int, int], image_format: str) -> None:
        data = save(np.full((*shape, 3), 200, np.uint8), image_format)
        assert decode(data).shape == (*shape, 3)
        assert max(load(data).shape[:2]) == min(512, max(shape))
        assert min(load(data).shape[:2]) == 1


class TestPixelValues:
    def test_16_bit_gray_is_scaled_not_clipped(self) -> None:
        levels = np.array([[0, 128, 129, 256, 32768, 65407, 65535]], np.uint16)
        expected = np.rint(levels / 257).astype(np.uint8)
        assert expected.tolist() == [[0, 0, 1, 1, 128, 255, 255]]
        files = [save(levels, "PNG"), save(levels, "TIFF")]
        files.append(tiff_by_hand(7, 1, levels.astype(">u2").tobytes(), ">", t258=16))
        files.append(tiff_by_hand(7, 1, (65535 - levels).tobytes(), t258=16, t262=0))  # white is zero
        for data in files:
            assert np.array_equal(decode(data), np.dstack([expected] * 3))

    def test_12_bit_gray(self) -> None:
        data = tiff_by_hand(2, 1, bytes([0xFF, 0xF8, 0x00]), t258=12)
        assert decode(data)[0, :, 0].tolist() == [255, round(0x800 * 255 / 0xFFF)]

    def test_16_bit_rgb(self) -> None:
        data = png_by_hand(2, 16, 2, struct.pack(">6H", 65535, 32768, 0, 257, 514, 51400))
        assert np.abs(decode(data)[0].astype(int) - [[255, 128, 0], [1, 2, 200]]).max() <= 1

    def test_16_bit_gray_with_alpha(self) -> None:
        data = png_by_hand(2, 16, 4, struct.pack(">4H", 0, 32768, 65535, 65535))
        assert decode(data)[0].tolist() == [[127] * 3, [255] * 3]

    def test_1_bit(self) -> None:
        bits = PICTURE[:, :, 0] > 100
        for image_format in ("PNG", "BMP", "TIFF", "GIF"):
            data = save(Image.fromarray(bits), image_format)
            assert np.array_equal(decode(data), np.dstack([np.uint8(255) * bits] * 3))

    def test_alpha_is_laid_on_white(self) -> None:
        pixels = np.array([[(255, 0, 0, 0), (255, 0, 0, 128), (255, 0, 0, 255), (0, 0, 0, 51)]], np.uint8)
        for image_format, options in (("PNG", {}), ("WEBP", {"lossless": True, "exact": True}), ("TIFF", {})):
            decoded = decode(save(pixels, image_format, **options))
            assert decoded[0].tolist() == [[255, 255, 255], [255, 127, 127], [255, 0, 0], [204, 204, 204]]

    def test_gray_with_alpha(self) -> None:
        levels, alpha = (Image.frombytes("L", (3, 1), bytes(row)) for row in ((0, 0, 60), (0, 128, 255)))
        data = save(Image.merge("LA", (levels, alpha)), "PNG")
        assert decode(data)[0, :, 0].tolist() == [255, 127, 60]

    def test_palette_with_alpha(self) -> None:
        image = Image.new("P", (3, 1))
        image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
        image.putdata([0, 1, 2])
        decoded = decode(save(image, "PNG", transparency=bytes([0, 128, 255])))
        assert decoded[0].tolist() == [[255, 255, 255], [127, 255, 127], [0, 0, 255]]
        decoded = decode(save(image, "GIF", transparency=1))
        assert decoded[0].tolist() == [[255, 0, 0], [255, 255, 255], [0, 0, 255]]

    @pytest.mark.parametrize(
        ("bits", "row", "key", "expected"),
        [
            (1, b"\x40", 1, [0, 255]),
            (2, b"\x1b", 1, [0, 255, 170, 255]),
            (4, b"\x05\xaf", 5, [0, 255, 170, 255]),
            (8, b"\x05\xaf", 5, [255, 175]),
            (16, b"\x05\x00\xaf\x00", 0x0500, [255, 174]),
        ],
    )
    def test_gray_with_one_transparent_level(self, bits: int, row: bytes, key: int, expected: list[int]) -> None:
        data = png_by_hand(len(expected), bits, 0, row, (b"tRNS", struct.pack(">H", key)))
        assert decode(data)[0, :, 0].tolist() == expected

    def test_texts_of_a_png_do_not_touch_its_pixels(self) -> None:
        texts = [(b"tEXt", name + b"\0" + b"1") for name in (b"transparency", b"bbox", b"exif", b"interlace")]
        assert decode(png_by_hand(3, 8, 0, b"\0\1\2", *texts))[0, :, 0].tolist() == [0, 1, 2]


class TestOrientation:
    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
    def test_exif_orientation_agrees_with_pillow(self, orientation: int, image_format: str) -> None:
        data = save(PICTURE, image_format, quality=95, exif=exif_saying(orientation))
        expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
        assert (expected.size == (40, 56)) == (orientation > 4)  # the orientation was written
        pixels = decode(data)
        assert_picture(pixels)
        assert mean_difference(pixels, np.asarray(expected)) < 0.5
        assert (open_image(data).info.width, open_image(data).info.height) == expected.size

    def test_reduced_jpeg_is_turned_too(self) -> None:
        data = save(gradient(80, 112), "JPEG", quality=95, exif=exif_saying(6))
        expected = np.rot90(decode(save(gradient(80, 112), "JPEG", quality=95), min_long_side_px=56), -1)
        assert np.array_equal(decode(data, min_long_side_px=56), expected)

    def test_big_endian_exif(self) -> None:
        exif = exif_saying(3)
        exif.endian = ">"
        assert exif.tobytes()[6:8] == b"MM"
        data = with_segment(JPEGS["plain"], 0xE1, exif.tobytes())
        assert np.array_equal(decode(data), decode(JPEGS["plain"])[::-1, ::-1])

    @pytest.mark.parametrize(
        "block",
        [
            b"",
            b"nonsense",
            b"II*\0",
            b"II*\0\xff\xff\xff\xff",
            b"II*\0\x08\0\0\0\xff\xff",
            b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x09\0\0\0",  # orientation 9
            b"II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x01\0\0\0\x06\0\0\0",  # orientation as text
        ],
    )
    def test_damaged_exif_is_no_orientation(self, block: bytes) -> None:
        data = with_segment(JPEGS["plain"], 0xE1, b"Exif\0\0" + block)
        assert np.array_equal(decode(data), decode(JPEGS["plain"]))
        data = png_by_hand(2, 8, 0, b"\0\1", (b"eXIf", block))
        assert decode(data)[0, :, 0].tolist() == [0, 1]

    def test_first_exif_block_counts(self) -> None:
        data = with_segment(JPEGS["plain"], 0xE1, b"Exif\0\0and so on")
        data = with_segment(data, 0xE1, exif_saying(3).tobytes())
        assert np.array_equal(decode(data), decode(JPEGS["plain"])[::-1, ::-1])

    def test_variants_are_eight_in_order(self) -> None:
        assert [variant.index for variant in VARIANTS] == list(range(8))
        assert Variant(mirrored=False, quarter_turns=0) == UPRIGHT == VARIANTS[0]
        assert len({orient(PICTURE, variant).tobytes() for variant in VARIANTS}) == 8

    def test_labels(self) -> None:
        assert [variant.label for variant in VARIANTS] == [
            "",
            "turned 90°",
            "turned 180°",
            "turned 270°",
            "mirrored",
            "mirrored, turned 90°",
            "mirrored, turned 180°",
            "mirrored, turned 270°",
        ]

    @pytest.mark.parametrize("turns", [-1, 4])
    def test_impossible_variant(self, turns: int) -> None:
        with pytest.raises(ValueError, match=f"not {turns}"):
            Variant(mirrored=False, quarter_turns=turns)

    @pytest.mark.parametrize("image", [PICTURE, PICTURE[:, :, 1], PICTURE[::2, ::3]])
    @pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.label or "upright")
    def test_orient_mirrors_then_turns(self, image: NDArray[np.uint8], variant: Variant) -> None:
        oriented = orient(image, variant)
        mirrored = np.fliplr(image) if variant.mirrored else image
        assert np.array_equal(oriented, np.rot90(mirrored, variant.quarter_turns))
        assert oriented.flags.c_contiguous
        # A mirrored variant is its own inverse; a turn is undone by the turn that completes the circle.
        undoing = variant if variant.mirrored else Variant(False, -variant.quarter_turns % 4)
        assert np.array_equal(orient(oriented, undoing), image)


class TestScaling:
    @pytest.mark.parametrize(
        ("long_side", "expected"),
        [(300, 300), (512, 512), (1022, 1022), (1023, 512), (2044, 1022), (2045, 512), (4096, 512), (6000, 750)],
    )
    def test_jpeg_is_reduced_as_far_as_allowed(self, long_side: int, expected: int) -> None:
        for shape in ((long_side, 9), (9, long_side)):
            pixels = decode(save(gradient(*shape), "JPEG"), min_long_side_px=512)
            assert_picture(pixels)
            assert max(pixels.shape[:2]) == expected
            assert min(pixels.shape[:2]) == -(-9 * expected // long_side)

    @pytest.mark.parametrize("divisor", [2, 4, 8])
    def test_reduced_jpeg_looks_like_a_shrunk_one(self, divisor: int) -> None:
        texture = cv2.GaussianBlur(np.random.default_rng(3).integers(0, 256, (256, 384, 3), np.uint8), (0, 0), 4)
        data = save(cv2.normalize(texture, np.empty_like(texture), 0, 255, cv2.NORM_MINMAX), "JPEG", quality=92)
        reduced = decode(data, min_long_side_px=384 // divisor)
        whole = decode(data)
        shrunk = cv2.resize(whole, (384 // divisor, 256 // divisor), interpolation=cv2.INTER_AREA)
        assert mean_difference(reduced, shrunk) < 2
        assert float(shrunk.std()) > 10  # there is something to differ in

    def test_other_formats_come_whole(self) -> None:
        for data in (LOSSLESS["PNG"], LOSSY["WEBP"], LOSSLESS["TIFF"]):
            assert decode(data, min_long_side_px=10).shape == (40, 56, 3)

    def test_load_is_decode_reduced_and_fitted(self) -> None:
        data = save(gradient(900, 1500), "JPEG")
        pixels = load(data)
        assert_picture(pixels)
        assert pixels.shape == (307, WORKING_SIDE_PX, 3)
        assert mean_difference(pixels, fit(decode(data), WORKING_SIDE_PX)) < 1
        assert np.array_equal(pixels, load(data))

    def test_load_does_not_enlarge(self) -> None:
        assert np.array_equal(load(LOSSLESS["PNG"]), PICTURE)

    @pytest.mark.parametrize(
        ("shape", "long_side_px", "expected"),
        [
            ((40, 56), 28, (20, 28)),
            ((56, 40), 28, (28, 20)),
            ((40, 56), 55, (39, 55)),
            ((3, 1000), 10, (1, 10)),
            ((1000, 3), 10, (10, 1)),
            ((7, 7), 1, (1, 1)),
        ],
    )
    def test_fit_shrinks(self, shape: tuple[int, int], long_side_px: int, expected: tuple[int, int]) -> None:
        fitted = fit(gradient(*shape), long_side_px)
        assert_picture(fitted)
        assert fitted.shape[:2] == expected
        assert fitted.mean() == pytest.approx(gradient(*shape).mean(), abs=2)

    def test_fit_averages_areas(self) -> None:
        board = np.indices((8, 8)).sum(axis=0) % 2 * np.uint8(200)
        assert np.unique(fit(np.dstack([board] * 3).astype(np.uint8), 4)).tolist() == [100]

    @pytest.mark.parametrize("long_side_px", [56, 57, 1000])
    def test_fit_returns_a_small_picture_itself(self, long_side_px: int) -> None:
        assert fit(PICTURE, long_side_px) is PICTURE

    def test_fit_enlarges_on_request(self) -> None:
        fitted = fit(PICTURE, 112, enlarge=True)
        assert_picture(fitted)
        assert fitted.shape == (80, 112, 3)
        assert mean_difference(fitted, gradient(80, 112)) < 2
        assert fit(PICTURE, 56, enlarge=True) is PICTURE

    @pytest.mark.parametrize("long_side_px", [0, -5])
    def test_fit_to_nothing(self, long_side_px: int) -> None:
        with pytest.raises(ValueError, match=f"positive, not {long_side_px}"):
            fit(PICTURE, long_side_px)

    def test_to_gray(self) -> None:
        luma = PICTURE @ np.array([0.299, 0.587, 0.114])
        gray = to_gray(PICTURE)
        assert gray.dtype == np.uint8
        assert np.abs(gray - luma).max() <= 1


class TestEncoding:
    def test_png_is_exact(self) -> None:
        data = encode_png(PICTURE)
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), PICTURE)

    def test_jpeg_is_near_and_obeys_quality(self) -> None:
        data = encode_jpeg(PICTURE)
        assert mean_difference(np.asarray(Image.open(io.BytesIO(data))), PICTURE) < 4
        assert len(encode_jpeg(PICTURE, quality=30)) < len(data) < len(encode_jpeg(PICTURE, quality=98))

    def test_jpeg_has_a_largest_side(self) -> None:
        with pytest.raises(ImageError, match="70000 x 1 pixels do not fit"):
            encode_jpeg(np.zeros((1, 70_000, 3), np.uint8))

    def test_thumbnail(self) -> None:
        assert open_image(thumbnail(gradient(400, 700))).info == ImageInfo("JPEG", 320, 183, 85)
        assert open_image(thumbnail(gradient(400, 700), 100)).info == ImageInfo("JPEG", 100, 57, 85)
        assert open_image(thumbnail(PICTURE)).info == ImageInfo("JPEG", 56, 40, 85)


def bmp_header(width: int, height: int) -> bytes:
    return b"BM" + bytes(8) + struct.pack("<IIiiHHI", 54, 40, width, height, 1, 24, 0) + bytes(20)


BOMBS = {
    "PNG": png_by_hand(60_000, 8, 2, b"", height=60_000),
    "JPEG": with_jpeg_size(JPEGS["plain"], 60_000, 60_000),
    "GIF": b"GIF89a" + struct.pack("<HH", 60_000, 60_000) + INDEXED["GIF"][10:],
    "BMP": bmp_header(60_000, 60_000),
    "TIFF": tiff_by_hand(60_000, 60_000, b""),
}


class TestLimits:
    @pytest.mark.parametrize("read", [open_image, decode, load])
    @pytest.mark.parametrize("image_format", BOMBS)
    def test_a_bomb_is_refused_by_its_header(self, image_format: str, read: Callable[[bytes], object]) -> None:
        with pytest.raises(ImageError, match=r"60000 x 60000 pixels, more than the 64,000,000 allowed: save it"):
            read(BOMBS[image_format])

    def test_jpeg_beyond_what_opencv_bears(self) -> None:
        with pytest.raises(ImageError, match="cannot be decoded"):
            decode(BOMBS["JPEG"], DecodeLimits(max_pixels=10**10))

    def test_webp_of_another_size_than_its_header_says(self) -> None:
        data = bytearray(save(np.dstack([PICTURE, PICTURE[:, :, 0]]), "WEBP"))
        assert data[12:16] == b"VP8X"
        data[24:30] = (7_000).to_bytes(3, "little") * 2
        with pytest.raises(ImageError, match="the WEBP is damaged or unusual"):
            decode(bytes(data))

    @pytest.mark.parametrize("data", CORPUS)
    def test_pixel_limit_is_exact(self, data: bytes) -> None:
        assert decode(data, DecodeLimits(max_pixels=40 * 56)).shape == (40, 56, 3)
        with pytest.raises(ImageError, match="56 x 40 pixels, more than the 2,239 allowed"):
            decode(data, DecodeLimits(max_pixels=40 * 56 - 1))

    def test_byte_limit_is_exact(self) -> None:
        data = JPEGS["plain"]
        assert load(data, DecodeLimits(max_bytes=len(data))).shape == (40, 56, 3)
        with pytest.raises(ImageError, match=f"{len(data):,} bytes, more than the {len(data) - 1:,} allowed"):
            load(data, DecodeLimits(max_bytes=len(data) - 1))

    @pytest.mark.parametrize("data", CORPUS)
    def test_limits_of_pillow_do_not_matter(self, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40 * 56 - 1)  # Image.open would warn
        assert decode(data).shape == (40, 56, 3)
        assert Image.MAX_IMAGE_PIXELS == 40 * 56 - 1

    @pytest.mark.parametrize("name", ["max_bytes", "max_pixels"])
    @pytest.mark.parametrize("value", [0, -1])
    def test_limits_check_themselves(self, name: str, value: int) -> None:
        with pytest.raises(ValueError, match=f"{name} must be positive, not {value}"):
            DecodeLimits(value, 1) if name == "max_bytes" else DecodeLimits(1, value)

    def test_huge_tiles_of_a_small_tiff(self) -> None:
        data = tiff_by_hand(16, 16, bytes(256), t322=20_000, t323=20_000)
        with pytest.raises(ImageError, match="tiles of 20000 x 20000 pixels"):
            open_image(data)

    @pytest.mark.parametrize("name", ["plain", "progressive"])
    def test_endless_scans(self, name: str) -> None:
        data = JPEGS[name]
        last = data.rindex(b"\xff\xda")
        repeated = data[:last] + data[last:-2] * 101
        for end in (b"\xff\xd9", b""):
            with pytest.raises(ImageError, match="more than 100 scans"):
                decode(repeated + end)

    def test_scans_are_counted_up_to_the_end_of_the_picture(self) -> None:
        data = JPEGS["plain"]
        assert np.array_equal(decode(data + b"\xff\xda" * 1000), decode(data))

    def test_an_end_within_a_segment_hides_no_scans(self) -> None:
        data = JPEGS["plain"]
        last = data.rindex(b"\xff\xda")
        comment = b"\xff\xfe\0\x04\xff\xd9"
        with pytest.raises(ImageError, match="more than 100 scans"):
            decode(data[:-2] + comment + data[last:-2] * 101 + b"\xff\xd9")

    @pytest.mark.parametrize("read", [open_image, decode, load])
    def test_endless_segments(self, read: Callable[[bytes], object]) -> None:
        data = JPEGS["plain"]
        with pytest.raises(ImageError, match="more than 5000 segments"):
            read(data[:2] + b"\xff\xe5\0\x02" * 4_000_000 + data[2:])

    def test_fill_bytes_without_an_end(self) -> None:
        with pytest.raises(ImageError, match="breaks off in its header"):
            open_image(b"\xff\xd8" + b"\xff" * 16_000_000 + b"\0")


class TestBadInput:
    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"", r"empty \(0 bytes\)"),
            (b'[ "a.jpg", "b.jpg" ]', "JSON list.*one of the pictures that it lists"),
            (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG drawing.*save it as JPEG or PNG"),
            (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made -->\n<svg width="1"/>', "SVG drawing"),
            (b"\n<!DOCTYPE html><html><body><svg/></body></html>", "web page"),
            (b"<HTML><head></head></HTML>", "web page"),
            (b"%PDF-1.7\n%\xe2\xe3", "PDF document"),
            (b"8BPS\0\1", "Photoshop"),
            (b"\xff\x0a\0\0", "JPEG XL"),
            (b"PK\x03\x04", "ZIP archive.*unpack"),
            (b"\0\0\0\x18ftypisom\0\0\0\0mp42", "video"),
            (b'{"error": 404}', "no picture that PicTrace knows"),
            (b"\0" * 1000, "no picture that PicTrace knows"),
        ],
    )
    def test_strangers_are_named(self, data: bytes, message: str) -> None:
        for read in (open_image, decode, load):
            with pytest.raises(ImageError, match=message):
                read(data)

    @pytest.mark.parametrize("image_format", ["PPM", "ICO", "TGA", "PCX", "JPEG2000", "SGI", "DDS"])
    def test_what_else_pillow_reads_is_refused(self, image_format: str) -> None:
        data = save(PICTURE, image_format)
        Image.open(io.BytesIO(data)).load()
        with pytest.raises(ImageError, match=r"no picture that PicTrace knows|does not read"):
            decode(data)

    @pytest.mark.parametrize("name", ["plain", "restart markers", "stored as RGB", "gray", "CMYK"])
    def test_jpeg_cut_anywhere_is_an_error(self, name: str) -> None:
        data = with_segment(CUTTABLE[name], 0xE1, b"Exif\0\0II*\0" + JPEGS["plain"])  # a whole thumbnail before it
        assert np.array_equal(decode(data), decode(CUTTABLE[name]))
        for length in range(0, len(data) - LAST_BLOCKS_BYTES, 3):
            with pytest.raises(ImageError):
                decode(data[:length])

    def test_a_progressive_jpeg_cut_before_its_last_scan_is_an_error(self) -> None:
        data = JPEGS["progressive"]
        for length in range(0, data.rindex(b"\xff\xda") + 2, 3):
            with pytest.raises(ImageError):
                decode(data[:length])

    @pytest.mark.parametrize("white", [0, 255])
    def test_a_plain_lower_edge_is_not_taken_for_missing(self, white: int) -> None:
        picture = PICTURE.copy()
        picture[20:] = white
        data = save(picture, "JPEG", quality=95)
        assert np.array_equal(decode(data[:-2]), decode(data))
        with pytest.raises(ImageError, match="breaks off after"):
            decode(data[: data.index(b"\xff\xda") + 40])

    @pytest.mark.parametrize("name", ["plain", "progressive", "restart markers", "unsubsampled"])
    def test_a_jpeg_may_lack_its_end_marker(self, name: str, capfd: pytest.CaptureFixture[str]) -> None:
        data = JPEGS[name]
        for cut in (data[:-1], data[:-2]):
            assert np.array_equal(decode(cut), decode(data))
            assert np.array_equal(load(cut), load(data))
        assert capfd.readouterr() == ("", "")

    def test_a_large_jpeg_may_lack_its_end_marker(self) -> None:
        data = save(gradient(1500, 2000), "JPEG", quality=90)
        assert np.array_equal(load(data[:-2]), load(data))
        for cut in (20, 200, len(data) // 2):
            with pytest.raises(ImageError, match="breaks off after"):
                load(data[:-cut])

    def test_a_jpeg_that_ends_between_its_scans_is_an_error(self) -> None:
        data = JPEGS["progressive"]
        starts = [at for at in range(len(data)) if data.startswith(b"\xff\xda", at)]
        assert len(starts) > 4
        for start in starts[1:]:
            with pytest.raises(ImageError, match="breaks off after"):
                decode(data[:start])

    def test_a_jpeg_that_ends_between_its_restart_intervals_is_an_error(self) -> None:
        data = JPEGS["restart markers"]
        for marker in range(0xD0, 0xD5):
            at = data.rindex(bytes([0xFF, marker]))
            for end in (at, at + 2):
                with pytest.raises(ImageError, match="breaks off after"):
                    decode(data[:end])

    @pytest.mark.parametrize("data", CORPUS)
    def test_half_a_file_is_an_error(self, data: bytes) -> None:
        first = data if data.count(b"\xff\xd8\xff") < 2 else data[: data.index(b"\xff\xd9")]
        if data in (LOSSLESS["PNG, animated"], LOSSLESS["TIFF, two pages"], INDEXED["GIF, animated"]):
            first = data[: len(data) // 2]  # the first of two
        with pytest.raises(ImageError):
            decode(first[: len(first) // 2])

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (with_jpeg_size(JPEGS["plain"], 56, 0), "says 56 x 0 pixels"),
            (JPEGS["plain"].replace(b"\xff\xc0\0\x11\x08", b"\xff\xc0\0\x11\x0c"), "12 bits per sample"),
            (JPEGS["plain"].replace(b"\xff\xc0\0\x11\x08", b"\xff\xc0\0\x02"), "frame header has 0 bytes"),
            (b"\xff\xd8\xff\xd9", "header is damaged"),
            (b"\xff\xd8\xff\xff\xff", "breaks off in its header"),
            (b"\xff\xd8\xff\xe0\0\0", "header is damaged at byte 4"),
            (b"\xff\xd8\xff\xe0\xff\xff", "header is damaged at byte 4"),
        ],
    )
    def test_damaged_jpeg_headers(self, data: bytes, message: str) -> None:
        with pytest.raises(ImageError, match=message):
            open_image(data)

    def test_a_png_without_its_palette(self) -> None:
        with pytest.raises(ImageError, match="PNG is damaged"):
            decode(png_by_hand(2, 8, 3, b"\0\1"))

    def test_odd_but_legal_jpeg_header(self) -> None:
        tables = JPEGS["plain"].index(b"\xff\xdb")
        padded = JPEGS["plain"][:tables] + b"\xff" * 5 + JPEGS["plain"][tables:]
        assert np.array_equal(decode(padded), decode(JPEGS["plain"]))

    @pytest.mark.parametrize("data", CORPUS)
    def test_noise_is_an_error_or_a_picture(self, data: bytes) -> None:
        rng = np.random.default_rng(len(data))
        outcomes = set()
        for _ in range(40):
            noisy = bytearray(data)
            reach = len(data) if rng.random() < 0.5 else min(len(data), 120)  # half of them in the header
            for position in rng.integers(0, reach, rng.integers(1, 6)):
                noisy[position] = rng.integers(0, 256)
            limits = DecodeLimits(max_pixels=100_000)
            try:
                pixels = decode(bytes(noisy), limits)
            except ImageError as error:
                assert len(str(error)) > 20  # noqa: PT017 (either outcome is right)
                outcomes.add("error")
            else:
                assert_picture(pixels)
                info = open_image(bytes(noisy), limits).info
                assert pixels.shape[:2] == (info.height, info.width)
                outcomes.add("picture")
        assert "error" in outcomes


def odd_tiff() -> bytes:
    """A readable TIFF about which Pillow warns: it promises an artist's name that is not there."""
    data = tiff_by_hand(56, 40, PICTURE[:, :, 0].tobytes(), t315=10**6)
    return data.replace(struct.pack("<HHI", 315, 4, 1), struct.pack("<HHI", 315, 2, 1000))


class TestThreads:
    def test_warnings_of_pillow_stay_inside(self) -> None:
        data = odd_tiff()
        with pytest.warns(UserWarning, match="Truncated File Read"):
            Image.open(io.BytesIO(data)).load()
        assert np.array_equal(decode(data)[:, :, 0], PICTURE[:, :, 0])

    def test_many_threads_see_what_one_sees(self) -> None:
        files = [*CORPUS, odd_tiff()]
        alone = [decode(data) for data in files]
        filters = list(warnings.filters)
        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(decode, files * 6))
        assert all(np.array_equal(one, alone[index % len(files)]) for index, one in enumerate(together))
        assert warnings.filters == filters


class TestLargeJpegs:
    """A limit of 65,536 pixels stands for the usual one: what counts is what is decoded."""

    LIMITS = DecodeLimits(max_pixels=1024 * 64)

    def jpeg(self, width: int, height: int, *, progressive: bool = False) -> bytes:
        picture = np.asarray(Image.fromarray(gradient()).resize((width, height)), np.uint8)
        return save(picture, "JPEG", quality=90, progressive=progressive)

    @pytest.mark.parametrize("apart", [False, True])
    def test_one_that_is_decoded_small_counts_as_small(self, apart: bool) -> None:
        data = self.jpeg(2000, 100)
        limits = replace(self.LIMITS, apart=apart)
        info, image = load_picture(data, limits)
        assert (info.width, info.height) == (2000, 100)
        assert mean_difference(image, load(data)) == 0

    def test_progressive_ones_are_held_whole(self) -> None:
        with pytest.raises(ImageError, match="2000 x 100 pixels, more than the 65,536 allowed"):
            open_image(self.jpeg(2000, 100, progressive=True), self.LIMITS)

    def test_not_even_these_have_any_number_of_pixels(self) -> None:
        with pytest.raises(ImageError, match="4000 x 100 pixels, more than the 65,536 allowed"):
            open_image(self.jpeg(4000, 100), self.LIMITS)

    def test_the_whole_picture_is_not_given(self) -> None:
        opened = open_image(self.jpeg(2000, 100), self.LIMITS)
        with pytest.raises(ImageError, match="2000 x 100 pixels"):
            opened.pixels()
        assert opened.pixels(min_long_side_px=512).shape == (50, 1000, 3)

    def test_other_formats_count_whole(self) -> None:
        with pytest.raises(ImageError, match="2000 x 100 pixels"):
            open_image(save(np.zeros((100, 2000, 3), np.uint8), "PNG"), self.LIMITS)
