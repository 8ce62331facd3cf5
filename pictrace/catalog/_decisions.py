"""What people decided about pairs of pictures, in a SQLite catalog."""

# Statements are put together of names of our own (S608); what comes from outside is a parameter.

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from pictrace.catalog._database import Database
from pictrace.catalog._stored import chunks
from pictrace.catalog.records import Decision

__all__ = ["forget", "read", "write"]

_ROWS = "SELECT first_id, second_id, decision, at, note FROM decisions"
_PAIR = "(first_id = ? AND second_id = ?) OR (second_id = ? AND first_id = ?)"


def read(db: Database, ids: Sequence[int] | None) -> tuple[Decision, ...]:
    """See Catalog.decisions."""
    if ids is None:
        found = db.execute(_ROWS).fetchall()
    else:
        found = []
        for marks, some in chunks(ids):
            for side in ("first_id", "second_id"):
                found += db.execute(f"{_ROWS} WHERE {side} IN ({marks})", some)
    return tuple(sorted({Decision(*row) for row in found}, key=lambda one: (one.at, one.pair)))


def write(db: Database, decisions: Iterable[Decision]) -> None:
    """See Catalog.decide."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    with _transaction(db):
        for one in decisions:
            db.execute(f"DELETE FROM decisions WHERE {_PAIR}", one.pair * 2)  # noqa: S608 (our own names)
            db.execute(
                "INSERT INTO decisions VALUES (?, ?, ?, ?, ?)",
                (one.first_id, one.second_id, one.decision, one.at or now, one.note),
            )


def forget(db: Database, pairs: Iterable[tuple[int, int]]) -> int:
    """See Catalog.forget_decisions."""
    with _transaction(db):
        return sum(
            db.execute(f"DELETE FROM decisions WHERE {_PAIR}", tuple(pair) * 2).rowcount  # noqa: S608 (likewise)
            for pair in pairs
        )


@contextmanager
def _transaction(db: Database) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
