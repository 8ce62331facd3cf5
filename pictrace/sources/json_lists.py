"""Lists of links or paths: JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pictrace.errors import SourceError
from pictrace.sources.base import MAX_ROWS, Entry, Item, Listing, Skipped, clean_metadata, entry_of
from pictrace.sources.columns import SAMPLE_ROWS, choose_columns
from pictrace.sources.kinds import SourceKind
from pictrace.sources.text import read_text
from pictrace.told import told

__all__ = ["KIND", "parsed_json", "read_json"]

MAX_BYTES = 256 * 1024**2  # it is read whole
_USUAL_KEYS = ("images", "pictures", "photos", "items", "entries", "results", "data", "urls", "links", "paths", "files")


def read_json(path: Path, *, column: str | None = None, max_rows: int = MAX_ROWS) -> Listing:
    """The pictures of a JSON list of strings, or of objects with a path or link each; also {"images": [...]}.

    Parameters
    ----------
    path
        The file. Relative paths in it count from its folder.
    column
        The key that names them, else chosen as a table's column is; the other keys are metadata.
    max_rows
        The most entries that it may have.

    Raises
    ------
    SourceError
        Where it is no JSON, holds no such list, or has more entries.
    """
    entries = _entries_of(path)
    if len(entries) > max_rows:
        raise SourceError(
            told(
                "{path} holds more than {most:,} entries. Split it into smaller lists.",
                path=path,
                most=max_rows,
            )
        )
    objects = [one for one in entries if isinstance(one, dict)]
    chosen: tuple[str, ...] = ()
    names: list[str] = []
    if objects or column is not None:
        names = list(dict.fromkeys(key for one in objects[:SAMPLE_ROWS] for key in one))
        rows = [[_text(one.get(name)) for name in names] for one in objects[:SAMPLE_ROWS]]
        chosen = tuple(names[place] for place in choose_columns(names, rows, column=column, source=path))
    made = (_entry(one, chosen, path.parent, f"{path.name}, entry {n}") for n, one in enumerate(entries, start=1))
    return Listing.of(made, chosen[0] if chosen else None, names)


def parsed_json(text: str, name: object) -> object:
    """What a stranger's JSON holds; SourceError, with the name of where it came from, where it is none."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise SourceError(
            told(
                "{name} is not JSON ({error}). Save it again, or as text with a link on each line.",
                name=name,
                error=error,
            )
        ) from error
    except RecursionError as error:
        raise SourceError(
            told("{name} is nested too deeply. Save it as a list of links or paths.", name=name)
        ) from error


def _entries_of(path: Path) -> Sequence[object]:
    document = parsed_json(read_text(path, MAX_BYTES)[0], path)
    if isinstance(document, dict):
        lists = {key: value for key, value in document.items() if isinstance(value, list)}
        usual = [lists[key] for key in _USUAL_KEYS if key in lists]
        if usual or len(lists) == 1:
            document = usual[0] if usual else next(iter(lists.values()))
    if not isinstance(document, list):
        raise SourceError(
            told(
                '{path} holds no list of pictures. Write it as [{{"url": "https://…"}}, …], as ["a.jpg", …] or as '
                '{{"images": […]}}.',
                path=path,
            )
        )
    return document


def _entry(entry: object, chosen: Sequence[str], folder: Path, place: str) -> Item | Entry | Skipped:
    if isinstance(entry, str):
        return entry_of(entry, folder, place)
    if not isinstance(entry, dict):
        return Skipped(place, told("It is neither a text nor an object: {text}.", text=_text(entry)[:40]))
    values: Mapping[str, object] = entry
    named = [value for key in chosen if isinstance(value := values.get(key), str) and value.strip()]
    metadata = clean_metadata((key, _text(value)) for key, value in values.items() if key not in chosen)
    return entry_of(named[0] if named else "", folder, place, metadata)


def _text(value: object) -> str:
    """A value as metadata: texts as they are, nothing for null, and the rest as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


KIND = SourceKind(
    "a JSON list",
    lambda address, choices: read_json(Path(address), column=choices.column),
    suffixes=frozenset([".json"]),
    is_alike=lambda glimpse: glimpse.text.lstrip()[:1] in {"[", "{"},
    understands=frozenset(["column"]),
    order=50,
)
