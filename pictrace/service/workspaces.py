"""Open catalogs: the one that all share, the built-in sample, those in the owner's folders, and private ones."""

from __future__ import annotations

import contextlib
import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from pictrace import kernels
from pictrace.catalog import delete_catalog, last_written, open_catalog
from pictrace.catalog.address import is_postgres
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.servers.address import are_servers
from pictrace.catalog.servers.federated import FederatedCatalog
from pictrace.cluster.cache import cache_of
from pictrace.errors import CatalogError, PicTraceError
from pictrace.folders import cache_folder
from pictrace.images.workers import default_decoders
from pictrace.indexing.keypoints import IndexKeypoints
from pictrace.indexing.rebuild import Rebuild
from pictrace.kernels.blas import one_thread
from pictrace.sample import open_sample
from pictrace.searching.cascade import open_for
from pictrace.searching.query import needed_metrics
from pictrace.service.background import Later
from pictrace.service.calibrating import Calibrating
from pictrace.service.fetched import is_elsewhere, local_copy
from pictrace.service.labelled_scores import LabelledScores
from pictrace.service.owner import owner
from pictrace.told import told

__all__ = [
    "KEPT_S",
    "SAMPLE",
    "SHARED",
    "Workspace",
    "Workspaces",
    "catalogs_in_folders",
    "delete_private",
    "new_private",
    "open_private",
]

SHARED, SAMPLE = "shared", "sample"

DRAWN_S = 2.0
KEPT_S = 24 * 3600
KEPT_OPEN = 4
SHOWN_CATALOGS = 50
CATALOG_SUFFIXES = (".sqlite", ".sqlite3", ".db")


@dataclass(frozen=True)
class Workspace:
    """An open catalog with its features; safe for threads.

    Attributes
    ----------
    writable
        By the session that has it open.
    completed
        Features that it lacks are made where somebody wants them; an owner's catalog is left as it is.
    token
        What opens a private catalog again, known to the browser that made it and to nobody else; "" for others.
    is_sample
        Whether it is the built-in one, which the examples are made for.
    preparing
        Makes its features, where it is new.
    """

    catalog: Catalog
    cache: FeatureCache
    title: str
    writable: bool = False
    completed: bool = False
    token: str = ""
    is_sample: bool = False
    preparing: Later | None = None

    @property
    def is_of_servers(self) -> bool:
        """Whether other servers hold it, which can be searched together and no more."""
        return isinstance(self.catalog, FederatedCatalog)

    def prepare(self) -> None:
        """Make ready for a search soon: the page that has just been made is drawn first, which takes its time."""
        if self.preparing is not None:
            self.preparing.begin_after(DRAWN_S)

    def wait(self) -> None:
        """Until its features are there; CatalogError where they could not be made."""
        if self.preparing is not None:
            work = self.preparing.begin()
            work.wait()
            if work.problem:
                raise CatalogError(work.problem)

    @cached_property
    def calibrating(self) -> Calibrating:
        """What chance gives in it, as far as it is known."""
        return Calibrating(self.cache)

    @cached_property
    def labelled(self) -> LabelledScores:
        """How often matches are right, by its labels."""
        return LabelledScores(self.cache)


