"""Rows of texts, wherever they stand: which of their cells name pictures, and what the others say of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from pictrace.errors import SourceError
from pictrace.sources.base import Item, Listing, Skipped, clean_metadata, is_link, item_of_entry, names_a_picture
from pictrace.sources.columns import SAMPLE_ROWS, choose_columns

__all__ = ["Row", "is_picture", "listing_of_rows", "with_heading"]

Row = tuple[str, Sequence[str]]
"""Where it stands ("table.csv, line 3"), and its cells."""


def is_picture(text: str) -> bool:
    """Whether a cell is a link, or ends like a picture's name."""
    return is_link(text.strip()) or names_a_picture(text.strip())


def with_heading(rows: Iterator[Row | Skipped], source: Path) -> tuple[list[str], Iterator[Row | Skipped]]:
    """The names of the columns, and the rows without the heading.

    A first row that names a picture itself is no heading; the columns are then "column 1", "column 2" ….
    """
    first = next(rows, None)
    if isinstance(first, Skipped):
        raise SourceError(f"{source} has a quotation mark in its first line that is never closed. Close it.")
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

    Relative paths count from the folder of the source. Raises ColumnError where no column names pictures.
    """
    first = list(islice(rows, SAMPLE_ROWS))
    sample = [row[1] for row in first if not isinstance(row, Skipped)]
    chosen = choose_columns(names, sample, column=column, source=source)
    others = [(place, name) for place, name in enumerate(names) if name and place not in chosen]

    def entry(row: Row | Skipped) -> Item | Skipped:
        if isinstance(row, Skipped):
            return row
        place, cells = row
        text = next((cells[one] for one in chosen if one < len(cells) and cells[one].strip()), "")
        metadata = clean_metadata((name, cells[one]) for one, name in others if one < len(cells))
        return item_of_entry(text, source.parent, place, metadata)

    return Listing.of(map(entry, chain(first, rows)), names[chosen[0]], names, encoding)
