"""What became of files that a catalog knows: still there, gone, moved elsewhere, or overwritten by other pictures."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from pictrace.catalog.base import Catalog
from pictrace.catalog.records import FileSource, Origin, Source
from pictrace.images.pages import without_page
from pictrace.told import Told, listed, told

__all__ = ["OVERWRITTEN", "Reconciled", "missing_files", "reconcile"]

OVERWRITTEN = "#overwritten"
"""Ends the address that a picture bears for a file that holds another one now."""


@dataclass(frozen=True)
class Reconciled:
    """What became of files. Nothing of it removes a picture.

    Attributes
    ----------
    gone : tuple of FileSource
        Files that are not there any more.
    moved : tuple of (FileSource, str)
        Files that are not there any more, and the new address at which their pictures were found.
    changed : tuple of FileSource
        Files that hold other pictures now, with the pictures that they held before. These bear an address that says so.
    removed : int
        How many pictures were taken out of the catalog, where that was asked for.
    there : int
        How many files are where they were, where all were looked at.
    """

    gone: tuple[FileSource, ...] = ()
    moved: tuple[tuple[FileSource, str], ...] = ()
    changed: tuple[FileSource, ...] = ()
    removed: int = 0
    there: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """How many of each, by name."""
        return {"gone": len(self.gone), "moved": len(self.moved), "changed": len(self.changed)}

    @property
    def summary(self) -> Told:
        """What is worth telling of it: "2 gone, 1 moved", or nothing."""
        every = (
            (len(self.gone), told("{number:,} gone", number=len(self.gone))),
            (len(self.moved), told("{number:,} moved", number=len(self.moved))),
            (len(self.changed), told("{number:,} changed", number=len(self.changed))),
            (self.removed, told("{number:,} removed", number=self.removed)),
        )
        return listed(*(one for count, one in every if count))


def reconcile(
    catalog: Catalog,
    seen: Mapping[str, int],
    before: Collection[FileSource],
    *,
    prune: bool = False,
) -> Reconciled:
    """Compare what a run found with what the catalog knows of these files, and note it there.

    Parameters
    ----------
    catalog
        Where the run stored its pictures.
    seen
        Addresses of all files and pages that it read, and the pictures that lie there.
    before
        What the catalog knew, before the run, of these addresses and of what is below the folders that it read wholly.
    prune
        Take pictures out of the catalog to which nothing leads any more. It is not done where nothing was found at
        all, as in the place of a disk that is not there.

    Returns
    -------
    Reconciled
    """
    known = {(one.picture_id, one.address) for one in before}
    read = {without_page(address) for address in seen}
    arrived: dict[int, str] = {}  # pictures at an address at which they were not before
    for address, picture_id in seen.items():
        if (picture_id, address) not in known:
            arrived.setdefault(picture_id, address)
    candidates = dict.fromkeys((*before, *catalog.files(pictures=tuple(arrived))))
    back: list[FileSource] = []  # it had been gone, or overwritten
    gone: list[FileSource] = []
    moved: list[tuple[FileSource, str]] = []
    changed: list[FileSource] = []
    for one in candidates:
        if seen.get(one.address) == one.picture_id:
            back += [one] * bool(one.state)
        elif one.state == "changed":
            back += [one] * (one.picture_id in arrived)
        elif (overwritten := without_page(one.address) in read) or _is_gone(one.address):
            if one.picture_id in arrived:
                moved.append((one, arrived[one.picture_id]))
            else:
                (changed if overwritten else gone).append(one)
    former = [(one, _overwritten(one)) for one in changed]
    catalog.mark_files([one._replace(state=state) for some, state in ((back, ""), (gone, "gone")) for one in some])
    found = [(one, arrived[one.picture_id]) for one in back if one.picture_id in arrived]
    catalog.move_files([*((one, Source(Origin.FILE, address)) for one, address in (*moved, *found)), *former])
    catalog.mark_files([FileSource(one.picture_id, new.address, "changed") for one, new in former])
    removed = 0
    if prune and seen:
        lost = {one.picture_id for one in (*gone, *changed, *(one for one in candidates if one.state == "changed"))}
        removed = catalog.remove_replaced(tuple(lost))
    return Reconciled(tuple(gone), tuple(moved), tuple(changed), removed)


def missing_files(catalog: Catalog) -> Reconciled:
    """Look whether the files that a catalog knows are there, without reading them, and note it there."""
    files = [one for one in catalog.files() if one.state != "changed"]
    gone = [one for one in files if _is_gone(one.address)]
    lost = set(gone)
    back = [one._replace(state="") for one in files if one.state and one not in lost]
    catalog.mark_files([*back, *(one._replace(state="gone") for one in gone)])
    return Reconciled(tuple(gone), there=len(files) - len(gone))


def _is_gone(address: str) -> bool:
    """Whether there surely is no such file; one that we may not look at may be there."""
    try:
        os.lstat(without_page(address))
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def _overwritten(one: FileSource) -> Source:
    """What a picture bears for a file that holds another one now."""
    return Source(Origin.FILE, f"{one.address}{OVERWRITTEN}", f"{Path(one.address).name} (overwritten)")
