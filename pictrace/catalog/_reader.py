"""What is read from a SQLite catalog."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog._connections import Connections
from pictrace.catalog._writer import feature_table
from pictrace.catalog.base import Changes, Facts, FeatureSpec, Link, PictureRecord, Source
from pictrace.catalog.links import LINK_STATES, LinkState
from pictrace.errors import CatalogError
from pictrace.metrics.base import FeatureBatch, Features
from pictrace.validators import Validators

__all__ = ["SqliteReader"]

VARIABLES = 500  # placeholders in one statement, far under every build's limit

_SOURCE = "kind, address, title, metadata, state, checked_at, final_address, etag, last_modified"

_T = TypeVar("_T")


class SqliteReader:
    """The part of pictrace.catalog.base.Catalog that changes nothing."""

    def __init__(self, path: Path) -> None:
        self._path, self._connections = path, Connections(path)

    @property
    def location(self) -> str:
        return str(self._path)

    @property
    def identity(self) -> str:
        with self._connections.borrow() as db:
            return str(db.execute("SELECT name FROM identity").fetchone()[0])

    def revision(self) -> int:
        with self._connections.borrow() as db:
            return int(db.execute("SELECT value FROM revision").fetchone()[0])

    def changes(self, since: int) -> Changes:
        with self._connections.snapshot() as db:
            revision = int(db.execute("SELECT value FROM revision").fetchone()[0])
            added = db.execute("SELECT id FROM pictures WHERE revision > ? ORDER BY id", (since,)).fetchall()
            removed = db.execute(
                "SELECT DISTINCT picture_id FROM removals WHERE revision > ? "
                "AND picture_id NOT IN (SELECT id FROM pictures) ORDER BY picture_id",
                (since,),
            ).fetchall()
        return Changes(revision, tuple(row[0] for row in added), tuple(row[0] for row in removed))

    def intact(self) -> bool:
        """Whether SQLite's own check of the whole file finds nothing wrong."""
        with self._connections.borrow() as db:
            return [row[0] for row in db.execute("PRAGMA quick_check(1)")] == ["ok"]

    def count(self) -> int:
        with self._connections.borrow() as db:
            return int(db.execute("SELECT count(*) FROM pictures").fetchone()[0])

    def ids(self) -> NDArray[np.int64]:
        with self._connections.borrow() as db:
            rows = db.execute("SELECT id FROM pictures ORDER BY id").fetchall()
        return np.array([row[0] for row in rows], np.int64)

    def pictures(self, ids: Iterable[int]) -> dict[int, PictureRecord]:
        wanted = [int(one) for one in ids]
        records: dict[int, PictureRecord] = {}
        with self._connections.snapshot() as db:
            sources: dict[int, list[Source]] = {}
            for marks, some in _chunks(wanted):
                for picture_id, *source in db.execute(
                    f"SELECT picture_id, {_SOURCE} FROM sources LEFT JOIN links ON id = source_id "  # noqa: S608
                    f"WHERE picture_id IN ({marks}) ORDER BY id",
                    some,
                ):
                    sources.setdefault(picture_id, []).append(_source(*source))
                for row in db.execute(
                    "SELECT id, sha256, format, width, height, byte_count, added_at FROM pictures "  # noqa: S608
                    f"WHERE id IN ({marks})",
                    some,
                ):
                    facts = (*row, tuple(sources.get(row[0], ())))
                    records[row[0]] = PictureRecord(*facts)
        return {one: records[one] for one in wanted if one in records}

    def page(self, *, text: str = "", offset: int = 0, limit: int = 24) -> tuple[tuple[int, ...], int]:
        where, values = "", list[str]()
        if text:
            escaped = text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
            like = " OR ".join(f"{column} LIKE ? ESCAPE '!'" for column in ("title", "address", "metadata"))
            where = f"WHERE id IN (SELECT picture_id FROM sources WHERE {like})"  # noqa: S608 (our own names)
            values = [f"%{escaped}%"] * 3
        with self._connections.snapshot() as db:
            total = int(db.execute(f"SELECT count(*) FROM pictures {where}", values).fetchone()[0])  # noqa: S608
            rows = db.execute(
                f"SELECT id FROM pictures {where} ORDER BY revision DESC, id LIMIT ? OFFSET ?",  # noqa: S608
                (*values, limit, offset),
            ).fetchall()
        return tuple(row[0] for row in rows), total

    def facts(self) -> Facts:
        with self._connections.snapshot() as db:
            formats = dict(db.execute("SELECT format, count(*) FROM pictures GROUP BY format ORDER BY 2 DESC"))
            sizes = dict(db.execute("SELECT width * height / 1000000, count(*) FROM pictures GROUP BY 1 ORDER BY 1"))
            (size,) = db.execute("SELECT coalesce(sum(byte_count), 0) FROM pictures").fetchone()
            (repeated,) = db.execute(
                "SELECT count(*) FROM (SELECT 1 FROM sources GROUP BY picture_id HAVING count(*) > 1)"
            ).fetchone()
        return Facts(formats, sizes, int(size), int(repeated))

    def copy_to(self, path: Path) -> None:
        with self._connections.borrow() as db:
            db.execute("VACUUM INTO ?", (str(path),))

    def known_sources(self, kind: str, addresses: Iterable[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        with self._connections.snapshot() as db:
            for marks, some in _chunks(list(addresses)):
                # Where other bytes came to lie at an address, the last of its pictures stays in the dict.
                found.update(
                    db.execute(
                        "SELECT address, picture_id FROM sources LEFT JOIN links ON id = source_id "  # noqa: S608
                        f"WHERE kind = ? AND address IN ({marks}) AND state IS NOT 'changed' ORDER BY id",
                        (kind, *some),
                    )
                )
        return found

    def links(self, addresses: Iterable[str] | None = None) -> tuple[Link, ...]:
        statement = (
            f"SELECT picture_id, sha256, {_SOURCE}, sources.id "  # noqa: S608 (our own names)
            "FROM sources JOIN links ON sources.id = source_id JOIN pictures ON pictures.id = picture_id "
            "WHERE kind = 'link' AND state != 'changed'"
        )
        with self._connections.snapshot() as db:
            if addresses is None:
                rows = db.execute(statement).fetchall()
            else:
                rows = [
                    row
                    for marks, some in _chunks(list(dict.fromkeys(addresses)))
                    for row in db.execute(f"{statement} AND address IN ({marks})", some)
                ]
        found = [(row[-1], Link(row[0], bytes(row[1]), _source(*row[2:-1]))) for row in rows]
        found.sort(key=lambda one: (one[1].source.link.checked_at if one[1].source.link else "", one[0]))
        return tuple(link for _, link in found)

    def links_found(self, *states: str, limit: int = 500) -> tuple[Link, ...]:
        marks = ", ".join("?" * len(states))
        with self._connections.borrow() as db:
            rows = db.execute(
                f"SELECT picture_id, sha256, {_SOURCE} "  # noqa: S608 (our own names, and marks)
                "FROM links JOIN sources ON sources.id = source_id JOIN pictures ON pictures.id = picture_id "
                f"WHERE state IN ({marks}) ORDER BY checked_at DESC, source_id LIMIT ?",
                (*states, limit),
            ).fetchall()
        return tuple(Link(row[0], bytes(row[1]), _source(*row[2:])) for row in rows)

    def link_counts(self) -> dict[str, int]:
        with self._connections.borrow() as db:
            return dict.fromkeys(LINK_STATES, 0) | dict(db.execute("SELECT state, count(*) FROM links GROUP BY state"))

    def thumbnail(self, picture_id: int) -> bytes | None:
        return self._blob("SELECT data FROM thumbnails WHERE picture_id = ?", picture_id)

    def original(self, picture_id: int) -> bytes | None:
        return self._blob("SELECT data FROM originals WHERE picture_id = ?", picture_id)

    def _blob(self, statement: str, picture_id: int) -> bytes | None:
        with self._connections.borrow() as db:
            row = db.execute(statement, (int(picture_id),)).fetchone()
        return None if row is None else bytes(row[0])

    def missing(self, spec: FeatureSpec) -> NDArray[np.int64]:
        with self._connections.borrow() as db:
            rows = db.execute(
                f"SELECT id FROM pictures WHERE id NOT IN (SELECT picture_id FROM {feature_table(spec)} "  # noqa: S608
                "WHERE key_id = (SELECT id FROM feature_keys WHERE name = ?)) ORDER BY id",
                (spec.key,),
            ).fetchall()
        return np.array([row[0] for row in rows], np.int64)

    def feature_ids(self, spec: FeatureSpec) -> NDArray[np.int64]:
        # By the index over picture ids, which holds both numbers: the other way leads through the features.
        table = feature_table(spec)
        with self._connections.borrow() as db:
            rows = db.execute(
                f"SELECT picture_id FROM {table} INDEXED BY {table}_by_picture "  # noqa: S608 (our own table names)
                "WHERE key_id = (SELECT id FROM feature_keys WHERE name = ?) AND picture_id IS NOT NULL "
                "ORDER BY picture_id",
                (spec.key,),
            ).fetchall()
        return np.array([row[0] for row in rows], np.int64)

    def feature_counts(self) -> dict[str, int]:
        with self._connections.snapshot() as db:
            counts = dict.fromkeys((row[0] for row in db.execute("SELECT name FROM feature_keys")), 0)
            for table in ("small_features", "large_features"):
                for name, count in db.execute(
                    "SELECT name, n FROM (SELECT key_id, count(*) AS n "  # noqa: S608 (our own table names)
                    f"FROM {table} GROUP BY key_id) JOIN feature_keys ON feature_keys.id = key_id"
                ):
                    counts[name] += count
        return counts

    def fetch(self, ids: NDArray[np.int64], spec: FeatureSpec) -> FeatureBatch:
        by_id: dict[int, bytes] = {}
        wanted = [int(one) for one in ids]
        with self._connections.snapshot() as db:
            key = db.execute("SELECT id FROM feature_keys WHERE name = ?", (spec.key,)).fetchone()
            if key is not None:
                statement = f"SELECT picture_id, data FROM {feature_table(spec)} WHERE key_id = ?"  # noqa: S608
                for marks, some in _chunks(wanted):
                    by_id.update(db.execute(f"{statement} AND picture_id IN ({marks})", (*key, *some)))
        return FeatureBatch.of([self._unpacked(one, by_id.get(one, b""), spec) for one in wanted], spec.layout)

    def _unpacked(self, picture_id: int, data: bytes, spec: FeatureSpec) -> Features:
        try:
            return spec.layout.unpack(data)
        except ValueError as error:
            raise CatalogError(
                f"The features {spec.key} of picture {picture_id} in {self._path} are damaged ({error}). "
                "Restore the catalog from a copy, or remove this picture and add it again."
            ) from error

    def close(self) -> None:
        self._connections.close()


def _chunks(values: Sequence[_T]) -> Iterator[tuple[str, Sequence[_T]]]:
    for start in range(0, len(values), VARIABLES):
        some = values[start : start + VARIABLES]
        yield ",".join("?" * len(some)), some


def _source(
    kind: str, address: str, title: str, metadata: str, state: str | None, checked_at: str, *validators: str
) -> Source:
    """A row of _SOURCE; what is no link has no state. Others may have written the file: nothing is trusted."""
    if state is None:
        return Source(kind, address, title, json.loads(metadata))
    state = state if state in LINK_STATES else "unchecked"
    link = LinkState(state, str(checked_at), Validators(*map(str, validators)))
    return Source(kind, address, title, json.loads(metadata), link)
