"""What a server says of an answer, by which it can be asked later whether anything changed."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Validators"]

# RFC 9110, 8.8.3 and 5.6.7. Anything else is not sent back: ETag: * would stand for whatever there is.
_ETAG = re.compile(r'(?:W/)?"[!#-~]{0,1000}"')
_DATE = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT", re.ASCII)


@dataclass(frozen=True)
class Validators:
    """What tells one answer of a server from a later one.

    Each is "" where it is not known; they are a stranger's text, and checked before they are sent.

    Attributes
    ----------
    address
        Who gave the answer: the link in normal form, after redirects.
    etag, last_modified
        Its headers of these names.
    """

    address: str = ""
    etag: str = ""
    last_modified: str = ""

    def headers(self, address: str) -> dict[str, str]:
        """What to ask this address with, so that it answers 304 where nothing changed (RFC 9110, 13.1).

        Nothing where another address gave the answer: an ETag only tells the versions of one address apart.
        """
        headers: dict[str, str] = {}
        if address == self.address:
            if _ETAG.fullmatch(self.etag):
                headers["If-None-Match"] = self.etag
            if _DATE.fullmatch(self.last_modified):
                headers["If-Modified-Since"] = self.last_modified
        return headers
