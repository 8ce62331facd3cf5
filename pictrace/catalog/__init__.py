"""Stores of pictures and their features. Here alone an address becomes a store; which one it is, nobody above sees."""

from __future__ import annotations

from pictrace.catalog import _files
from pictrace.catalog.address import is_postgres
from pictrace.catalog.base import Catalog
from pictrace.catalog.servers.address import are_servers
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import CatalogError
from pictrace.told import told

__all__ = ["delete_catalog", "last_written", "open_catalog"]


def open_catalog(location: str, *, must_exist: bool = True) -> Catalog:
    """Open the catalog at an address.

    Parameters
    ----------
    location
        Where it is: the name of a SQLite file, postgresql://USER:PASSWORD@HOST:PORT/DATABASE, or PicTrace servers,
        such as https://a.example,https://b.example.
    must_exist
        Whether a catalog that is not there is an error, or an empty one is made.

    Raises
    ------
    CatalogError
        It cannot be opened, or made; the text says why.
    """
    if are_servers(location):
        from pictrace.catalog.servers.federated import open_servers  # the API's types take a moment to load

        return open_servers(location, must_exist=must_exist)
    if not is_postgres(location):
        return SqliteCatalog(location, must_exist=must_exist)
    try:
        from pictrace.catalog.postgres import PostgresCatalog
    except ImportError as error:
        raise CatalogError(
            told("A catalog in PostgreSQL needs psycopg. Install it with: pip install 'pictrace[postgres]'")
        ) from error
    return PostgresCatalog(location, must_exist=must_exist)


def delete_catalog(location: str) -> None:
    """Delete a catalog in a file that nobody has open, with its caches; one that is gone is passed over."""
    _files.delete(location)


def last_written(location: str) -> float:
    """When a catalog in a file was written last, in seconds as time.time() counts them; 0 where there is none."""
    return _files.last_written(location)
