"""Where PicTrace keeps what it can make or get again, and who may work on it."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import platformdirs

__all__ = ["cache_folder", "process_lock"]


def cache_folder() -> Path:
    """Where PicTrace keeps what it can make again; PICTRACE_CACHE names another place.

    Where nothing can be written there, it is a folder for temporary files that is this user's own.
    """
    named = os.environ.get("PICTRACE_CACHE")
    folder = Path(named) if named else Path(platformdirs.user_cache_dir("pictrace", appauthor=False))
    user = os.getuid() if hasattr(os, "getuid") else None
    fallback = Path(tempfile.gettempdir(), f"pictrace-{'cache' if user is None else user}")
    for place, mode in ((folder, 0o777), (fallback, 0o700)):
        try:
            place.mkdir(mode=mode, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place):
                pass
        except OSError:
            continue
        # Anybody may have made the second one before us, to plant a catalog in it.
        if place is folder or user is None or place.lstat().st_uid == user:
            return place
    return Path(tempfile.mkdtemp(prefix="pictrace-"))


@contextmanager
def process_lock(lock: Path, *, timeout_s: float) -> Iterator[None]:
    """One thread of one process at a time, by a lock of SQLite's, which is gone when its holder dies.

    Raises
    ------
    sqlite3.Error
        Where it cannot be had in that time.
    """
    with closing(sqlite3.connect(lock, timeout=timeout_s, isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        yield
