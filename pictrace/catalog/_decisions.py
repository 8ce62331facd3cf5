"""What people decided about pairs of pictures, in a SQLite catalog."""

# Statements are put together of names of our own (S608); what comes from outside is a parameter.

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from pictrace.catalog._stored import chunks
from pictrace.catalog.records import Decision

__all__ = ["forget", "read", "write"]

_ROWS = "SELECT first_id, second_id, decision, at, note FROM decisions"
_PAIR = "min(first_id, second_id) = ? AND max(first_id, second_id) = ?"


def read(db: sqlite3.Connection, ids: Sequence[int] | None) -> tuple[Decision, ...]:
    """See Catalog.decisions."""
    if ids is None:
        found = db.execute(_ROWS).fetchall()
    else:
        found = []
        for marks, some in chunks(ids):
            for side in ("first_id", "second_id"):
                found += db.execute(f"{_ROWS} WHERE {side} IN ({marks})", some)
    return tuple(sorted({Decision(*row) for row in found}, key=lambda one: (one.at, one.pair)))


def write(db: sqlite3.Connection, decisions: Iterable[Decision]) -> None:
    """See Catalog.decide."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    with _transaction(db):
        for one in decisions:
            db.execute(f"DELETE FROM decisions WHERE {_PAIR}", one.pair)  # noqa: S608 (our own names)
            db.execute(
                "INSERT INTO decisions VALUES (?, ?, ?, ?, ?)",
                (one.first_id, one.second_id, one.decision, one.at or now, one.note),
            )


def forget(db: sqlite3.Connection, pairs: Iterable[tuple[int, int]]) -> int:
    """See Catalog.forget_decisions."""
    with _transaction(db):
        return sum(
            db.execute(f"DELETE FROM decisions WHERE {_PAIR}", (min(pair), max(pair))).rowcount  # noqa: S608 (likewise)
            for pair in pairs
        )


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
