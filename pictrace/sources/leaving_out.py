"""What is left out of folders and archives: bins, thumbnails and notes of systems, and what somebody's globs name.

Globs are those of gitignore, read by pathspec (pure Python, 60 KB), as their rules of slashes, stars and exceptions are
known from there and easily got wrong.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import pathspec

from pictrace.errors import SourceError
from pictrace.sources.base import Skipped
from pictrace.told import told, told_of

__all__ = ["IGNORE_FILE", "Globs", "IgnoreFiles", "LeftOut", "rubbish"]

IGNORE_FILE = ".pictraceignore"
IGNORE_BYTES = 256 * 1024

_BIN, _THUMBNAILS = told("what was deleted"), told("thumbnails of other programs")
_SYSTEM = told("notes of an operating system")
_KINDS = {
    **dict.fromkeys(["#recycle", "@recycle", "$recycle.bin", ".dtrash"], _BIN),
    **dict.fromkeys(["@eadir", ".@__thumb", ".thumbnails", "thumbs.db", "ehthumbs.db"], _THUMBNAILS),
    **dict.fromkeys(["__macosx", ".ds_store", ".appledouble", ".spotlight-v100", ".fseventsd"], _SYSTEM),
    **dict.fromkeys(["desktop.ini", "lost+found", "system volume information"], _SYSTEM),
}


def rubbish(name: str) -> str | None:
    """Of which kind of rubbish a file or folder of this name is, in any case; None of none."""
    if name[:1] not in "._#@$dDeEtTlLsS":  # most names are decided here
        return None
    plain = name.lower()
    if plain.startswith("._"):
        return _SYSTEM
    return _BIN if plain.startswith(".trash") else _KINDS.get(plain)


class Globs:
    """What somebody wants left out, and what of it, and of the rubbish, taken nevertheless."""

    def __init__(self, exclude: Iterable[str] = (), include: Iterable[str] = ()) -> None:
        self._exclude, self._include = _spec(exclude, "--exclude"), _spec(include, "--include")
        self.has_exceptions = bool(len(self._include))

    def takes(self, path: str) -> bool:
        """Whether an exception speaks for it. path: from the source's top, with slashes; a folder's ends with one."""
        return self.has_exceptions and self._include.match_file(path)

    def reason(self, path: str) -> str | None:
        """Why it is left out by its name, or by a folder's that it is in, exceptions aside."""
        if len(self._exclude) and self._exclude.match_file(path):
            return told("what --exclude names")
        return None


class IgnoreFiles:
    """The files called .pictraceignore in a folder, and in those below it, each about what lies beside and below it."""

    def __init__(self) -> None:
        self._above: dict[str, tuple[tuple[str, pathspec.GitIgnoreSpec], ...]] = {}

    def enter(self, place: str) -> None:
        """Read that of a folder, after those above it."""
        specs = self._above.get(os.path.dirname(place), ())  # noqa: PTH120 (as os.walk made it)
        path = Path(place, IGNORE_FILE)
        if path.is_file():
            try:
                with path.open("rb") as file:
                    text = file.read(IGNORE_BYTES + 1)
            except OSError as error:
                raise SourceError(told("{path} cannot be read: {reason}.", path=path, reason=error.strerror)) from error
            if len(text) > IGNORE_BYTES:
                raise SourceError(
                    told(
                        "{path} has more than {most} KB. Shorten it.",
                        path=path,
                        most=IGNORE_BYTES // 1024,
                    )
                )
            specs = ((place, _spec(text.decode("utf-8-sig", "replace").splitlines(), path)), *specs)
        self._above[place] = specs

    def leave_out(self, place: str, name: str, *, is_folder: bool = False) -> bool:
        """Whether what lies in a folder that was entered is left out; the file that is nearest to it decides."""
        for top, spec in self._above[place]:
            path = os.path.relpath(os.path.join(place, name), top).replace(os.sep, "/")  # noqa: PTH118 (texts, by the hundred thousand)
            decided = spec.check_file(path + "/" * is_folder).include
            if decided is not None:
                return decided
        return False


class LeftOut:
    """Counts what is left out, so that each kind is told once."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}
        self._count: dict[str, int] = {}

    def add(self, kind: str, address: str) -> None:
        self._first.setdefault(kind, address)
        self._count[kind] = self._count.get(kind, 0) + 1

    def told(self) -> list[Skipped]:
        """A line for each kind, with the first of it."""
        return [Skipped(self._first[kind], _reason(kind, count - 1)) for kind, count in self._count.items()]


def _reason(kind: str, others: int) -> str:
    if not others:
        return told("It is left out as {kind}. On the command line, --include GLOB takes it.", kind=kind)
    return told_of(
        "It is left out as {kind}, as {count:,} other like it. On the command line, --include GLOB takes it.",
        "It is left out as {kind}, as {count:,} others like it. On the command line, --include GLOB takes it.",
        others,
        kind=kind,
    )


def _spec(lines: Iterable[str], source: object) -> pathspec.GitIgnoreSpec:
    listed: Sequence[str] = tuple(lines)
    try:
        return pathspec.GitIgnoreSpec.from_lines(listed)
    except ValueError as error:
        raise SourceError(
            told(
                "{source} holds a glob that cannot be read: {error}. Write it as in a .gitignore.",
                source=source,
                error=error,
            )
        ) from error
