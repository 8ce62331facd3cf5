"""Hosts as they are compared, and which IP addresses are not of the public internet; nothing is looked up here."""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from pictrace.told import told

__all__ = ["canonical", "ip_literal", "is_name", "joined", "not_public", "not_public_name"]

# The special-purpose registries of IANA, https://www.iana.org/assignments/iana-ipv4-special-registry and
# …/iana-ipv6-special-registry. Spelt out, because ipaddress.is_global differs between releases of Python.
_NOT_PUBLIC = tuple(
    (ip_network(network), kind)
    for kind, networks in {
        told("an unspecified address"): "0.0.0.0/8 ::/128",
        told("a loopback address"): "127.0.0.0/8 ::1/128",
        told("a private address"): "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7",
        told("a shared (carrier-grade NAT) address"): "100.64.0.0/10",
        told("a link-local address"): "169.254.0.0/16 fe80::/10",  # 169.254.169.254: the metadata of most clouds
        told("a site-local address"): "fec0::/10",
        told("a cloud platform's own address"): "168.63.129.16/32",  # Azure's WireServer, within public space
        told("a benchmarking address"): "198.18.0.0/15 2001:2::/48",
        told("a documentation address"): "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20",
        told("a multicast address"): "224.0.0.0/4 ff00::/8",
        told("the broadcast address"): "255.255.255.255/32",
        told("an IPv4 address inside an IPv6 one"): "::/96 ::ffff:0:0/96",  # IPv4-compatible, IPv4-mapped
        told("a tunnel to an IPv4 address"): "2001::/32 2002::/16",  # Teredo, 6to4
        told("a local NAT64 address"): "64:ff9b:1::/48",
        told("a reserved address"): "192.0.0.0/24 192.88.99.0/24 240.0.0.0/4 2001::/23",
    }.items()
    for network in networks.split()
)
_GLOBAL_UNICAST_6 = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")

# Names that the public DNS never answers for: RFC 6761 (localhost), RFC 6762 (local), RFC 8375 (home.arpa), ICANN's
# resolution 2024.07.29.06 (internal), and three that it refused to delegate in 2018.
_LOCAL_ENDINGS = ("local", "localdomain", "home.arpa", "internal", "home", "corp", "mail", "lan", "intranet")

_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_ENDS_IN_NUMBER = re.compile(r"(?:^|\.)(?:0x[0-9a-f]*|[0-9]+)$")


def is_name(host: str) -> bool:
    """Whether a canonical host can be a name, of letters, digits, - and _ between dots."""
    return _NAME.fullmatch(host) is not None


def not_public_name(host: str) -> str | None:
    """What a canonical name leads to, where the name alone tells that this is not the public internet.

    A name that does not tell it can still lead there: that is judged when it is dialled.
    """
    if host == "localhost" or host.endswith(".localhost"):
        return told("this computer itself")
    if "." not in host or host.endswith(tuple(f".{one}" for one in _LOCAL_ENDINGS)):
        return told("a host of a private network")
    return None


def not_public(address: IPv4Address | IPv6Address) -> str | None:
    """What kind of address this is, where it is not one of the public internet."""
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return told("an address of one network only (with a zone)")
        if address in _NAT64:
            # What DNS64 answers for every IPv4 host, on networks without IPv4: judge the address within.
            return not_public(IPv4Address(int(address) & 0xFFFFFFFF))
    for network, kind in _NOT_PUBLIC:
        if address in network:
            return kind
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST_6:
        return told("a reserved address")
    return None


def ip_literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a canonical host is, None where it is a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def canonical(host: str) -> str:
    """A host as it is compared: lower case, without brackets and final dot, an address in its shortest form.

    All that a system's resolver reads as an IPv4 address (127.1, 0x7f000001, 2130706433, 0177.0.0.1) becomes
    four plain decimals.

    Raises
    ------
    ValueError
        Where a host ends in a number and is no address: by the URL standard
        (https://url.spec.whatwg.org/#host-parsing) that is no name either.
    """
    host = host.lower().removeprefix("[").removesuffix("]")
    if ":" in host:
        return str(ip_address(host))
    host = host.removesuffix(".")
    if not _ENDS_IN_NUMBER.search(host):
        return host
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, UnicodeError) as exc:
        raise ValueError(f"{host!r} is no IPv4 address") from exc


def joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
