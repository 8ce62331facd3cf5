"""ZIP archives: entries that are inflated when they are wanted, within limits, and never written to disk."""

from __future__ import annotations

import io
import re
import struct
import threading
import weakref
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from pictrace.catalog.records import Origin, Source
from pictrace.errors import SourceError
from pictrace.images.formats import PICTURE_SUFFIXES
from pictrace.sources._zip_layout import count_entries, damaged_ranges
from pictrace.sources.base import Item, Listing, Skipped
from pictrace.sources.kinds import Choices, SourceKind, begins_with
from pictrace.sources.leaving_out import Globs, LeftOut, rubbish
from pictrace.told import told

__all__ = ["KIND", "ArchiveLimits", "read_zip"]

ARCHIVE_SUFFIXES = frozenset([".zip", ".cbz", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".jar"])
# The others may inflate a few bytes to gigabytes in one step, which cannot be stopped half way.
METHODS = frozenset([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
ENCRYPTED = 0x1
PIECE_BYTES = 64 * 1024
RATIO_FROM_BYTES = 1024**2  # a small plain picture may well be a thousand times its ZIP entry
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError),
    *(NotImplementedError, RuntimeError, ValueError, OverflowError),
)


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may cost, measured on what is really inflated, whatever its headers claim.

    Attributes
    ----------
    max_ratio
        Of inflated to stored bytes, for entries beyond 1 MiB.
    """

    max_entries: int = 100_000
    max_entry_bytes: int = 32 * 1024**2
    max_total_bytes: int = 8 * 1024**3
    max_ratio: int = 200

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if value <= 0:
                raise ValueError(f"{one.name} must be positive, not {value}")


def read_zip(
    archive: Path | str | bytes,
    *,
    name: str = "archive.zip",
    limits: ArchiveLimits | None = None,
    globs: Globs | None = None,
) -> Listing:
    """The pictures of a ZIP archive.

    Names of entries are labels only: no entry is ever written under its name. Rubbish, and what globs name, is left
    out, with one entry a kind.

    Parameters
    ----------
    archive
        A file, or its bytes.
    name
        What bytes are called.
    limits
        What it may cost; the usual limits where none are given.
    globs
        What else is left out, or taken nevertheless.

    Raises
    ------
    SourceError
        Where it is no archive, or one with more entries than the limits allow.
    """
    name = name if isinstance(archive, bytes) else Path(archive).name
    opened = _Archive(archive, name, limits or ArchiveLimits())
    items: list[Item] = []
    skipped: list[Skipped] = []
    left_out, globs = LeftOut(), globs or Globs()
    for info, damage in zip(opened.entries, opened.damages, strict=True):
        label = _label(info)
        if info.filename.endswith("/") or label.endswith("/"):  # is_dir() bears no empty name
            continue
        address = f"{name}!/{label}"
        parts = re.split(r"[/\\]", label)
        wanted = globs.takes("/".join(parts))
        kind = None if wanted else globs.reason("/".join(parts)) or next(filter(None, map(rubbish, parts)), None)
        if kind:
            left_out.add(kind, address)
            continue
        reason = _left_out(info, parts, wanted=wanted) or damage
        if reason:
            skipped.append(Skipped(address, reason))
        else:
            items.append(Item.of_loader(partial(opened.inflate, info), Source(Origin.ARCHIVE, address, parts[-1])))
    return Listing(tuple(items), (*skipped, *left_out.told()))


class _Archive:
    """An open archive. It is closed when nobody holds one of its items any more."""

    def __init__(self, archive: Path | str | bytes, name: str, limits: ArchiveLimits) -> None:
        self._name, self._limits = name, limits
        self._inflated = 0
        self._lock = threading.Lock()
        try:
            file: BinaryIO = io.BytesIO(archive) if isinstance(archive, bytes) else Path(archive).open("rb")  # noqa: SIM115 (closed with the last item)
        except OSError as error:
            raise SourceError(
                told("{archive} cannot be read: {reason}.", archive=archive, reason=error.strerror)
            ) from error
        weakref.finalize(self, file.close)
        try:
            # Before objects are made of them; and after, should zipfile have found another directory.
            self._refuse_beyond(count_entries(file, limits.max_entries))
            self._zip = zipfile.ZipFile(file)
            self.entries: Sequence[zipfile.ZipInfo] = self._zip.infolist()
            self._refuse_beyond(len(self.entries))
            self.damages = damaged_ranges(file, self.entries, self._zip.start_dir)
        except _BROKEN as error:
            file.close()
            raise SourceError(
                told("{name} is damaged or no ZIP archive ({error}). Make the archive again.", name=name, error=error)
            ) from error
        except SourceError:
            file.close()
            raise

    def inflate(self, info: zipfile.ZipInfo) -> bytes:
        """The bytes of an entry; SourceError where they are damaged, or more than the limits allow."""
        data, limits = bytearray(), self._limits
        try:
            with self._zip.open(info) as entry:
                while piece := entry.read(PIECE_BYTES):
                    data += piece
                    self._count(len(piece))
                    if len(data) > limits.max_entry_bytes:
                        raise SourceError(
                            told(
                                "The entry is larger than {most:.3g} MB. Save it smaller, or allow more by "
                                "--max-bytes (in an "
                                "app, its owner by PICTRACE_MAX_BYTES).",
                                most=limits.max_entry_bytes / 1024**2,
                            )
                        )
                    if len(data) > max(RATIO_FROM_BYTES, limits.max_ratio * info.compress_size):
                        raise SourceError(
                            told(
                                "The entry inflates to more than {times} times its size, as attacks do. Unpack the "
                                "archive, and "
                                "add the folder.",
                                times=limits.max_ratio,
                            )
                        )
        except _BROKEN as error:
            raise SourceError(told("The entry is damaged ({error}). Make the archive again.", error=error)) from error
        return bytes(data)

    def _refuse_beyond(self, entries: int) -> None:
        if entries > self._limits.max_entries:
            raise SourceError(
                told(
                    "{name} holds more than {most:,} entries. Split the archive.",
                    name=self._name,
                    most=self._limits.max_entries,
                )
            )

    def _count(self, more: int) -> None:
        with self._lock:
            self._inflated += more
            if self._inflated > self._limits.max_total_bytes:
                raise SourceError(
                    told(
                        "{name} inflates to more than {most:.3g} GB. Split the archive.",
                        name=self._name,
                        most=self._limits.max_total_bytes / 1024**3,
                    )
                )


def _label(info: zipfile.ZipInfo) -> str:
    """The name as the archive gives it; zipfile cuts it at a NUL character."""
    return info.orig_filename.replace("\0", "\ufffd")


def _left_out(info: zipfile.ZipInfo, parts: Sequence[str], *, wanted: bool) -> str | None:
    suffix = Path(parts[-1]).suffix.lower()
    if not wanted and any(part.startswith(".") and part.strip(".") for part in parts):
        return told("It is a hidden file.")
    if suffix in ARCHIVE_SUFFIXES:
        return told("It is an archive within the archive. Unpack it, and add it by itself.")
    if suffix not in PICTURE_SUFFIXES:
        return "Its name does not end like a picture's."
    if info.flag_bits & ENCRYPTED:
        return told("It is encrypted. Unpack the archive with its password, and add the folder.")
    if info.compress_type not in METHODS:
        return told(
            "It is compressed by method {method}. Make the archive with Deflate, the usual one.",
            method=info.compress_type,
        )
    return None


def _read(address: str, choices: Choices) -> Listing:
    usual = ArchiveLimits()
    limits = replace(usual, max_entry_bytes=max(usual.max_entry_bytes, choices.max_bytes or 0))
    return read_zip(address, globs=Globs(choices.exclude or (), choices.include or ()), limits=limits)


KIND = SourceKind(
    "a ZIP archive",
    _read,
    suffixes=frozenset([".zip"]),
    starts_like=begins_with(b"PK\3\4", b"PK\5\6"),  # the latter of an empty one
    understands=frozenset(["exclude", "include"]),
    order=30,
)
