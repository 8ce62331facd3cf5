"""Tables of paths or links: CSV and its relatives."""

from __future__ import annotations

import csv
import io
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from pictrace.errors import SourceError
from pictrace.sources.base import (
    MAX_ROWS,
    Item,
    Listing,
    Skipped,
    clean_metadata,
    is_link,
    item_of_entry,
    names_a_picture,
)
from pictrace.sources.columns import SAMPLE_ROWS, choose_columns, is_usual_name
from pictrace.sources.text import guess_encoding

__all__ = ["read_csv", "read_table"]

DELIMITERS = ",;\t|"
NO_DELIMITER = "\x1f"  # of a table with one column, whose links may well hold commas
FIELD_CHARACTERS = 16 * 1024**2
SNIFFED_CHARACTERS = 64 * 1024
_END = "\x1eend\x1e"  # a last line of our own: where it is not a row by itself, a quotation was left open
_FIELD_LIMIT = threading.Lock()


def read_csv(path: Path) -> Listing:
    """The pictures that a CSV or TSV file names, with everything about its form guessed."""
    return read_table(path)


def read_table(
    path: Path,
    *,
    column: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    max_rows: int = MAX_ROWS,
) -> Listing:
    """The pictures that a table names in one of its columns; other columns are metadata.

    What is not given is guessed: the column by its name or by what it holds (see Listing.column), the
    delimiter among comma, semicolon, tab and bar, the encoding among UTF-8, UTF-16 and Windows-1252.
    A first row that names a picture itself is no heading; the columns are then "column 1", "column 2" ….
    Relative paths count from the table's own folder. Raises SourceError where no column names pictures,
    or where there are more than ``max_rows`` rows.
    """
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise SourceError(f"{delimiter!r} cannot be a delimiter. Give one character, for example ','.")
    try:
        encoding, errors = (encoding, "strict") if encoding else guess_encoding(path)
        with path.open(newline="", encoding=encoding, errors=errors) as file, _long_fields():
            delimiter = delimiter or _guess_delimiter(file, path)
            reader = csv.reader(chain(file, [_END]), delimiter=delimiter)
            return _from_rows(_rows(reader, path, max_rows), path, column)
    except UnicodeError as error:
        raise SourceError(f"{path} is not {encoding} text ({error}). Save the table as UTF-8 CSV.") from error
    except LookupError as error:
        raise SourceError(f"{encoding!r} is no encoding that is known. Leave it out, or say utf-8.") from error
    except csv.Error as error:
        raise SourceError(f"{path} cannot be read as CSV: {error}. Save the table as CSV again.") from error
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from error


_Row = tuple[int, list[str]]  # the line where it ends, and its cells


def _rows(reader: Iterator[list[str]], path: Path, max_rows: int) -> Iterator[_Row | Skipped]:
    """Rows that are not empty, with the line where each ends."""
    begin, count = 1, 0
    for cells in reader:
        line: int = reader.line_num  # type: ignore[attr-defined]
        if cells == [_END]:
            return
        if cells and cells[-1].endswith(_END):
            yield Skipped(
                f"{path.name}, line {begin}",
                "A quotation mark opened here is never closed, so all rows from here on are lost. Close it.",
            )
            return
        begin = line + 1
        if not cells:
            continue
        count += 1
        if count > max_rows + 1:  # one is the heading
            raise SourceError(f"{path} holds more than {max_rows:,} rows. Split it into smaller tables.")
        yield line, cells


def _from_rows(rows: Iterator[_Row | Skipped], path: Path, column: str | None) -> Listing:
    first: deque[_Row | Skipped] = deque(islice(rows, SAMPLE_ROWS + 1))
    names: list[str] = []
    if first and not isinstance(first[0], Skipped):
        names = [name.strip() for name in first[0][1]]
        if any(_is_picture(name) for name in names):
            names = [f"column {place}" for place in range(1, len(names) + 1)]
        else:
            first.popleft()
    sample = [row[1] for row in first if not isinstance(row, Skipped)]
    if not names and first:
        raise SourceError(f"{path} has a quotation mark in its first line that is never closed. Close it.")
    chosen = choose_columns(names, sample, column=column, source=path)
    others = [(place, name) for place, name in enumerate(names) if name and place not in chosen]
    items: list[Item] = []
    skipped: list[Skipped] = []
    for row in chain(first, rows):
        entry = row if isinstance(row, Skipped) else _entry(row, path, chosen, others)
        if isinstance(entry, Item):
            items.append(entry)
        else:
            skipped.append(entry)
    return Listing(tuple(items), tuple(skipped), names[chosen[0]], tuple(names))


def _entry(row: _Row, path: Path, chosen: Sequence[int], others: Sequence[tuple[int, str]]) -> Item | Skipped:
    line, cells = row
    text = next((cells[place] for place in chosen if place < len(cells) and cells[place].strip()), "")
    metadata = clean_metadata((name, cells[place]) for place, name in others if place < len(cells))
    return item_of_entry(text, path.parent, f"{path.name}, line {line}", metadata)


def _guess_delimiter(file: TextIO, path: Path) -> str:
    """The one that gives the first rows as many cells as the heading has; the file is rewound."""
    text = file.read(SNIFFED_CHARACTERS)
    whole = len(text) < SNIFFED_CHARACTERS
    file.seek(0)
    best, best_score = NO_DELIMITER, (0.0, False, False, 0)
    for delimiter in DELIMITERS:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
        rows = rows[: SAMPLE_ROWS + 1] if whole or len(rows) < 3 else rows[:-1][: SAMPLE_ROWS + 1]
        width = len(rows[0]) if rows else 0
        if width < 2:
            continue
        share = sum(len(row) == width for row in rows) / len(rows)
        usual = any(is_usual_name(name) or _is_picture(name) for name in rows[0])
        by_suffix = delimiter == "\t" and path.suffix.lower() in {".tsv", ".tab"}
        score = (round(share, 1), usual, by_suffix, width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _is_picture(name: str) -> bool:
    return is_link(name.strip()) or names_a_picture(name.strip())


@contextmanager
def _long_fields() -> Iterator[None]:
    """Lets fields be long while a table is read. The limit is the whole process's, so it is put back."""
    with _FIELD_LIMIT:
        before = csv.field_size_limit(FIELD_CHARACTERS)
        try:
            yield
        finally:
            csv.field_size_limit(before)
