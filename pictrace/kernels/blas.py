"""BLAS on the calling thread alone: this package spreads its work over threads itself.

OpenBLAS shares one product of matrices among threads of its own, which then wait for the next one in a loop for a
while: where pictures are described one after the other, that takes half of a second processor, and gives nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from threadpoolctl import ThreadpoolController

__all__ = ["one_thread", "one_thread_in_opencv"]


def one_thread() -> None:
    """In all libraries that are loaded by now: for a process that does nothing but PicTrace's work."""
    _set(lambda path: True)


@cache
def one_thread_in_opencv() -> None:
    """In the copy that OpenCV brings along, from the first call on: nobody else computes by it."""
    _set(lambda path: "opencv" in path.lower())


def _set(whose: Callable[[str], bool]) -> None:
    for library in ThreadpoolController().lib_controllers:
        if library.user_api == "blas" and whose(library.filepath):
            library.set_num_threads(1)
