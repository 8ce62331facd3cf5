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
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Sealed", "Writing", "sealed", "writing"]

HEADER_BYTES = 4096
CHECKED_AT_ONCE = 1 << 22


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
    handle, name = tempfile.mkstemp(prefix=path.name, suffix=".part", dir=path.parent)
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
