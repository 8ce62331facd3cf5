"""Addresses of PicTrace servers: told from links to catalog files, and the tokens that open them."""

from __future__ import annotations

import logging
import os
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pictrace.errors import CatalogError, DownloadError
from pictrace.told import told

__all__ = ["API", "TOKENS_VARIABLE", "ServerAddress", "are_servers", "parsed"]

API = "/api/v1"
TOKENS_VARIABLE = "PICTRACE_SERVER_TOKENS"
MOST_SERVERS = 32

_BETWEEN = re.compile(r"[\s,]+(?=https?://)", re.IGNORECASE)  # signed links have commas of their own
_SERVER = re.compile(r"https?://[^/?#]*(/+|/[^?#]*/api/v1/?|/api/v1/?)?", re.IGNORECASE)
_TOKEN = re.compile(r"([^\s,=]+)=([\x21-\x2b\x2d-\x7e]{1,500})")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServerAddress:
    """Where a server is. address: without the API's path. token: for it alone, never shown."""

    address: str
    token: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """What people read: the host, with a port or a path where it has one."""
        return self.address.partition("://")[2]

    def url(self, path: str) -> str:
        """Of an operation of its API."""
        return f"{self.address}{API}{path}"


def are_servers(location: str) -> bool:
    """Whether this names PicTrace servers: several addresses, or one without a path of its own, or with the API's.

    Any other link is one to a catalog's file.
    """
    parts = _BETWEEN.split(location.strip())
    if not all(one.lower().startswith(("http://", "https://")) for one in parts):
        return False
    return len(parts) > 1 or _SERVER.fullmatch(parts[0]) is not None


def parsed(location: str) -> tuple[ServerAddress, ...]:
    """The servers in their order, each once, with their tokens.

    Raises
    ------
    CatalogError
        Where an address is none of a server; no password is quoted.
    """
    from pictrace.web.named import normal_address

    found: dict[str, None] = {}
    for place, part in enumerate(_BETWEEN.split(location.strip()), start=1):
        try:
            found[normal_address(part.rstrip(" ,")).removesuffix(API)] = None
        except DownloadError as error:
            raise CatalogError(
                told(
                    "The address of server {place} is not usable. {error} Write PICTRACE_CATALOG as "
                    "https://a.example,https://b.example, and tokens into {variable}.",
                    place=place,
                    error=error,
                    variable=TOKENS_VARIABLE,
                )
            ) from None
    if len(found) > MOST_SERVERS:
        raise CatalogError(
            told("{count} servers are named, more than {most}. Name fewer.", count=len(found), most=MOST_SERVERS)
        )
    tokens = _tokens()
    used = {one: tokens.get(one) or tokens.get(urlsplit(one).netloc, "") for one in found}
    return tuple(ServerAddress(one, token) for one, token in used.items())


def _tokens() -> dict[str, str]:
    """By address, or by host, as the owner wrote them; entries that are not understood are told by their place."""
    tokens = {}
    for place, entry in enumerate(re.split(r"[\s,]+", os.environ.get(TOKENS_VARIABLE, "").strip()), start=1):
        understood = _TOKEN.fullmatch(entry)
        if understood:
            tokens[understood[1].rstrip("/").removesuffix(API).lower()] = understood[2]
        elif entry:
            _log.error("Entry %d of %s is not of the form https://HOST=TOKEN: left out.", place, TOKENS_VARIABLE)
    return tokens
