"""The owner's catalog from elsewhere: behind a link or in a bucket, copied when the server starts."""

from __future__ import annotations

import hashlib
import logging
import re
import sqlite3
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from pictrace.catalog.servers.address import are_servers
from pictrace.errors import CatalogError, DownloadError
from pictrace.folders import cache_folder, process_lock
from pictrace.told import told
from pictrace.web.policy import DownloadPolicy
from pictrace.web.s3 import copy_s3, is_s3

__all__ = ["is_elsewhere", "local_copy"]

PATIENCE_S = 3600.0
SILENCE_S = 60.0

_URL = re.compile(r"(https?://)(?:[^\s/@]*@)?([^\s?]*)(?:\?\S*)?")
"""Visitors and the log are not told by what a link opens: its password, or the signature behind its question mark."""

_log = logging.getLogger(__name__)


def is_elsewhere(location: str) -> bool:
    """Whether it is no file of this computer."""
    return is_s3(location) or location.lower().startswith(("http://", "https://"))


def local_copy(location: str) -> str:
    """A file of this computer with the catalog in it: the one of before, where it has not changed or cannot be reached.

    Raises
    ------
    CatalogError
        Where it cannot be fetched, and was never.
    """
    if are_servers(location) or not is_elsewhere(location):
        return location
    digest = hashlib.sha256(location.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    folder = cache_folder() / "fetched" / digest
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / f"{_stem(location)}.sqlite"
    try:
        with process_lock(folder / "lock", timeout_s=PATIENCE_S):
            _fetch(location, file)
    except (DownloadError, OSError, sqlite3.Error) as error:
        problem = _URL.sub(r"\1\2", str(error))
        if not file.is_file():
            raise CatalogError(
                told("The catalog could not be fetched. {problem}", problem=problem)
            ) from None  # the cause quotes the whole link
        _log.warning("The catalog of before is used, as it could not be fetched anew: %s", problem)
    return str(file)


def _stem(location: str) -> str:
    """What the file is called where it comes from, as far as every system takes it: the catalog is titled by it."""
    name = Path(urlsplit(location).path).stem
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:60] or "catalog"


def _fetch(location: str, file: Path) -> None:
    policy = replace(DownloadPolicy.from_environment(), total_timeout_s=PATIENCE_S, read_timeout_s=SILENCE_S)
    tag, part = file.with_suffix(".etag"), file.with_suffix(".part")
    known = tag.read_text("utf-8") if tag.is_file() and file.is_file() else ""
    if is_s3(location):
        found = copy_s3(location, part, known=known, policy=policy)
    else:
        from pictrace.web.files import copy_link  # aiohttp takes half a second to load

        found = copy_link(location, part, known=known, policy=policy)
    if found is None:
        return
    tag.unlink(missing_ok=True)  # until the file is the one that it is of
    for beside in ("-wal", "-shm"):
        file.with_name(f"{file.name}{beside}").unlink(missing_ok=True)
    part.replace(file)
    tag.write_text(found, "utf-8")
