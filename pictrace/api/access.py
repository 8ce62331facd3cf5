"""Who may do what: bearer tokens, known by their hashes, with scopes."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import secrets
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request

from pictrace.api.problems import ProblemError
from pictrace.service.owner import COMMUNITY_CLOUD

__all__ = ["READ", "WRITE", "Client", "Token", "Tokens", "admitted", "configured_tokens", "new_token"]

READ, WRITE = "read", "write"
_ENTRY = re.compile(r"([A-Za-z0-9_.-]{1,64}):(read|write|read\+write):([0-9a-f]{64})")
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "cf-connecting-ip", "x-forwarded-host")

_log = logging.getLogger("pictrace.api")


@dataclass(frozen=True)
class Token:
    """sha256: of the token itself, which is nowhere kept; in hexadecimal digits."""

    name: str
    scopes: frozenset[str]
    sha256: str


@dataclass(frozen=True)
class Tokens:
    """are_set: whether the owner has set anything, be it wrong: then nobody gets in without one."""

    are_set: bool
    known: tuple[Token, ...] = ()

    def of(self, given: str) -> Token | None:
        """The one that was given, if any; all are looked at, so that the time tells nothing."""
        digest = hashlib.sha256(given.encode()).hexdigest()
        fit = [one for one in self.known if hmac.compare_digest(one.sha256, digest)]
        return fit[0] if fit else None


@dataclass(frozen=True)
class Client:
    """Who asks. name: that of a token, or an address."""

    name: str


def configured_tokens() -> Tokens:
    """Those of PICTRACE_API_TOKENS; read at each call, as secrets change it."""
    return _parsed(os.environ.get("PICTRACE_API_TOKENS", ""))


@lru_cache(maxsize=8)
def _parsed(text: str) -> Tokens:
    tokens = []
    for place, entry in enumerate(re.split(r"[\s,]+", text.strip()), start=1):
        found = _ENTRY.fullmatch(entry)
        if found:
            tokens.append(Token(found[1], frozenset(found[2].split("+")), found[3]))
        elif entry:
            _log.error("Entry %d of PICTRACE_API_TOKENS is not of the form NAME:read+write:SHA256: left out.", place)
    return Tokens(bool(text.strip()), tuple(tokens))


def new_token(name: str, *, writes: bool) -> tuple[str, str]:
    """(a token, to be given to whoever shall use it; its entry for PICTRACE_API_TOKENS)."""
    token = f"pictrace_{secrets.token_urlsafe(32)}"
    scopes = f"{READ}+{WRITE}" if writes else READ
    return token, f"{name}:{scopes}:{hashlib.sha256(token.encode()).hexdigest()}"


def admitted(request: Request, scope: str) -> Client:
    """Who asks, if they may; ProblemError where they may not.

    Parameters
    ----------
    scope
        What is needed, READ or WRITE; "" for what everybody may.
    """
    peer = request.client.host if request.client else ""
    if not scope:
        return Client(peer)
    tokens = configured_tokens()
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if tokens.are_set:
        token = tokens.of(given.strip()) if kind.lower() == "bearer" else None
        if token is None:
            raise ProblemError("token-needed", "Send Authorization: Bearer TOKEN, with a token of the server's owner.")
        if scope not in token.scopes:
            raise ProblemError("not-allowed", f"The token {token.name!r} has not the scope {scope!r}.")
        return Client(f"token {token.name}")
    if scope == WRITE:
        raise ProblemError("not-allowed", "Writing is off, as this server's owner has set no tokens.")
    if not _is_local(request):
        raise ProblemError("not-allowed", "Without tokens, only programs of the server's own computer may read.")
    return Client(peer)


def _is_local(request: Request) -> bool:
    """Whether it comes from this computer itself, and from no page of another site in its browser."""
    if COMMUNITY_CLOUD.is_dir() or any(name in request.headers for name in _FORWARDED):
        return False  # the peer is a proxy
    if not (request.client and _is_loopback(request.client.host)) or not _is_loopback(request.url.hostname or ""):
        return False
    if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
