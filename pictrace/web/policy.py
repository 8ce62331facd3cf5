"""Which links and which IP addresses may be fetched: the guard against server-side request forgery (SSRF).

A link given by a stranger is judged twice: check_url reads its text, before anything is looked up, and
open_socket sees each address that is really dialled, so that neither a redirect nor a name that changes its
answer between check and use (DNS rebinding) leads into a private network.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import re
import socket
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Literal, cast

from yarl import URL

from pictrace.errors import DownloadError, RefusedError
from pictrace.escape import for_message
from pictrace.told import reason, told
from pictrace.web.hosts import canonical, ip_literal, is_name, joined, not_public, not_public_name
from pictrace.wording import amount_in

if TYPE_CHECKING:
    from aiohttp import AddrInfoType

__all__ = [
    "ALLOWED_HOSTS_VARIABLE",
    "MAX_URL_LENGTH",
    "Dial",
    "DownloadPolicy",
    "check_address",
    "check_characters",
    "check_url",
    "dialling",
    "open_socket",
]

ALLOWED_HOSTS_VARIABLE = "PICTRACE_ALLOWED_HOSTS"
MAX_URL_LENGTH = 2048
"""Characters in a link."""

# What to do instead, by what was wanted: the middle of a sentence, or its beginning.
_INSTEAD = {
    "picture": told("save the picture and upload it"),
    "page": told("save the page's pictures and add them"),
    "manifest": told("save the manifest and name its file"),
}
_INSTEAD_FIRST = {
    "picture": told("Save the picture and upload it"),
    "page": told("Save the page's pictures and add them"),
    "manifest": told("Save the manifest and name its file"),
}

_UNPRINTABLE = re.compile("[\\s\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class DownloadPolicy:
    """What may be fetched, how much, how long and how many at once; checks itself (ValueError).

    Attributes
    ----------
    max_bytes
        Of the body as decoded.
    connect_timeout_s
        Of one connection with its TLS handshake.
    read_timeout_s
        Of the silence between two pieces.
    total_timeout_s
        Of one link from the first look-up to the last byte, with its redirects, repeats and pauses.
    max_redirects
        How many are followed.
    concurrency, per_host
        How many links are fetched at once, in all and from one host.
    retries
        How many times a link is tried again where that may help.
    backoff_s
        The pause before the first repeat; it doubles each time, and fetch shortens it by up to a half at random.
    allowed_hosts
        Hosts to which the checks of address and port do not apply: names or addresses, each alone (all ports) or with
        a port, as in "nas.example", "127.0.0.1:8080", "[fd00::5]:80".
    ports
        Those that a link may ask for.
    wanted
        What is looked for, so that messages say what else can be done.
    """

    max_bytes: int = 20 * 2**20
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 10.0
    total_timeout_s: float = 30.0
    max_redirects: int = 5
    concurrency: int = 16
    per_host: int = 4
    retries: int = 2
    backoff_s: float = 0.5
    allowed_hosts: frozenset[str] = frozenset()
    ports: frozenset[int] = frozenset({80, 443})
    wanted: Literal["picture", "page", "manifest"] = "picture"

    def __post_init__(self) -> None:
        least = {"max_bytes": 1, "concurrency": 1, "per_host": 1, "max_redirects": 0, "retries": 0}
        for name, minimum in least.items():
            if getattr(self, name) < minimum:
                raise ValueError(f"{name} must be at least {minimum}, not {getattr(self, name)}")
        for name in ("connect_timeout_s", "read_timeout_s", "total_timeout_s", "backoff_s"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be a positive number of seconds, not {getattr(self, name)}")
        if isinstance(cast(Any, self.allowed_hosts), str):  # else it would silently become a set of letters
            raise ValueError(f"allowed_hosts must be a set of hosts, not the text {self.allowed_hosts!r}")
        if not all(1 <= port <= 65535 for port in self.ports):
            raise ValueError(f"ports must lie between 1 and 65535, not {sorted(self.ports)}")
        if self.wanted not in _INSTEAD:
            raise ValueError(f"wanted must be one of {', '.join(_INSTEAD)}, not {self.wanted!r}")
        object.__setattr__(self, "allowed_hosts", frozenset(map(_allowed_entry, self.allowed_hosts)))
        object.__setattr__(self, "ports", frozenset(self.ports))

    @classmethod
    def from_environment(cls) -> DownloadPolicy:
        """The defaults, with allowed_hosts from PICTRACE_ALLOWED_HOSTS, separated by commas, and no fewer bytes than
        PICTRACE_MAX_BYTES."""
        try:
            most = amount_in("PICTRACE_MAX_BYTES", cls.max_bytes)
        except ValueError as exc:
            raise DownloadError(reason(exc)) from exc
        entries = os.environ.get(ALLOWED_HOSTS_VARIABLE, "").split(",")
        try:
            hosts = frozenset(entry.strip() for entry in entries if entry.strip())
            return cls(max_bytes=max(cls.max_bytes, most), allowed_hosts=hosts)
        except ValueError as exc:
            raise DownloadError(
                told(
                    "{variable} is not usable: {error}.",
                    variable=ALLOWED_HOSTS_VARIABLE,
                    error=exc,
                )
            ) from exc

    @property
    def instead(self) -> str:
        """What one can do where a link is of no use, as the middle of a sentence."""
        return _INSTEAD[self.wanted]

    @property
    def instead_first(self) -> str:
        """The same as the beginning of a sentence."""
        return _INSTEAD_FIRST[self.wanted]

    def exempts(self, host: str, port: int) -> bool:
        """Whether this host (a name or an address) is listed in allowed_hosts, alone or with this port."""
        host = canonical(host)
        return host in self.allowed_hosts or joined(host, port) in self.allowed_hosts


def check_url(url: str, policy: DownloadPolicy) -> str:
    """The link in its normal form, without fragment.

    Nothing is looked up here: where the host is a name, the address behind it is judged when it is dialled.

    Raises
    ------
    RefusedError
        Where it must not be fetched.
    """
    if not url:
        raise RefusedError(told("The link is empty. Write the whole link, as in https://example.org/cat.jpg."))
    if len(url) > MAX_URL_LENGTH:
        raise RefusedError(
            told(
                "The link has {count:,} characters, more than {most:,}. Use a shorter one.",
                count=len(url),
                most=MAX_URL_LENGTH,
            )
        )
    check_characters(url)
    if "@" in re.split("[/?#]", url.partition("//")[2], maxsplit=1)[0]:
        # Such links are made to mislead (http://example.org@10.0.0.1/); the password is not repeated.
        raise RefusedError(told("The link carries a user name or password before its host. Remove all up to the @."))
    try:
        # The client's own parser: two parsers that disagree about the host are a hole.
        parsed = URL(url)
        host, port = canonical(parsed.raw_host or ""), parsed.port
    except ValueError as exc:
        raise RefusedError(
            told(
                "{url} cannot be read as a link: {error}. Check the link.",
                url=for_message(url),
                error=for_message(str(exc)),
            )
        ) from exc
    if parsed.scheme not in ("http", "https"):
        raise RefusedError(
            told(
                "{url} does not start with http:// or https://. Only links of the web are fetched.",
                url=for_message(url),
            )
        )
    if not host:
        raise RefusedError(
            told("{url} names no host. Write the whole link, as in https://example.org/cat.jpg.", url=for_message(url))
        )
    address = ip_literal(host)
    if address is None and not is_name(host):
        raise RefusedError(told("{host} is not a host's name or address. Check the link.", host=for_message(host)))
    if not port or not (port in policy.ports or policy.exempts(host, port)):
        ports = " and ".join(map(str, sorted(policy.ports)))
        raise RefusedError(
            told(
                "The link asks for port {port} of {host}; only {ports} are allowed. {remedy}",
                port=port,
                host=for_message(host),
                ports=ports,
                remedy=_remedy(policy),
            )
        )
    if address is not None:
        check_address(host, port, policy)
        parsed = parsed.with_host(host)
    elif (kind := not_public_name(host)) is not None and not policy.exempts(host, port):
        raise RefusedError(
            told(
                "{host} leads to {kind}; only the public internet is fetched from. {remedy}",
                host=for_message(host),
                kind=kind,
                remedy=_remedy(policy),
            )
        )
    return str(parsed.with_fragment(None))


def check_characters(url: str) -> None:
    """Raise RefusedError where a link has white space or control characters; parsers drop some unseen."""
    if found := _UNPRINTABLE.search(url):
        raise RefusedError(
            told(
                "The link contains {character}; write a space as %20, and remove control characters.",
                character=ascii(found.group()),
            )
        )


def check_address(address: str, port: int, policy: DownloadPolicy, *, name: str | None = None) -> None:
    """Raise RefusedError unless this is the numeric address of a public host, or one that the policy exempts.

    The message keeps the address behind a name to itself, lest strangers chart a private network with it.

    Parameters
    ----------
    address, port
        What is about to be dialled.
    policy
        Which hosts are exempt.
    name
        The host that was looked up; None where the link itself gave the address.

    Raises
    ------
    RefusedError
        Where it is neither.
    """
    try:
        if policy.exempts(address, port):
            return
        kind = not_public(ip_address(address))
    except ValueError:
        kind = told("something that is no plain IP address")  # nothing is dialled that was not understood here
    if kind is not None:
        remedy = _remedy(policy)
        if name is None:
            raise RefusedError(
                told(
                    "The link leads to {address}, {kind}; only the public internet is fetched from. {remedy}",
                    address=address,
                    kind=kind,
                    remedy=remedy,
                )
            )
        raise RefusedError(
            told(
                "{host} leads to {kind}; only the public internet is fetched from. {remedy}",
                host=for_message(name),
                kind=kind,
                remedy=remedy,
            )
        )


@dataclass
class Dial:
    """What open_socket, which is told no more than an address, must know of the request that it serves."""

    host: str
    exempt: bool
    opened: bool = False
    refused: RefusedError | None = None


_dial: ContextVar[Dial] = ContextVar("_dial")


@contextlib.contextmanager
def dialling(host: str, port: int, policy: DownloadPolicy) -> Iterator[Dial]:
    """Tell open_socket, in this task and those that it starts, for which host it opens sockets."""
    dial = Dial(host, policy.exempts(host, port))
    token = _dial.set(dial)
    try:
        yield dial
    finally:
        _dial.reset(token)


def open_socket(policy: DownloadPolicy, info: AddrInfoType) -> socket.socket:
    """The socket for an address that is about to be dialled: the last check, which no look-up slips past.

    The refusal is left in Dial.refused, because aiohappyeyeballs would lose it: of several addresses it only
    reports those that failed with OSError, joined into a new one (and IndexError where there are none).

    Raises
    ------
    OSError
        EACCES, where the address must not be dialled.
    """
    family, kind, protocol, _, address = info
    dial = _dial.get()
    if not dial.exempt:
        try:
            name = None if dial.host == address[0] else dial.host
            check_address(str(address[0]), int(address[1]), policy, name=name)
        except RefusedError as exc:
            dial.refused = exc
            raise OSError(errno.EACCES, str(exc)) from exc
    dial.opened = True
    return socket.socket(family, kind, protocol)


def _remedy(policy: DownloadPolicy) -> str:
    return told(
        "{instead}, or have the host listed in {variable} if it is your own.",
        instead=policy.instead_first,
        variable=ALLOWED_HOSTS_VARIABLE,
    )


def _allowed_entry(entry: str) -> str:
    """One entry of allowed_hosts as exempts compares it; ValueError where it is no host and no host:port."""
    try:
        return str(ip_address(entry))  # an IPv6 address needs no brackets here
    except ValueError:
        pass
    with contextlib.suppress(ValueError):
        parsed = URL(f"http://{entry}")
        host, port = canonical(parsed.raw_host or ""), parsed.explicit_port
        if parsed == parsed.origin() and (ip_literal(host) or is_name(host)):
            return host if port is None else joined(host, port)
    raise ValueError(told("{entry} in allowed_hosts is neither a host nor host:port", entry=repr(entry)))
