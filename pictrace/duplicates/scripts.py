"""Scripts that move files into a folder, and back: to be read before they are run. Nothing here moves anything.

Names are strangers' words. In a shell, text between single quotes stands for itself, and a quote is written ``'\\''``;
in PowerShell a quote is doubled, and four curly ones count as quotes, too. No name comes into a comment, where a line
break would end it. A file is moved only while the one that is kept is there, and nothing is overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from pictrace.catalog.records import Source
from pictrace.duplicates.groups import Group

__all__ = ["Move", "is_movable", "moves_of", "scripts"]

NAMES = ("move.sh", "undo.sh", "move.ps1", "undo.ps1")
POWERSHELL_QUOTES = "'\u2018\u2019\u201a\u201b"

SHELL_HEAD = """#!/bin/sh
# {what} {count} files. Read this before you run it: sh {name}
set -u
failed=0
"""

SHELL_MOVE = """move() {
    if [ ! -e "$1" ]; then printf 'the kept picture is gone, not moved: %s\\n' "$2" >&2; failed=1
    elif [ ! -e "$2" ]; then printf 'not there: %s\\n' "$2" >&2; failed=1
    elif [ -e "$3" ]; then printf 'already there: %s\\n' "$3" >&2; failed=1
    else mv -- "$2" "$3" || failed=1
    fi
}
"""

SHELL_BACK = """back() {
    if [ ! -e "$1" ]; then printf 'not there: %s\\n' "$1" >&2; failed=1
    elif [ -e "$2" ]; then printf 'already there: %s\\n' "$2" >&2; failed=1
    else mv -- "$1" "$2" || failed=1
    fi
}
"""

POWERSHELL_HEAD = """# {what} {count} files. Read this before you run it: powershell -File {name}
$failed = 0
function Move-One([string]$keep, [string]$from, [string]$to) {{
    if ($keep -and -not [System.IO.File]::Exists($keep)) {{
        Write-Warning "the kept picture is gone, not moved: $from"; $script:failed = 1; return
    }}
    try {{ [System.IO.File]::Move($from, $to) }} catch {{ Write-Warning "$from : $_"; $script:failed = 1 }}
}}
"""


@dataclass(frozen=True)
class Move:
    """A file to be moved away. keep: the path of the picture that stays in its place."""

    path: str
    keep: str


def is_movable(source: Source) -> bool:
    """Whether it is a file, and is known wherever a script is run."""
    return source.kind == "file" and Path(source.address).is_absolute()


def moves_of(groups: Iterable[Group]) -> list[Move]:
    """Every file of these groups but those of the picture to keep, of which one stays."""
    found = []
    for group in groups:
        files = [[one.address for one in image.record.sources if is_movable(one)] for image in group.images]
        kept, others = files[0], [path for some in files[1:] for path in some]
        if kept:
            found += [Move(path, kept[0]) for path in (*kept[1:], *others) if path != kept[0]]
    return found


def scripts(moves: Sequence[Move], folder: str) -> Mapping[str, bytes]:
    """The four scripts, by the names of their files: to move, and to undo that, for a shell and for PowerShell.

    Parameters
    ----------
    moves
        Absolute paths.
    folder
        Where the files go, an absolute path; each under its name, with a number before it.
    """
    targets = [_target(folder, number, move.path) for number, move in enumerate(moves, start=1)]
    pairs = list(zip(moves, targets, strict=True))
    shell = [f"mkdir -p -- {shell_quoted(folder)} || exit 1"]
    shell += [f"move {' '.join(map(shell_quoted, (move.keep, move.path, to)))}" for move, to in pairs]
    shell_back = [f"back {shell_quoted(to)} {shell_quoted(move.path)}" for move, to in pairs]
    power = [f"[void][System.IO.Directory]::CreateDirectory({power_quoted(folder)})"]
    power += [f"Move-One {' '.join(map(power_quoted, (move.keep, move.path, to)))}" for move, to in pairs]
    power_back = [f"Move-One '' {power_quoted(to)} {power_quoted(move.path)}" for move, to in pairs]
    end = ["exit $failed"]
    heads = {
        name: head.format(what="Moves back" if name.startswith("undo") else "Moves", count=len(moves), name=name)
        for name, head in zip(NAMES, (SHELL_HEAD, SHELL_HEAD, POWERSHELL_HEAD, POWERSHELL_HEAD), strict=True)
    }
    return {
        "move.sh": _text(heads["move.sh"] + SHELL_MOVE, shell + end),
        "undo.sh": _text(heads["undo.sh"] + SHELL_BACK, shell_back + end),
        "move.ps1": _marked(heads["move.ps1"], power + end),
        "undo.ps1": _marked(heads["undo.ps1"], power_back + end),
    }


def shell_quoted(text: str) -> str:
    """As one word of a POSIX shell, whatever it holds."""
    return "'" + text.replace("'", "'\\''") + "'"


def power_quoted(text: str) -> str:
    """As one string of PowerShell, in which nothing is expanded."""
    return "'" + "".join(one * 2 if one in POWERSHELL_QUOTES else one for one in text) + "'"


def _target(folder: str, number: int, path: str) -> str:
    windows = "\\" in folder and "/" not in folder
    name = path.replace("\\", "/").rsplit("/", 1)[-1] if windows else PurePath(path).name
    return f"{folder.rstrip('/' if not windows else chr(92))}{chr(92) if windows else '/'}{number:05}-{name}"


def _text(head: str, lines: Sequence[str]) -> bytes:
    # Names of files may hold bytes that are no Unicode: as Python reads them, so they are written again.
    return (head + "\n".join(lines) + "\n").encode("utf-8", "surrogateescape")


def _marked(head: str, lines: Sequence[str]) -> bytes:
    """Windows' own PowerShell takes a file without a mark for one of an old code page."""
    return b"\xef\xbb\xbf" + _text(head, lines)
