"""Every error that PicTrace raises on purpose.

Each message says what was wrong, with the value, and what to do next::

    PicTraceError
    ├── ImageError            bytes that are not a picture, or one beyond the limits
    ├── DownloadError         a link that could not be fetched
    │   └── RefusedError      a link that must not be fetched (scheme, port, private address)
    ├── CatalogError          a catalog that cannot be opened, read or written
    │   └── UnsupportedError  what a catalog of this kind never does
    ├── ModelError            a network that cannot be got, read or run
    ├── SourceError           a folder, table or file that cannot be read as a source of pictures
    │   └── ColumnError       a table none of whose columns is, or is called, what was looked for
    ├── ApiError              a request that PicTrace's API, elsewhere, did not do
    ├── CriteriaError         weights or settings that cannot rank anything
    ├── StoppedError          work that somebody gave up before it was done
    └── UsageError            a command or function that was called with what it cannot be called with
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "ApiError",
    "CatalogError",
    "ColumnError",
    "CriteriaError",
    "DownloadError",
    "ImageError",
    "ModelError",
    "PicTraceError",
    "RefusedError",
    "SourceError",
    "StoppedError",
    "UnknownModelError",
    "UnsupportedError",
    "UsageError",
]


class PicTraceError(Exception):
    """Base of all errors whose text is meant for the person at the keyboard."""

    def __str__(self) -> str:
        """The message as it was given: one that knows what it was made from (pictrace.told) still does."""
        return self.args[0] if len(self.args) == 1 and isinstance(self.args[0], str) else super().__str__()


class ImageError(PicTraceError):
    """The bytes are no picture that PicTrace can use."""


class DownloadError(PicTraceError):
    """A link could not be fetched. status: of the answer that said so, None where no answer did."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class RefusedError(DownloadError):
    """A link points where PicTrace must not go."""


class CatalogError(PicTraceError):
    """A catalog cannot be opened, read or written."""


class UnsupportedError(CatalogError):
    """A catalog of this kind does not do what was asked of it, now or later."""


class ModelError(PicTraceError):
    """A network cannot be got, read or run."""


class UnknownModelError(ModelError):
    """No network has this name."""


class SourceError(PicTraceError):
    """A folder, table or file cannot be read as a source of pictures."""


class ColumnError(SourceError):
    """No column names the pictures. columns: those that there are, for somebody to choose from."""

    def __init__(self, message: str, columns: Sequence[str]) -> None:
        super().__init__(message)
        self.columns = tuple(columns)


class ApiError(PicTraceError):
    """A request to PicTrace's API was refused, or not answered.

    Attributes
    ----------
    status
        Of the answer; None where there was none.
    kind
        Of the problem, see docs/api.md; "" where the answer tells none.
    request_id
        What the server's log knows it by.
    retry_after_s
        Seconds after which it may go well; None where the server does not say so.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        kind: str = "",
        request_id: str = "",
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.kind, self.request_id, self.retry_after_s = status, kind, request_id, retry_after_s


class CriteriaError(PicTraceError):
    """Weights or settings cannot rank anything."""


class StoppedError(PicTraceError):
    """Somebody gave the work up before it was done."""


class UsageError(PicTraceError):
    """Something was asked for that can never work, whatever the pictures are."""
