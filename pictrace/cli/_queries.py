"""Pictures that a command was given to look for or to compare."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pictrace.cli._commands import limits_of, policy_within
from pictrace.cli._output import warn
from pictrace.errors import ImageError, PicTraceError, SourceError
from pictrace.images.pages import page_at, page_of, pages_told, without_page
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.prepare import read_file
from pictrace.metrics.base import Metric
from pictrace.searching.query import Query, prepare_query
from pictrace.sources import pictures
from pictrace.sources.base import Item
from pictrace.sources.iiif import names_manifest
from pictrace.sources.listing import kind_of_source, list_source
from pictrace.web.fetch import fetch
from pictrace.web.s3 import fetch_s3, is_s3

__all__ = ["Asked", "is_link", "queries_of", "query_of", "read"]


@dataclass(frozen=True)
class Asked:
    """A picture to look for: by an address, or out of a source that lists it."""

    address: str
    item: Item | None = None

    def read(self, options: argparse.Namespace) -> bytes:
        """Its bytes; PicTraceError names the address."""
        if self.item is None or self.item.path is not None or self.item.url is not None:
            return read(self.address, options)
        try:
            return self.item.load() if self.item.load is not None else self.item.data or b""
        except PicTraceError as error:
            raise type(error)(f"{self.address}: {error}") from error


def queries_of(addresses: Sequence[str]) -> list[Asked]:
    """What addresses name: one picture each, or all that a folder, an archive, a table or a list of them names."""
    found: list[Asked] = []
    for address in addresses:
        if address == "-" or is_s3(address) or not _is_listing(address):
            found.append(Asked(address))
            continue
        listing = list_source(address)
        warn(*(f"{one.address}: {one.reason}" for one in listing.skipped))
        found += [Asked(str(item.path or item.url or item.source.address), item) for item in listing.items]
    return found


def _is_listing(address: str) -> bool:
    """Whether it is something that is there and lists pictures; what is neither is told when it is read."""
    if is_link(address):
        return names_manifest(address)
    try:
        path = Path(address)
        return path.is_dir() or (path.is_file() and kind_of_source(address) is not pictures.KIND)
    except (SourceError, OSError):
        return False


def query_of(address: str, data: bytes, metrics: Sequence[Metric], options: argparse.Namespace) -> Query:
    """The same of bytes that were read before."""
    try:
        limits = replace(limits_of(options), apart=is_link(address))
        query = prepare_query(data, metrics, orientations=not options.no_orientations, limits=limits)
        warn(*(f"{address}: {note}" for note in query.info.notes))
        return query
    except PicTraceError as error:
        raise type(error)(f"{address}: {error}") from error


def read(address: str, options: argparse.Namespace) -> bytes:
    """The bytes of a file or link, or of standard input for "-"; PicTraceError names the address.

    Of a document or an animation it is the first page, which is told, or the one that the address names ("#page=2").
    """
    limits = limits_of(options)
    file, name = without_page(address), page_of(address)
    try:
        if address == "-":
            data = _standard_input(limits)
        elif is_s3(address):
            data = fetch_s3(file, policy_within(limits))
        elif is_link(address):
            data = fetch(file, policy_within(limits)).data
        else:
            data = read_file(Path(file), limits)
        if name:
            return page_at(data, name)
    except PicTraceError as error:
        if str(error).startswith(file):
            raise
        raise type(error)(f"{address}: {error}") from error
    if told := pages_told(data):
        warn(f"{address}: {told}")
    return data


def is_link(address: str) -> bool:
    """Whether it is fetched."""
    return address.lower().startswith(("http://", "https://"))


def _standard_input(limits: DecodeLimits) -> bytes:
    data = sys.stdin.buffer.read(limits.max_bytes + 1)
    if len(data) > limits.max_bytes:
        raise ImageError(
            f"standard input has more than the {limits.max_bytes:,} bytes allowed: save it smaller, or allow more by "
            "--max-bytes"
        )
    return data
