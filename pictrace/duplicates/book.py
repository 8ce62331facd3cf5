"""What is known of pairs, kept beside the catalog: a run compares only what is new, and goes on where one was stopped.

A cache, as packs are: it belongs to one catalog and to one way of comparing, and is begun anew where either differs.
Pictures are named by their content, so that what was measured stays right whatever is added or removed.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.base import Catalog
from pictrace.duplicates.levels import Level
from pictrace.duplicates.verify import Pair
from pictrace.metrics.phash import PHash
from pictrace.metrics.sift import Sift
from pictrace.metrics.ssim import Ssim

__all__ = ["FRAME", "KEYPOINTS", "MIRRORED", "Book", "Candidate"]

FILE = "duplicates.sqlite"
VERSION = f"7 {PHash().feature_key} {Sift().feature_key} {Ssim().feature_key}"
"""Of how pairs are compared, and by what."""

FRAME, KEYPOINTS, MIRRORED = 0, 8, 9
"""Ways of laying a candidate on another: by frame in one of eight orientations from FRAME on, or by keypoints."""

_SCHEMA = """
CREATE TABLE about (catalog TEXT NOT NULL, version TEXT NOT NULL);
CREATE TABLE compared (id INTEGER PRIMARY KEY, keypoints INTEGER NOT NULL);
CREATE TABLE candidates (
    one INTEGER NOT NULL, other INTEGER NOT NULL, way INTEGER NOT NULL, strength INTEGER NOT NULL,
    PRIMARY KEY (one, other, way)) WITHOUT ROWID;
CREATE TABLE pairs (
    first INTEGER NOT NULL, second INTEGER NOT NULL, level INTEGER NOT NULL, score REAL NOT NULL,
    share_first REAL NOT NULL, share_second REAL NOT NULL, more_first REAL NOT NULL, more_second REAL NOT NULL,
    scale REAL NOT NULL, PRIMARY KEY (first, second)) WITHOUT ROWID;
CREATE TABLE told (
    first INTEGER NOT NULL, second INTEGER NOT NULL, document TEXT NOT NULL, PRIMARY KEY (first, second)) WITHOUT ROWID;
"""

_log = logging.getLogger(__name__)


class Candidate(NamedTuple):
    """A pair worth a look. way: FRAME + the index of the variant that ``one`` is laid in, KEYPOINTS or MIRRORED.

    strength: bits that differ, or keypoints that agree.
    """

    one: int
    other: int
    way: int
    strength: int


class Book:
    """The pairs of one catalog. Safe for threads.

    Parameters
    ----------
    catalog
        Beside which it lies; where nothing can be written, it is kept in memory.
    folder
        Where it lies, if not where the catalog says.
    """

    def __init__(self, catalog: Catalog, *, folder: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._db = self._opened(catalog, folder or catalog.cache_folder)

    def _opened(self, catalog: Catalog, folder: Path | None) -> sqlite3.Connection:
        if folder is not None:
            try:
                folder.mkdir(exist_ok=True)
                return _ready(folder / FILE, catalog.identity)
            except (OSError, sqlite3.Error) as error:
                _log.warning("no book of pairs beside the catalog (%s); it is kept in memory", error)
        return _ready(Path(":memory:"), catalog.identity)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise

    def _read(self, statement: str, parameters: Sequence[object] = ()) -> list[Any]:
        with self._lock:
            return self._db.execute(statement, parameters).fetchall()

    def compared(self, *, keypoints: bool) -> NDArray[np.int64]:
        """Ids of the pictures whose candidates are known, ascending; keypoints: by their keypoints, too."""
        rows = self._read("SELECT id FROM compared WHERE keypoints >= ? ORDER BY id", (int(keypoints),))
        return np.array([one for (one,) in rows], np.int64)

    def add_candidates(self, ids: Iterable[int], candidates: Iterable[Candidate], *, keypoints: bool) -> None:
        """What these pictures' candidates are, in one transaction."""
        with self._writing() as db:
            db.executemany("INSERT OR REPLACE INTO candidates VALUES (?, ?, ?, ?)", candidates)
            db.executemany(
                "INSERT INTO compared VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET keypoints = "
                "max(keypoints, excluded.keypoints)",
                [(int(one), int(keypoints)) for one in ids],
            )

    def candidates(self, *, keypoints: bool = True) -> list[Candidate]:
        """All of them, or those by frame only."""
        last = MIRRORED if keypoints else KEYPOINTS - 1
        rows = self._read("SELECT one, other, way, strength FROM candidates WHERE way <= ?", (last,))
        return [Candidate(*row) for row in rows]

    def add_pairs(self, pairs: Iterable[Pair]) -> None:
        """What comparing them gave, in one transaction."""
        with self._writing() as db:
            db.executemany(
                "INSERT OR REPLACE INTO pairs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        *one.ids,
                        int(one.level),
                        one.score,
                        one.share_first,
                        one.share_second,
                        one.more_first,
                        one.more_second,
                        one.scale,
                    )
                    for one in pairs
                ],
            )

    def pairs(self) -> dict[tuple[int, int], Pair]:
        """All that were compared, by their ids, the smaller first."""
        found = (
            Pair(first, second, Level(level), *numbers)
            for first, second, level, *numbers in self._read("SELECT * FROM pairs")
        )
        return {one.ids: one for one in found}

    def told(self, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Mapping[str, Any]]:
        """What was noted about these pairs; those without a note are left out."""
        found = {}
        for pair in pairs:
            for (document,) in self._read("SELECT document FROM told WHERE first = ? AND second = ?", pair):
                found[pair] = json.loads(document)
        return found

    def tell(self, notes: Mapping[tuple[int, int], Mapping[str, Any]]) -> None:
        """Note something about pairs, in place of what was noted before."""
        with self._writing() as db:
            rows = [(*pair, json.dumps(document)) for pair, document in notes.items()]
            db.executemany("INSERT OR REPLACE INTO told VALUES (?, ?, ?)", rows)

    def forget(self, gone: NDArray[np.int64]) -> None:
        """Drop what is known of pictures that are gone."""
        rows = [(int(one),) for one in gone]
        with self._writing() as db:
            db.executemany("DELETE FROM compared WHERE id = ?", rows)
            db.execute("CREATE TEMP TABLE IF NOT EXISTS gone (id INTEGER PRIMARY KEY)")
            db.execute("DELETE FROM gone")
            db.executemany("INSERT INTO gone VALUES (?)", rows)
            for table, one, other in (
                ("candidates", "one", "other"),
                ("pairs", "first", "second"),
                ("told", "first", "second"),
            ):
                inside = "(SELECT id FROM gone)"
                db.execute(f"DELETE FROM {table} WHERE {one} IN {inside} OR {other} IN {inside}")  # noqa: S608 (our own names)


def _ready(path: Path, identity: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    try:
        about = None
        with contextlib.suppress(sqlite3.DatabaseError):
            about = db.execute("SELECT catalog, version FROM about").fetchone()
        if about == (identity, VERSION):
            return db
        if str(path) != ":memory:":
            db.close()
            path.unlink(missing_ok=True)
            db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        db.executescript(_SCHEMA)
        db.execute("INSERT INTO about VALUES (?, ?)", (identity, VERSION))
    except BaseException:
        db.close()
        raise
    return db
