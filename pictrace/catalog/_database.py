"""What a catalog's statements ask of a database: sqlite3's connection as it is, and others in its likeness."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

__all__ = ["Database", "Lender", "Rows"]


class Rows(Protocol):
    """What a statement gives."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def fetchmany(self, size: int = ..., /) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class Database(Protocol):
    """A connection that one thread uses. Parameters are marked by "?"."""

    @property
    def in_transaction(self) -> bool: ...

    @property
    def total_changes(self) -> int: ...

    def execute(self, statement: str, values: Sequence[Any] = ..., /) -> Rows: ...

    def executemany(self, statement: str, values: Iterable[Sequence[Any]], /) -> Rows: ...


class Lender(Protocol):
    """Lends connections, and tells their errors in plain words."""

    def borrow(self) -> AbstractContextManager[Database]:
        """A connection for this thread alone."""

    def snapshot(self) -> AbstractContextManager[Database]:
        """A connection whose statements all see the same state."""

    def close(self) -> None:
        """Lend nothing any more."""
