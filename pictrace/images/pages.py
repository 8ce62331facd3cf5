"""The further pages of documents and frames of animations, each as the picture file that it would be by itself.

The first page is the file as it is, so that a file is known by its bytes however many pages it has. Each further one
is a TIFF of its own, the same whatever library reads it, so that it is known by its bytes, too: a page of a TIFF is cut
out of it, a frame of an animation is written without compression.
"""

from __future__ import annotations

import re

__all__ = ["without_page"]

_PAGE = re.compile(r"#(page|frame)=([1-9][0-9]{0,6})\Z")


def without_page(address: str) -> str:
    """The address of the file whose page or frame this is, or the address itself."""
    return _PAGE.sub("", address)
