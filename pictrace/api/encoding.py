"""How answers become JSON."""

from __future__ import annotations

import msgspec

__all__ = ["encoded"]


def encoded(document: object) -> bytes:
    """JSON; sentences that know what they were made from (pictrace.told) are texts like all others."""
    return _ENCODER.encode(document)


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"{type(value).__name__} is nothing that JSON has.")


_ENCODER = msgspec.json.Encoder(enc_hook=_as_text)
