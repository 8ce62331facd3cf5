"""Memory for large arrays that live for a moment, lent again and again.

What is freshly taken from the system is mapped page by page as it is touched, which costs more than what most kernels
do with a page: of 10 MB, up to 7 ms on a virtual machine. What the C library would keep for itself in the place of that
is larger, and stays. So a few buffers are kept here, and go back when nothing was asked for in a while.
"""

from __future__ import annotations

import math
import mmap
import sys
import threading
import time
import weakref
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["Lender", "lent"]

WORTH_LENDING_BYTES = 1 << 18  # less than this the C library has at hand
MOST_KEPT_BYTES = 32 << 20
KEPT_S = 10.0

# By default it is memory that processes could share, which costs more; Windows knows no other.
_ALONE: dict[str, int] = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if sys.platform != "win32" else {}


class _Lent(np.ndarray[Any, Any]):
    """The array whose end means that nobody looks at its buffer any more: views of it hold on to it, as it is no plain
    array, and its buffer is none."""


class Lender:
    """Buffers of one process. Safe for threads.

    Parameters
    ----------
    most_kept_bytes
        That are held while nobody needs them.
    kept_s
        For so long, about, from the last time that one was asked for.
    """

    def __init__(self, most_kept_bytes: int = MOST_KEPT_BYTES, kept_s: float = KEPT_S) -> None:
        self._most, self._kept_s = most_kept_bytes, kept_s
        self._lock = threading.RLock()  # an array may end in the middle of anything, also of what holds the lock
        self._free: list[mmap.mmap] = []
        self._lent: dict[int, weakref.ref[_Lent]] = {}
        self._asked = 0.0
        self._timer: threading.Timer | None = None

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """An array of whatever was there before. Its buffer is lent until the last view of it is gone."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if size < WORTH_LENDING_BYTES:
            return np.empty(shape, dtype)
        buffer = self._taken(size)
        array = _Lent(shape, dtype, buffer)
        self._lent[id(buffer)] = weakref.ref(array, lambda _: self._back(buffer))
        return array.view(np.ndarray)

    @property
    def kept_bytes(self) -> int:
        """Of what nobody needs at the moment."""
        with self._lock:
            return sum(map(len, self._free))

    def _taken(self, size: int) -> mmap.mmap:
        with self._lock:
            self._asked = time.monotonic()
            if self._timer is None:
                self._begin_timer(self._kept_s)
            fitting = [one for one in self._free if size <= len(one) <= 2 * size]
            if fitting:
                best = min(fitting, key=len)
                self._free.remove(best)
                return best
        return mmap.mmap(-1, -(-size // mmap.PAGESIZE) * mmap.PAGESIZE, **_ALONE)

    def _back(self, buffer: mmap.mmap) -> None:
        with self._lock:
            self._lent.pop(id(buffer), None)
            self._free.append(buffer)
            while sum(map(len, self._free)) > self._most:
                self._free.pop(0)  # the one that was not asked for for the longest time

    def _begin_timer(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._look)
        self._timer.daemon = True
        self._timer.start()

    def _look(self) -> None:
        """Once the time is over: release, or wait for the rest of it."""
        with self._lock:
            self._timer = None
            rest = self._asked + self._kept_s - time.monotonic()
            if rest > 0:
                self._begin_timer(rest)
            else:
                self._free.clear()


lent = Lender()
