"""The tables of a SQLite file that a stranger made, and which of them holds pictures."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from pictrace.catalog.foreign import COUNT_S, COUNT_STEPS, Budget, foreign_database, quoted
from pictrace.errors import SourceError
from pictrace.sources.columns import SAMPLE_ROWS, choose_columns
from pictrace.sources.kinds import Table
from pictrace.told import told

__all__ = ["beginning", "choose_table", "key_columns", "rowid_name", "sample_rows", "tables_of"]

SHOWN_TABLES = 20
LOOK_STEPS, LOOK_S = 100_000_000, 10.0  # over all tables of a file; a thousand times what an ordinary one takes
_UNREADABLE = (sqlite3.Error, MemoryError)
_ROWID_NAMES = ("rowid", "_rowid_", "oid")


def tables_of(path: Path) -> list[Table]:
    """The tables and views of a SQLite database, in the order of their names.

    All counts of rows have one budget, and each its part of it. Raises SourceError where the file cannot be read, and
    for PicTrace's own catalogs.
    """
    budget = Budget(LOOK_STEPS, LOOK_S)
    with foreign_database(path, budget=budget) as db:
        return [
            Table(name, columns, _count(db, budget, name) if columns else None)
            for name, columns in _columns_of_tables(db)
        ]


def _columns_of_tables(db: sqlite3.Connection) -> list[tuple[str, tuple[str, ...]]]:
    """Names with their columns; none for views and virtual tables, and without columns that are computed.

    So nothing that the file says is ever executed. A dozen views upon views take hours to prepare, and
    no budget of steps ends that.
    """
    found = db.execute(
        "SELECT name, type = 'table' AND rootpage > 0 FROM sqlite_schema WHERE type IN ('table', 'view') "
        "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
    ).fetchall()
    return [(name, _columns(db, name) if is_stored else ()) for name, is_stored in found]


def _columns(db: sqlite3.Connection, table: str) -> tuple[str, ...]:
    # The table-valued pragma_table_xinfo would do, unless a table of the file is called so.
    rows = db.execute(f"PRAGMA table_xinfo({quoted(table)})").fetchall()
    return tuple(name for _, name, _, _, _, _, hidden in rows if not hidden)


def _count(db: sqlite3.Connection, budget: Budget, table: str) -> int | None:
    """Each on a part of the budget, so that one large table does not hide the others."""
    if budget.is_spent:
        return None
    try:
        with budget.part(db, COUNT_STEPS, COUNT_S):
            return int(db.execute(f"SELECT count(*) FROM {quoted(table)}").fetchone()[0])  # noqa: S608 (quoted)
    except _UNREADABLE:
        return None


def choose_table(path: Path, table: str | None, column: str | None) -> tuple[str, tuple[str, ...]]:
    """The name and columns of the table to read: the one that is named, or the only one that fits.

    Each table is asked for a few rows at most, and all of them on one budget. Raises SourceError where there is none,
    or several, or the budget is spent before it is known.
    """
    budget = Budget(LOOK_STEPS, LOOK_S)
    with foreign_database(path, budget=budget) as db:
        tables = _columns_of_tables(db)
        fitting = [] if table is not None else _fitting(db, budget, path, tables, column)
    there = [name for name, columns in tables if columns]
    shown = ", ".join(there[:SHOWN_TABLES]) + (", …" if len(there) > SHOWN_TABLES else "")
    if table is not None:
        for same in (str, str.casefold):
            for name, columns in tables:
                if same(name) == same(table) and columns:
                    return name, columns
                if same(name) == same(table):
                    raise SourceError(
                        told(
                            "{table} in {path} is a view or a virtual table, which may compute without end. Copy what "
                            "it "
                            "shows to a table of its own, and name that.",
                            table=repr(table),
                            path=path,
                        )
                    )
        raise SourceError(
            told(
                "{path} has no table named {table} (it has: {shown}). Check its spelling.",
                path=path,
                table=repr(table),
                shown=shown or told("none"),
            )
        )
    if len(fitting) != 1:
        have = shown or told("none")
        several = told(
            "{path} holds several tables with a column of pictures (it has: {shown}). Name the table, and its column; "
            "on "
            "the command line, with --table NAME --column NAME.",
            path=path,
            shown=have,
        )
        none = told(
            "{path} holds no table with a column of pictures (it has: {shown}). Name the table, and its column; on the "
            "command line, with --table NAME --column NAME.",
            path=path,
            shown=have,
        )
        raise SourceError(several if fitting else none)
    return fitting[0]


def _fitting(
    db: sqlite3.Connection,
    budget: Budget,
    path: Path,
    tables: Sequence[tuple[str, tuple[str, ...]]],
    column: str | None,
) -> list[tuple[str, tuple[str, ...]]]:
    """The first two tables that have a column of pictures: with two of them it is settled that somebody must choose."""
    fitting: list[tuple[str, tuple[str, ...]]] = []
    for name, columns in tables:
        if not columns or len(fitting) == 2:
            continue
        if budget.is_spent:
            raise SourceError(
                told(
                    "{path} takes too long to look through: it holds {count:,} tables. Name the one to read; on the "
                    "command "
                    "line, with --table NAME.",
                    path=path,
                    count=len(tables),
                )
            )
        try:
            with budget.part(db, COUNT_STEPS, COUNT_S):
                choose_columns(columns, sample_rows(db, name, columns), column=column, source=path)
        except (SourceError, *_UNREADABLE):
            continue
        fitting.append((name, columns))
    return fitting


def sample_rows(db: sqlite3.Connection, table: str, columns: Sequence[str]) -> list[list[str]]:
    """The first rows as texts; a blob counts as the name of a picture, as it may well be one."""
    if not columns:
        return []
    parts = [
        f"CASE typeof({quoted(one)}) WHEN 'blob' THEN 'blob.png' ELSE {beginning(one, 500)} END" for one in columns
    ]
    rows = db.execute(f"SELECT {', '.join(parts)} FROM {quoted(table)} LIMIT {SAMPLE_ROWS}")  # noqa: S608 (quoted)
    return [[value or "" for value in row] for row in rows]


def beginning(column: str, characters: int) -> str:
    """SQL for the beginning of a text or number; NULL for a blob."""
    name = quoted(column)
    return f"CASE typeof({name}) WHEN 'blob' THEN NULL ELSE substr({name}, 1, {characters}) END"


def rowid_name(db: sqlite3.Connection, table: str) -> str | None:
    """What the row number is called; None for a table that has none, or whose columns have taken its names."""
    rows = db.execute(f"PRAGMA table_xinfo({quoted(table)})").fetchall()
    taken = {name.lower() for _, name, *_ in rows}  # with the computed ones
    name = next((one for one in _ROWID_NAMES if one not in taken), None)
    if name is None:
        return None
    try:
        db.execute(f"SELECT {name} FROM {quoted(table)} LIMIT 0")  # noqa: S608 (quoted)
    except sqlite3.OperationalError:
        return None
    return name


def key_columns(db: sqlite3.Connection, table: str) -> tuple[str, ...]:
    """The columns of the primary key, in its order; none where the table has none."""
    rows = db.execute(f"PRAGMA table_xinfo({quoted(table)})").fetchall()
    return tuple(name for place, name in sorted((row[5], row[1]) for row in rows) if place)
