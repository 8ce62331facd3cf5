"""Tables of paths or links: CSV and its relatives.

The delimiter is guessed here: clevercsv (0.8.5) takes the spaces of a quoted table of 80 KB for delimiters (.2 s), and
the commas in a lone column of links. The reader is the standard library's, as pandas' and pyarrow's do not say in which
line a row ends, or what of the file an open quotation mark has swallowed.
"""

from __future__ import annotations

import csv
import io
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path

from pictrace.errors import ColumnError, SourceError
from pictrace.sources.base import MAX_ROWS, Listing, Skipped
from pictrace.sources.columns import SAMPLE_ROWS, choose_columns, is_usual_name
from pictrace.sources.kinds import SourceKind
from pictrace.sources.rows import Row, is_picture, listing_of_rows, with_heading
from pictrace.sources.text import count_files, guess_encoding
from pictrace.told import told

__all__ = ["KIND", "read_table"]

DELIMITERS = ",;\t|"
NO_DELIMITER = "\x1f"  # of a table with one column, whose links may well hold commas
FIELD_CHARACTERS = 16 * 1024**2
SNIFFED_CHARACTERS = 64 * 1024
_END = "\x1eend\x1e"  # a last line of our own: where it is not a row by itself, a quotation was left open
_FIELD_LIMIT = threading.Lock()
_EXCELS_LINE = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE)
"""What Excel reads before the table: its delimiter."""


def read_table(
    path: Path,
    *,
    column: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    max_rows: int = MAX_ROWS,
) -> Listing:
    """The pictures that a table names in one of its columns; other columns are metadata.

    Parameters
    ----------
    path
        The table. Relative paths in it count from its folder.
    column
        Which one names the pictures; else guessed by its name or by what it holds.
    delimiter
        One character; else the one of a first line "sep=;", or guessed among comma, semicolon, tab and bar.
    encoding
        Else UTF-8 or UTF-16 where it is, or guessed; Listing.encoding says which.
    max_rows
        The most rows below the heading.

    Raises
    ------
    SourceError
        Where no column names pictures, there are more rows, or the file is no such text.
    """
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise SourceError(
            told("{delimiter} cannot be a delimiter. Give one character, for example ','.", delimiter=repr(delimiter))
        )

    def fits(text: str) -> int:
        return count_files(_pictures_in(text, path, column, delimiter), path.parent)

    try:
        with _long_fields():
            encoding, errors = (encoding, "strict") if encoding else guess_encoding(path, fits)
            with path.open(newline="", encoding=encoding, errors=errors) as file:
                own = _EXCELS_LINE.fullmatch(file.readline())
                if not own:
                    file.seek(0)
                beginning = file.read(SNIFFED_CHARACTERS)
                delimiter = delimiter or (own[1] if own else _guess_delimiter(beginning, path))
                lines = chain(io.StringIO(beginning + file.readline(), newline=""), file, [_END])
                rows = _rows(csv.reader(lines, delimiter=delimiter), path, 1 if own else 0, max_rows)
                names, rows = with_heading(rows, path)
                return listing_of_rows(names, rows, path, column=column, encoding=encoding)
    except UnicodeError as error:
        raise SourceError(
            told(
                "{path} is not {encoding} text ({error}). Save the table as UTF-8 CSV.",
                path=path,
                encoding=encoding,
                error=error,
            )
        ) from error
    except LookupError as error:
        raise SourceError(
            told("{encoding} is no encoding that is known. Leave it out, or say utf-8.", encoding=repr(encoding))
        ) from error
    except csv.Error as error:
        raise SourceError(
            told("{path} cannot be read as CSV: {error}. Save the table as CSV again.", path=path, error=error)
        ) from error
    except OSError as error:
        raise SourceError(told("{path} cannot be read: {reason}.", path=path, reason=error.strerror)) from error


def _rows(reader: Iterator[list[str]], path: Path, before: int, max_rows: int) -> Iterator[Row | Skipped]:
    """Rows that are not empty, with the line where each ends. before: lines that went before the table."""
    begin, count, named = before + 1, 0, path.name
    for cells in reader:
        line: int = before + reader.line_num  # type: ignore[attr-defined]  # a csv.reader, whose class has no name
        if cells == [_END]:
            return
        if cells and cells[-1].endswith(_END):
            yield Skipped(
                f"{path.name}, line {begin}",
                told("A quotation mark opened here is never closed, so all rows from here on are lost. Close it."),
            )
            return
        begin = line + 1
        if not cells:
            continue
        count += 1
        if count > max_rows + 1:  # one is the heading
            raise SourceError(
                told(
                    "{path} holds more than {most:,} rows. Split it into smaller tables.",
                    path=path,
                    most=max_rows,
                )
            )
        yield f"{named}, line {line}", cells


def _guess_delimiter(text: str, path: Path) -> str:
    """The one that gives the first rows as many cells as the heading has."""
    whole = len(text) < SNIFFED_CHARACTERS
    best, best_score = NO_DELIMITER, (0.0, False, False, 0)
    for delimiter in DELIMITERS:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
        rows = rows[: SAMPLE_ROWS + 1] if whole or len(rows) < 3 else rows[:-1][: SAMPLE_ROWS + 1]
        width = len(rows[0]) if rows else 0
        if width < 2:
            continue
        share = sum(len(row) == width for row in rows) / len(rows)
        usual = any(is_usual_name(name) or is_picture(name) for name in rows[0])
        by_suffix = delimiter == "\t" and path.suffix.lower() in {".tsv", ".tab"}
        score = (round(share, 1), usual, by_suffix, width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _pictures_in(text: str, path: Path, column: str | None, delimiter: str | None) -> Iterator[str]:
    """What the first rows of a text would name, were it a table."""
    if own := _EXCELS_LINE.match(text):
        text = text[own.end() :]
    delimiter = delimiter or (own[1] if own else _guess_delimiter(text, path))
    rows = list(islice(filter(None, csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)), SAMPLE_ROWS))
    try:
        (chosen, *_) = choose_columns(rows[0] if rows else [], rows[1:], column=column, source=path)
    except ColumnError:
        return
    yield from (row[chosen] for row in rows if chosen < len(row))


@contextmanager
def _long_fields() -> Iterator[None]:
    """Lets fields be long while a table is read. The limit is the whole process's, so it is put back."""
    with _FIELD_LIMIT:
        before = csv.field_size_limit(FIELD_CHARACTERS)
        try:
            yield
        finally:
            csv.field_size_limit(before)


KIND = SourceKind(
    "a table (CSV)",
    lambda address, choices: read_table(Path(address), column=choices.column, encoding=choices.encoding),
    suffixes=frozenset([".csv", ".tsv", ".tab", ".psv"]),
    is_alike=lambda glimpse: glimpse.is_file and glimpse.choices.column is not None,  # nothing else has columns
    understands=frozenset(["column", "encoding"]),
    order=60,
)
