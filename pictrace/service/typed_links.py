"""Links that somebody types on the page: of the network, and, where the owner allows it, of S3."""

from __future__ import annotations

from pictrace.errors import RefusedError
from pictrace.sources.base import Item, Skipped
from pictrace.web.fetch import fetch
from pictrace.web.policy import DownloadPolicy
from pictrace.web.s3 import check_s3_allowed, fetch_s3, is_s3

__all__ = ["fetch_link", "item_of_link", "refusal"]


def refusal(address: str) -> str:
    """Why a stranger's address must not be read, which would be with the server's credentials; "" if it may."""
    try:
        if is_s3(address):
            check_s3_allowed()
    except RefusedError as error:
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
