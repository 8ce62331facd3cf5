"""The schema of a SQLite catalog, as steps that are only ever appended to."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from pictrace.errors import CatalogError
from pictrace.told import told

__all__ = ["APPLICATION_ID", "MIGRATIONS", "migrate"]

APPLICATION_ID = 0x50696354  # "PicT": tells our files from other SQLite databases
PAGE_BYTES = 16384  # blobs of 15 to 64 KB are written twice as fast as with 4 KB pages
SWITCH_TIMEOUT_S = 10.0


def m001_initial(db: sqlite3.Connection) -> None:
    """Pictures, sources, and three places for bytes, so that scanning the small never touches the large."""
    for statement in (
        "CREATE TABLE revision (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), value INTEGER NOT NULL)",
        "INSERT INTO revision VALUES (1, 0)",
        """CREATE TABLE pictures (
            id INTEGER PRIMARY KEY, sha256 BLOB NOT NULL, format TEXT NOT NULL, width INTEGER NOT NULL,
            height INTEGER NOT NULL, byte_count INTEGER NOT NULL, added_at TEXT NOT NULL,
            revision INTEGER NOT NULL)""",
        "CREATE INDEX pictures_by_revision ON pictures (revision)",
        "CREATE TABLE removals (picture_id INTEGER NOT NULL, revision INTEGER NOT NULL)",
        "CREATE INDEX removals_by_revision ON removals (revision)",
        """CREATE TABLE sources (
            id INTEGER PRIMARY KEY, picture_id INTEGER NOT NULL REFERENCES pictures ON DELETE CASCADE,
            kind TEXT NOT NULL, address TEXT NOT NULL, title TEXT NOT NULL, metadata TEXT NOT NULL,
            UNIQUE (picture_id, kind, address))""",
        "CREATE INDEX sources_by_address ON sources (kind, address)",
        "CREATE TABLE feature_keys (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
        """CREATE TABLE small_features (
            key_id INTEGER NOT NULL REFERENCES feature_keys,
            picture_id INTEGER NOT NULL REFERENCES pictures ON DELETE CASCADE,
            data BLOB NOT NULL, PRIMARY KEY (key_id, picture_id)) WITHOUT ROWID""",
        "CREATE INDEX small_features_by_picture ON small_features (picture_id)",
        """CREATE TABLE large_features (
            key_id INTEGER NOT NULL REFERENCES feature_keys,
            picture_id INTEGER NOT NULL REFERENCES pictures ON DELETE CASCADE,
            data BLOB NOT NULL, PRIMARY KEY (key_id, picture_id))""",
        "CREATE INDEX large_features_by_picture ON large_features (picture_id)",
        """CREATE TABLE thumbnails (
            picture_id INTEGER PRIMARY KEY REFERENCES pictures ON DELETE CASCADE, data BLOB NOT NULL)""",
        """CREATE TABLE originals (
            picture_id INTEGER PRIMARY KEY REFERENCES pictures ON DELETE CASCADE, data BLOB NOT NULL)""",
    ):
        db.execute(statement)


def m002_identity(db: sqlite3.Connection) -> None:
    """A name of its own, so that a cache made for another catalog at the same place is told from ours."""
    db.execute("CREATE TABLE identity (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), name TEXT NOT NULL)")
    db.execute("INSERT INTO identity VALUES (1, ?)", (uuid.uuid4().hex,))


def m003_links(db: sqlite3.Connection) -> None:
    """How each link was last found, and by what its server can be asked for changes; links of before: unchecked."""
    db.execute(
        """CREATE TABLE links (
            source_id INTEGER PRIMARY KEY REFERENCES sources ON DELETE CASCADE,
            state TEXT NOT NULL DEFAULT 'unchecked', checked_at TEXT NOT NULL DEFAULT '',
            final_address TEXT NOT NULL DEFAULT '', etag TEXT NOT NULL DEFAULT '',
            last_modified TEXT NOT NULL DEFAULT '')"""
    )
    db.execute("CREATE INDEX links_by_state ON links (state)")
    db.execute("INSERT INTO links (source_id) SELECT id FROM sources WHERE kind = 'link'")


def m004_decisions(db: sqlite3.Connection) -> None:
    """What people said of pairs of pictures, by content: neither picture need be here. One decision a pair."""
    db.execute(
        """CREATE TABLE decisions (
            first_id INTEGER NOT NULL, second_id INTEGER NOT NULL, decision TEXT NOT NULL, at TEXT NOT NULL,
            note TEXT NOT NULL)"""
    )
    db.execute(
        "CREATE UNIQUE INDEX decisions_by_pair ON decisions (min(first_id, second_id), max(first_id, second_id))"
    )
    db.execute("CREATE INDEX decisions_by_first ON decisions (first_id)")
    db.execute("CREATE INDEX decisions_by_second ON decisions (second_id)")


def m005_keeping(db: sqlite3.Connection) -> None:
    """What the catalog keeps of features, see pictrace.catalog.keeping; catalogs of before keep all."""
    db.execute("ALTER TABLE identity ADD COLUMN keeping TEXT NOT NULL DEFAULT ''")


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    m001_initial,
    m002_identity,
    m003_links,
    m004_decisions,
    m005_keeping,
)


def migrate(db: sqlite3.Connection, location: str) -> None:
    """Bring an open database to today's schema; an empty one becomes a catalog.

    Any number of processes may do this to one file at once.

    Raises
    ------
    CatalogError
        For a database that is not a catalog, and for one written by a newer PicTrace; neither is touched.
    """
    with _transaction(db, "BEGIN"):  # one view of all: half of what another process writes looks like a foreign file
        version = _checked_version(db, location)
    if version == len(MIGRATIONS):
        _back_to_write_ahead_log(db)
        return
    try:
        _upgrade(db, location)
    except sqlite3.OperationalError as error:
        if not version or error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}:
            raise
        raise CatalogError(
            told(
                "{location} was made by an older PicTrace (schema {version}) and must be brought up to date, but it "
                "cannot be written. Copy it to where it can be, and open it there.",
                location=location,
                version=version,
            )
        ) from error


def _upgrade(db: sqlite3.Connection, location: str) -> None:
    _use_write_ahead_log(db)
    with _transaction(db, "BEGIN IMMEDIATE"):
        version = _checked_version(db, location)  # another process may have been quicker
        for step in MIGRATIONS[version:]:
            step(db)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    db.execute("PRAGMA wal_checkpoint(PASSIVE)")  # so that the file itself says whose it is


@contextmanager
def _transaction(db: sqlite3.Connection, begin: str) -> Iterator[None]:
    db.execute(begin)
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _use_write_ahead_log(db: sqlite3.Connection) -> None:
    """Readers and one writer at once; the file itself remembers it, as it does its page size."""
    db.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # takes effect in an empty file only
    deadline = time.monotonic() + SWITCH_TIMEOUT_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # Two that switch one file at once refuse each other without waiting.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _back_to_write_ahead_log(db: sqlite3.Connection) -> None:
    """A copy that VACUUM INTO made has forgotten it: long reading, as for an export, would then hold up writing."""
    if db.execute("PRAGMA journal_mode").fetchone()[0] != "delete":
        return
    (timeout,) = db.execute("PRAGMA busy_timeout").fetchone()
    db.execute("PRAGMA busy_timeout = 0")
    # Whoever uses it now, or may not write it, goes on without.
    with suppress(sqlite3.OperationalError):
        db.execute("PRAGMA journal_mode = WAL")
    db.execute(f"PRAGMA busy_timeout = {timeout}")


def _checked_version(db: sqlite3.Connection, location: str) -> int:
    application = int(db.execute("PRAGMA application_id").fetchone()[0])
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    tables = int(db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if application != APPLICATION_ID and (tables or application or version):
        raise CatalogError(
            told(
                "{location} is a SQLite database, but no PicTrace catalog. Name another file for the catalog.",
                location=location,
            )
        )
    if version > len(MIGRATIONS):
        raise CatalogError(
            told(
                "{location} was written by a newer PicTrace (schema {version}, this one knows {count}). Update "
                "PicTrace to open it.",
                location=location,
                version=version,
                count=len(MIGRATIONS),
            )
        )
    return version
