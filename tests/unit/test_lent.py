"""Memory that is lent: used again once nobody looks at it, never before, and given back in the end."""

from __future__ import annotations

import gc
import mmap
import time

import numpy as np

from pictrace.lent import Lender

LARGE = 1 << 20


def address(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])


def test_memory_is_used_again() -> None:
    lender = Lender()
    first = lender.empty((LARGE,), np.uint8)
    place = address(first)
    del first
    assert lender.kept_bytes == LARGE
    second = lender.empty((LARGE // 8, 2), np.float32)  # another shape and type, as large
    assert address(second) == place
    assert second.shape == (LARGE // 8, 2)
    assert second.dtype == np.float32
    assert lender.kept_bytes == 0


def test_views_hold_on_to_it() -> None:
    lender = Lender()
    array = lender.empty((LARGE,), np.uint8)
    array[:] = 7
    part = array[100:].reshape(-1, 4)[3:].view(np.uint32)
    del array
    other = lender.empty((LARGE,), np.uint8)
    other[:] = 1
    assert (part == 0x07070707).all()
    assert type(part) is np.ndarray
    del part
    gc.collect()
    assert lender.kept_bytes == LARGE


def test_little_is_lent_for_little() -> None:
    lender = Lender()
    small = lender.empty((100,), np.uint8)
    large = lender.empty((8 * LARGE,), np.uint8)
    del small, large
    assert lender.kept_bytes == 8 * LARGE
    medium = lender.empty((LARGE,), np.uint8)  # a buffer eight times as large would be held for it
    assert lender.kept_bytes == 8 * LARGE
    del medium


def test_no_more_is_kept_than_allowed() -> None:
    lender = Lender(most_kept_bytes=3 * LARGE)
    arrays = [lender.empty((LARGE,), np.uint8) for _ in range(5)]
    del arrays
    assert lender.kept_bytes == 3 * LARGE


def test_it_goes_back_when_nobody_asks() -> None:
    lender = Lender(kept_s=0.05)
    lender.empty((LARGE + 1,), np.uint8)
    assert lender.kept_bytes == LARGE + mmap.PAGESIZE
    deadline = time.monotonic() + 30
    while lender.kept_bytes and time.monotonic() < deadline:
        time.sleep(0.01)
    assert lender.kept_bytes == 0
