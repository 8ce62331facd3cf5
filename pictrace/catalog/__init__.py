"""Stores of pictures and their features."""

from __future__ import annotations

from pictrace.catalog.base import Catalog, FeatureSpec, Link, NewPicture, PictureRecord, Source, image_id
from pictrace.catalog.links import LINK_STATES, LinkState
from pictrace.catalog.sqlite import SqliteCatalog

__all__ = [
    "LINK_STATES",
    "Catalog",
    "FeatureSpec",
    "Link",
    "LinkState",
    "NewPicture",
    "PictureRecord",
    "Source",
    "SqliteCatalog",
    "image_id",
    "open_catalog",
]


def open_catalog(location: str, *, must_exist: bool = True) -> SqliteCatalog:
    """Open the catalog at this address; CatalogError says why where that fails."""
    return SqliteCatalog(location, must_exist=must_exist)
