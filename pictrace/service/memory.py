"""What the C library does with memory that was freed: gives large blocks back to the system."""

from __future__ import annotations

import contextlib
import ctypes
import sys

__all__ = ["give_back_large_blocks"]

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # mallopt(3)
_LARGE_BYTES = 2**20


def give_back_large_blocks() -> None:
    """Have blocks of more than a megabyte returned as soon as they are freed, where the C library is glibc.

    By itself it keeps those up to the size of the largest that was ever freed, up to 32 MB each: after an upload of
    20 MB it would keep what the next uploads leave behind.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):  # another C library
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)
        library.mallopt(_TRIM_THRESHOLD, 4 * _LARGE_BYTES)
