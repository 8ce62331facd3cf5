"""What a folder, a table or a list holds: the pictures to read, without reading them yet."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pictrace.catalog.base import Source
from pictrace.errors import SourceError

__all__ = ["PICTURE_SUFFIXES", "Item", "Listing", "Skipped", "list_source", "read_csv", "read_folder"]

PICTURE_SUFFIXES = frozenset(
    [".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".mpo"],
)
PATH_COLUMN, URL_COLUMN = "path", "url"


@dataclass(frozen=True)
class Item:
    """One picture to read: a file, or a link, or bytes at hand."""

    source: Source
    path: Path | None = None
    url: str | None = None
    data: bytes | None = None
    keep_original: bool = False

    @classmethod
    def of_file(cls, path: Path, metadata: Mapping[str, str] | None = None) -> Item:
        """A file, named by its whole address, whether it is there or not."""
        # realpath, because Path.resolve raises RuntimeError for a link that leads to itself.
        return cls(Source("file", os.path.realpath(path), path.name, metadata or {}), path=path)

    @classmethod
    def of_link(cls, url: str, metadata: Mapping[str, str] | None = None) -> Item:
        return cls(Source("link", url, "", metadata or {}), url=url, keep_original=True)

    @classmethod
    def of_bytes(cls, data: bytes, source: Source) -> Item:
        return cls(source, data=data, keep_original=True)


@dataclass(frozen=True)
class Skipped:
    """An entry that names no picture that can be read, and why."""

    address: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """The pictures that a source names, and the entries that were left out."""

    items: tuple[Item, ...]
    skipped: tuple[Skipped, ...] = ()


def list_source(source: str) -> Listing:
    """The pictures of a folder, a CSV file, one picture file, or one link.

    Raises SourceError where there is nothing there that PicTrace can read.
    """
    if source.lower().startswith(("http://", "https://")):
        return Listing((Item.of_link(source),))
    path = Path(source)
    try:
        is_folder, is_there = path.is_dir(), path.exists()
    except OSError as error:
        raise SourceError(f"{source} cannot be read: {error.strerror}. Check its spelling and permissions.") from error
    if not source.strip() or not is_there:
        raise SourceError(f"There is no folder or file at {source or 'the empty name'}. Check its spelling.")
    if is_folder:
        return read_folder(path)
    if path.suffix.lower() in {".csv", ".tsv"}:
        return read_csv(path)
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return Listing((Item.of_file(path),))
    raise SourceError(
        f"{source} is neither a folder, a CSV file nor a picture. Name a folder, or a CSV file with "
        f"a column {PATH_COLUMN!r} or {URL_COLUMN!r}."
    )


def read_folder(folder: Path) -> Listing:
    """All picture files below the folder, by their names, in a stable order.

    Links to files count as files; links to folders are listed as skipped, as they may lead in a circle.
    """
    items: list[Item] = []
    skipped: list[Skipped] = []

    def refuse(error: OSError) -> None:
        skipped.append(Skipped(str(error.filename), f"The folder cannot be read: {error.strerror}."))

    for place, folders, names in os.walk(folder, onerror=refuse):
        folders.sort()
        for name in folders:
            if Path(place, name).is_symlink():  # os.walk names it, but does not enter it
                skipped.append(Skipped(str(Path(place, name)), "It is a link to another folder. Name that folder."))
        for name in sorted(names):
            path = Path(place, name)
            if path.suffix.lower() in PICTURE_SUFFIXES:
                items.append(Item.of_file(path))
            else:
                skipped.append(Skipped(str(path), "Its name does not end like a picture's."))
    return Listing(tuple(items), tuple(skipped))


def read_csv(path: Path) -> Listing:
    """The pictures that a CSV file names in its column ``path`` or ``url``; other columns are metadata.

    Relative paths count from the table's own folder. Raises SourceError where neither column is there.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return _from_rows(csv.DictReader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ","), path)
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is not UTF-8 text ({error.reason}). Save the table as UTF-8 CSV.") from error
    except csv.Error as error:
        raise SourceError(f"{path} cannot be read as CSV: {error}. Save the table as CSV again.") from error
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from error


def _from_rows(reader: csv.DictReader[str], path: Path) -> Listing:
    columns = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
    path_column, url_column = columns.get(PATH_COLUMN), columns.get(URL_COLUMN)
    if path_column is None and url_column is None:
        raise SourceError(
            f"{path} has no column named {PATH_COLUMN!r} or {URL_COLUMN!r} (it has: "
            f"{', '.join(columns) or 'none'}). Rename the column that holds the pictures."
        )
    items: list[Item] = []
    skipped: list[Skipped] = []
    for row in reader:
        metadata = dict(_metadata(row, {path_column, url_column}))
        file, link = ((row.get(name) or "").strip() if name else "" for name in (path_column, url_column))
        place = f"{path.name}, line {reader.line_num}"
        if "\0" in file:
            skipped.append(Skipped(place, "Its path holds a NUL character, which no file's name does."))
        elif file:
            items.append(Item.of_file(path.parent / file, metadata))
        elif link:
            items.append(Item.of_link(link, metadata))
        else:
            skipped.append(Skipped(place, "It names no picture."))
    return Listing(tuple(items), tuple(skipped))


def _metadata(row: Mapping[str, str], left_out: set[str | None]) -> Iterator[tuple[str, str]]:
    for name, value in row.items():
        if name and name not in left_out and isinstance(value, str) and value.strip():
            yield name.strip(), value.strip()
