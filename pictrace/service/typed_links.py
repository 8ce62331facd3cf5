"""Links that somebody types on the page: of the network, and, where the owner allows it, of S3."""

from __future__ import annotations

import os
import re
from functools import lru_cache

from pictrace.errors import PicTraceError, RefusedError
from pictrace.sources.base import Item, Skipped
from pictrace.web.fetch import fetch
from pictrace.web.policy import ALLOWED_HOSTS_VARIABLE, DownloadPolicy, check_url
from pictrace.web.s3 import check_s3_allowed, fetch_s3, is_s3

__all__ = ["fetch_link", "host_refusal", "item_of_link", "refusal"]

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


def fetch_link(address: str) -> bytes:
    """The bytes behind a link; DownloadError, or RefusedError where it must not be fetched."""
    if is_s3(address):
        check_s3_allowed()
        return fetch_s3(address)
    return fetch(address, DownloadPolicy.from_environment()).data
