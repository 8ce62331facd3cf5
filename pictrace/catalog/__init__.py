"""Stores of pictures and their features."""

from __future__ import annotations

from pictrace.catalog.sqlite import SqliteCatalog

__all__ = ["open_catalog"]


def open_catalog(location: str, *, must_exist: bool = True) -> SqliteCatalog:
    """Open the catalog at this address; CatalogError says why where that fails."""
    return SqliteCatalog(location, must_exist=must_exist)
