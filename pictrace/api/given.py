"""The pictures that a request gives: in its body, behind a link, or in the catalog."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from pictrace.api.bodies import File
from pictrace.api.problems import ProblemError
from pictrace.catalog.base import Catalog
from pictrace.client.answers import ProblemPart
from pictrace.service.pictures import CATALOG_ADDRESS, Picture, catalog_picture, linked_picture

__all__ = ["address_of", "given_picture", "one_of"]


def one_of(where: str, **given: object) -> None:
    """ProblemError unless exactly one of these is given. where: the JSON pointer of what holds them."""
    if sum(one not in (None, UNSET) for one in given.values()) != 1:
        detail = f"Give exactly one of: {', '.join(given)}."
        raise ProblemError("invalid-request", detail, [ProblemPart(pointer=where, detail=detail)])


def given_picture(
    catalog: Catalog, file: File | None, url: str | UnsetType = UNSET, picture_id: int | UnsetType = UNSET
) -> Picture:
    """The one that is given; PicTraceError where it cannot be had."""
    if file is not None:
        return Picture(file.data, file.name or "upload", "upload")
    if url is not UNSET:
        return linked_picture(url)
    known = -1 if picture_id is UNSET else picture_id
    if known not in catalog.pictures([known]):
        raise ProblemError("not-found", f"The catalog holds no picture {known}.")
    return catalog_picture(catalog, known)


def address_of(picture: Picture) -> str:
    """What a document calls it: a link, catalog:ID, or a file's name."""
    return picture.address if picture.address.startswith(CATALOG_ADDRESS) else picture.name
