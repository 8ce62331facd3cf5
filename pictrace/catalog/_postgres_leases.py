"""Leases on work in a PostgreSQL catalog: rows with an end, by the clock of the server."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from pictrace.catalog._postgres_connections import SCHEMA, PostgresConnections, PostgresPinned

__all__ = ["PostgresLeases"]

FORGOTTEN = "1 day"


class PostgresLeases:
    """See pictrace.catalog.leases.Leases.

    The holder's name is drawn at random, and so is its fencing token: who comes back after its lease ended neither
    prolongs nor ends the lease of whoever took the work over.
    """

    def __init__(self, connections: PostgresConnections | PostgresPinned, lasting_s: float) -> None:
        self._connections, self._lasting = connections, f"{lasting_s} s"
        self._holder = uuid.uuid4().hex

    def claim(self, keys: Sequence[int]) -> frozenset[int]:
        with self._connections.borrow() as db:
            db.execute(
                f"DELETE FROM {SCHEMA}.leases WHERE key IN (SELECT key FROM {SCHEMA}.leases "  # noqa: S608 (our own names)
                "WHERE ends < now() - ?::interval FOR UPDATE SKIP LOCKED)",
                (FORGOTTEN,),
            )
            rows = db.execute(
                # In one order, so that two who claim the same never wait for each other.
                f"INSERT INTO {SCHEMA}.leases AS held SELECT key, ?, now() + ?::interval "  # noqa: S608 (likewise)
                "FROM unnest(?::bigint[]) AS key ORDER BY key "
                "ON CONFLICT (key) DO UPDATE SET holder = excluded.holder, ends = excluded.ends "
                "WHERE held.holder = excluded.holder OR held.ends < now() RETURNING key",
                (self._holder, self._lasting, sorted(set(keys))),
            ).fetchall()
        return frozenset(row[0] for row in rows)

    def prolong(self) -> None:
        with self._connections.borrow() as db:
            db.execute(
                f"UPDATE {SCHEMA}.leases SET ends = now() + ?::interval WHERE holder = ?",  # noqa: S608 (likewise)
                (self._lasting, self._holder),
            )

    def release(self, keys: Sequence[int] | None = None) -> None:
        which, values = ("", []) if keys is None else (" AND key = ANY(?::bigint[])", [list(keys)])
        with self._connections.borrow() as db:
            db.execute(
                f"DELETE FROM {SCHEMA}.leases WHERE holder = ?{which}",  # noqa: S608 (likewise)
                (self._holder, *values),
            )
