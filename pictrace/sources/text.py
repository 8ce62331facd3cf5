"""Files of text in whatever encoding they were saved."""

from __future__ import annotations

import codecs
from pathlib import Path

from pictrace.errors import SourceError

__all__ = ["guess_encoding", "read_text"]

PIECE_BYTES = 1 << 20
NUL_SHARE = 0.05  # text has none, or a stray one; UTF-16 without its mark and most other files have more
# UTF-32 before UTF-16, whose mark is the beginning of its own.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def guess_encoding(path: Path) -> tuple[str, str]:
    """The encoding of a file of text, and how its decoder treats what does not fit.

    By its byte order mark; UTF-8 where the whole file is; else Windows-1252, in which everything is text.
    Raises SourceError where it is no text at all.
    """
    with path.open("rb") as file:
        start = file.read(PIECE_BYTES)
        for mark, name in _MARKS:
            if start.startswith(mark):
                return name, "strict"
        if start.count(0) > NUL_SHARE * len(start):
            raise SourceError(f"{path} is not text. Save it as UTF-8 text, a table as CSV.")
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            piece = start
            while piece:
                decoder.decode(piece)
                piece = file.read(PIECE_BYTES)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252", "replace"  # five of its bytes stand for nothing
    return "utf-8", "strict"


def read_text(path: Path, max_bytes: int) -> str:
    """The whole text of a file; SourceError where it is none, or more than that."""
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise SourceError(
                f"{path} has {size / 1024**2:.0f} MB, more than the {max_bytes / 1024**2:.0f} MB that are read. "
                "Split it."
            )
        encoding, errors = guess_encoding(path)
        return path.read_text(encoding, errors)
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is not {error.encoding} text ({error.reason}). Save it as UTF-8.") from error
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from error
