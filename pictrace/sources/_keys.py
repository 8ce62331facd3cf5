"""How one row of a stranger's table is found again: by its row number, or else by its primary key."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from pictrace.catalog.foreign import quoted
from pictrace.sources._schema import key_columns, rowid_name

__all__ = ["RowKey", "Value", "key_of"]

KEY_COLUMNS = 16
KEY_BYTES = 500  # of each column

Value = int | float | str | bytes | None


class RowKey(NamedTuple):
    """The columns that tell the rows of a table apart, quoted for SQL; none where there are no such.

    A primary key of several columns, or of texts, is one row's alone too. Texts are asked for as their bytes, as
    they need not be Unicode.
    """

    columns: tuple[str, ...]

    @property
    def parts(self) -> list[str]:
        """What to select to have a key, two parts a column: its type, and its value; NULL for one that is too long."""
        return [
            part
            for name in self.columns
            for part in (
                f"typeof({name})",
                f"CASE WHEN typeof({name}) IN ('text', 'blob') AND length(CAST({name} AS BLOB)) > {KEY_BYTES} "
                "THEN NULL "
                f"WHEN typeof({name}) = 'text' THEN CAST({name} AS BLOB) ELSE {name} END",
            )
        ]

    def shown(self, values: Sequence[Value]) -> str:
        """A key as part of an address; "" for none."""
        return "/".join(_shown(value) for value in values)

    def condition(self, kinds: Sequence[str]) -> str:
        """SQL that holds for one row. kinds: the types of its key's values, which are the parameters, twice each.

        The first comparison is the one that an index serves; the second tells apart what a collation equates.
        """
        tests = []
        for name, kind in zip(self.columns, kinds, strict=True):
            value = "CAST(? AS TEXT)" if kind == "text" else "?"
            tests += [f"{name} = {value}", f"{name} = {value} COLLATE BINARY"]
        return " AND ".join(tests)


def key_of(db: sqlite3.Connection, table: str) -> RowKey:
    """What finds the rows of a table again."""
    rowid = rowid_name(db, table)
    if rowid is not None:
        return RowKey((rowid,))
    columns = key_columns(db, table)
    return RowKey(tuple(map(quoted, columns)) if len(columns) <= KEY_COLUMNS else ())


def _shown(value: Value) -> str:
    if isinstance(value, bytes):
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return value.hex()
        return text if text.isprintable() else value.hex()
    return str(value)
