"""Other PicTrace catalogs: what a SQLite file is, and the rows of a catalog that a stranger may have made."""

# Statements are put together of names of our own (S608); what comes from outside is a parameter.

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pictrace.catalog._stored import feature_table
from pictrace.catalog.foreign import foreign_database
from pictrace.catalog.keeping import FULL, MAX_BYTES, Keeping, unpacked
from pictrace.catalog.migrations import APPLICATION_ID, MIGRATIONS
from pictrace.errors import PicTraceError, SourceError
from pictrace.features import FeatureSpec
from pictrace.told import told

__all__ = ["DatabaseKind", "Entry", "Head", "OtherCatalog", "is_catalog", "kind_of"]

PICTURES_AT_ONCE = 64
BYTES_AT_ONCE = 64 * 1024**2  # of originals
MAX_BLOB_BYTES = 32 * 1024**2
MAX_METADATA_CHARACTERS = 1_000_000
KEEPING_SINCE = 5  # the schema's version
_MAGIC = b"SQLite format 3\0"


@dataclass(frozen=True)
class DatabaseKind:
    """What a file is.

    Attributes
    ----------
    kind
        "catalog", "newer" (of a newer PicTrace), "foreign" (another SQLite database) or "damaged" (or no SQLite file).
    reason
        Why, in a sentence for whoever brought it.
    pictures
        How many a catalog holds.
    """

    kind: str
    reason: str = ""
    pictures: int = 0


@dataclass(frozen=True)
class Head:
    """What tells pictures apart. Nothing of another catalog is believed: the types are what was found there."""

    id: int
    sha256: object
    facts: tuple[object, ...]  # format, width, height, byte count
    original_bytes: int


@dataclass(frozen=True)
class Entry:
    """A picture with all that belongs to it, as it was found: kind, address, title and metadata of its sources.

    Features that cannot be unpacked are None.
    """

    head: Head
    sources: tuple[tuple[object, ...], ...]
    thumbnail: bytes | None
    original: bytes | None
    features: Mapping[FeatureSpec, bytes | None]


