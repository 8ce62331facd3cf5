"""What is asked of a SQLite catalog to look through it: pages, filters, facts, the metadata's names and values."""

# Statements are put together of names of our own (S608); what comes from outside is a parameter.

from __future__ import annotations

import heapq
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pictrace.catalog._database import Database
from pictrace.catalog._stored import feature_table
from pictrace.catalog.base import MAX_NAMES, MAX_VALUES, ORDERS
from pictrace.catalog.records import MetadataName, Source
from pictrace.errors import CatalogError
from pictrace.features import FeatureSpec
from pictrace.told import told

__all__ = ["Holding", "after", "facts", "fitting", "holding", "metadata_names", "page", "where"]

ROWS_AT_ONCE = 20_000

_ORDERS = {
    "newest": "revision DESC, id",
    "oldest": "revision, id",
    "name": "id",  # and then by what people call them, which no database knows
    "size": "width * height DESC, id",
}

# One parameter for any number of values, as a JSON array.
_ANY_OF = "IN (SELECT value FROM json_each(?))"


Holding = Callable[[str], tuple[str, list[str]]]


def holding(text: str) -> tuple[str, list[str]]:
    """(a condition on sources that hold a text, whatever the case of ASCII letters, and its parameters)."""
    escaped = text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    like = " OR ".join(f"{column} LIKE ? ESCAPE '!'" for column in ("title", "address", "metadata"))
    return like, [f"%{escaped}%"] * 3


def where(
    text: str = "",
    filters: Mapping[str, Sequence[str]] | None = None,
    formats: Sequence[str] = (),
    lacking: Sequence[FeatureSpec] = (),
    repeated: bool = False,
    *,
    holding: Holding = holding,
) -> tuple[str, list[str]]:
    """(a WHERE clause over pictures, or nothing, and its parameters); see Catalog.page."""
    parts, values = list[str](), list[str]()
    if text:
        condition, sought = holding(text)
        parts.append(f"id IN (SELECT picture_id FROM sources WHERE {condition})")  # noqa: S608 (our own names)
        values += sought
    for name, wanted in (filters or {}).items():
        if wanted:
            parts.append(
                "id IN (SELECT picture_id FROM sources WHERE EXISTS "  # noqa: S608 (our own names)
                f"(SELECT 1 FROM json_each(metadata) WHERE key = ? AND value {_ANY_OF}))"
            )
            values += [name, json.dumps(list(wanted))]
    if formats:
        parts.append(f"format {_ANY_OF}")
        values.append(json.dumps(list(formats)))
    if lacking:
        lack = (
            f"id NOT IN (SELECT picture_id FROM {feature_table(spec)} "  # noqa: S608 (our own table names)
            "WHERE key_id = (SELECT id FROM feature_keys WHERE name = ?))"
            for spec in lacking
        )
        parts.append(f"({' OR '.join(lack)})")
        values += [spec.key for spec in lacking]
    if repeated:
        parts.append("id IN (SELECT picture_id FROM sources GROUP BY picture_id HAVING count(*) > 1)")
    return f"WHERE {' AND '.join(parts)}" if parts else "", values


def page(
    db: Database, chosen: tuple[str, list[str]], order: str, offset: int, limit: int
) -> tuple[tuple[int, ...], int]:
    """(ids of one page, how many pictures there are in all) of what ``where`` chose."""
    if order not in _ORDERS:
        raise CatalogError(
            told("There is no order {order}. The orders are: {orders}.", order=repr(order), orders=", ".join(ORDERS))
        )
    clause, values = chosen
    statement = f"SELECT id FROM pictures {clause} ORDER BY {_ORDERS[order]}"  # noqa: S608 (our own names)
    if order == "name":
        names = _names(db)
        fit = sorted((row[0] for row in db.execute(statement, values)), key=lambda one: names.get(one, ""))
        return tuple(fit[offset : offset + limit]), len(fit)
    if clause:  # to look at every picture once is dearer than to list those that fit
        fit = [row[0] for row in db.execute(statement, values)]
        return tuple(fit[offset : offset + limit]), len(fit)
    total = int(db.execute("SELECT count(*) FROM pictures").fetchone()[0])
    return tuple(row[0] for row in db.execute(f"{statement} LIMIT ? OFFSET ?", (limit, offset))), total


