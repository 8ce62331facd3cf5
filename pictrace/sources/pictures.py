"""One picture file."""

from __future__ import annotations

import os
from pathlib import Path

from pictrace.images.formats import PICTURE_SUFFIXES
from pictrace.sources.base import Item, Listing
from pictrace.sources.kinds import SourceKind

__all__ = ["KIND"]

KIND = SourceKind(
    "a picture file",
    lambda address, _: Listing((Item.of_file(Path(address)),), covers=os.path.realpath(address)),
    suffixes=PICTURE_SUFFIXES,
    uploads=frozenset(),  # pictures are uploaded as such
    order=20,
)
