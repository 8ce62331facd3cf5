"""Rows of texts, wherever they stand: which of their cells name pictures, and what the others say of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from pictrace.errors import SourceError
from pictrace.sources.base import (
    ENTRY_CHARACTERS,
    MAX_ROWS,
    Entry,
    Item,
    Listing,
    Skipped,
    clean_metadata,
    entry_of,
    is_link,
    names_a_picture,
)
from pictrace.sources.columns import SAMPLE_ROWS, choose_columns
from pictrace.sources.inline import is_inline
from pictrace.told import told

__all__ = ["Row", "is_picture", "listing_of_rows", "with_heading"]

Row = tuple[str, Sequence[str]]
"""Where it stands ("table.csv, line 3"), and its cells."""

MORE_CELLS = 100  # of a row that has more than the heading
_DIVIDED = re.compile(r"[|;,\n\[]")


def is_picture(text: str) -> bool:
    """Whether a cell is a link, ends like a picture's name, or is a picture itself."""
    text = text.strip()
    return is_link(text) or names_a_picture(text) or is_inline(text)


def with_heading(rows: Iterator[Row | Skipped], source: Path) -> tuple[list[str], Iterator[Row | Skipped]]:
    """The names of the columns, and the rows without the heading.

    A first row that names a picture itself is no heading; the columns are then "column 1", "column 2" ….

    Raises
    ------
    SourceError
        Where the first row is one that cannot be read.
    """
    first = next(rows, None)
    if isinstance(first, Skipped):
        raise SourceError(
            told("{source} has a quotation mark in its first line that is never closed. Close it.", source=source)
        )
    names = [name.strip() for name in first[1]] if first else []
    if first and any(map(is_picture, names)):
        return [f"column {place}" for place in range(1, len(names) + 1)], chain([first], rows)
    return names, rows


def listing_of_rows(
    names: Sequence[str],
    rows: Iterator[Row | Skipped],
    source: Path,
    *,
    column: str | None = None,
    encoding: str | None = None,
) -> Listing:
    """The pictures that a column of a table names; the others are metadata.

    A guessed column that is one of several, as image1 and image2 are, stands for all of them.

    Parameters
    ----------
    names
        Of the columns.
    rows
        What is below the heading.
    source
        The file. Relative paths count from its folder.
    column
        Which one names the pictures; else guessed.
    encoding
        What the listing says of the text.

    Raises
    ------
    ColumnError
        Where no column names pictures.
    SourceError
        Where there are more than a million pictures.
    """
    first = list(islice(rows, SAMPLE_ROWS))
    sample = [row[1] for row in first if not isinstance(row, Skipped)]
    chosen = choose_columns(names, sample, column=column, source=source)
    series = _series(names, chosen[0], sample) if column is None else [chosen[0]]
    folder = source.parent
    others = [(place, name) for place, name in enumerate(_distinct(names)) if place not in {*chosen, *series}]

    def entries(row: Row | Skipped) -> Iterator[Item | Entry | Skipped]:
        if isinstance(row, Skipped):
            yield row
            return
        place, cells = row
        filled = [cells[one] for one in series if one < len(cells) and cells[one].strip()]
        filled = filled or [cells[one] for one in chosen[1:] if one < len(cells)] or [""]
        metadata = clean_metadata((name, cells[one]) for one, name in others if one < len(cells))
        if len(cells) > len(names):
            beyond = range(len(names), min(len(cells), len(names) + MORE_CELLS))
            metadata |= clean_metadata((f"column {one + 1}", cells[one]) for one in beyond)
        if len(filled) == 1:
            named = _pictures_of(filled[0])
        else:
            named = [part for cell in filled for part in _pictures_of(cell)]
        for text in named if len(named) == 1 else dict.fromkeys(named):
            yield entry_of(text, folder, place, metadata)

    found = (entry for row in chain(first, rows) for entry in entries(row))
    return Listing.of(_bounded(found, source), names[chosen[0]], names, encoding)


def _distinct(names: Sequence[str]) -> list[str]:
    """A name for each column, so that what none or several share is not lost."""
    distinct: dict[str, None] = {}
    for place, name in enumerate(names, start=1):
        once = name or f"column {place}"
        distinct[once if once not in distinct else f"{once} (column {place})"] = None
    return list(distinct)


def _series(names: Sequence[str], place: int, sample: Sequence[Sequence[str]]) -> list[int]:
    """The columns that are called like one of them, but for the number at their ends, and hold nothing but pictures."""
    numbered = re.fullmatch(r"(.*?)[\s_-]*\d{1,3}", names[place])
    if not numbered:
        return [place]
    alike = re.compile(rf"{re.escape(numbered[1])}[\s_-]*\d{{1,3}}", re.IGNORECASE)

    def holds_pictures(one: int) -> bool:
        cells = [row[one] for row in sample if one < len(row) and row[one].strip()]
        return all(is_picture(part) for cell in cells for part in _pictures_of(cell))

    return [one for one, name in enumerate(names) if one == place or (alike.fullmatch(name) and holds_pictures(one))]


def _pictures_of(cell: str) -> list[str]:
    """What a cell names: one, or several that are divided by a sign, or a JSON list of them."""
    if not _DIVIDED.search(cell) or is_inline(cell.strip()):  # as almost all
        return [cell]
    text = cell.strip()
    if len(text) > ENTRY_CHARACTERS:
        return [cell]
    if text.startswith("[") and text.endswith("]"):
        try:
            listed = json.loads(text)
        except (ValueError, RecursionError):
            listed = None
        if isinstance(listed, list) and listed and all(isinstance(one, str) and is_picture(one) for one in listed):
            return listed
    for sign in "|;,\n":
        parts = [part.strip() for part in text.split(sign)]
        # A link may hold each of these signs; what follows it is another one only where it is a link, too.
        looks = is_link if is_link(parts[0]) else names_a_picture
        if len(parts) > 1 and all(map(looks, parts)):
            return parts
    return [cell]


def _bounded(entries: Iterator[Item | Entry | Skipped], source: Path) -> Iterator[Item | Entry | Skipped]:
    for count, entry in enumerate(entries):
        if count >= MAX_ROWS:
            raise SourceError(
                told(
                    "{source} names more than {most:,} pictures. Split it into smaller tables.",
                    source=source,
                    most=MAX_ROWS,
                )
            )
        yield entry