def after(db: Database, chosen: tuple[str, list[str]], key: int, limit: int) -> tuple[tuple[int, ...], int]:
    """(the ids above a key, ascending, how many pictures there are in all) of what ``where`` chose."""
    clause, values = chosen
    total = int(db.execute(f"SELECT count(*) FROM pictures {clause}", values).fetchone()[0])  # noqa: S608 (our own names)
    above = f"{clause} AND id > ?" if clause else "WHERE id > ?"
    statement = f"SELECT id FROM pictures {above} ORDER BY id LIMIT ?"  # noqa: S608 (our own names)
    return tuple(row[0] for row in db.execute(statement, [*values, key, limit])), total


def _names(db: Database) -> dict[int, str]:
    """What pictures are called, by id: after the first of their sources, whatever the case."""
    rows = db.execute(
        "SELECT picture_id, title, address FROM sources WHERE id IN (SELECT min(id) FROM sources GROUP BY picture_id)"
    )
    return {picture_id: Source("", address, title).label.casefold() for picture_id, title, address in rows}


def fitting(db: Database, filters: Mapping[str, Sequence[str]]) -> list[int]:
    """Ids of the pictures whose metadata fit, ascending."""
    clause, values = where(filters=filters)
    return [row[0] for row in db.execute(f"SELECT id FROM pictures {clause} ORDER BY id", values)]  # noqa: S608 (our own)


def metadata_names(db: Database) -> tuple[MetadataName, ...]:
    """See Catalog.metadata_names. Python's JSON, many rows at once, is thrice as fast here as SQLite's."""
    pictures = Counter[str]()
    values: defaultdict[str, dict[str, int]] = defaultdict(dict)
    repeated: dict[int, set[tuple[str, str]]] = {
        row[0]: set() for row in db.execute("SELECT picture_id FROM sources GROUP BY picture_id HAVING count(*) > 1")
    }
    rows = db.execute("SELECT picture_id, metadata FROM sources WHERE metadata <> '{}'")
    while some := rows.fetchmany(ROWS_AT_ONCE):
        decoded: list[dict[str, str]] = json.loads(f"[{','.join(metadata for _, metadata in some)}]")
        for (picture_id, _), metadata in zip(some, decoded, strict=True):
            if picture_id in repeated:  # a picture counts once, whatever its addresses say
                repeated[picture_id].update(metadata.items())
                continue
            for name, value in metadata.items():
                counts = values[name]
                counts[value] = counts.get(value, 0) + 1
    for name, counts in values.items():
        pictures[name] = sum(counts.values())
    for seen in repeated.values():
        pictures.update({name for name, _ in seen})
        for name, value in seen:
            values[name][value] = values[name].get(value, 0) + 1
    chosen = heapq.nsmallest(MAX_NAMES, pictures.items(), key=_commonest_first)
    return tuple(
        MetadataName(
            name,
            count,
            len(values[name]),
            dict(heapq.nsmallest(MAX_VALUES, values[name].items(), key=_commonest_first)),
        )
        for name, count in chosen
    )


def _commonest_first(counted: tuple[str, int]) -> tuple[int, str]:
    return -counted[1], counted[0]


def facts(db: Database) -> tuple[dict[str, int], dict[int, int], int, int]:
    """The fields of Facts."""
    formats = dict(db.execute("SELECT format, count(*) FROM pictures GROUP BY format ORDER BY 2 DESC"))
    sizes = dict(db.execute("SELECT width * height / 1000000, count(*) FROM pictures GROUP BY 1 ORDER BY 1"))
    (size,) = db.execute("SELECT coalesce(sum(byte_count), 0) FROM pictures").fetchone()
    repeated: Any = db.execute(
        "SELECT count(*) FROM (SELECT 1 FROM sources GROUP BY picture_id HAVING count(*) > 1) AS several"
    ).fetchone()
    return formats, sizes, int(size), int(repeated[0])
