"""Archives, tables, lists and databases that somebody uploads, kept until they are added. No streamlit here."""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from array import array
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pictrace.catalog.other import DatabaseKind, kind_of
from pictrace.errors import PicTraceError, SourceError
from pictrace.faults import as_own
from pictrace.service.owner import owner
from pictrace.service.typed_links import refusal
from pictrace.sources import databases
from pictrace.sources.base import Item, Listing, Skipped
from pictrace.sources.discovery import upload_suffixes
from pictrace.sources.kinds import SourceKind, Table
from pictrace.sources.listing import kind_of_source, list_source
from pictrace.sources.sequences import Chosen
from pictrace.told import Told, told

__all__ = ["Upload", "Uploads", "listing_of"]


FEW = 1000  # items that are kept as such, and entries that are told one by one


@dataclass(frozen=True)
class Upload:
    """An uploaded file that lies on the server's disk. id: the same as long as the same upload is there."""

    id: str
    name: str
    path: Path

    @property
    def is_database(self) -> bool:
        """Whether its name is that of a SQLite file, which may be a catalog."""
        return self.path.suffix in databases.KIND.suffixes

    @property
    def kind(self) -> SourceKind:
        """What kind of source it is; SourceError where it is none."""
        try:
            return kind_of_source(str(self.path))
        except SourceError as error:
            _rename(error, self)
            raise


class Uploads:
    """A session's uploads, in a folder that goes with the last that refers to it."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._places = 0
        self._uploads: dict[str, Upload] = {}
        self._listings: dict[tuple[str | None, ...], Listing | SourceError] = {}
        self._tables: dict[str, list[Table]] = {}
        self._kinds: dict[str, DatabaseKind] = {}

    def take(self, upload_id: str, name: str, data: memoryview) -> Upload:
        """Keep an upload's bytes, once."""
        if upload_id not in self._uploads:
            # What it is called is a stranger's choice; messages and sources should still say it, near enough.
            suffix = Path(name).suffix.lower()
            stem = re.sub(r"[^\w.-]+", "_", Path(name).stem)[:80].strip(".") or "upload"
            path = self._place() / f"{stem}{suffix if suffix.lstrip('.') in upload_suffixes() else ''}"
            path.write_bytes(data)
            self._uploads[upload_id] = Upload(upload_id, name, path)
        return self._uploads[upload_id]

    def on_disk(self, item: Item) -> Item:
        """The same picture with its bytes on disk instead of in memory, where it waits for its turn."""
        if item.data is None:
            return item
        path = self._place() / "picture"
        path.write_bytes(item.data)
        return replace(item, data=None, load=partial(_read, path, item.source.label))

    def _place(self) -> Path:
        """A new folder within this one's."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="pictrace-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._places += 1
        place = self._folder / str(self._places)
        place.mkdir()
        return place

    def listing(
        self, upload: Upload, *, column: str | None = None, table: str | None = None, encoding: str | None = None
    ) -> Listing:
        """What it names; read once for each choice. SourceError where it is nothing that lists pictures."""
        key = (upload.id, column, table, encoding)
        if key not in self._listings:
            try:
                self._listings[key] = listing_of(upload, column=column, table=table, encoding=encoding)
            except SourceError as error:
                self._listings[key] = error
        found = self._listings[key]
        if isinstance(found, SourceError):
            raise found
        return found

    def kind(self, upload: Upload) -> DatabaseKind:
        """What a database is: a catalog of ours, some other, or a damaged one; looked through once."""
        if upload.id not in self._kinds:
            try:
                with as_own(SourceError, upload.name):
                    self._kinds[upload.id] = kind_of(upload.path)
            except PicTraceError as error:
                _rename(error, upload)
                self._kinds[upload.id] = DatabaseKind("damaged", str(error))
        return self._kinds[upload.id]

    def tables(self, upload: Upload) -> list[Table]:
        """The tables of a database, or the sheets of a workbook, that have columns to read; none of other files.

        Raises SourceError where it cannot be read.
        """
        if upload.id not in self._tables:
            tables_of = upload.kind.tables
            try:
                with as_own(SourceError, upload.name):
                    found = tables_of(upload.path) if tables_of is not None else []
                self._tables[upload.id] = [one for one in found if one.columns]
            except SourceError as error:
                _rename(error, upload)
                raise
        return self._tables[upload.id]


def listing_of(
    upload: Upload, *, column: str | None = None, table: str | None = None, encoding: str | None = None
) -> Listing:
    """What an uploaded archive, table, list or database names; SourceError where it is none.

    It may come from anybody: files of this server that it names are left out, but for those under folders
    that the owner has named, and so are objects of S3 unless the owner allows them.
    """
    if upload.path.suffix.lstrip(".") not in upload_suffixes():
        known = ", ".join(upload_suffixes())
        raise SourceError(
            told("{name} cannot list pictures. Its name must end with one of: {known}.", name=upload.name, known=known)
        )
    try:
        listing = list_source(str(upload.path), column=column, table=table, encoding=encoding)
    except SourceError as error:
        _rename(error, upload)
        raise
    if listing.only_links:  # each is judged by itself before it is fetched
        return listing
    settings = owner()
    places, left_out = array("L"), _LeftOut()
    for place, item in enumerate(listing.items):
        if why := refusal(item.source.address):
            left_out.add(item.source.address, why)
        elif item.path is None or settings.may_read(item.path):
            places.append(place)
        else:
            beside_it = item.path.is_relative_to(upload.path.parent)
            named = item.path.name if beside_it else str(item.path)
            left_out.add(named, told("Files of the server are not read for a table. Upload the picture itself."))
    items = listing.items if len(places) == len(listing.items) else Chosen(listing.items, places)
    kept = tuple(items) if len(items) <= FEW else items
    return replace(listing, items=kept, skipped=(*listing.skipped, *left_out.told()))


class _LeftOut:
    """Entries that are left out, of which there may be a million: some of them, and how many more there are."""

    def __init__(self) -> None:
        self._some: list[Skipped] = []
        self._more = 0

    def add(self, address: str, reason: str) -> None:
        if len(self._some) < FEW:
            self._some.append(Skipped(address, reason))
        else:
            self._more += 1

    def told(self) -> list[Skipped]:
        if not self._more:
            return self._some
        return [
            *self._some,
            Skipped(told("{number:,} more", number=self._more), told("They are left out for the like reasons.")),
        ]


def _read(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(
            told("{name} is on the server no more ({reason}). Upload it again.", name=name, reason=error.strerror)
        ) from error


def _rename(error: PicTraceError, upload: Upload) -> None:
    """Have an error name the file as its owner does, and not as it lies on the server."""

    def named(text: str) -> str:
        return text.replace(str(upload.path), upload.name)

    said = str(error)
    error.args = (said.renamed(named) if isinstance(said, Told) else named(said),)
