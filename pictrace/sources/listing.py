"""Any source, recognised by what it holds and by its name."""

from __future__ import annotations

from pathlib import Path

from pictrace.errors import SourceError
from pictrace.images.formats import PICTURE_SUFFIXES
from pictrace.sources.archives import read_zip
from pictrace.sources.base import Item, Listing, is_link
from pictrace.sources.buckets import read_bucket
from pictrace.sources.databases import read_database
from pictrace.sources.folders import read_folder
from pictrace.sources.lists import looks_like_a_list, read_json, read_list
from pictrace.sources.tables import read_table
from pictrace.web.s3 import is_s3

__all__ = ["list_source"]

SNIFFED_BYTES = 16 * 1024
SQLITE_START = b"SQLite format 3\0"
ZIP_STARTS = (b"PK\3\4", b"PK\5\6")  # the latter of an empty one
TABLE_SUFFIXES = frozenset([".csv", ".tsv", ".tab", ".psv"])
LIST_SUFFIXES = frozenset([".lst", ".list", ".urls"])
DATABASE_SUFFIXES = frozenset([".sqlite", ".sqlite3", ".db", ".db3"])


def list_source(source: str, *, column: str | None = None, table: str | None = None) -> Listing:
    """The pictures of a folder, a table, a list, a ZIP archive, a SQLite database, one picture file, one link, or
    a bucket of S3, a folder in it, or one object.

    column, table: which ones name the pictures, where they are not to be guessed. Raises SourceError
    where there is nothing there that PicTrace can read, or nothing that has columns or tables, and
    DownloadError where a bucket cannot be listed.
    """
    if is_link(source):
        _refuse_options(source, column, table)
        return Listing((Item.of_link(source),))
    if is_s3(source):
        _refuse_options(source, column, table)
        return read_bucket(source)
    path = Path(source)
    try:
        is_folder, is_there = path.is_dir(), path.exists()
    except OSError as error:
        raise SourceError(f"{source} cannot be read: {error.strerror}. Check its spelling and permissions.") from error
    if not source.strip() or not is_there:
        raise SourceError(f"There is no folder or file at {source or 'the empty name'}. Check its spelling.")
    if is_folder:
        _refuse_options(source, column, table)
        return read_folder(path)
    if path.suffix.lower() in PICTURE_SUFFIXES:
        _refuse_options(source, column, table)
        return Listing((Item.of_file(path),))
    return _list_file(path, column, table)


def _list_file(path: Path, column: str | None, table: str | None) -> Listing:
    suffix, start = path.suffix.lower(), _start(path)
    if start.startswith(SQLITE_START) or suffix in DATABASE_SUFFIXES:
        return read_database(path, table, column)
    _refuse_options(str(path), None, table)
    if start.startswith(ZIP_STARTS) or suffix == ".zip":
        _refuse_options(str(path), column, None)
        return read_zip(path)
    if suffix in TABLE_SUFFIXES:
        return read_table(path, column=column)
    text = start.decode("utf-8-sig", "replace")
    if suffix == ".json" or text.lstrip()[:1] in {"[", "{"}:
        return read_json(path, column=column)
    if column is not None:
        return read_table(path, column=column)
    if suffix in LIST_SUFFIXES or looks_like_a_list(text):
        return read_list(path)
    raise SourceError(
        f"{path} is neither a folder, a CSV file nor a picture, nor a JSON file, a list of links or paths, "
        "a ZIP archive or a SQLite database. Name one of these."
    )


def _start(path: Path) -> bytes:
    if not path.is_file():  # reading from a named pipe would wait for ever
        raise SourceError(f"{path} is neither a folder nor a file. Name one of these.")
    try:
        with path.open("rb") as file:
            return file.read(SNIFFED_BYTES)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}. Check its permissions.") from error


def _refuse_options(source: str, column: str | None, table: str | None) -> None:
    for what, name in (("columns", column), ("tables", table)):
        if name is not None:
            raise SourceError(f"{source} has no {what}, so none is named {name!r}. Leave it out.")
