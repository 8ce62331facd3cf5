"""Bytes that wait for a question: large ones on disk, so that the pictures of many sessions take no memory."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import weakref
from collections.abc import Callable
from typing import IO, TypeVar

__all__ = ["LARGE_BYTES", "spilling"]

LARGE_BYTES = 2**20

Some = TypeVar("Some")


def spilling(name: str) -> Callable[[type[Some]], type[Some]]:
    """Have a dataclass keep this field of bytes on disk where they are many, in a file that goes with the object."""

    def decorate(kind: type[Some]) -> type[Some]:
        setattr(kind, name, _Spilled(f"_{name}"))
        return kind

    return decorate


class _Spilled:
    """A field that takes and gives bytes."""

    def __init__(self, kept_as: str) -> None:
        self._kept_as = kept_as

    def __get__(self, instance: object, owner: type) -> bytes:
        kept: bytes | _OnDisk = instance.__dict__[self._kept_as]
        return kept.read() if isinstance(kept, _OnDisk) else kept

    def __set__(self, instance: object, data: bytes) -> None:
        kept: bytes | _OnDisk = data
        if len(data) > LARGE_BYTES:
            with contextlib.suppress(OSError):  # a full disk: then in memory after all
                kept = _OnDisk(data)
        instance.__dict__[self._kept_as] = kept


class _OnDisk:
    def __init__(self, data: bytes) -> None:
        self._lock = threading.Lock()
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed with this object)
        weakref.finalize(self, self._file.close)
        self._file.write(data)
        self._file.flush()

    def read(self) -> bytes:
        with self._lock:
            self._file.seek(0)
            return self._file.read()
