"""Links that somebody types on the page: of the network, and, where the owner allows it, of S3."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import lru_cache

from pictrace.errors import PicTraceError, RefusedError
from pictrace.sources.base import Item, Listing, Skipped
from pictrace.sources.iiif import names_manifest, read_manifest
from pictrace.web.fetch import fetch
from pictrace.web.policy import ALLOWED_HOSTS_VARIABLE, DownloadPolicy, check_url
from pictrace.web.s3 import check_s3_allowed, fetch_s3, is_s3

__all__ = ["fetch_link", "host_refusal", "item_of_link", "listing_of_links", "refusal"]

_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


def refusal(address: str) -> str:
    """Why a stranger's address must not be read, which would be with the server's credentials; "" if it may."""
    try:
        if is_s3(address):
            check_s3_allowed()
    except RefusedError as error:
        return str(error)
    return ""


def host_refusal(address: str) -> str:
    """Why a link's host, port or scheme will be refused, as far as the link itself tells; "" where it does not.

    Nothing is looked up, and a host is judged once, so that a list of a million links is judged in a second.
    """
    origin = _ORIGIN.match(address)
    if origin is None or is_s3(address):
        return refusal(address)
    return _origin_refusal(origin.group(), os.environ.get(ALLOWED_HOSTS_VARIABLE, ""))


@lru_cache(maxsize=4096)
def _origin_refusal(origin: str, allowed: str) -> str:
    """allowed: what the policy is made of, which the owner may change."""
    del allowed
    try:
        check_url(origin, DownloadPolicy.from_environment())
    except PicTraceError as error:
        return str(error)
    return ""


def item_of_link(address: str) -> Item | Skipped:
    """What a line of links stands for."""
    if why := refusal(address):
        return Skipped(address, why)
    return Item.of_s3(address) if is_s3(address) else Item.of_link(address)


def listing_of_links(lines: Iterable[str], manifests: dict[str, Listing]) -> Listing:
    """What lines of links stand for: each a picture, or a IIIF manifest with its pictures.

    Parameters
    ----------
    lines
        As they were typed.
    manifests
        What was read before, by link; it is brought up to date, so that each is fetched once as long as it stands
        there.
    """
    typed = [line for line in map(str.strip, lines) if line]
    for gone in manifests.keys() - set(typed):
        del manifests[gone]
    items: list[Item] = []
    skipped: list[Skipped] = []
    for line in typed:
        if names_manifest(line):
            if line not in manifests:
                manifests[line] = _listing_of_manifest(line)
            items += manifests[line].items
            skipped += manifests[line].skipped
            continue
        entry = item_of_link(line)
        if isinstance(entry, Item):
            items.append(entry)
        else:
            skipped.append(entry)
    return Listing(tuple(items), tuple(skipped))


def _listing_of_manifest(address: str) -> Listing:
    try:
        return read_manifest(address)
    except PicTraceError as error:
        return Listing((), (Skipped(address, str(error)),))


def fetch_link(address: str) -> bytes:
    """The bytes behind a link; DownloadError, or RefusedError where it must not be fetched."""
    if is_s3(address):
        check_s3_allowed()
        return fetch_s3(address)
    return fetch(address, DownloadPolicy.from_environment()).data
