"""Folders of pictures."""

from __future__ import annotations

import os
from pathlib import Path

from pictrace.images.formats import PICTURE_SUFFIXES
from pictrace.sources.base import Item, Listing, Skipped
from pictrace.sources.kinds import Choices, SourceKind
from pictrace.sources.leaving_out import IGNORE_FILE, Globs, IgnoreFiles, LeftOut, rubbish
from pictrace.told import told

__all__ = ["KIND", "read_folder"]


def read_folder(folder: Path, globs: Globs | None = None) -> Listing:
    """All picture files below the folder, by their names, in a stable order.

    Links to files count as files; links to folders are listed as skipped, as they may lead in a circle. Rubbish, and
    what globs or files called .pictraceignore name, is left out, with one entry a kind.

    Raises
    ------
    SourceError
        Where a .pictraceignore cannot be read.
    """
    globs = globs or Globs()
    items: list[Item] = []
    skipped: list[Skipped] = []
    left_out, ignored = LeftOut(), IgnoreFiles()
    inherited: dict[str, str] = {}  # folders that are looked through for exceptions only

    def refuse(error: OSError) -> None:
        skipped.append(
            Skipped(str(error.filename), told("The folder cannot be read: {reason}.", reason=error.strerror))
        )

    def why_not(place: str, name: str, *, is_folder: bool = False) -> str | None:
        path = Path(place, name).relative_to(folder).as_posix() + "/" * is_folder
        if globs.takes(path):
            return None
        if place in inherited:
            return inherited[place]
        if ignored.leave_out(place, name, is_folder=is_folder):
            return f"what {IGNORE_FILE} names"
        return globs.reason(path) or rubbish(name)

    for place, folders, names in os.walk(folder, onerror=refuse):
        ignored.enter(place)
        folders.sort()
        for name in tuple(folders):
            path = Path(place, name)
            if kind := why_not(place, name, is_folder=True):
                if globs.has_exceptions and not path.is_symlink():
                    inherited[str(path)] = kind
                else:
                    folders.remove(name)
                    left_out.add(kind, str(path))
            elif path.is_symlink():  # os.walk names it, but does not enter it
                skipped.append(Skipped(str(path), told("It is a link to another folder. Name that folder.")))
        for name in sorted(names):
            path = Path(place, name)
            if name == IGNORE_FILE:
                continue
            if kind := why_not(place, name):
                left_out.add(kind, str(path))
            elif path.suffix.lower() in PICTURE_SUFFIXES:
                items.append(Item.of_file(path))
            else:
                skipped.append(Skipped(str(path), told("Its name does not end like a picture's.")))
    return Listing(tuple(items), (*skipped, *left_out.told()), covers=os.path.realpath(folder))


def _read(address: str, choices: Choices) -> Listing:
    return read_folder(Path(address), Globs(choices.exclude or (), choices.include or ()))


KIND = SourceKind(
    "a folder",
    _read,
    is_alike=lambda glimpse: glimpse.is_folder,
    understands=frozenset(["exclude", "include"]),
    order=10,
)
