"""Files of a cache: written once, sealed by a checksum, then mapped into memory.

Layout, little-endian: 4096 bytes of magic, length of the header, header and zeros, then the content. The header is
JSON, with the CRC-32 of the content among what it says. A file is written under another name, synchronised and moved
into place, so that a crash leaves the former one; one that is torn or damaged is not believed.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

try:
    import fcntl
except ImportError:  # on Windows, where a file that is open cannot be deleted anyway
    fcntl = None  # type: ignore[assignment]  # mypy reads it as a module

__all__ = ["Sealed", "Writing", "drop_unfinished", "sealed", "writing"]

HEADER_BYTES = 4096
CHECKED_AT_ONCE = 1 << 22
_UNFINISHED = ".part"


class Writing:
    """A file on its way: ``add`` all of its content, then say what it is in ``header``."""

    def __init__(self, file: IO[bytes]) -> None:
        self.header: Mapping[str, object] = {}
        self.checksum = 0
        self._file = file

    def add(self, part: NDArray[Any]) -> None:
        """Append an array's bytes, in C order."""
        data = np.ascontiguousarray(part).reshape(-1).view(np.uint8).data
        self._file.write(data)
        self.checksum = zlib.crc32(data, self.checksum)


@contextmanager
def writing(path: Path, magic: bytes) -> Iterator[Writing]:
    """A new file, moved into place at the end; where anything is raised, what was there stays.

    Raises
    ------
    OSError
        Where it cannot be written.
    """
    handle, name = _unfinished(path)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(b"\0" * HEADER_BYTES)
            new = Writing(file)
            yield new
            header = json.dumps({**new.header, "crc32": new.checksum}).encode("utf-8")
            file.seek(0)
            file.write(magic + struct.pack("<I", len(header)) + header)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _unfinished(path: Path) -> tuple[int, str]:
    """A new file, open and locked, so that nobody takes it for one that was left behind."""
    while True:
        handle, name = tempfile.mkstemp(prefix=path.name, suffix=_UNFINISHED, dir=path.parent)
        if _locked(handle) is not True or Path(name).exists():
            return handle, name
        os.close(handle)  # it was taken for one before it was locked


def drop_unfinished(folder: Path) -> None:
    """Delete the files that were being written as their process was killed; those that are being written stay."""
    for path in folder.glob(f"*{_UNFINISHED}"):
        with suppress(OSError):  # gone, not ours, or, on Windows, open
            handle = os.open(path, os.O_RDWR)
            try:
                nobodys = _locked(handle)
            finally:
                os.close(handle)
            if nobodys is not False:
                path.unlink()


def _locked(handle: int) -> bool | None:
    """Whether the file could be locked, until it is closed; None where there are no locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except AttributeError:  # fcntl is None
        return None
    except OSError:
        return False
    return True


@dataclass(frozen=True)
class Sealed:
    """A file with this header, whose content has not been looked at."""

    path: Path
    header: Mapping[str, Any]

    @property
    def content_bytes(self) -> int:
        return self.path.stat().st_size - HEADER_BYTES

    def mapped(self) -> mmap.mmap | None:
        """The whole file, header included, read-only; None where its content is not what was written.

        It is checked by reading, so that checking a large file does not make it stay in memory.
        """
        with self.path.open("rb") as file:
            file.seek(HEADER_BYTES)
            checksum = 0
            while part := file.read(CHECKED_AT_ONCE):
                checksum = zlib.crc32(part, checksum)
            if checksum != self.header["crc32"]:
                return None
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def sealed(path: Path, magic: bytes) -> Sealed | None:
    """The file with its header; None where there is none, or one of another kind."""
    try:
        with path.open("rb") as file:
            start = file.read(HEADER_BYTES)
        (length,) = struct.unpack_from("<I", start, len(magic))
        header = json.loads(start[len(magic) + 4 : len(magic) + 4 + length])
    except (OSError, ValueError, struct.error):
        return None
    return Sealed(path, header) if start.startswith(magic) and isinstance(header, dict) else None
