"""What is read from a catalog in a database, whichever it is."""

# Statements are put together of names of our own (S608); what comes from outside is a parameter.

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog import _browsing, _decisions, _file_sources, _stored
from pictrace.catalog._database import Database, Lender
from pictrace.catalog._gathering import DamagedError, gathered
from pictrace.catalog._stored import VARIABLES, chunks
from pictrace.catalog.keeping import Keeping, unpacked
from pictrace.catalog.links import LINK_STATES, LinkState
from pictrace.catalog.records import Changes, Decision, Facts, FileSource, Link, MetadataName, PictureRecord, Source
from pictrace.errors import CatalogError
from pictrace.features import FeatureBatch, FeatureSpec
from pictrace.told import told
from pictrace.web.validators import Validators

__all__ = ["SqlReader"]

_PICTURE = "pictures.id, sha256, format, width, height, byte_count, added_at"
_FACTS = 7  # columns of these
_SOURCE = "kind, address, title, metadata, state, checked_at, final_address, etag, last_modified"


class SqlReader:
    """The part of pictrace.catalog.base.Catalog that changes nothing."""

    def __init__(self, named: str, connections: Lender) -> None:
        self._named, self._connections = named, connections  # what it is called in messages
        self._known_keeping: Keeping | None = None

    _holding = staticmethod(_browsing.holding)

    def _seeing(self, statements: int) -> AbstractContextManager[Database]:
        """For so many statements that are to see the same state; one alone needs no transaction, nor its two ways."""
        return self._connections.snapshot() if statements > 1 else self._connections.borrow()

    @property
    def identity(self) -> str:
        with self._connections.borrow() as db:
            return str(db.execute("SELECT name FROM identity").fetchone()[0])

    @property
    def keeping(self) -> Keeping:
        if self._known_keeping is not None:
            return self._known_keeping
        with self._connections.borrow() as db:
            return self._keeping(db)

    def _keeping(self, db: Database) -> Keeping:
        """Asked once it is settled, which it is with the first revision."""
        if self._known_keeping is not None:
            return self._known_keeping
        found = _stored.keeping(db)
        if int(db.execute("SELECT value FROM revision").fetchone()[0]):
            self._known_keeping = found
        return found

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

    def count(self) -> int:
        with self._connections.borrow() as db:
            return int(db.execute("SELECT count(*) FROM pictures").fetchone()[0])

    def ids(self) -> NDArray[np.int64]:
        with self._connections.borrow() as db:
            rows = db.execute("SELECT id FROM pictures ORDER BY id").fetchall()
        return np.array([row[0] for row in rows], np.int64)

    def pictures(self, ids: Iterable[int]) -> dict[int, PictureRecord]:
        wanted = [int(one) for one in ids]
        facts: dict[int, tuple[Any, ...]] = {}
        sources: dict[int, list[Source]] = {}
        with self._seeing(-(-len(wanted) // VARIABLES)) as db:
            for marks, some in chunks(wanted):
                for row in db.execute(
                    f"SELECT {_PICTURE}, {_SOURCE} FROM pictures LEFT JOIN sources ON picture_id = pictures.id "  # noqa: S608
                    f"LEFT JOIN links ON source_id = sources.id WHERE pictures.id IN ({marks}) ORDER BY sources.id",
                    some,
                ):
                    facts[row[0]] = row[:_FACTS]
                    if row[_FACTS] is not None:  # a picture may have lost its last source
                        sources.setdefault(row[0], []).append(_source(*row[_FACTS:]))
        told_of = {one: (*row, tuple(sources.get(one, ()))) for one, row in facts.items()}
        return {one: PictureRecord(*told_of[one]) for one in wanted if one in told_of}

    def page(
        self,
        *,
        text: str = "",
        filters: Mapping[str, Sequence[str]] | None = None,
        formats: Sequence[str] = (),
        lacking: Sequence[FeatureSpec] = (),
        repeated: bool = False,
        order: str = "newest",
        offset: int = 0,
        limit: int = 24,
    ) -> tuple[tuple[int, ...], int]:
        meant = self.keeping.kept(lacking) if lacking else ()
        if lacking and not meant:
            return (), 0
        chosen = _browsing.where(text, filters, formats, meant, repeated, holding=self._holding)
        with self._seeing(1 if chosen[0] and order != "name" else 2) as db:
            return _browsing.page(db, chosen, order, offset, limit)

    def ids_after(
        self, after: int, *, limit: int, text: str = "", filters: Mapping[str, Sequence[str]] | None = None
    ) -> tuple[tuple[int, ...], int]:
        with self._connections.snapshot() as db:
            return _browsing.after(db, _browsing.where(text, filters, holding=self._holding), after, limit)

    def metadata_names(self) -> tuple[MetadataName, ...]:
        with self._connections.snapshot() as db:
            return _browsing.metadata_names(db)

    def ids_with(self, filters: Mapping[str, Sequence[str]]) -> NDArray[np.int64]:
        with self._connections.borrow() as db:
            return np.array(_browsing.fitting(db, filters), np.int64)

    def facts(self) -> Facts:
        with self._connections.snapshot() as db:
            return Facts(*_browsing.facts(db))

    def known_sources(self, kind: str, addresses: Iterable[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        with self._connections.snapshot() as db:
            for marks, some in chunks(list(addresses)):
                # Where other bytes came to lie at an address, the last of its pictures stays in the dict.
                found.update(
                    db.execute(
                        "SELECT address, picture_id FROM sources LEFT JOIN links ON id = source_id "  # noqa: S608
                        f"WHERE kind = ? AND address IN ({marks}) AND coalesce(state, '') != 'changed' ORDER BY id",
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
                    for marks, some in chunks(list(dict.fromkeys(addresses)))
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
                f"WHERE kind = 'link' AND state IN ({marks}) ORDER BY checked_at DESC, source_id LIMIT ?",
                (*states, limit),
            ).fetchall()
        return tuple(Link(row[0], bytes(row[1]), _source(*row[2:])) for row in rows)

    def link_counts(self) -> dict[str, int]:
        with self._connections.borrow() as db:
            rows = db.execute(
                "SELECT state, count(*) FROM links JOIN sources ON id = source_id WHERE kind = 'link' GROUP BY state"
            )
            return dict.fromkeys(LINK_STATES, 0) | dict(rows)

    def files(
        self,
        *,
        below: str | None = None,
        addresses: Sequence[str] | None = None,
        pictures: Sequence[int] | None = None,
    ) -> tuple[FileSource, ...]:
        with self._connections.snapshot() as db:
            return tuple(_file_sources.found(db, below, addresses, pictures))

    def decisions(self, ids: Iterable[int] | None = None) -> tuple[Decision, ...]:
        with self._connections.borrow() as db:
            return _decisions.read(db, None if ids is None else [int(one) for one in ids])

    def thumbnail(self, picture_id: int) -> bytes | None:
        return self._blob("SELECT data FROM thumbnails WHERE picture_id = ?", picture_id)

    def original(self, picture_id: int) -> bytes | None:
        return self._blob("SELECT data FROM originals WHERE picture_id = ?", picture_id)

    def files_kept(self, ids: Iterable[int]) -> dict[int, tuple[bytes, bytes | None]]:
        found: dict[int, tuple[bytes, bytes | None]] = {}
        with self._connections.snapshot() as db:
            for marks, some in chunks([int(one) for one in ids]):
                rows = db.execute(
                    "SELECT thumbnails.picture_id, thumbnails.data, originals.data FROM thumbnails "  # noqa: S608
                    "LEFT JOIN originals ON originals.picture_id = thumbnails.picture_id "
                    f"WHERE thumbnails.picture_id IN ({marks})",
                    some,
                )
                found.update((one, (bytes(small), None if kept is None else bytes(kept))) for one, small, kept in rows)
        return found

    def _blob(self, statement: str, picture_id: int) -> bytes | None:
        with self._connections.borrow() as db:
            row = db.execute(statement, (int(picture_id),)).fetchone()
        return None if row is None else bytes(row[0])

    def missing(self, spec: FeatureSpec) -> NDArray[np.int64]:
        with self._connections.borrow() as db:
            leaves_out = self._keeping(db).leaves_out(spec.key)
            return np.array([] if leaves_out else _stored.missing(db, spec), np.int64)

    def feature_ids(self, spec: FeatureSpec) -> NDArray[np.int64]:
        with self._connections.borrow() as db:
            return np.array(_stored.ids(db, spec), np.int64)

    def feature_counts(self) -> dict[str, int]:
        with self._connections.snapshot() as db:
            return _stored.counts(db)

    def features_ready(self, ids: Iterable[int]) -> dict[int, frozenset[str]]:
        ready: dict[int, set[str]] = {int(one): set() for one in ids}
        with self._connections.snapshot() as db:
            for picture_id, key in _stored.ready(db, list(ready)):
                ready[picture_id].add(key)
        return {one: frozenset(keys) for one, keys in ready.items()}

    def row_counts(self, spec: FeatureSpec) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        with self._connections.borrow() as db:
            sizes = np.array(_stored.sizes(db, spec, self._keeping(db)), np.int64).reshape(-1, 2)
        return sizes[:, 0].copy(), sizes[:, 1] // spec.layout.row_bytes

    def fetch(self, ids: NDArray[np.int64], spec: FeatureSpec) -> FeatureBatch:
        wanted, kept = ids.tolist(), self.keeping
        with self._seeing(-(-len(wanted) // VARIABLES)) as db:
            stored = _stored.blobs(db, wanted, spec)
            try:
                return gathered(ids, _unpacked(stored) if kept.packed else stored, spec.layout)
            except DamagedError as error:
                raise CatalogError(
                    told(
                        "The features {key} of picture {picture_id} in {named} are damaged ({error}). Restore the "
                        "catalog from a copy, or remove this picture and add it again.",
                        key=spec.key,
                        picture_id=error.picture_id,
                        named=self._named,
                        error=error,
                    )
                ) from error

    @property
    def silent(self) -> Mapping[str, str]:
        return {}

    def close(self) -> None:
        self._connections.close()


def _unpacked(stored: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    for picture_id, data in stored:
        try:
            yield picture_id, unpacked(data)
        except ValueError as error:
            raise DamagedError(picture_id, error) from error


def _source(
    kind: str, address: str, title: str, metadata: str, state: str | None, checked_at: str, *validators: str
) -> Source:
    """A row of _SOURCE; what is no link has no state. Others may have written the file: nothing is trusted."""
    if state is None:
        return Source(kind, address, title, json.loads(metadata))
    state = state if state in LINK_STATES else "unchecked"
    link = LinkState(state, str(checked_at), Validators(*map(str, validators)))
    return Source(kind, address, title, json.loads(metadata), link)
