"""Addresses of PostgreSQL catalogs: told from files, and shown without their passwords."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from pictrace.errors import CatalogError
from pictrace.told import told

__all__ = ["Address", "is_postgres", "parsed"]

SCHEMES = ("postgresql", "postgres")
_SECRETS = ("password", "sslpassword", "passfile")
_PASSED_ON = frozenset(
    [
        "sslmode",
        "sslrootcert",
        "sslcert",
        "sslkey",
        "sslcrl",
        "channel_binding",
        "connect_timeout",
        "target_session_attrs",
        "gssencmode",
        "hostaddr",
        "service",
        "host",
        "port",
        "user",
        "dbname",
    ]
) | {*_SECRETS}
_FORM = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full"

_lock = threading.Lock()
_passwords: dict[str, dict[str, str]] = {}  # by what is shown: what opened it once in this process opens it again


@dataclass(frozen=True)
class Address:
    """Where a catalog lies.

    Attributes
    ----------
    shown
        The address without its secrets, which opens it again in this process.
    secrets
        By libpq's names; never shown.
    """

    shown: str
    title: str
    secrets: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"Address({self.shown})"

    def scrubbed(self, message: str) -> str:
        """A message of the driver in one line, without secrets and without a full stop."""
        line = " ".join(message.split()).rstrip(".")
        for _, secret in self.secrets:
            for form in {secret, quote(secret, safe="")}:
                if form and form in line:
                    if len(form) < 6:  # what a short password is part of, it could be guessed from
                        return told("the server, or the way to it, refused")
                    line = line.replace(form, "…")
        return line


def is_postgres(location: str) -> bool:
    """Whether this is the address of a PostgreSQL database, rather than the name of a file."""
    return location.partition("://")[0].lower() in SCHEMES and "://" in location


def parsed(location: str) -> Address:
    """Take an address apart; CatalogError, which quotes none of it, where it is not understood."""
    try:
        parts = urlsplit(location)
        user, _, host = parts.netloc.rpartition("@")
        name, colon, password = user.partition(":")
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError as error:
        raise CatalogError(
            told("The address of the PostgreSQL catalog is not understood. Write {form}.", form=_FORM)
        ) from error
    if "@" in user or "@" in parts.path or parts.fragment or not re.fullmatch(r"[\w.,:%\-\[\]~]*", host):
        raise CatalogError(
            told(
                "The address of the PostgreSQL catalog is not understood. Write {form}, and signs such "
                "as @ : / ? # % in a password as %40 %3A %2F %3F %23 %25.",
                form=_FORM,
            )
        )
    unknown = [one for one, _ in query if one not in _PASSED_ON]
    if unknown:
        raise CatalogError(
            told(
                "The address of the PostgreSQL catalog sets {name}. Settings are: sslmode, sslrootcert, sslcert, "
                "sslkey, connect_timeout, and a few more of libpq's.",
                name=repr(unknown[0]),
            )
        )
    secrets = {one: value for one, value in query if one in _SECRETS}
    if colon:
        secrets["password"] = unquote(password)
    kept = urlencode([(one, value) for one, value in query if one not in _SECRETS], safe="/")
    shown = urlunsplit(("postgresql", f"{name}@{host}" if name else host, parts.path, kept, ""))
    shown = shown if shown.startswith("postgresql://") else shown.replace("postgresql:", "postgresql://", 1)
    with _lock:
        if secrets:
            _passwords[shown] = secrets
        else:
            secrets = _passwords.get(shown, {})
    return Address(shown, unquote(parts.path.strip("/")) or "PostgreSQL", tuple(secrets.items()))
