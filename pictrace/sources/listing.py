"""Any source, recognised by what it holds and by its name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pictrace.errors import SourceError
from pictrace.faults import as_own
from pictrace.sources.base import Listing, is_link
from pictrace.sources.discovery import best_kind, titles
from pictrace.sources.kinds import Choices, Glimpse, SourceKind
from pictrace.told import told
from pictrace.web.s3 import is_s3

__all__ = ["kind_of_source", "list_source"]


def list_source(
    source: str,
    *,
    column: str | None = None,
    table: str | None = None,
    encoding: str | None = None,
    exclude: Sequence[str] = (),
    include: Sequence[str] = (),
    max_bytes: int | None = None,
) -> Listing:
    """The pictures of any source, without reading them yet.

    Parameters
    ----------
    source
        A path, a link, or an address of S3.
    column, table
        Which ones name the pictures, where they are not to be guessed.
    encoding
        That of a text, where it is not to be guessed.
    exclude, include
        Of a folder or an archive: globs, as in a .gitignore, of what to leave out, and of what to take though it would
        be left out.
    max_bytes
        What a picture in an archive or a database may have, where that is more than usual.

    Raises
    ------
    SourceError
        Where there is nothing there that PicTrace can read, or nothing that has columns, tables or an encoding.
    DownloadError
        Where a bucket cannot be listed, or a link that names pictures cannot be fetched.
    """
    choices = Choices(column, table, encoding, tuple(exclude) or None, tuple(include) or None, max_bytes)
    kind = kind_of_source(source, choices)
    choices.refuse_all_but(kind.understands, source)
    with as_own(SourceError, source):
        return kind.read(source, choices)


def kind_of_source(source: str, choices: Choices = Choices()) -> SourceKind:  # noqa: B008 (it cannot change)
    """What kind of source it is; SourceError where there is none, or it is of no kind that is known."""
    with as_own(SourceError, source):
        kind = best_kind(_glimpse(source, choices))
    if kind is None:
        raise SourceError(
            told("{source} is none of these: {titles}. Name one of them.", source=source, titles=titles())
        )
    return kind


def _glimpse(source: str, choices: Choices) -> Glimpse:
    if is_link(source) or is_s3(source):
        return Glimpse(source, choices)
    try:
        is_folder, is_there = Path(source).is_dir(), Path(source).exists()
    except OSError as error:
        raise SourceError(
            told(
                "{source} cannot be read: {reason}. Check its spelling and permissions.",
                source=source,
                reason=error.strerror,
            )
        ) from error
    if not source.strip() or not is_there:
        raise SourceError(
            told("There is no folder or file at {source}. Check its spelling.", source=source or "the empty name")
        )
    return Glimpse(source, choices, is_file=not is_folder, is_folder=is_folder)
