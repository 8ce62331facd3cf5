"""What libjpeg prints of damage that it conceals: heard, and told of the picture that it is about.

The library knows no names of files, and writes to the process's stderr. Where that is caught, whatever else is written
there goes on to the former one. As all threads share it, what was printed while several decoded is listened to again,
with one decoding alone.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

__all__ = ["caught", "heard", "let_go"]

T = TypeVar("T")

_LIBJPEG = re.compile(
    rb"^(?:Corrupt JPEG data|Premature end of JPEG|Invalid SOS parameters|Inconsistent progression|"
    rb"Warning: unknown JFIF|Unknown Adobe color transform|Unsupported marker).*\n?",
    re.MULTILINE,
)
_STDERR = 2


class _Ear:
    """A pipe in place of stderr. count: the lines of libjpeg's so far."""

    def __init__(self) -> None:
        self._former = os.dup(_STDERR)
        self._reading, writing = os.pipe()
        os.set_blocking(self._reading, False)
        os.set_blocking(writing, False)  # rather lose a word than wait for ourselves
        os.dup2(writing, _STDERR)
        os.close(writing)
        self._lock = threading.Lock()
        self._count = 0
        self._python, ours = sys.stderr, sys.__stderr__
        if ours is not None and self._python is ours:
            sys.stderr = os.fdopen(self._former, "w", 1, ours.encoding, "backslashreplace", closefd=False)

    def count(self) -> int:
        """With all that was printed by now."""
        with self._lock:
            printed = b""
            with contextlib.suppress(BlockingIOError):
                while piece := os.read(self._reading, 65536):
                    printed += piece
            rest, own = _LIBJPEG.subn(b"", printed)
            self._count += own
            with contextlib.suppress(OSError):
                os.write(self._former, rest)
            return self._count

    def close(self) -> None:
        """Have everything as it was."""
        if sys.stderr is not self._python:
            sys.stderr.close()
            sys.stderr = self._python
        os.dup2(self._former, _STDERR)
        self.count()
        os.close(self._reading)
        os.close(self._former)


class _Turns:
    """Many at a time, or one alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._many, self._one = 0, False

    @contextlib.contextmanager
    def among_others(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._one)
            self._many += 1
        try:
            yield
        finally:
            with self._changed:
                self._many -= 1
                self._changed.notify_all()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._one)
            self._one = True
            self._changed.wait_for(lambda: not self._many)
        try:
            yield
        finally:
            with self._changed:
                self._one = False
                self._changed.notify_all()


_ear: _Ear | None = None
_turns = _Turns()


@contextlib.contextmanager
def caught() -> Iterator[None]:
    """Catch what the process's stderr gets; what Python prints there goes where it went before."""
    global _ear
    if os.name != "posix" or _ear is not None or not _has_stderr():
        yield
        return
    _ear = _Ear()
    try:
        yield
    finally:
        let_go()


def _has_stderr() -> bool:
    """Whether it is open; a shell's 2>&- closes it."""
    try:
        os.fstat(_STDERR)
    except OSError:
        return False
    return True


def let_go() -> None:
    """Catch no more: before another program takes this process' place, or is started to log for itself.

    It would write to a pipe that nobody reads.
    """
    global _ear
    ear, _ear = _ear, None
    if ear is not None:
        ear.close()


def heard(decode: Callable[[], T]) -> tuple[T, bool]:
    """What a decode gives, and whether libjpeg complained of its picture; not known where nothing is caught."""
    ear = _ear
    if ear is None:
        return decode(), False
    with _turns.among_others():
        before = ear.count()
        made = decode()
        if ear.count() == before:
            return made, False
    with _turns.alone():
        before = ear.count()
        return decode(), ear.count() != before
