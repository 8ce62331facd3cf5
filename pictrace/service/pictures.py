"""Pictures that somebody gives, to search with or to compare: uploaded, pasted, from a link or from the catalog."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, replace
from functools import cached_property

from pictrace.catalog.base import Catalog
from pictrace.catalog.records import digest
from pictrace.errors import SourceError
from pictrace.escape import for_message
from pictrace.images.allowed import allowed
from pictrace.images.formats import FORMATS
from pictrace.images.loading import load_picture
from pictrace.images.pages import pages_told
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import DecodeLimits, ImageInfo
from pictrace.images.region import Region, with_region
from pictrace.indexing.prepare import original_bytes
from pictrace.sample import example_queries
from pictrace.service.spilled import spilling
from pictrace.service.typed_links import fetch_link
from pictrace.sources.base import Listing
from pictrace.sources.iiif import names_manifest, read_manifest
from pictrace.told import told, told_of

__all__ = [
    "CATALOG_ADDRESS",
    "Picture",
    "catalog_picture",
    "example_picture",
    "linked_picture",
    "original_picture",
    "picture_at",
    "picture_types",
    "upload_limits",
]

_USUAL = DecodeLimits(max_bytes=20 * 1024**2, apart=True)
CATALOG_ADDRESS, LINK_ADDRESS, EXAMPLE_ADDRESS = "catalog:", "link:", "example:"


def upload_limits() -> DecodeLimits:
    """What a picture may cost that somebody brings, by the owner's settings; read at each call, as they may change."""
    return allowed(default=_USUAL)


@spilling("data")
@dataclass(frozen=True)
class Picture:
    """A picture that somebody gave. kind as in catalog.records.Source, or "catalog" or "example".

    Attributes
    ----------
    data
        The bytes of its file; large ones are read from disk at each call.
    address
        What brings the same picture again on another visit, "" where nothing does.
    region
        Which part of the picture it is, and whole the picture; None of a picture as it is.
    """

    data: bytes
    name: str
    kind: str
    address: str = ""
    region: Region | None = None
    whole: Picture | None = None

    def part(self, region: Region | None) -> Picture:
        """A part of the whole picture, or with None the whole."""
        whole = self.whole or self
        if region is None:
            return whole
        return replace(whole, data=with_region(whole.data, region), region=region, whole=whole)

    @cached_property
    def pages_told(self) -> str:
        """That it is the first page or frame of several, if so."""
        return pages_told(self.data)

    @cached_property
    def sha256(self) -> str:
        return digest(self.data).hex()


def picture_types() -> list[str]:
    """Endings of files that an uploader offers, those first that most people have; what they hold is looked at later.

    HEIC is offered only where the package that reads it is there.
    """
    has_heif = importlib.util.find_spec("pillow_heif") is not None
    offered = [one for one in FORMATS.values() if one.name != "HEIC" or has_heif]
    usual = [one.suffixes[0] for one in offered if one.name != "RAW"]
    others = [suffix for one in offered for suffix in one.suffixes if suffix not in usual]
    return [suffix.lstrip(".") for suffix in (*usual, *others)]


def catalog_picture(catalog: Catalog, picture_id: int) -> Picture:
    """A picture of the catalog, from its original; PicTraceError where that is gone."""
    record = catalog.pictures([picture_id]).get(picture_id)
    data = original_bytes(catalog, picture_id, upload_limits())
    return Picture(data, record.label if record else "picture", "catalog", f"{CATALOG_ADDRESS}{picture_id}")


def original_picture(catalog: Catalog, picture_id: int) -> tuple[ImageInfo, RGBImage]:
    """What the header of a picture's original says, and its pixels; PicTraceError where it is gone or unreadable."""
    return load_picture(original_bytes(catalog, picture_id, upload_limits()), upload_limits())


def linked_picture(address: str) -> Picture:
    """A picture from the network; PicTraceError where it cannot or must not be fetched, or is a list of some."""
    if names_manifest(address):
        raise _is_a_list(address, read_manifest(address))
    return Picture(fetch_link(address), address, "link", f"{LINK_ADDRESS}{address}")


def _is_a_list(address: str, listing: Listing) -> SourceError:
    """Why a manifest is no picture, and what to give in its place."""
    first = next((one.url for one in listing.items if one.url), None)
    if first is None:
        return SourceError(
            told_of(
                "{address} is an IIIF manifest, a list of {count:,} picture. Add the manifest on the Catalog page.",
                "{address} is an IIIF manifest, a list of {count:,} pictures. Add the manifest on the Catalog page.",
                len(listing.items),
                address=for_message(address),
            )
        )
    return SourceError(
        told_of(
            "{address} is an IIIF manifest, a list of {count:,} picture. Search with it, {first}, or add the manifest "
            "on the Catalog page.",
            "{address} is an IIIF manifest, a list of {count:,} pictures. Search with one of them, such as {first}, or "
            "add the manifest on the Catalog page.",
            len(listing.items),
            address=for_message(address),
            first=for_message(first),
        )
    )


def example_picture(name: str) -> Picture:
    """One of the queries to try; SourceError where none is called so."""
    for one in example_queries():
        if one.name == name:
            return Picture(one.data(), one.title, "example", f"{EXAMPLE_ADDRESS}{name}")
    raise SourceError(told("{name} is no example. Choose one on the page.", name=for_message(name)))


def picture_at(address: str, catalog: Catalog) -> Picture:
    """The picture that a shared link names: another link, an example, or one of the open catalog.

    Raises PicTraceError where there is none.
    """
    if address.startswith(EXAMPLE_ADDRESS):
        return example_picture(address.removeprefix(EXAMPLE_ADDRESS))
    if not address.startswith(CATALOG_ADDRESS):
        return linked_picture(address.removeprefix(LINK_ADDRESS))
    number = address.removeprefix(CATALOG_ADDRESS)
    if not number.isascii() or not number.isdigit() or len(number) > 19:
        raise SourceError(told("{address} names no picture of a catalog. Copy the link again.", address=address[:60]))
    return catalog_picture(catalog, int(number))
