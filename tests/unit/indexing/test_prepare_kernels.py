"""Whoever extracts many pictures gets compiled kernels."""

from __future__ import annotations

import numpy as np
import pytest

from pictrace import kernels
from pictrace.catalog.records import Source
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import DecodeLimits
from pictrace.indexing import prepare


def test_each_picture_that_is_extracted_speaks_for_compiled_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    expected: list[int] = []
    monkeypatch.setattr(kernels, "expect", expected.append)
    data = encode_jpeg(np.full((40, 60, 3), 90, np.uint8))
    source = Source(kind="file", address="a.jpg", title="a.jpg")
    prepare.new_picture(data, source, (), keep_original=False, limits=DecodeLimits())

    assert expected == [prepare.WORTH_PAIRS]
