"""What is done with memory: large blocks go back to the system, and modules are not searched for garbage."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys

__all__ = ["give_back_large_blocks", "leave_modules_to_themselves"]

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


class _Left:
    """How many modules were loaded when it was last done."""

    modules = 0


def leave_modules_to_themselves() -> None:
    """Take what lives now out of the garbage collector's rounds, if modules have been loaded since the last time.

    Streamlit has all objects looked at after each run of a page. Nearly all belong to modules, which stay: to look at
    them took .2 s of a processor, and no other page could run meanwhile.
    """
    if len(sys.modules) > _Left.modules:
        _Left.modules = len(sys.modules)
        gc.unfreeze()  # or what was left the last time, and is garbage since, would stay
        gc.collect()
        gc.freeze()
