"""One link to a picture."""

from __future__ import annotations

from pictrace.sources.base import Item, Listing, is_link
from pictrace.sources.kinds import SourceKind

__all__ = ["KIND"]

KIND = SourceKind(
    "a link",
    lambda address, _: Listing((Item.of_link(address),)),
    is_alike=lambda glimpse: is_link(glimpse.address),
    order=80,
)
