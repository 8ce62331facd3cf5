"""What the walk over a JPEG's segments finds."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from pictrace.errors import ImageError
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.jpeg_header import read_header, scan_headers
from pictrace.images.reading import open_image

PICTURE = np.random.default_rng(1).integers(0, 256, (40, 56, 3), np.uint8)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("quality", [5, 30, 50, 75, 92, 100])
def test_quality_and_scans_agree_with_the_encoder(quality: int, progressive: bool) -> None:
    stream = io.BytesIO()
    Image.fromarray(PICTURE).save(stream, "JPEG", quality=quality, progressive=progressive)
    header = read_header(stream.getvalue())
    assert (header.width, header.height, header.components, header.progressive) == (56, 40, 3, progressive)
    assert header.quality is not None
    assert abs(header.quality - quality) <= 1
    assert len(scan_headers(stream.getvalue(), header)) == (10 if progressive else 1)


def test_a_table_of_16_bits() -> None:
    data = encode_jpeg(PICTURE, quality=40)
    at = data.index(b"\xff\xdb")
    values = data[at + 5 : at + 69]
    wide = b"\xff\xdb\0\x83\x10" + b"".join(bytes([0, value]) for value in values)
    assert read_header(data[:at] + wide + data[at + 69 :]).quality == read_header(data).quality == 40


def test_without_a_table_there_is_no_quality() -> None:
    data = encode_jpeg(PICTURE)
    at = data.index(b"\xff\xdb")
    assert open_image(data[:at] + data[at + 69 :]).info.quality is None
    assert open_image(encode_png(PICTURE)).info.quality is None


def test_a_header_cut_anywhere_is_an_error() -> None:
    data = encode_jpeg(PICTURE)
    for length in range(2, read_header(data).scan_start):
        with pytest.raises(ImageError):
            read_header(data[:length])
