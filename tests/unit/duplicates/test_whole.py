"""Whole pixels of files, in one piece or in many."""

import numpy as np
import pytest

from pictrace.duplicates.whole import whole_picture
from pictrace.images.edits import resize
from pictrace.images.encoding import encode_jpeg
from pictrace.images.loading import load_picture
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import DecodeLimits, decode
from pictrace.images.region import Region, with_region


def whole(data: bytes, limits: DecodeLimits) -> RGBImage | None:
    return whole_picture(data, *load_picture(data, limits), limits)


@pytest.mark.slow  # a process is started
def test_pieces_that_are_decoded_apart_make_the_whole(photographs: dict[str, bytes]) -> None:
    data = encode_jpeg(resize(decode(photographs["coffee.png"]), 1.9))
    apart = whole(data, DecodeLimits(apart=True))
    assert apart is not None
    assert max(apart.shape) == 1140
    np.testing.assert_array_equal(apart, decode(data))
    np.testing.assert_array_equal(apart, whole(data, DecodeLimits()))


def test_a_part_and_what_is_huge_is_not_read_whole(
    photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encode_jpeg(decode(photographs["coffee.png"]))
    assert whole(with_region(data, Region(0, 0, 560, 380)), DecodeLimits()) is None
    monkeypatch.setattr("pictrace.duplicates.whole.MOST_PIXELS", 100_000)
    assert whole(data, DecodeLimits()) is None
