"""Open catalogs: the one that all share, the built-in sample, those in the owner's folders, and private ones."""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from pictrace import kernels
from pictrace.catalog import open_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import CatalogError, PicTraceError
from pictrace.folders import cache_folder
from pictrace.sample import open_sample
from pictrace.searching.query import needed_metrics
from pictrace.service.owner import owner

__all__ = [
    "KEPT_S",
    "Workspace",
    "catalogs_in_folders",
    "delete_private",
    "new_private",
    "open_named",
    "open_private",
    "open_sample_workspace",
    "open_workspace",
    "private_token",
]

KEPT_S = 24 * 3600
SHOWN_CATALOGS = 50
CATALOG_SUFFIXES = (".sqlite", ".sqlite3", ".db")


@dataclass(frozen=True)
class Workspace:
    """An open catalog with its features; safe for threads. writable: by the session that has it open.

    completed: features that it lacks are made where somebody wants them; an owner's catalog is left as it is.
    """

    catalog: Catalog
    cache: FeatureCache
    title: str
    writable: bool = False
    completed: bool = False


def _workspace(catalog: Catalog, title: str, *, writable: bool = False, completed: bool = False) -> Workspace:
    cache = FeatureCache(catalog)
    threading.Thread(target=_open_cache, args=(cache,), name="open-cache", daemon=True).start()
    return Workspace(catalog, cache, title, writable, completed or writable)


def _open_cache(cache: FeatureCache) -> None:
    """Have the cache at hand before the first search asks for it; that one will tell what is wrong."""
    with contextlib.suppress(PicTraceError):
        cache.sketches(needed_metrics())


@st.cache_resource(show_spinner="Opening the catalog")
def open_workspace() -> Workspace:
    """The catalog that all sessions share, opened once: the owner's, or else the built-in sample."""
    settings = owner()
    if settings.catalog is None:
        return open_sample_workspace()
    kernels.warm()
    return _workspace(open_catalog(settings.catalog), Path(settings.catalog).stem, writable=settings.writable)


@st.cache_resource(show_spinner="Making the sample catalog")
def open_sample_workspace() -> Workspace:
    """The built-in sample, which nobody changes."""
    kernels.warm()
    return _workspace(open_sample(), "Sample catalog", completed=True)


def open_named(location: str) -> Workspace:
    """A catalog in one of the owner's folders, to look at; CatalogError for any other place."""
    if not owner().may_read(Path(location)):
        raise CatalogError(f"{location} is not in a folder that the app's owner has named. Choose another catalog.")
    return _open_named(location)


@st.cache_resource(show_spinner="Opening the catalog", max_entries=4)
def _open_named(location: str) -> Workspace:
    return _workspace(open_catalog(location), Path(location).stem)


def catalogs_in_folders() -> list[Path]:
    """SQLite files in the owner's folders, without opening any."""
    found = (path for folder in owner().folders if folder.is_dir() for path in sorted(folder.iterdir()))
    return [path for path in found if path.suffix.lower() in CATALOG_SUFFIXES and path.is_file()][:SHOWN_CATALOGS]


# Private catalogs: files with a name that nobody can guess ------------------------------------------


def _private_folder() -> Path:
    folder = cache_folder() / "private"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise CatalogError(f"No catalog of your own can be made: {error.strerror}. Try again later.") from error
    return folder


def new_private() -> Workspace:
    """An empty catalog for one session, deleted a day after it was last written."""
    folder = _private_folder()
    with contextlib.suppress(OSError):  # another session may be deleting the same ones
        _delete_old(folder)
    catalog = SqliteCatalog(folder / f"{secrets.token_hex(16)}.sqlite")
    return Workspace(catalog, FeatureCache(catalog), "My catalog", writable=True, completed=True)


def private_token(workspace: Workspace) -> str:
    """What opens a private catalog again: known to the browser that made it, and to nobody else."""
    return Path(workspace.catalog.location).stem


def _private_path(token: str) -> Path | None:
    path = cache_folder() / "private" / f"{token}.sqlite"
    return path if re.fullmatch("[0-9a-f]{32}", token) and path.is_file() else None


def open_private(token: str) -> Workspace | None:
    """The private catalog of this token, which a browser sent; None where there is none, or none any more."""
    path = _private_path(token)
    if path is None:
        return None
    try:
        return _workspace(SqliteCatalog(path, must_exist=True), "My catalog", writable=True)
    except CatalogError:  # deleted in this very moment
        return None


def delete_private(token: str) -> None:
    """Delete it with all that belongs to it; one that is gone is passed over."""
    path = _private_path(token)
    if path is not None:
        _delete(path)


def _delete_old(folder: Path) -> None:
    for path in folder.glob("*.sqlite"):
        newest = max(one.stat().st_mtime for one in _files_of(path) if one.exists())
        if time.time() - newest > KEPT_S:
            _delete(path)


def _files_of(path: Path) -> Iterator[Path]:
    yield path
    for suffix in ("-wal", "-shm"):
        yield path.with_name(path.name + suffix)


def _delete(path: Path) -> None:
    for one in _files_of(path):
        one.unlink(missing_ok=True)
    shutil.rmtree(f"{path}.cache", ignore_errors=True)
