"""The schema of a PostgreSQL catalog: the tables of the SQLite one, in a schema of their own."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg

from pictrace.catalog._postgres_connections import SCHEMA
from pictrace.catalog.address import Address
from pictrace.errors import CatalogError
from pictrace.told import told

__all__ = ["SOUGHT_SINCE", "prepare"]

VERSION = 4
SOUGHT_SINCE = 4
_MAKING = 0x50696354  # of the advisory lock of the one transaction that makes the tables

# Text is compared by its bytes, as in SQLite. What is compressed already is kept as it is.
_TABLES = """
CREATE TABLE s.revision (only_row int PRIMARY KEY CHECK (only_row = 1), value bigint NOT NULL);
INSERT INTO s.revision VALUES (1, 0);
CREATE TABLE s.identity (only_row int PRIMARY KEY CHECK (only_row = 1), name text NOT NULL, version int NOT NULL);
CREATE TABLE s.pictures (
    id bigint PRIMARY KEY, sha256 bytea NOT NULL, format text COLLATE "C" NOT NULL, width bigint NOT NULL,
    height bigint NOT NULL, byte_count bigint NOT NULL, added_at text COLLATE "C" NOT NULL, revision bigint NOT NULL);
CREATE INDEX pictures_by_revision ON s.pictures (revision, id);
CREATE TABLE s.removals (picture_id bigint NOT NULL, revision bigint NOT NULL);
CREATE INDEX removals_by_revision ON s.removals (revision);
CREATE TABLE s.sources (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    picture_id bigint NOT NULL REFERENCES s.pictures ON DELETE CASCADE, kind text COLLATE "C" NOT NULL,
    address text COLLATE "C" NOT NULL, title text COLLATE "C" NOT NULL, metadata text COLLATE "C" NOT NULL);
CREATE INDEX sources_by_picture ON s.sources (picture_id);
CREATE INDEX sources_by_address ON s.sources USING hash (address);
CREATE UNIQUE INDEX sources_once ON s.sources (picture_id, kind, md5(address));
CREATE TABLE s.links (
    source_id bigint PRIMARY KEY REFERENCES s.sources ON DELETE CASCADE,
    state text COLLATE "C" NOT NULL, checked_at text COLLATE "C" NOT NULL DEFAULT '',
    final_address text NOT NULL DEFAULT '', etag text NOT NULL DEFAULT '', last_modified text NOT NULL DEFAULT '');
CREATE INDEX links_by_state ON s.links (state);
CREATE TABLE s.feature_keys (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE);
CREATE TABLE s.small_features (
    key_id bigint NOT NULL REFERENCES s.feature_keys,
    picture_id bigint NOT NULL REFERENCES s.pictures ON DELETE CASCADE, data bytea NOT NULL,
    PRIMARY KEY (key_id, picture_id));
CREATE INDEX small_features_by_picture ON s.small_features (picture_id);
CREATE TABLE s.large_features (LIKE s.small_features INCLUDING INDEXES,
    FOREIGN KEY (key_id) REFERENCES s.feature_keys,
    FOREIGN KEY (picture_id) REFERENCES s.pictures ON DELETE CASCADE);
CREATE TABLE s.thumbnails (
    picture_id bigint PRIMARY KEY REFERENCES s.pictures ON DELETE CASCADE, data bytea NOT NULL);
CREATE TABLE s.originals (
    picture_id bigint PRIMARY KEY REFERENCES s.pictures ON DELETE CASCADE, data bytea NOT NULL);
ALTER TABLE s.small_features ALTER COLUMN data SET STORAGE EXTERNAL;
ALTER TABLE s.large_features ALTER COLUMN data SET STORAGE EXTERNAL;
ALTER TABLE s.thumbnails ALTER COLUMN data SET STORAGE EXTERNAL;
ALTER TABLE s.originals ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE TABLE s.decisions (
    first_id bigint NOT NULL, second_id bigint NOT NULL, decision text NOT NULL, at text NOT NULL, note text NOT NULL);
