"""Pictures that are written in a cell or a line themselves: as a data: URL (RFC 2397), or in base64 alone."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

__all__ = ["is_inline", "picture_in"]

_LEAST_CHARACTERS = 48  # no picture of any format is shorter
_STARTS = ("/9j/", "iVBORw0KGgo", "R0lGOD", "UklGR", "SUkqA", "TU0AK")  # of JPEG, PNG, GIF, WebP and TIFF
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")
_DATA_URL = re.compile(
    r"data:\s*(?:image/[\w.+-]+|application/octet-stream)?((?:;[\w-]+(?:=[^,;]*)?)*),", re.IGNORECASE
)


def is_inline(text: str) -> bool:
    """Whether a text seems to be a picture itself; decided by how it begins."""
    if len(text) < _LEAST_CHARACTERS:
        return False
    if text[:5].lower() == "data:":
        return _DATA_URL.match(text, 0, 200) is not None
    if not text.startswith(_STARTS):
        return False
    return _BASE64.fullmatch(text, 0, 1000 if len(text) > 1000 else len(text)) is not None


def picture_in(text: str) -> bytes | None:
    """The bytes of a text that seems to be a picture; None where it is damaged."""
    found = _DATA_URL.match(text, 0, 200) if text[:5].lower() == "data:" else None
    body = text[found.end() :] if found else text
    try:
        if found and "base64" not in found[1].lower():
            return unquote_to_bytes(body)
        packed = "".join(body.split()).replace("%2B", "+").replace("%2F", "/").replace("%3D", "=").rstrip("=")
        packed = packed.replace("-", "+").replace("_", "/")
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
