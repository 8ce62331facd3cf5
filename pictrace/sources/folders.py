"""Folders of pictures."""

from __future__ import annotations

import os
from pathlib import Path

from pictrace.images.formats import PICTURE_SUFFIXES
from pictrace.sources.base import Item, Listing, Skipped
from pictrace.sources.kinds import SourceKind

__all__ = ["KIND", "read_folder"]


def read_folder(folder: Path) -> Listing:
    """All picture files below the folder, by their names, in a stable order.

    Links to files count as files; links to folders are listed as skipped, as they may lead in a circle.
    """
    items: list[Item] = []
    skipped: list[Skipped] = []

    def refuse(error: OSError) -> None:
        skipped.append(Skipped(str(error.filename), f"The folder cannot be read: {error.strerror}."))

    for place, folders, names in os.walk(folder, onerror=refuse):
        folders.sort()
        for name in folders:
            if Path(place, name).is_symlink():  # os.walk names it, but does not enter it
                skipped.append(Skipped(str(Path(place, name)), "It is a link to another folder. Name that folder."))
        for name in sorted(names):
            path = Path(place, name)
            if path.suffix.lower() in PICTURE_SUFFIXES:
                items.append(Item.of_file(path))
            else:
                skipped.append(Skipped(str(path), "Its name does not end like a picture's."))
    return Listing(tuple(items), tuple(skipped))


KIND = SourceKind(
    "a folder", lambda address, _: read_folder(Path(address)), is_alike=lambda glimpse: glimpse.is_folder, order=10
)
