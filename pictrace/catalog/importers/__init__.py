"""What a folder, a table, a list, an archive or a database holds: the pictures to read, without reading them yet."""

from __future__ import annotations

from pictrace.catalog.importers.archives import ArchiveLimits, read_zip
from pictrace.catalog.importers.base import PICTURE_SUFFIXES, Item, Listing, Skipped, is_link
from pictrace.catalog.importers.buckets import read_bucket
from pictrace.catalog.importers.catalogs import DatabaseKind, is_catalog, kind_of
from pictrace.catalog.importers.databases import Table, read_database, tables_of
from pictrace.catalog.importers.folders import read_folder
from pictrace.catalog.importers.lists import read_json, read_list
from pictrace.catalog.importers.sources import list_source
from pictrace.catalog.importers.tables import read_csv, read_table

__all__ = [
    "PICTURE_SUFFIXES",
    "ArchiveLimits",
    "DatabaseKind",
    "Item",
    "Listing",
    "Skipped",
    "Table",
    "is_catalog",
    "is_link",
    "kind_of",
    "list_source",
    "read_bucket",
    "read_csv",
    "read_database",
    "read_folder",
    "read_json",
    "read_list",
    "read_table",
    "read_zip",
    "tables_of",
]
