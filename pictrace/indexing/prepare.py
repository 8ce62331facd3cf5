"""What becomes of one picture: its bytes, its pixels within a budget, its features, and the batch that is stored."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pictrace import kernels
from pictrace.catalog.base import Catalog
from pictrace.catalog.records import NewPicture, Source, digest, image_id
from pictrace.errors import CatalogError, ImageError, PicTraceError, SourceError
from pictrace.faults import as_own
from pictrace.images.budget import GivenUp, giving_up, never
from pictrace.images.encoding import thumbnail
from pictrace.images.loading import load_picture
from pictrace.images.pages import page_at, page_of, without_page
from pictrace.images.reading import DecodeLimits
from pictrace.images.smaller import small_thumbnail
from pictrace.metrics.base import Metric
from pictrace.told import told

__all__ = [
    "BATCH_PICTURES",
    "Intake",
    "Pages",
    "Prepared",
    "id_of",
    "new_picture",
    "original_bytes",
    "read_file",
]

WORTH_PAIRS = 20
"""Comparisons that compiled kernels save as much time on as on the keypoints of one picture."""

BATCH_PICTURES = 64
BATCH_BYTES = 64 * 1024**2  # of originals: links may bring 20 MB each
BATCH_S = 2.0

Prepared = NewPicture | bytes
"""A new picture, or the SHA-256 of one that is here."""

Pages = list[tuple[Source, Prepared | PicTraceError]]
"""What became of a file: of its first page, and of those behind it."""


def id_of(prepared: Prepared) -> int:
    """Which picture it is."""
    return prepared.id if isinstance(prepared, NewPicture) else image_id(prepared)


def read_file(path: Path, limits: DecodeLimits) -> bytes:
    """The bytes of a file within the limits; SourceError or ImageError says what is wrong."""
    try:
        if path.exists() and not path.is_file():  # reading from a named pipe would wait for ever
            raise SourceError(told("It is not a file. Name a picture file."))
        with path.open("rb") as file:
            data = file.read(limits.max_bytes + 1)
    except OSError as error:
        raise SourceError(told("The file cannot be read: {reason}.", reason=error.strerror or error)) from error
    if len(data) > limits.max_bytes:
        raise ImageError(
            told(
                "The file is larger than {most:.3g} MB. Save it smaller, as JPEG for example, or allow more by "
                "--max-bytes (in an app, its owner by PICTRACE_MAX_BYTES).",
                most=limits.max_bytes / 1024**2,
            )
        )
    return data


def new_picture(
    data: bytes,
    source: Source,
    metrics: Sequence[Metric],
    *,
    keep_original: bool,
    limits: DecodeLimits,
    thumbnail_px: int = 0,
) -> NewPicture:
    """A picture with its thumbnail and all features, ready for a catalog; ImageError where it is none.

    thumbnail_px: see pictrace.catalog.keeping.
    """
    info, image = load_picture(data, limits)
    kernels.expect(WORTH_PAIRS)
    return NewPicture(
        digest(data),
        info.format,
        info.width,
        info.height,
        len(data),
        small_thumbnail(image, thumbnail_px) if thumbnail_px else thumbnail(image),
        (source,),
        data if keep_original else None,
        {spec: features for metric in metrics for spec, features in metric.kept(metric.extract(image)).items()},
        info.notes,
    )


def original_bytes(catalog: Catalog, picture_id: int, limits: DecodeLimits) -> bytes:
    """The picture's own bytes: kept in the catalog, or read from a file that still holds them.

    Raises
    ------
    SourceError
        Where neither does any more.
    """
    kept = catalog.original(picture_id)
    if kept is not None:
        return kept
    record = catalog.pictures([picture_id]).get(picture_id)
    if record is None:
        raise SourceError(
            told("The catalog holds no picture {picture_id} any more. Add it again.", picture_id=picture_id)
        )
    files = [one.address for one in record.sources if one.kind == "file"]
    for address in files:
        try:
            data = page_at(read_file(Path(without_page(address)), limits), page_of(address))
        except PicTraceError:
            continue  # another address may still hold it
        if digest(data) == record.sha256:
            return data
    if files:
        raise SourceError(
            told(
                "The original is not where it was when it was added ({name}). Put it back, or add it again.",
                name=Path(files[0]).name,
            )
        )
    raise SourceError(told("The original is not where it was when it was added. Put it back, or add it again."))


class Intake:
    """Pictures and sources on their way into a catalog. ``prepare`` is for any thread, the rest for one."""

    def __init__(
        self, catalog: Catalog, metrics: Sequence[Metric], limits: DecodeLimits, given_up: GivenUp = never
    ) -> None:
        self.catalog, self._limits, self._given_up = catalog, limits, given_up
        self._keeping = catalog.keeping
        self._metrics = [one for one in metrics if not self._keeping.leaves_out(one.feature_key)]
        self._revision = catalog.revision()
        self._here = {int(one) for one in catalog.ids()}
        self._batch: dict[int, NewPicture] = {}
        self._sources: dict[int, list[Source]] = {}
        self._stored = time.monotonic()

    def look_again(self) -> None:
        """Learn what others did to the catalog meanwhile."""
        if self.catalog.revision() == self._revision:
            return
        changes = self.catalog.changes(self._revision)
        self._revision = changes.revision
        self._here |= {*changes.added}
        self._here -= {one for one in changes.removed if one not in self._batch}

    def prepare(self, data: bytes, source: Source, *, keep_original: bool, apart: bool = False) -> Prepared:
        """The picture with its features, or only the SHA-256 of one that is here already; ImageError where none.

        Parameters
        ----------
        apart
            Decode it in a process of its own, whatever the limits say: a stranger's.
        """
        if not _is_unicode(source.address) or not _is_unicode(source.title):
            raise SourceError(told("Its name is not valid Unicode, so it cannot be stored. Rename the file."))
        sha256 = digest(data)
        if image_id(sha256) in self._here:
            return sha256
        most = self._limits.max_bytes + (len(data) if page_of(source.address) else 0)  # its file was within the limits
        limits = replace(self._limits, apart=apart or self._limits.apart, max_bytes=most)
        with as_own(ImageError, source.label), giving_up(self._given_up):
            return new_picture(
                data, source, self._metrics, keep_original=keep_original, limits=limits,
                thumbnail_px=self._keeping.thumbnail_px,
            )  # fmt: skip

    def take(self, prepared: Prepared, source: Source) -> bool:
        """Whether the picture is new here; one that is not gains the source. CatalogError where neither can be."""
        if isinstance(prepared, NewPicture) and prepared.id not in self._here:
            self._here.add(prepared.id)
            self._batch[prepared.id] = prepared
            return True
        sha256 = prepared.sha256 if isinstance(prepared, NewPicture) else prepared  # the former: twice in one run
        picture_id = image_id(sha256)
        held = self._batch.get(picture_id) or self.catalog.pictures([picture_id]).get(picture_id)
        if held is None:
            raise CatalogError(told("It was removed from the catalog during this run. Add it again."))
        if held.sha256 != sha256:
            raise CatalogError(
                told("Another picture has the same id, {picture_id}. Leave one of them out.", picture_id=picture_id)
            )
        self.note(picture_id, source)
        return False

    def note(self, picture_id: int, source: Source) -> None:
        """A source of a picture that is here, or how it was found."""
        self._sources.setdefault(picture_id, []).append(source)

    @property
    def new_waiting(self) -> int:
        """How many new pictures are not stored yet."""
        return len(self._batch)

    @property
    def is_due(self) -> bool:
        """Whether the batch is large or old enough to be stored."""
        originals = sum(len(one.original or b"") for one in self._batch.values())
        late = time.monotonic() - self._stored > BATCH_S
        return late or len(self._batch) >= BATCH_PICTURES or originals >= BATCH_BYTES

    def store(self) -> None:
        """Store the batch: pictures in one transaction, sources in another."""
        batch, self._batch = self._batch, {}
        sources, self._sources = self._sources, {}
        if batch:
            self.catalog.add(tuple(batch.values()))
        if sources:
            self.catalog.add_sources(sources)
        self._stored = time.monotonic()

    def drop(self) -> None:
        """Give up what is not stored yet."""
        self._batch, self._sources = {}, {}


def _is_unicode(text: str) -> bool:
    """File names that are not come from the system with lone surrogates in them, which no database stores."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
