"""Excel workbooks: a sheet of paths or links."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pictrace.errors import SourceError
from pictrace.sources.base import MAX_ROWS, Listing, Skipped
from pictrace.sources.kinds import SourceKind, Table, begins_with
from pictrace.sources.rows import Row, listing_of_rows, with_heading
from pictrace.told import told

__all__ = ["KIND", "read_workbook", "sheets_of"]

SHOWN_SHEETS = 20


def read_workbook(
    path: Path, *, sheet: str | None = None, column: str | None = None, max_rows: int = MAX_ROWS
) -> Listing:
    """The pictures that a sheet names in one of its columns; other columns are metadata.

    Pictures that lie on a sheet, and links behind other words, are not read.

    Parameters
    ----------
    path
        The workbook (.xlsx, .xlsm). Relative paths in it count from its folder.
    sheet
        Which one; else the first.
    column
        Which one names the pictures; else guessed by its name or by what it holds.
    max_rows
        The most rows below the heading.

    Raises
    ------
    SourceError
        Where there is no such sheet or column, there are more rows, or the file is damaged or too large.
    """
    from pictrace.sources._workbook import cells_of, open_workbook, sheet_names

    with open_workbook(path) as book:
        names = sheet_names(book)
        if sheet is None and not names:
            raise SourceError(told("{path} has no sheet of cells. Save the table as CSV.", path=path))
        wanted = names[0] if sheet is None else sheet
        same = (
            [one for one in names if one == wanted]
            or [one for one in names if one.strip().casefold() == wanted.strip().casefold()]
        )  # fmt: skip
        if not same:
            shown = ", ".join(names[:SHOWN_SHEETS]) + (", …" if len(names) > SHOWN_SHEETS else "")
            raise SourceError(
                told(
                    "{path} has no sheet named {wanted} (it has: {shown}). Check its spelling.",
                    path=path,
                    wanted=repr(wanted),
                    shown=shown or told("none"),
                )
            )

        def rows() -> Iterator[Row | Skipped]:
            for count, (number, cells) in enumerate(cells_of(book.get_sheet_by_name(same[0]))):
                if count > max_rows:
                    raise SourceError(
                        told(
                            "{path} holds more than {most:,} rows. Split it into smaller tables.",
                            path=path,
                            most=max_rows,
                        )
                    )
                yield f"{path.name}, {same[0]}, row {number}", cells

        columns, below = with_heading(rows(), path)
        return listing_of_rows(columns, below, path, column=column)


def sheets_of(path: Path) -> list[Table]:
    """The sheets that hold cells, with the cells of their first rows as the names of columns."""
    from pictrace.sources._workbook import cells_of, open_workbook, sheet_names

    with open_workbook(path) as book:
        found = []
        for name in sheet_names(book):
            sheet = book.get_sheet_by_name(name)
            _, heading = next(cells_of(sheet), (0, []))
            found.append(Table(name, tuple(heading), max(0, sheet.height - 1)))
        return found


KIND = SourceKind(
    "an Excel workbook",
    lambda address, choices: read_workbook(Path(address), sheet=choices.table, column=choices.column),
    suffixes=frozenset([".xlsx", ".xlsm"]),
    starts_like=begins_with(b"PK\3\4"),  # as other ZIP archives; so the name decides
    understands=frozenset(["column", "table"]),
    tables=sheets_of,
    order=45,
)
