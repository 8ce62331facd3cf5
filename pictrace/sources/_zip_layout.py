"""Where a ZIP archive's parts lie, read with distrust.

Source: APPNOTE.TXT - .ZIP File Format Specification, version 6.3.10, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16.
"""

from __future__ import annotations

import os
import struct
import zipfile
from collections.abc import Sequence
from typing import BinaryIO

from pictrace.told import told

__all__ = ["count_entries", "damaged_ranges"]

END, END_64, LOCATOR_64, CENTRAL, LOCAL = b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\1\2", b"PK\3\4"
END_BYTES, END_64_BYTES, LOCATOR_BYTES, LOCAL_BYTES = 22, 56, 20, 30
MAX_COMMENT_BYTES = 65_535
ENTRY_BYTES = 1024  # a generous mean of what the directory says of one entry


def count_entries(file: BinaryIO, most: int) -> int:
    """How many entries the central directory holds, at a small cost; ``most`` + 1 where it is far too large.

    The number that the archive claims is not believed. 0 where there is no directory, as zipfile will say.
    """
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - END_BYTES - MAX_COMMENT_BYTES - END_64_BYTES - LOCATOR_BYTES)
    file.seek(start)
    tail = file.read()
    last = tail[-END_BYTES:]  # without a comment, as zipfile looks for it first
    end = len(tail) - END_BYTES if last.startswith(END) and last.endswith(b"\0\0") else tail.rfind(END)
    if end < 0 or len(tail) < end + END_BYTES:
        return 0
    (directory_bytes,) = struct.unpack_from("<L", tail, end + 12)
    end_64 = end - LOCATOR_BYTES - END_64_BYTES
    directory_end = start + end
    if end_64 >= 0 and tail.startswith(LOCATOR_64, end - LOCATOR_BYTES) and tail.startswith(END_64, end_64):
        (directory_bytes,) = struct.unpack_from("<Q", tail, end_64 + 40)
        directory_end = start + end_64
    if directory_bytes > most * ENTRY_BYTES:
        return most + 1
    file.seek(max(0, directory_end - directory_bytes))
    return file.read(directory_bytes).count(CENTRAL)


def damaged_ranges(file: BinaryIO, entries: Sequence[zipfile.ZipInfo], directory: int) -> list[str | None]:
    """For each entry, why its place in the file cannot be right; None where it can.

    directory: where the central directory begins. Entries that share bytes are how a small file
    inflates to petabytes (D. Fifield, "A better zip bomb", WOOT 2019), and nothing honest makes them. From 3.11.8 and
    3.12.2 on, zipfile refuses them itself as it opens one (gh-109858); that is relied on when older ones are no longer
    supported, which Debian 12 and others still ship.
    """
    reasons: list[str | None] = [None] * len(entries)
    last, last_end = -1, 0
    for place in sorted(range(len(entries)), key=lambda place: entries[place].header_offset):
        info = entries[place]
        end = _end_of(file, info)
        if end is None or end > directory:
            reasons[place] = told("It is damaged: its bytes are not where the archive says. Make the archive again.")
            continue
        if info.header_offset < last_end:
            reasons[place] = reasons[last] = told(
                "It shares its bytes with another entry, as attacks do. Make the archive again."
            )
        if end > last_end:
            last, last_end = place, end
    return reasons


def _end_of(file: BinaryIO, info: zipfile.ZipInfo) -> int | None:
    """Where the bytes of an entry end, after its local header; None where there is no such header."""
    if info.header_offset < 0:
        return None
    file.seek(info.header_offset)
    header = file.read(LOCAL_BYTES)
    if len(header) < LOCAL_BYTES or not header.startswith(LOCAL):
        return None
    name_bytes, extra_bytes = struct.unpack_from("<HH", header, 26)
    return info.header_offset + LOCAL_BYTES + int(name_bytes) + int(extra_bytes) + info.compress_size
