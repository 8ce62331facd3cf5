"""What is asked of a catalog about features: what it keeps, who has which, how many, and their bytes."""

# Statements are put together of names of our own (S608); what comes from outside is a parameter.

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from pictrace.catalog._database import Database
from pictrace.catalog.keeping import HEAD_BYTES, Keeping, unpacked_length
from pictrace.errors import CatalogError
from pictrace.features import FeatureSpec
from pictrace.told import told

__all__ = ["VARIABLES", "blobs", "chunks", "counts", "feature_table", "ids", "keeping", "missing", "ready", "sizes"]

TABLES = ("small_features", "large_features")
VARIABLES = 500  # placeholders in one statement, far under every build's limit

_KEY = "(SELECT id FROM feature_keys WHERE name = ?)"
_T = TypeVar("_T")


def feature_table(spec: FeatureSpec) -> str:
    """The table of these features: the small are scanned without touching the large."""
    return TABLES[not spec.small]


def chunks(values: Sequence[_T]) -> Iterator[tuple[str, Sequence[_T]]]:
    """(placeholders, values) for one statement each."""
    for start in range(0, len(values), VARIABLES):
        some = values[start : start + VARIABLES]
        yield ",".join("?" * len(some)), some


def keeping(db: Database) -> Keeping:
    """What this catalog keeps; CatalogError where it says so in words that are not ours."""
    text = db.execute("SELECT keeping FROM identity").fetchone()[0]
    try:
        return Keeping.of_text(text)
    except ValueError as error:
        raise CatalogError(
            told("What the catalog says of itself is damaged ({error}). Restore it from a copy.", error=error)
        ) from error


def missing(db: Database, spec: FeatureSpec) -> list[int]:
    rows = db.execute(
        f"SELECT id FROM pictures EXCEPT SELECT picture_id FROM {feature_table(spec)} "  # noqa: S608
        f"WHERE key_id = {_KEY} ORDER BY id",
        (spec.key,),
    )
    return [row[0] for row in rows]


def ids(db: Database, spec: FeatureSpec) -> list[int]:
    # By the index over picture ids, which holds both numbers: the other way leads through the features.
    table = feature_table(spec)
    rows = db.execute(
        f"SELECT picture_id FROM {table} INDEXED BY {table}_by_picture "  # noqa: S608 (our own table names)
        f"WHERE key_id = {_KEY} AND picture_id IS NOT NULL ORDER BY picture_id",
        (spec.key,),
    )
    return [row[0] for row in rows]


def sizes(db: Database, spec: FeatureSpec, kept: Keeping) -> list[tuple[int, int]]:
    """(picture id, bytes), ascending; a database knows a blob's length and start without reading it."""
    asked = f"substr(data, 1, {HEAD_BYTES})" if kept.packed else "length(data)"
    rows = db.execute(
        f"SELECT picture_id, {asked} FROM {feature_table(spec)} WHERE key_id = {_KEY} "  # noqa: S608 (our own names)
        "ORDER BY picture_id",
        (spec.key,),
    ).fetchall()
    return [(one, unpacked_length(head or b"")) for one, head in rows] if kept.packed else rows


def counts(db: Database) -> dict[str, int]:
    found = dict.fromkeys((row[0] for row in db.execute("SELECT name FROM feature_keys")), 0)
    for table in TABLES:
        for name, count in db.execute(
            "SELECT name, n FROM (SELECT key_id, count(*) AS n "  # noqa: S608 (our own table names)
            f"FROM {table} GROUP BY key_id) AS counted JOIN feature_keys ON feature_keys.id = key_id"
        ):
            found[name] += count
    return found


def ready(db: Database, wanted: Sequence[int]) -> Iterator[tuple[int, str]]:
    """(picture id, feature key) of all that these pictures have."""
    for table in TABLES:
        for marks, some in chunks(wanted):
            yield from db.execute(
                f"SELECT picture_id, name FROM {table} INDEXED BY {table}_by_picture "  # noqa: S608 (our own)
                f"JOIN feature_keys ON feature_keys.id = key_id WHERE picture_id IN ({marks})",
                some,
            )


def blobs(db: Database, wanted: Sequence[int], spec: FeatureSpec) -> Iterator[tuple[int, bytes]]:
    """(picture id, bytes as they are stored), one after the other."""
    statement = f"SELECT picture_id, data FROM {feature_table(spec)} WHERE key_id = {_KEY}"  # noqa: S608 (our own names)
    for marks, some in chunks(wanted):
        yield from db.execute(f"{statement} AND picture_id IN ({marks})", (spec.key, *some))
