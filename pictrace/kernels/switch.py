"""Which implementation answers: the plain one at once, the compiled one as soon as it is there.

``warm()`` starts one background thread that has numba's cache filled, where it lacks kernels (see filling.py), and
loads them from there; then one assignment switches all later calls over. Until then, where numba is absent, where
compilation fails, and under ``PICTRACE_KERNELS=plain``, the plain implementation answers.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import threading
from collections.abc import Iterator
from typing import Any, Literal

from pictrace.kernels.filling import fill

__all__ = ["ENVIRONMENT_VARIABLE", "backend", "expect", "forced", "implementation", "ready", "warm"]

Backend = Literal["compiled", "plain"]

ENVIRONMENT_VARIABLE = "PICTRACE_KERNELS"
KERNEL_MODULES = (
    "hamming",
    "cosine",
    "histogram",
    "orb",
    "votes",
    "cells",
    "leads",
    "evidence",
    "ssim",
    "patches",
    "extrema",
)  # the quickest to compile first

WORTH_PAIRS = 500
"""Comparing as many pairs of pictures takes the plain kernels a second, and loading compiled ones 0.6."""

_log = logging.getLogger(__name__)
_expected = 0
_lock = threading.Lock()
_thread: threading.Thread | None = None
_backend: Backend = "plain"


def warm(*, wait: bool = False) -> None:
    """Begin compiling in the background, once per process; with ``wait``, return when that is done.

    Whoever waits has it done in this process, at its own priority.

    A failure is logged and leaves the plain implementation in place; nothing is raised.
    """
    global _thread
    with _lock:
        if _thread is None:
            if os.environ.get(ENVIRONMENT_VARIABLE, "").lower() == "plain":
                return
            _thread = threading.Thread(target=_compile, args=(not wait,), name="pictrace-kernels", daemon=True)
            _thread.start()
    if wait:
        _thread.join()


def expect(pairs: int) -> None:
    """Begin compiling if so many comparisons are ahead, with those before, that loading compiled kernels pays.

    Meanwhile the plain ones answer, so that work done part by part is faster from the next part on.
    """
    global _expected
    _expected += pairs
    if _expected >= WORTH_PAIRS:
        warm()


def ready() -> bool:
    """Whether calls are answered by compiled code."""
    return _backend == "compiled"


def backend() -> Backend:
    """The implementation that answers a call made now."""
    return _backend


def implementation(name: str) -> Any:
    """The module ``name`` of the implementation in charge: both have the same functions."""
    return importlib.import_module(f"pictrace.kernels.{_backend}.{name}")


@contextlib.contextmanager
def forced(chosen: Backend) -> Iterator[None]:
    """One implementation for the whole process, for tests and benchmarks; the former one afterwards."""
    global _backend
    if chosen == "compiled":
        for name in KERNEL_MODULES:
            importlib.import_module(f"pictrace.kernels.compiled.{name}")
    former, _backend = _backend, chosen
    try:
        yield
    finally:
        _backend = former


def _compile(apart: bool) -> None:
    global _backend
    try:
        if apart:
            fill(KERNEL_MODULES)
        for name in KERNEL_MODULES:
            importlib.import_module(f"pictrace.kernels.compiled.{name}")
    except ImportError as error:
        _log.info("numba is not there, the plain kernels stay in charge: %s", error)
    except Exception:  # numba and LLVM raise many kinds; the plain kernels give the same answers
        _log.warning("the kernels could not be compiled, the plain ones stay in charge", exc_info=True)
    else:
        _backend = "compiled"
