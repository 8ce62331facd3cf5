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
    """Collect garbage after a run of a whole page, and leave what lives now to itself if modules have been loaded.

    Nearly all objects belong to modules, which stay: to look at them took .2 s of a processor, and no other page could
    run meanwhile. By itself Streamlit collects after each run, of parts too, and of those that a callback takes back
    (``runner.postScriptGC``, which is off): a quarter of what a slider takes.
    """
    if len(sys.modules) > _Left.modules:
        _Left.modules = len(sys.modules)
        gc.unfreeze()  # or what was left the last time, and is garbage since, would stay
        gc.collect()
        gc.freeze()
    else:
        gc.collect()
