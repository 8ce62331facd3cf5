"""What comes into a catalog: prepared in threads, stored in batches."""

from __future__ import annotations

import time
from collections.abc import Sequence

from pictrace.catalog.base import Catalog
from pictrace.catalog.records import NewPicture, Source, digest, image_id
from pictrace.errors import CatalogError, SourceError
from pictrace.images import DecodeLimits
from pictrace.indexing.pictures import new_picture
from pictrace.metrics.base import Metric

__all__ = ["BATCH_PICTURES", "Intake", "Prepared"]

BATCH_PICTURES = 64
BATCH_BYTES = 64 * 1024**2  # of originals: links may bring 20 MB each
BATCH_S = 2.0

Prepared = NewPicture | bytes
"""A new picture, or the SHA-256 of one that is here."""


class Intake:
    """Pictures and sources on their way into a catalog. ``prepare`` is for any thread, the rest for one."""

    def __init__(self, catalog: Catalog, metrics: Sequence[Metric], limits: DecodeLimits) -> None:
        self._catalog, self._metrics, self._limits = catalog, metrics, limits
        self._here = {int(one) for one in catalog.ids()}
        self._batch: dict[int, NewPicture] = {}
        self._sources: dict[int, list[Source]] = {}
        self._stored = time.monotonic()

    def prepare(self, data: bytes, source: Source, *, keep_original: bool) -> Prepared:
        """The picture with its features, or only the SHA-256 of one that is here already; ImageError where none."""
        if not _is_unicode(source.address) or not _is_unicode(source.title):
            raise SourceError("Its name is not valid Unicode, so it cannot be stored. Rename the file.")
        sha256 = digest(data)
        if image_id(sha256) in self._here:
            return sha256
        return new_picture(data, source, self._metrics, keep_original=keep_original, limits=self._limits)

    def take(self, prepared: Prepared, source: Source) -> bool:
        """Whether the picture is new here; one that is not gains the source. CatalogError where neither can be."""
        if isinstance(prepared, NewPicture) and prepared.id not in self._here:
            self._here.add(prepared.id)
            self._batch[prepared.id] = prepared
            return True
        sha256 = prepared.sha256 if isinstance(prepared, NewPicture) else prepared  # the former: twice in one run
        picture_id = image_id(sha256)
        held = self._batch.get(picture_id) or self._catalog.pictures([picture_id]).get(picture_id)
        if held is None:
            raise CatalogError("It was removed from the catalog during this run. Add it again.")
        if held.sha256 != sha256:
            raise CatalogError(f"Another picture has the same id, {picture_id}. Leave one of them out.")
        self.note(picture_id, source)
        return False

    def note(self, picture_id: int, source: Source) -> None:
        """A source of a picture that is here, or how it was found."""
        self._sources.setdefault(picture_id, []).append(source)

    def store_if_due(self) -> None:
        """Store the batch where it is large or old enough."""
        originals = sum(len(one.original or b"") for one in self._batch.values())
        due = time.monotonic() - self._stored > BATCH_S
        if due or len(self._batch) >= BATCH_PICTURES or originals >= BATCH_BYTES:
            self.store()

    def store(self) -> None:
        """Store the batch: pictures in one transaction, sources in another."""
        batch, self._batch = self._batch, {}
        sources, self._sources = self._sources, {}
        if batch:
            self._catalog.add(tuple(batch.values()))
        if sources:
            self._catalog.add_sources(sources)
        self._stored = time.monotonic()


def _is_unicode(text: str) -> bool:
    """File names that are not come from the system with lone surrogates in them, which no database stores."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
