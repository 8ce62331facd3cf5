"""Ways to damage a file. What is damaged follows from the chance alone, so that each case can be made again."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from random import Random

__all__ = ["damaged"]

_EDGES = (0, 1, 0x7F, 0x80, 0xFE, 0xFF)
_WORDS = (0, 1, 0x7F, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_HEAD_BYTES = 200  # where most of what decides about a file stands


def damaged(data: bytes, others: Sequence[bytes], chance: Random) -> bytes:
    """One to six changes of a file; others: of the same kind, to take pieces from."""
    if data[:4] == b"PK\3\4" and chance.random() < 0.6:
        return _within_archive(data, chance)
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        if not changed:
            break
        chance.choice(_CHANGES)(changed, others, chance)
    if changed[:8] == b"\x89PNG\r\n\x1a\n" and chance.random() < 0.8:
        return _with_checksums(bytes(changed))
    return bytes(changed)


def _place(data: bytearray, chance: Random) -> int:
    return chance.randrange(min(len(data), _HEAD_BYTES) if chance.random() < 0.5 else len(data))


def _flip(data: bytearray, _: Sequence[bytes], chance: Random) -> None:
    data[_place(data, chance)] ^= 1 << chance.randrange(8)


def _edge(data: bytearray, _: Sequence[bytes], chance: Random) -> None:
    data[_place(data, chance)] = chance.choice(_EDGES)


def _any(data: bytearray, _: Sequence[bytes], chance: Random) -> None:
    data[_place(data, chance)] = chance.randrange(256)


def _word(data: bytearray, _: Sequence[bytes], chance: Random) -> None:
    at, value = _place(data, chance), chance.choice(_WORDS)
    form = chance.choice((">H", "<H", ">I", "<I", ">Q", "<Q"))
    word = struct.pack(form, value & (1 << 8 * struct.calcsize(form)) - 1)
    data[at : at + len(word)] = word


def _number(data: bytearray, _: Sequence[bytes], chance: Random) -> None:
    """Of a text: another number, or a bracket, quote or comma."""
    at = _place(data, chance)
    data[at : at + chance.randrange(3)] = chance.choice(
        (b"99999999999999999999", b"-1", b"1e400", b"NaN", b'"', b"'", b",", b";", b"[", b"{", b"<", b">", b"\0", b"\n")
    )


def _cut(data: bytearray, _: Sequence[bytes], chance: Random) -> None:
    del data[_place(data, chance) :]


def _remove(data: bytearray, _: Sequence[bytes], chance: Random) -> None:
    at = _place(data, chance)
    del data[at : at + chance.choice((1, 2, 4, 16, 100))]


def _repeat(data: bytearray, _: Sequence[bytes], chance: Random) -> None:
    at = _place(data, chance)
    piece = data[at : at + chance.choice((1, 4, 20, 200))]
    data[at:at] = piece * chance.choice((1, 2, 50))


def _noise(data: bytearray, _: Sequence[bytes], chance: Random) -> None:
    at = _place(data, chance)
    data[at : at + chance.choice((0, 8, 64))] = chance.randbytes(chance.choice((1, 8, 64)))


def _splice(data: bytearray, others: Sequence[bytes], chance: Random) -> None:
    other = chance.choice(others)
    at, there = _place(data, chance), chance.randrange(len(other))
    if chance.random() < 0.5:
        data[at:] = other[there:]
    else:
        piece = other[there : there + chance.choice((4, 32, 300))]
        data[at : at + len(piece)] = piece


_CHANGES: tuple[Callable[[bytearray, Sequence[bytes], Random], None], ...] = (
    _flip, _flip, _edge, _edge, _any, _word, _word, _number, _cut, _remove, _repeat, _noise, _splice,
)  # fmt: skip


def _with_checksums(data: bytes) -> bytes:
    """A PNG whose chunks have right checksums, since readers look no further where they are wrong."""
    parts, at = [data[:8]], 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        end = at + 8 + length
        if end + 4 > len(data):
            break
        parts += [data[at:end], zlib.crc32(data[at + 4 : end]).to_bytes(4)]
        at = end + 4
    return b"".join([*parts, data[at:]])


def _within_archive(data: bytes, chance: Random) -> bytes:
    """A ZIP archive one of whose files is damaged, and that is sound itself."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        chosen = chance.choice(names)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as changed:
            for name in names:
                content = bytearray(archive.read(name))
                if name == chosen:
                    for _ in range(chance.choice((1, 2, 5))):
                        if content:
                            chance.choice(_CHANGES)(content, [bytes(content)], chance)
                changed.writestr(zipfile.ZipInfo(name), bytes(content), zipfile.ZIP_DEFLATED)  # of no time of day
    return file.getvalue()
