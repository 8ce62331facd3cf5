"""Any other SQLite database: a column of paths, links, or the pictures themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pictrace.catalog.foreign import foreign_database, quoted
from pictrace.catalog.records import Origin, Source
from pictrace.errors import SourceError
from pictrace.sources._keys import RowKey, Value, key_of
from pictrace.sources._schema import beginning, choose_table, sample_rows, tables_of
from pictrace.sources.base import MAX_ROWS, Entry, Item, Listing, Skipped, clean_metadata, entry_of
from pictrace.sources.columns import choose_columns, columns_not_kept
from pictrace.sources.kinds import Choices, SourceKind, begins_with
from pictrace.told import told

__all__ = ["KIND", "read_database"]

METADATA_CHARACTERS = 500
METADATA_COLUMNS = 100
MAX_CHARACTERS = 256 * 1024**2  # of all rows together; as many as a list or a JSON file may have
MAX_BLOB_BYTES = 32 * 1024**2


def read_database(
    path: Path,
    table: str | None = None,
    column: str | None = None,
    *,
    max_rows: int = MAX_ROWS,
    max_blob_bytes: int = MAX_BLOB_BYTES,
) -> Listing:
    """The pictures that a column of a table holds or names; up to 100 other columns are metadata.

    Blobs are read when they are wanted.

    Parameters
    ----------
    path
        The SQLite file. Relative paths in it count from its folder.
    table, column
        Which ones to read; guessed where they are not given, as for other tables.
    max_rows
        The most rows that the table may have.
    max_blob_bytes
        What a picture may have; larger ones are skipped.

    Raises
    ------
    SourceError
        Where nothing fits, or the table has more rows, or more text than MAX_CHARACTERS.
    """
    table, columns = choose_table(path, table, column)
    with foreign_database(path) as db:
        chosen = choose_columns(columns, sample_rows(db, table, columns), column=column, source=f"{table!r} in {path}")
        reading = _Reading(path, table, columns[chosen[0]], columns, key_of(db, table), max_blob_bytes)

        def entries() -> Iterator[Item | Entry | Skipped]:
            left = MAX_CHARACTERS
            for number, row in enumerate(db.execute(f"{reading.query} LIMIT {max_rows + 1}"), start=1):
                if number > max_rows:
                    raise SourceError(
                        told(
                            "{table} in {path} holds more than {most:,} rows. Split it.",
                            table=repr(table),
                            path=path,
                            most=max_rows,
                        )
                    )
                left -= sum(len(value) for value in row if isinstance(value, str))
                if left < 0:
                    raise SourceError(
                        told(
                            "{table} in {path} holds more than {most:,} characters. Split it.",
                            table=repr(table),
                            path=path,
                            most=MAX_CHARACTERS,
                        )
                    )
                yield reading.entry(number, row)
            if lost := [name for name in columns if name not in {reading.picture, *reading.others}]:
                yield Skipped(f"{path.name}!/{table}", columns_not_kept(METADATA_COLUMNS, lost))

        return Listing.of(entries(), reading.picture, columns)


class _Reading:
    """What is asked of a table, and what its rows mean."""

    def __init__(self, path: Path, table: str, picture: str, columns: Sequence[str], key: RowKey, most: int) -> None:
        self.path, self.table, self.picture = path, table, picture
        self.name, self.folder = path.name, path.parent
        self.others = [name for name in columns if name != picture][:METADATA_COLUMNS]
        self.most = most
        self.cell, self.key = quoted(picture), key
        parts = [
            *key.parts,
            f"typeof({self.cell})",
            f"CASE typeof({self.cell}) WHEN 'blob' THEN length({self.cell}) ELSE NULL END",
            # Whole, as substr would end at a NUL character, and so make another name of it.
            f"CASE typeof({self.cell}) WHEN 'blob' THEN NULL ELSE CAST({self.cell} AS TEXT) END",
            *(beginning(name, METADATA_CHARACTERS + 1) for name in self.others),
        ]
        # Names are quoted, and are those of columns that are there.
        self.query = f"SELECT {', '.join(parts)} FROM {quoted(table)}"  # noqa: S608 (our own names)

    def entry(self, number: int, row: tuple[Any, ...]) -> Item | Entry | Skipped:
        of_key = 2 * len(self.key.columns)
        kinds, key = row[:of_key:2], row[1:of_key:2]
        kind, size, text, *values = row[of_key:]
        name = self.key.shown(key) or str(number)
        place = f"{self.name}!/{self.table}/{name}"
        pairs = ((name, value) for name, value in zip(self.others, values, strict=True) if value is not None)
        metadata = clean_metadata(pairs, characters=METADATA_CHARACTERS)
        if kind != "blob":
            return entry_of(text or "", self.folder, place, metadata)
        if not key or None in key:
            return Skipped(
                place,
                told(
                    "Its row has neither a number nor a short primary key to find it by. Copy it to an ordinary table."
                ),
            )
        if not 0 < size <= self.most:
            why = told(
                "It has {size} bytes; from 1 to {most} are read, or more by --max-bytes (in an app, its owner by "
                "PICTRACE_MAX_BYTES).",
                size=size,
                most=self.most,
            )
            return Skipped(place, why)
        return Item.of_loader(
            partial(self.blob, name, kinds, key), Source(Origin.DATABASE, place, f"{self.table} {name}", metadata)
        )

    def blob(self, name: str, kinds: Sequence[str], key: Sequence[Value]) -> bytes:
        condition = f"{self.key.condition(kinds)} AND length({self.cell}) <= ?"
        query = f"SELECT {self.cell} FROM {quoted(self.table)} WHERE {condition}"  # noqa: S608 (our own names)
        with foreign_database(self.path) as db:
            row = db.execute(query, (*(value for value in key for _ in range(2)), self.most)).fetchone()
        if row is None or not isinstance(row[0], bytes):
            raise SourceError(told("Row {name} was changed or removed meanwhile. Read the database again.", name=name))
        return row[0]


def _read(address: str, choices: Choices) -> Listing:
    most = max(MAX_BLOB_BYTES, choices.max_bytes or 0)
    return read_database(Path(address), choices.table, choices.column, max_blob_bytes=most)


KIND = SourceKind(
    "a SQLite database",
    _read,
    suffixes=frozenset([".sqlite", ".sqlite3", ".db", ".db3"]),
    starts_like=begins_with(b"SQLite format 3\0"),
    understands=frozenset(["column", "table"]),
    tables=tables_of,
    order=30,
)