def is_catalog(path: Path) -> bool:
    """Whether a file says of itself that it is a PicTrace catalog; nothing else in it is looked at."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            start = file.read(100)
    except OSError:
        return False
    if not start.startswith(_MAGIC):
        return False
    if len(start) == 100 and struct.unpack_from(">I", start, 68)[0] == APPLICATION_ID:
        return True
    try:  # while it is in use, what it says may stand in the file beside it
        with foreign_database(path, catalogs=True):
            return True
    except PicTraceError:
        return False


def kind_of(path: Path, *, check: bool = True) -> DatabaseKind:
    """What a file is, without changing it; SourceError where it cannot be read at all, or is in use.

    Parameters
    ----------
    check
        Let SQLite look through the whole file for damage, about as fast as it can be read.
    """
    try:
        if path.is_file() and not is_catalog(path):
            with foreign_database(path) as db:
                db.execute("SELECT count(*) FROM sqlite_master").fetchone()
            return DatabaseKind(
                "foreign", told("{name} is a SQLite database, but no PicTrace catalog.", name=path.name)
            )
        other = OtherCatalog(path)
        if other.version > len(MIGRATIONS):
            return DatabaseKind("newer", other.too_new)
        count = other.count()
        if check:
            other.check()
        return DatabaseKind("catalog", "", count)
    except SourceError as error:
        name = getattr(error.__cause__, "sqlite_errorname", "")
        if isinstance(error, _DamagedError) or name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
            return DatabaseKind("damaged", str(error))
        raise


class _DamagedError(SourceError):
    """The file is not what it says it is."""


class OtherCatalog:
    """A catalog to read, opened anew for each step, each on a budget of its own; SourceError for all that is wrong."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with foreign_database(path, catalogs=True) as db:
            self.version = int(db.execute("PRAGMA user_version").fetchone()[0])

    @property
    def too_new(self) -> str:
        return told(
            "{name} was written by a newer PicTrace (schema {version}, this one knows {known}). "
            "Update PicTrace to read it.",
            name=self._path.name,
            version=self.version,
            known=len(MIGRATIONS),
        )

    def count(self) -> int:
        """How many pictures it says that it holds; SourceError where its tables are not exactly ours."""
        if self.version > len(MIGRATIONS):
            raise SourceError(self.too_new)
        with foreign_database(self._path, catalogs=True) as db:
            # No view, trigger or generated column: what we ask of it then runs nothing of theirs.
            if self.version < 1 or _schema(db) != _own_schema(self.version):
                raise _DamagedError(
                    told(
                        "{name} says that it is a PicTrace catalog, but its tables are not those that PicTrace "
                        "makes. Index its pictures again.",
                        name=self._path.name,
                    )
                )
            return int(db.execute("SELECT count(*) FROM pictures").fetchone()[0])

    def check(self) -> None:
        """Let SQLite look through the whole file; SourceError where it finds damage."""
        with foreign_database(self._path, catalogs=True) as db:
            found = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
        if found != "ok":
            raise _DamagedError(
                told("{name} is damaged ({found}). Restore it from a copy.", name=self._path.name, found=found[:200])
            )

    def heads(self, after: int) -> list[Head]:
        """The next pictures by id, so few that they fit into memory together; none at the end."""
        with foreign_database(self._path, catalogs=True) as db:
            rows = db.execute(
                "SELECT id, CASE WHEN length(sha256) = 32 THEN sha256 END, substr(format, 1, 20), width, height, "
                "byte_count, coalesce((SELECT length(data) FROM originals WHERE picture_id = pictures.id), 0) "
                "FROM pictures WHERE id > ? ORDER BY id LIMIT ?",
                (after, PICTURES_AT_ONCE),
            ).fetchall()
        heads, total = list[Head](), 0
        for picture_id, sha256, *facts, size in rows:
            total += size
            if heads and total > BYTES_AT_ONCE:
                break
            heads.append(Head(picture_id, sha256, tuple(facts), size))
        return heads

    def entries(
        self, heads: Sequence[Head], whole: frozenset[int], features: Mapping[FeatureSpec, Sequence[int]]
    ) -> Iterator[Entry]:
        """These pictures, with thumbnails and originals of those in ``whole``, and with these features of these."""
        ids = [head.id for head in heads]
        full = [one for one in ids if one in whole]
        with foreign_database(self._path, catalogs=True) as db:
            sources: dict[int, list[tuple[object, ...]]] = {}
            for picture_id, *source in db.execute(
                "SELECT picture_id, kind, address, title, CASE WHEN length(metadata) <= ? THEN metadata END "  # noqa: S608
                f"FROM sources WHERE picture_id IN ({_marks(ids)}) ORDER BY id",
                (MAX_METADATA_CHARACTERS, *ids),
            ):
                sources.setdefault(picture_id, []).append(tuple(source))
            thumbnails = _blobs(db, "thumbnails", "", full, MAX_BLOB_BYTES)
            originals = _blobs(db, "originals", "", full, MAX_BLOB_BYTES)
            kept = _keeping(db) if self.version >= KEEPING_SINCE else FULL
            found: dict[FeatureSpec, dict[int, bytes]] = {}
            for spec, some in features.items():
                key = db.execute("SELECT id FROM feature_keys WHERE name = ?", (spec.key,)).fetchone()
                if key is not None and isinstance(key[0], int):
                    found[spec] = _blobs(db, feature_table(spec), f"key_id = {key[0]} AND", some, MAX_BYTES)
        for head in heads:
            own = {spec: _whole(by_id[head.id], kept) for spec, by_id in found.items() if head.id in by_id}
            yield Entry(
                head, tuple(sources.get(head.id, ())), thumbnails.get(head.id), originals.get(head.id), own
            )  # fmt: skip


def _blobs(db: sqlite3.Connection, table: str, condition: str, ids: Sequence[int], most: int) -> dict[int, bytes]:
    """Those that are blobs, and no longer than that."""
    return dict(
        db.execute(
            f"SELECT picture_id, data FROM {table} WHERE {condition} picture_id IN ({_marks(ids)}) "  # noqa: S608
            "AND typeof(data) = 'blob' AND length(data) <= ?",
            (*ids, most),
        )
    )


def _keeping(db: sqlite3.Connection) -> Keeping:
    row = db.execute("SELECT keeping FROM identity").fetchone()
    try:
        return Keeping.of_text(row[0])
    except (ValueError, TypeError, RecursionError) as error:
        raise _DamagedError(told("It does not say what it keeps of its pictures. Restore it from a copy.")) from error


def _whole(data: bytes, kept: Keeping) -> bytes | None:
    try:
        return unpacked(data) if kept.packed else data
    except ValueError:
        return None


def _marks(ids: Sequence[int]) -> str:
    return ",".join("?" * len(ids))


def _schema(db: sqlite3.Connection) -> frozenset[tuple[str, ...]]:
    return frozenset(db.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master"))


@cache
def _own_schema(version: int) -> frozenset[tuple[str, ...]]:
    with closing(sqlite3.connect(":memory:")) as db:
        for step in MIGRATIONS[:version]:
            step(db)
        return _schema(db)
