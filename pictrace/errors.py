"""Every error that PicTrace raises on purpose.

Each message says what was wrong, with the value, and what to do next::

    PicTraceError
    ├── ImageError            bytes that are not a picture, or one beyond the limits
    ├── DownloadError         a link that could not be fetched
    │   └── RefusedError      a link that must not be fetched (scheme, port, private address)
    ├── CatalogError          a catalog that cannot be opened, read or written
    ├── SourceError           a folder, table or file that cannot be read as a source of pictures
    └── CriteriaError         weights or settings that cannot rank anything
"""

from __future__ import annotations

__all__ = [
    "CatalogError",
    "CriteriaError",
    "DownloadError",
    "ImageError",
    "PicTraceError",
    "RefusedError",
    "SourceError",
]


class PicTraceError(Exception):
    """Base of all errors whose text is meant for the person at the keyboard."""


class ImageError(PicTraceError):
    """The bytes are no picture that PicTrace can use."""


class DownloadError(PicTraceError):
    """A link could not be fetched."""


class RefusedError(DownloadError):
    """A link points where PicTrace must not go."""


class CatalogError(PicTraceError):
    """A catalog cannot be opened, read or written."""


class SourceError(PicTraceError):
    """A folder, table or file cannot be read as a source of pictures."""


class CriteriaError(PicTraceError):
    """Weights or settings cannot rank anything."""
