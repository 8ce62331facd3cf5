"""The best match as it lies in the query."""

from __future__ import annotations

import numpy as np

from pictrace.images.edits import crop, mirror
from pictrace.images.encoding import encode_jpeg, thumbnail
from pictrace.images.pixels import fit
from pictrace.images.reading import decode
from pictrace.service.aligned import aligned


def test_a_match_is_laid_on_a_mirrored_part_of_it(photographs: dict[str, bytes]) -> None:
    whole = decode(photographs["astronaut.png"])
    query = mirror(crop(whole, 0.5))
    laid = decode(aligned(query, thumbnail(whole, 320)))
    expected = fit(query, 320)
    assert laid.shape == expected.shape
    assert np.abs(laid.astype(int) - expected).mean() < 12  # the parts of the thumbnail are enlarged, and so blurred


def test_what_does_not_lie_on_the_query_is_not_laid(photographs: dict[str, bytes]) -> None:
    other = encode_jpeg(decode(photographs["coffee.png"]))
    assert aligned(decode(photographs["astronaut.png"]), other) == b""


def test_a_thumbnail_that_is_none_is_not_laid(photographs: dict[str, bytes]) -> None:
    assert aligned(decode(photographs["astronaut.png"]), b"no picture") == b""
