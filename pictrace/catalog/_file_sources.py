"""What is asked of a SQLite catalog about the files that its pictures came from, and noted of them."""

# Statements are put together of names of our own (S608); what comes from outside is a parameter.

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from pictrace.catalog._database import Database
from pictrace.catalog._stored import chunks
from pictrace.catalog.records import FileSource, Source

__all__ = ["found", "mark", "move", "remove_lost"]

_ROWS = "SELECT picture_id, address, coalesce(state, '') FROM sources LEFT JOIN links ON id = source_id"
_LOST = "(state = 'changed' OR (state = 'gone' AND kind = 'file'))"
_ONE = "(SELECT id FROM sources WHERE picture_id = ? AND kind = 'file' AND address = ?)"


def found(
    db: Database, below: str | None, addresses: Sequence[str] | None, pictures: Sequence[int] | None
) -> list[FileSource]:
    """See Catalog.files."""
    rows: list[tuple[int, str, str]] = []
    if below is None and addresses is None and pictures is None:
        rows += db.execute(f"{_ROWS} WHERE kind = 'file'")
    if below is not None and _is_stored(below):
        # The index is in the order of bytes; what else begins so (a.jpg, a.jpg2) is sorted out afterwards.
        bounds = (below, below + "\U0010ffff")
        between = db.execute(f"{_ROWS} WHERE kind = 'file' AND address >= ? AND address < ?", bounds)
        top = below.rstrip("/\\")
        rows += (row for row in between if row[1][len(top) : len(top) + 1] in {"", "/", "\\", "#"})
    for marks, some in chunks([one for one in addresses or () if _is_stored(one)]):
        rows += db.execute(f"{_ROWS} WHERE kind = 'file' AND address IN ({marks})", some)
    for marks, ids in chunks(pictures or ()):
        rows += db.execute(f"{_ROWS} WHERE kind = 'file' AND picture_id IN ({marks})", ids)
    return [FileSource(*row) for row in dict.fromkeys(rows)]


def _is_stored(address: str) -> bool:
    """Whether it can be in a database at all: names of files that are no Unicode cannot."""
    try:
        address.encode()
    except UnicodeEncodeError:
        return False
    return True


def mark(db: Database, files: Iterable[FileSource]) -> bool:
    """Note how they were found; "" is as they should be. Whether that was news."""
    before = db.total_changes
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for one in files:
        if one.state:
            db.execute(
                f"INSERT INTO links (source_id, state, checked_at) SELECT id, ?, ? FROM sources WHERE id = {_ONE} "  # noqa: S608 (our own names)
                "ON CONFLICT (source_id) DO UPDATE SET state = excluded.state, checked_at = excluded.checked_at "
                "WHERE links.state != excluded.state",
                (one.state, now, one.picture_id, one.address),
            )
        else:
            db.execute(f"DELETE FROM links WHERE source_id = {_ONE}", (one.picture_id, one.address))  # noqa: S608 (our own names)
    return db.total_changes > before


def move(db: Database, former: FileSource, source: Source) -> bool:
    """The picture has this source instead of the former one, whose metadata goes along. Whether anything changed."""
    old, new = (former.picture_id, former.address), (former.picture_id, source.address)
    rows = [db.execute(f"SELECT metadata FROM sources WHERE id = {_ONE}", one).fetchone() for one in (old, new)]  # noqa: S608 (our own names)
    if rows[0] is None:
        return False
    if rows[1] is None:
        db.execute(f"UPDATE sources SET address = ?, title = ? WHERE id = {_ONE}", (source.address, source.title, *old))  # noqa: S608 (our own names)
    else:
        both = json.loads(rows[0][0]) | json.loads(rows[1][0])
        db.execute(f"UPDATE sources SET metadata = ? WHERE id = {_ONE}", (json.dumps(both), *new))  # noqa: S608 (our own names)
        db.execute(f"DELETE FROM sources WHERE id = {_ONE}", old)  # noqa: S608 (our own names)
    return True


def remove_lost(db: Database, pictures: Sequence[int] | None) -> tuple[list[int], bool]:
    """(pictures to which nothing leads any more; whether lost files of others were taken out of the catalog)."""
    lost = {row[0] for row in db.execute(f"SELECT picture_id FROM links JOIN sources ON id = source_id WHERE {_LOST}")}  # noqa: S608 (our own names)
    if pictures is not None:
        lost &= set(pictures)
    before = db.total_changes
    dead: list[int] = []
    for marks, some in chunks(sorted(lost)):
        rows = db.execute(
            "SELECT DISTINCT picture_id FROM sources LEFT JOIN links ON id = source_id "  # noqa: S608 (our own names)
            f"WHERE picture_id IN ({marks}) AND NOT coalesce({_LOST}, FALSE)",
            some,
        )
        alive = {row[0] for row in rows}
        dead += [one for one in some if one not in alive]
        db.executemany(
            "DELETE FROM sources WHERE picture_id = ? AND kind = 'file' AND id IN "
            "(SELECT source_id FROM links WHERE state IN ('gone', 'changed'))",
            [(one,) for one in alive],
        )
    return dead, db.total_changes > before