CREATE UNIQUE INDEX decisions_by_pair ON s.decisions (least(first_id, second_id), greatest(first_id, second_id));
CREATE INDEX decisions_by_first ON s.decisions (first_id);
CREATE INDEX decisions_by_second ON s.decisions (second_id);
"""
# Since version 2.
_LEASES = """
CREATE TABLE IF NOT EXISTS s.leases (key bigint PRIMARY KEY, holder text NOT NULL, ends timestamptz NOT NULL);
CREATE INDEX IF NOT EXISTS leases_by_holder ON s.leases (holder);
"""
# Since version 3: a column, as whoever may read a table may read those that it gets later.
_KEEPING = "ALTER TABLE s.identity ADD COLUMN IF NOT EXISTS keeping text NOT NULL DEFAULT '';"
# Since version SOUGHT_SINCE: what a text is looked for in. Lowering all for each search would take longer than looking.
_SOUGHT = (
    "ALTER TABLE s.sources ADD COLUMN IF NOT EXISTS sought text "
    "GENERATED ALWAYS AS (lower(title || chr(10) || address || chr(10) || metadata)) STORED"
)


def prepare(db: psycopg.Connection[Any], address: Address, *, must_exist: bool) -> int:
    """See that our tables are there, or make them; any number of processes may do this at once.

    Returns
    -------
    int
        The schema's version: an older one where this user may only read.

    Raises
    ------
    CatalogError
        Where there is no catalog, or one of a newer PicTrace, or the database keeps no UTF-8.
    """
    found = _version(db, address)
    if found == VERSION or (found and not _may_change(db)):
        return found  # whoever only reads needs nothing of what came later
    if not found and must_exist:
        raise CatalogError(
            told(
                "There is no catalog in {path}. Make one with: pictrace index FOLDER --catalog {path}",
                path=address.shown,
            )
        )
    if (db.execute("SHOW server_encoding").fetchone() or ("",))[0] != "UTF8":
        raise CatalogError(
            told(
                "The database of {path} is not in UTF-8. Make one with: createdb -E UTF8 -T template0",
                path=address.shown,
            )
        )
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
        is_there = (db.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.identity",)).fetchone() or (None,))[0] is not None
        found = _version(db, address) if is_there else 0
        if not found:
            db.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            db.execute(_ours(_TABLES))
            db.execute(
                f"INSERT INTO {SCHEMA}.identity (only_row, name, version) VALUES (1, %s, %s)",  # noqa: S608 (our own)
                (uuid.uuid4().hex, VERSION),
            )
        if found < VERSION:
            db.execute(_ours(_LEASES))
            db.execute(_ours(_KEEPING))
            db.execute(_ours(_SOUGHT))
            db.execute(f"UPDATE {SCHEMA}.identity SET version = %s", (VERSION,))  # noqa: S608 (likewise)
    return VERSION


def _ours(statements: str) -> str:
    return statements.replace(" s.", f" {SCHEMA}.").replace("(LIKE s.", f"(LIKE {SCHEMA}.")


def _may_change(db: psycopg.Connection[Any]) -> bool:
    row = db.execute(
        f"SELECT pg_get_userbyid(relowner) = current_user AND NOT pg_is_in_recovery() "  # noqa: S608 (likewise)
        f"FROM pg_class WHERE oid = '{SCHEMA}.identity'::regclass"
    ).fetchone()
    return bool(row and row[0])


def _version(db: psycopg.Connection[Any], address: Address) -> int:
    """0 where there is no catalog, which only who is in no transaction may ask: it would be broken."""
    try:
        row = db.execute(f"SELECT version FROM {SCHEMA}.identity").fetchone()  # noqa: S608 (likewise)
    except psycopg.errors.UndefinedTable:
        return 0
    if row is not None and row[0] > VERSION:
        raise CatalogError(
            told(
                "{path} was written by a newer PicTrace (schema {version}, this one knows {known}). "
                "Update PicTrace to open it.",
                path=address.shown,
                version=row[0],
                known=VERSION,
            )
        )
    return row[0] if row is not None else 0
