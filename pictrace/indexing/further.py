"""The further pages and frames of a file, as pictures of their own beside the first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.base import Catalog
from pictrace.catalog.records import NewPicture, Source, digest, image_id
from pictrace.errors import ImageError, PicTraceError, SourceError, StoppedError
from pictrace.images.pages import MAX_PAGES, Page, count_pages, further_pages
from pictrace.images.reading import load
from pictrace.indexing.prepare import Intake, Prepared
from pictrace.told import told

__all__ = ["prepared_pages"]

DIFFERENT_LEVELS = 4.0
"""Frames whose levels differ by less, in the mean at 32 px, are one picture to whoever looks at them."""

GLANCE_PX = 32


def prepared_pages(
    intake: Intake, data: bytes, first: Prepared, source: Source, *, keep_original: bool, apart: bool = False
) -> Iterator[tuple[Source, Prepared | PicTraceError]]:
    """What becomes of the pages of a document but the first, and of the frames of an animation that differ.

    Parameters
    ----------
    intake
        What prepares them.
    data, first, source
        The file, what was prepared of its first page, and where it came from.
    keep_original, apart
        As for Intake.prepare.

    Yields
    ------
    source, prepared
        Of each page, or why it cannot be used.
    """
    count, what = count_pages(data)
    if count < 2:
        return
    shown: list[NDArray[np.float32]] = []
    for page in _candidates(intake.catalog, data, first, what):
        of_page = replace(source, address=f"{source.address}#{page.name}", title=f"{source.label}, {page.title}")
        try:
            if isinstance(page.data, ImageError):
                raise page.data
            prepared = intake.prepare(page.data, of_page, keep_original=keep_original, apart=apart)
            if what == "frame" and isinstance(prepared, NewPicture):
                shown = shown or [_glance(_thumbnail(intake.catalog, first))]
                glance = _glance(prepared.thumbnail)
                if any(float(np.abs(glance - one).mean()) < DIFFERENT_LEVELS for one in shown):
                    continue
                shown.append(glance)
        except StoppedError:
            raise
        except PicTraceError as error:
            yield of_page, error
        else:
            yield of_page, prepared
    if what == "page" and count > MAX_PAGES:
        yield (
            source,
            SourceError(
                told(
                    "It has {count:,} pages, of which the first {most} are read. Split it into smaller files.",
                    count=count,
                    most=MAX_PAGES,
                )
            ),
        )


def _candidates(catalog: Catalog, data: bytes, first: Prepared, what: str) -> Iterator[Page]:
    """All pages; the frames that are here, where any is: the others were like it when they were looked at."""
    if isinstance(first, NewPicture):
        size = first.width, first.height
    else:
        record = catalog.pictures([image_id(first)]).get(image_id(first))
        size = (record.width, record.height) if record is not None else (1, 1)
    pages = further_pages(data, *size)
    if what == "frame" and isinstance(first, bytes):
        frames = [one for one in pages if isinstance(one.data, bytes)]
        here = catalog.pictures(image_id(digest(one.data)) for one in frames if isinstance(one.data, bytes))
        known = [one for one in frames if isinstance(one.data, bytes) and image_id(digest(one.data)) in here]
        pages = iter(known or frames)
    yield from pages


def _thumbnail(catalog: Catalog, first: Prepared) -> bytes:
    if isinstance(first, NewPicture):
        return first.thumbnail
    return catalog.thumbnail(image_id(first)) or b""


def _glance(thumbnail: bytes) -> NDArray[np.float32]:
    """(GLANCE_PX, GLANCE_PX, 3), float32, 0 to 255; far from all others where there is no thumbnail."""
    size = (GLANCE_PX, GLANCE_PX)
    if not thumbnail:
        return np.full((*size, 3), 1e6, np.float32)
    return np.asarray(cv2.resize(load(thumbnail), size, interpolation=cv2.INTER_AREA), np.float32)
