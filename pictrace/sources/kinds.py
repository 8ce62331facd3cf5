"""The contract of a kind of source: how it is recognised, what one may choose, and the function that reads it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from pictrace.errors import SourceError
from pictrace.sources.base import Listing
from pictrace.told import told

__all__ = ["Choices", "Glimpse", "SourceKind", "Table", "begins_with"]

SNIFFED_BYTES = 16 * 1024
# What each choice chooses among, for a message about a source that has nothing of the kind.
_PLURALS = {"column": told("columns"), "table": told("tables"), "encoding": told("encoding of text")}
_PLURALS |= dict.fromkeys(("exclude", "include"), told("files of its own"))


@dataclass(frozen=True)
class Choices:
    """What somebody chose where it is not to be guessed: a column, a table or sheet, an encoding; None to guess.

    Attributes
    ----------
    exclude, include
        Globs of what to leave out, and of what to take nevertheless.
    max_bytes
        What a picture may have that lies in the source; it may always be said, as many sources hold none.
    """

    column: str | None = None
    table: str | None = None
    encoding: str | None = None
    exclude: tuple[str, ...] | None = None
    include: tuple[str, ...] | None = None
    max_bytes: int | None = None

    def refuse_all_but(self, understood: frozenset[str], source: str) -> None:
        """Raise SourceError where something was chosen that this source has not."""
        for one in fields(self):
            value = getattr(self, one.name)
            if value is not None and one.name not in understood | {"max_bytes"}:
                shown = ", ".join(map(repr, [value] if isinstance(value, str) else value))
                raise SourceError(
                    told(
                        "{source} has no {things}, so none is named {shown}. Leave it out.",
                        source=source,
                        things=_PLURALS[one.name],
                        shown=shown,
                    )
                )


class Table(NamedTuple):
    """A table of a database, or a sheet of a workbook.

    Attributes
    ----------
    columns
        Those that can be read; none for a view.
    rows
        None where counting them takes too long, or cannot be done.
    """

    name: str
    columns: tuple[str, ...]
    rows: int | None


@dataclass(frozen=True)
class Glimpse:
    """What is known of a source before it is read: its address, what was chosen, and how a file begins."""

    address: str
    choices: Choices = Choices()
    is_file: bool = False
    is_folder: bool = False

    @property
    def path(self) -> Path:
        return Path(self.address)

    @property
    def suffix(self) -> str:
        """In lower case, with its dot; "" of what is no file."""
        return os.path.splitext(self.address)[1].lower() if self.is_file else ""  # noqa: PTH122 (the same on each system)

    @cached_property
    def start(self) -> bytes:
        """The first 16 KB of a file; SourceError where it cannot be read."""
        if not self.is_file:
            return b""
        if not self.path.is_file():  # reading from a named pipe would wait for ever
            raise SourceError(
                told("{address} is neither a folder nor a file. Name one of these.", address=self.address)
            )
        try:
            with self.path.open("rb") as file:
                return file.read(SNIFFED_BYTES)
        except OSError as error:
            raise SourceError(
                told(
                    "{address} cannot be read: {reason}. Check its permissions.",
                    address=self.address,
                    reason=error.strerror,
                )
            ) from error

    @cached_property
    def text(self) -> str:
        """The beginning, taken as UTF-8."""
        return self.start.decode("utf-8-sig", "replace")


def begins_with(*signatures: bytes) -> Callable[[bytes], bool]:
    """For SourceKind.starts_like: whether a file begins with one of these."""
    return lambda start: start.startswith(signatures)


def _never(_: object) -> bool:
    return False


@dataclass(frozen=True)
class SourceKind:
    """One kind of source. A module of ``pictrace.sources`` exports one as ``KIND``, and is found by that.

    Parameters
    ----------
    title
        What it is called in the middle of a sentence: "a ZIP archive".
    read
        Makes a listing of the source at an address (a path, or a link) with what was chosen; raises SourceError
        that says what to do, DownloadError where a network is to blame.
    suffixes
        Endings of its files' names, in lower case, with their dots.
    starts_like
        Whether the first bytes of a file (up to 16 KB) are those that its files alone have; ``begins_with`` makes one.
    is_alike
        Whether what else is known speaks for it: how a text begins, that the address is a link.
    order
        Which kind is asked first where several are as sure; the smaller.
    understands
        Names of the choices (fields of Choices) that mean something to it.
    uploads
        Endings under which its files may be uploaded, where these are not ``suffixes``.
    tables
        Lists the tables of a file that has several, for somebody to choose from.
    """

    title: str
    read: Callable[[str, Choices], Listing]
    suffixes: frozenset[str] = frozenset()
    starts_like: Callable[[bytes], bool] = _never
    is_alike: Callable[[Glimpse], bool] = _never
    order: int = 100
    understands: frozenset[str] = frozenset()
    uploads: frozenset[str] | None = None
    tables: Callable[[Path], list[Table]] | None = None

    @property
    def uploaded_as(self) -> frozenset[str]:
        return self.suffixes if self.uploads is None else self.uploads

    def certainty(self, glimpse: Glimpse) -> int:
        """How surely a source is of this kind, from 0: by its first bytes (4), its name (2), and all else (1).

        So the first bytes of a file outweigh its name, and a workbook, which begins as a ZIP archive does, is one
        by its name.
        """
        by_bytes = glimpse.is_file and self.starts_like(glimpse.start)
        by_name = glimpse.suffix in self.suffixes
        return 4 * by_bytes + 2 * by_name + self.is_alike(glimpse)
