"""Lists of links or paths: text with one on each line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pictrace.errors import SourceError
from pictrace.sources.base import MAX_ROWS, Entry, Item, Listing, Skipped, entry_of, is_link, names_a_picture
from pictrace.sources.inline import is_inline
from pictrace.sources.kinds import SourceKind
from pictrace.sources.text import count_files, read_text
from pictrace.told import told

__all__ = ["KIND", "read_list"]

MAX_BYTES = 256 * 1024**2
COMMENT = "#"


def read_list(path: Path, *, encoding: str | None = None, max_rows: int = MAX_ROWS) -> Listing:
    """The pictures that a text names, one link or path on each line.

    Empty lines, and lines that begin with #, are left out.

    Parameters
    ----------
    path
        The file. Relative paths in it count from its folder.
    encoding
        Else guessed; Listing.encoding says which.
    max_rows
        The most entries that it may have.

    Raises
    ------
    SourceError
        Where there are more entries, or it is no text of that encoding.
    """
    text, encoding = read_text(path, MAX_BYTES, encoding, lambda text: count_files(text.splitlines(), path.parent))

    def entries() -> Iterator[Item | Entry | Skipped]:
        count = 0
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip() and not line.lstrip().startswith(COMMENT):
                count += 1
                if count > max_rows:
                    raise SourceError(
                        told(
                            "{path} holds more than {most:,} entries. Split it into smaller lists.",
                            path=path,
                            most=max_rows,
                        )
                    )
                yield entry_of(line, path.parent, f"{path.name}, line {number}")

    return Listing.of(entries(), encoding=encoding)


def _is_alike(text: str) -> bool:
    """Whether most of its lines are links, or end like a picture's name."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith(COMMENT)]
    return sum(is_link(line) or names_a_picture(line) or is_inline(line) for line in lines) > len(lines) / 2


KIND = SourceKind(
    "a list of links or paths (text)",
    lambda address, choices: read_list(Path(address), encoding=choices.encoding),
    suffixes=frozenset([".lst", ".list", ".urls"]),
    uploads=frozenset([".lst", ".list", ".urls", ".txt"]),
    is_alike=lambda glimpse: _is_alike(glimpse.text),
    understands=frozenset(["encoding"]),
    order=70,
)
