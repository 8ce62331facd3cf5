"""Pictures of a catalog at the size that a page shows."""

from __future__ import annotations

import streamlit as st

from pictrace.app.components import Tile, data_address
from pictrace.catalog.base import Catalog
from pictrace.catalog.records import PictureRecord
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import fit
from pictrace.images.reading import load

__all__ = ["picture_tiles", "thumbnail_address", "thumbnail_jpeg"]

QUALITY = 70  # they are shown at half their size, where no more is seen, and travel with each change of the ranking


@st.cache_data(show_spinner=False, max_entries=5000)
def _scaled(identity: str, picture_id: int, size_px: int, _catalog: Catalog) -> bytes:
    kept = _catalog.thumbnail(picture_id)
    return b"" if kept is None else encode_jpeg(fit(load(kept), size_px), quality=QUALITY, smallest=True)


def thumbnail_jpeg(catalog: Catalog, picture_id: int, size_px: int) -> bytes:
    """A picture's thumbnail at the size shown, as JPEG; empty where it was removed."""
    return _scaled(catalog.identity, picture_id, size_px, catalog)


def thumbnail_address(catalog: Catalog, picture_id: int, size_px: int) -> str:
    """The same as an address that an image element can show; empty where it was removed."""
    jpeg = thumbnail_jpeg(catalog, picture_id, size_px)
    return data_address(jpeg) if jpeg else ""


def picture_tiles(catalog: Catalog, records: dict[int, PictureRecord], size_px: int) -> list[Tile]:
    """Pictures to choose from."""
    return [Tile(str(one), record.label, thumbnail_jpeg(catalog, one, size_px)) for one, record in records.items()]
