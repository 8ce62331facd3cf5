"""The files that one SQLite catalog consists of."""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["cache_folder_of", "delete", "files_of", "last_written"]


def files_of(path: Path) -> list[Path]:
    """The file itself, and those that SQLite keeps beside it."""
    return [path.with_name(path.name + end) for end in ("", "-wal", "-shm")]


def cache_folder_of(path: Path) -> Path:
    """Where packs of its features lie."""
    return path.with_name(f"{path.name}.cache")


def delete(location: str | Path) -> None:
    """Delete the catalog with all that lies beside it for its sake; what is gone is passed over."""
    path = Path(location)
    for one in files_of(path):
        one.unlink(missing_ok=True)
    shutil.rmtree(cache_folder_of(path), ignore_errors=True)


def last_written(location: str | Path) -> float:
    """The time of the latest write, in seconds since 1970; 0 where there is no file."""
    times = [0.0]
    for one in files_of(Path(location)):
        try:
            times.append(one.stat().st_mtime)
        except FileNotFoundError:  # closed, or deleted, in this very moment
            continue
    return max(times)