class Workspaces:
    """The catalogs that several people look at, each opened once. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opening: dict[tuple[str, str], threading.Lock] = {}
        self._open: dict[tuple[str, str], Workspace] = {}  # the one that was asked for last is the last

    def open(self, choice: str) -> Workspace:
        """SHARED, SAMPLE, or the address of a catalog in one of the owner's folders.

        Raises CatalogError where it cannot be opened, and for an address in any other folder.
        """
        settings = owner()
        if choice == SAMPLE or (choice == SHARED and settings.catalog is None):
            return self._once((SAMPLE, ""), _sample)
        if choice == SHARED:
            location = settings.catalog or ""
            return self._once((SHARED, location), lambda: _shared(location, writable=settings.writable))
        # It may look like a file in a folder of the owner's, and the server would connect to anywhere.
        if is_postgres(choice) or are_servers(choice):
            raise CatalogError(
                told(
                    "A link opens no catalog in PostgreSQL, or on other servers. The owner names it (PICTRACE_CATALOG)."
                )
            )
        if not settings.may_read(Path(choice)):
            raise CatalogError(
                told(
                    "{choice} is not in a folder that the app's owner has named. Choose another catalog.", choice=choice
                )
            )
        return self._once(("named", choice), lambda: _named(choice))

    def is_open(self, choice: str) -> bool:
        """Whether ``open`` has it at hand."""
        catalog = owner().catalog
        sample = choice == SAMPLE or (choice == SHARED and catalog is None)
        key = (SAMPLE, "") if sample else (SHARED, catalog or "") if choice == SHARED else ("named", choice)
        return key in self._open

    def _once(self, key: tuple[str, str], make: Callable[[], Workspace]) -> Workspace:
        with self._lock:
            opening = self._opening.setdefault(key, threading.Lock())
        with opening:
            workspace = self._open.get(key)
            if workspace is not None and not workspace.catalog.in_place():
                with self._lock:  # its features go with it
                    del self._open[key]
                workspace.catalog.close()
                workspace = None
            if workspace is None:
                workspace = make()
            with self._lock:
                self._open.pop(key, None)
                self._open[key] = workspace
                named = [one for one in self._open if one[0] == "named"]
                for one in named[:-KEPT_OPEN]:  # whoever still has it open goes on with it
                    del self._open[one]
            return workspace


def _alone() -> None:
    """Who opens a workspace does PicTrace's work and nothing else."""
    one_thread()
    kernels.warm()


def _shared(location: str, *, writable: bool) -> Workspace:
    _alone()
    catalog = open_catalog(local_copy(location))
    return _workspace(catalog, catalog.title, writable=writable and not is_elsewhere(location), shared=True)


def _sample() -> Workspace:
    """The built-in one, which nobody changes."""
    _alone()
    cache = FeatureCache(open_sample(complete=False))
    preparing = Later(partial(_prepare_sample, cache), "prepare-sample")
    return Workspace(cache.catalog, cache, "Sample catalog", completed=True, is_sample=True, preparing=preparing)


def _prepare_sample(cache: FeatureCache) -> None:
    threading.Thread(target=default_decoders().begin, name="begin-decoder", daemon=True).start()
    Rebuild(cache.catalog).run()
    _open_cache(cache)


def _named(location: str) -> Workspace:
    catalog = open_catalog(location)
    return _workspace(catalog, catalog.title)


def _workspace(
    catalog: Catalog,
    title: str,
    *,
    writable: bool = False,
    completed: bool = False,
    token: str = "",
    shared: bool = False,
) -> Workspace:
    cache = cache_of(catalog) if shared else FeatureCache(catalog)
    threading.Thread(target=_open_cache, args=(cache,), name="open-cache", daemon=True).start()
    return Workspace(catalog, cache, title, writable, completed or writable, token)


def _open_cache(cache: FeatureCache) -> None:
    """Have the cache at hand before the first search asks for it; that one will tell what is wrong."""
    if not cache.searched_here:
        return
    with contextlib.suppress(PicTraceError):
        IndexKeypoints(cache).run()
        open_for(cache, needed_metrics())


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
        raise CatalogError(
            told("No catalog of your own can be made: {reason}. Try again later.", reason=error.strerror)
        ) from error
    return folder


def new_private() -> Workspace:
    """An empty catalog for one session, deleted a day after it was last written."""
    folder = _private_folder()
    with contextlib.suppress(OSError):  # another session may be deleting the same ones
        _delete_old(folder)
    token = secrets.token_hex(16)
    catalog = open_catalog(str(folder / f"{token}.sqlite"), must_exist=False)
    return Workspace(catalog, FeatureCache(catalog), "My catalog", writable=True, completed=True, token=token)


def _private_path(token: str) -> Path | None:
    path = cache_folder() / "private" / f"{token}.sqlite"
    return path if re.fullmatch("[0-9a-f]{32}", token) and path.is_file() else None


def open_private(token: str) -> Workspace | None:
    """The private catalog of this token, which a browser sent; None where there is none, or none any more."""
    path = _private_path(token)
    if path is None:
        return None
    try:
        return _workspace(open_catalog(str(path)), "My catalog", writable=True, token=token)
    except CatalogError:  # deleted in this very moment
        return None


def delete_private(token: str) -> None:
    """Delete it with all that belongs to it; one that is gone is passed over."""
    path = _private_path(token)
    if path is not None:
        delete_catalog(str(path))


def _delete_old(folder: Path) -> None:
    for path in folder.glob("*.sqlite"):
        if time.time() - last_written(str(path)) > KEPT_S:
            delete_catalog(str(path))
