"""Files of text in whatever encoding they were saved.

Nothing tells old encodings apart for certain. charset-normalizer (3.5, .02 s for 64 KB) was right about all of 240
Chinese, Japanese and Korean tables of a dozen rows but one, about three of four Cyrillic and Greek ones, and never took
a Western text for any of these; but it took two of three Western ones for Central European. So it is believed about
other scripts only, Windows-1252 stands for all that is Latin, and both yield to the reading in which the most names are
those of files that are there.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pictrace.errors import SourceError
from pictrace.told import told

__all__ = ["ENCODINGS", "count_files", "guess_encoding", "read_text"]

PIECE_BYTES = 1 << 20
GUESSED_BYTES = 1 << 16
COUNTED_FILES = 50
NUL_SHARE = 0.05  # text has none, or a stray one; UTF-16 without its mark and most other files have more
# UTF-32 before UTF-16, whose mark is the beginning of its own.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_USUAL = "cp1252"
_OTHER_SCRIPTS = ("gb18030", "cp932", "big5hkscs", "cp949", "euc_jp", "cp1251", "koi8_r", "cp1253")
_LATIN = (_USUAL, "cp1250", "cp1254", "cp1257", "cp437", "cp850", "mac_roman")
ENCODINGS = (*_LATIN, *_OTHER_SCRIPTS)
"""Those that are tried where a text is no Unicode."""

Fits = Callable[[str], int]
"""How many names in the beginning of a text are those of files that are there."""


def count_files(names: Iterable[str], folder: Path) -> int:
    """How many of the first names are files below the folder.

    Others are not looked for, as a stranger's table could ask by its encoding which files there are.
    """
    count = 0
    for _, name in zip(range(COUNTED_FILES), filter(None, map(str.strip, names)), strict=False):
        path = Path(name)
        if not path.is_absolute() and ".." not in path.parts and "\0" not in name:
            try:
                count += os.path.lexists(folder / path)
            except (OSError, ValueError):
                continue
    return count


def guess_encoding(path: Path, fits: Fits | None = None) -> tuple[str, str]:
    """The encoding of a file of text, by its byte order mark; UTF-8 where the whole file is; else by a guess.

    Parameters
    ----------
    path
        The file.
    fits
        How well a reading of its beginning fits, which overrules the guess.

    Returns
    -------
    encoding : str
        Its name, as Python has it.
    errors : {"strict", "replace"}
        How its decoder treats what does not fit.

    Raises
    ------
    SourceError
        Where it is no text at all.
    """
    with path.open("rb") as file:
        start = file.read(PIECE_BYTES)
        for mark, name in _MARKS:
            if start.startswith(mark):
                return name, "strict"
        if start.count(0) > NUL_SHARE * len(start):
            raise SourceError(told("{path} is not text. Save it as UTF-8 text, a table as CSV.", path=path))
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            piece = start
            while piece:
                decoder.decode(piece)
                piece = file.read(PIECE_BYTES)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return _best_guess(start[:GUESSED_BYTES], fits), "replace"
    return "utf-8", "strict"


def _best_guess(sample: bytes, fits: Fits | None) -> str:
    import charset_normalizer  # most texts are Unicode, and need no guess

    found = charset_normalizer.from_bytes(sample, cp_isolation=list(ENCODINGS), preemptive_behaviour=False).best()
    believed = [found.encoding] if found is not None and found.encoding in _OTHER_SCRIPTS else []
    ranked = list(dict.fromkeys([*believed, *ENCODINGS]))
    if fits is None:
        return ranked[0]
    counts = {name: fits(text) for name, text in _readings(sample, ranked)}
    return max(counts, key=lambda name: counts[name], default=_USUAL)  # of equal ones the first


def _readings(sample: bytes, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """What a text would be in each encoding that it can be in."""
    for name in names:
        errors = "replace" if name == _USUAL else "strict"  # five of its bytes stand for nothing
        try:
            yield name, codecs.getincrementaldecoder(name)(errors).decode(sample)
        except UnicodeDecodeError:
            continue


def read_text(path: Path, max_bytes: int, encoding: str | None = None, fits: Fits | None = None) -> tuple[str, str]:
    """The whole text of a file, and its encoding.

    Parameters
    ----------
    path
        The file.
    max_bytes
        The most that it may have.
    encoding, fits
        What it is in; else guessed, as by guess_encoding.

    Raises
    ------
    SourceError
        Where it is no text of that encoding, or more than that.
    """
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise SourceError(
                told(
                    "{path} has {size:.0f} MB, more than the {max_bytes:.0f} MB that are read. Split it.",
                    path=path,
                    size=size / 1024**2,
                    max_bytes=max_bytes / 1024**2,
                )
            )
        encoding, errors = (encoding, "strict") if encoding else guess_encoding(path, fits)
        return path.read_text(encoding, errors), encoding
    except UnicodeError as error:
        raise SourceError(
            told(
                "{path} is not {encoding} text ({error}). Save it as UTF-8.", path=path, encoding=encoding, error=error
            )
        ) from error
    except LookupError as error:
        raise SourceError(
            told("{encoding} is no encoding that is known. Leave it out, or say utf-8.", encoding=repr(encoding))
        ) from error
    except OSError as error:
        raise SourceError(told("{path} cannot be read: {reason}.", path=path, reason=error.strerror)) from error
