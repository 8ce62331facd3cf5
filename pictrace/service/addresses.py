"""Where pictures are, as far as a page's visitors are told: the folders of the server are its owner's affair."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath, PureWindowsPath

from pictrace.catalog.records import PictureRecord
from pictrace.service.owner import owner

__all__ = ["shown_address", "shown_record"]

KEPT_PARTS = 2


def shown_address(address: str) -> str:
    """An address as it is, but of a path only its end: "…/holiday/beach.jpg"; all of it where the owner shows paths."""
    whole = PureWindowsPath(address).is_absolute() or PurePosixPath(address).is_absolute()
    if not whole or owner().shows_paths:
        return address
    return "/".join(["…", *address.replace("\\", "/").strip("/").split("/")[-KEPT_PARTS:]])


def shown_record(record: PictureRecord) -> PictureRecord:
    """A picture with all its addresses like that."""
    return replace(record, sources=tuple(replace(one, address=shown_address(one.address)) for one in record.sources))
