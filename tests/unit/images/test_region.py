"""Parts of pictures: how they are written, cut and refused; near their file's pixels, turned as the camera says."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from pictrace.errors import ImageError
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.frames import with_frame
from pictrace.images.loading import load_picture
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import DecodeLimits, decode, load, open_image
from pictrace.images.region import Region, region_of, with_region


def gradient(height: int, width: int) -> RGBImage:
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return np.dstack([255 * x, 255 * y, 120 + 100 * x * y]).astype(np.uint8)


def part(data: bytes, text: str) -> RGBImage:
    return load(with_region(data, Region.parse(text)))


@pytest.mark.parametrize("text", ["10,20,30,40", "percent:12.5,0,50.25,100"])
def test_a_region_is_written_as_it_was_read(text: str) -> None:
    assert str(Region.parse(text)) == text
    assert str(Region.parse(f" {text} ")) == text
    assert str(Region.parse("pixel:1,2,30,40")) == "1,2,30,40"


@pytest.mark.parametrize(
    "text", ["", "10,20,30", "10,20,30,-4", "1e3,0,9,9", "10,20,0,40", "percent:100,0,5,5", "nan,0,1,1", "em:1,2,3,4"]
)
def test_what_is_no_region_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(ImageError, match="x,y,width,height"):
        Region.parse(text)


def test_the_part_has_the_pixels_of_its_place() -> None:
    image = gradient(200, 320)
    expected = image[50:150, 40:200]
    assert np.array_equal(part(encode_png(image), "40,50,160,100"), expected)
    assert np.array_equal(part(encode_png(image), "percent:12.5,25,50,50"), expected)
    info = open_image(with_region(encode_png(image), Region(40, 50, 160, 100))).info
    assert (info.width, info.height) == (160, 100)
    assert np.array_equal(decode(with_region(encode_png(image), Region(40, 50, 160, 100))), expected)


def test_what_reaches_beyond_the_picture_is_cut_off_and_too_little_refused() -> None:
    data = encode_png(gradient(200, 320))
    assert part(data, "300,100,500,500").shape == (100, 20, 3)
    for text in ("310,100,500,500", "400,400,50,50", "0,0,8,200"):
        with pytest.raises(ImageError, match="less than 16 x 16"):
            part(data, text)


def test_a_small_part_of_a_large_picture_is_sharp() -> None:
    """It is cut out of the whole before that is scaled to what metrics see."""
    random = np.random.default_rng(5)
    image = np.kron(random.integers(0, 2, (150, 200)).astype(np.uint8) * 255, np.ones((10, 10), np.uint8))
    whole = np.dstack([image] * 3)
    for data in (encode_png(whole), encode_jpeg(whole, quality=95)):
        seen = part(data, "percent:25,25,25,25")
        assert seen.shape == (375, 500, 3)
        assert ((seen < 40) | (seen > 215)).mean() > 0.75  # scaled first, one in three


def test_regions_are_of_the_picture_as_seen_upright() -> None:
    image = gradient(200, 320)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    out = io.BytesIO()
    Image.fromarray(np.rot90(image)).save(out, "JPEG", exif=exif, quality=98, subsampling=0)
    assert np.abs(part(out.getvalue(), "40,50,160,100").astype(int) - image[50:150, 40:200]).mean() < 2


def test_a_part_of_a_frame() -> None:
    frames = [Image.fromarray(gradient(64, 96)), Image.fromarray(gradient(64, 96)[::-1])]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert np.array_equal(part(with_frame(out.getvalue(), 2), "10,10,40,30"), gradient(64, 96)[::-1][10:40, 10:50])


def test_a_decoder_apart_sees_the_same_part() -> None:
    data = with_region(encode_jpeg(gradient(900, 1600)), Region(25, 25, 25, 50, percent=True))
    info, image = load_picture(data, DecodeLimits(apart=True))
    assert (info.width, info.height) == (400, 450)
    assert np.array_equal(image, load(data))


def test_what_only_looks_like_a_region_is_part_of_the_file() -> None:
    data = encode_png(gradient(40, 40))
    for end in (b"#xywh=1,2,3", b"#xywh=percent:100,0,1,1", b"#xywh=1,2,3,4\n"):
        assert region_of(data + end) == (data + end, None)
    assert region_of(with_region(data, Region(1, 2, 30, 40))) == (data, Region(1, 2, 30, 40))
