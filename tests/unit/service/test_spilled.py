"""Large bytes lie on disk, and are the same."""

from __future__ import annotations

import gc
import tempfile
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest

from pictrace.service.pictures import Picture
from pictrace.service.spilled import LARGE_BYTES

LARGE = bytes(range(256)) * (2 * LARGE_BYTES // 256)


@pytest.mark.parametrize("data", [b"", b"few", LARGE])
def test_what_is_taken_is_given(data: bytes) -> None:
    picture = Picture(data, "a.jpg", "upload")
    assert picture.data == data
    assert picture == Picture(data, "a.jpg", "upload")
    assert replace(picture, name="b.jpg").data == data


def test_many_large_ones_take_no_memory() -> None:
    tracemalloc.start()
    kept = [Picture(LARGE, str(number), "upload") for number in range(20)]
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < LARGE_BYTES
    assert all(one.data == LARGE for one in kept)


def test_where_there_is_no_disk_it_is_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    assert Picture(LARGE, "a.jpg", "upload").data == LARGE
