"""Lists of links or paths: JSON, and plain text with one on each line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pictrace.errors import SourceError
from pictrace.sources.base import (
    MAX_ROWS,
    Item,
    Listing,
    Skipped,
    clean_metadata,
    is_link,
    item_of_entry,
    names_a_picture,
)
from pictrace.sources.columns import SAMPLE_ROWS, choose_columns
from pictrace.sources.text import read_text

__all__ = ["looks_like_a_list", "read_json", "read_list"]

MAX_BYTES = 256 * 1024**2  # JSON is read whole
COMMENT = "#"
_USUAL_KEYS = ("images", "pictures", "photos", "items", "entries", "results", "data", "urls", "links", "paths", "files")


def read_list(path: Path, *, max_rows: int = MAX_ROWS) -> Listing:
    """The pictures that a text names, one link or path on each line.

    Empty lines, and lines that begin with #, are left out. Relative paths count from the list's own folder.
    """
    entries: list[Item | Skipped] = []
    for number, line in enumerate(read_text(path, MAX_BYTES).splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith(COMMENT):
            entries.append(item_of_entry(line, path.parent, f"{path.name}, line {number}"))
            _refuse_beyond(max_rows, len(entries), path)
    return _listing(entries)


def looks_like_a_list(text: str) -> bool:
    """Whether most of its lines are links, or end like a picture's name."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith(COMMENT)]
    return sum(is_link(line) or names_a_picture(line) for line in lines) > len(lines) / 2


def read_json(path: Path, *, column: str | None = None, max_rows: int = MAX_ROWS) -> Listing:
    """The pictures of a JSON list of strings, or of objects with a path or link each; also {"images": [...]}.

    The key that names them is chosen as a table's column is; the other keys are metadata.
    """
    entries = _entries_of(path)
    _refuse_beyond(max_rows, len(entries), path)
    objects = [one for one in entries if isinstance(one, dict)]
    chosen: tuple[str, ...] = ()
    names: list[str] = []
    if objects or column is not None:
        names = list(dict.fromkeys(key for one in objects[:SAMPLE_ROWS] for key in one))
        rows = [[_text(one.get(name)) for name in names] for one in objects[:SAMPLE_ROWS]]
        chosen = tuple(names[place] for place in choose_columns(names, rows, column=column, source=path))
    made = (_entry(one, chosen, path.parent, f"{path.name}, entry {n}") for n, one in enumerate(entries, start=1))
    return _listing(made, chosen[0] if chosen else None, tuple(names))


def _entries_of(path: Path) -> Sequence[object]:
    try:
        document: object = json.loads(read_text(path, MAX_BYTES))
    except ValueError as error:
        raise SourceError(
            f"{path} is not JSON ({error}). Save it again, or as text with a link on each line."
        ) from error
    except RecursionError as error:
        raise SourceError(f"{path} is nested too deeply. Save it as a list of links or paths.") from error
    if isinstance(document, dict):
        lists = {key: value for key, value in document.items() if isinstance(value, list)}
        usual = [lists[key] for key in _USUAL_KEYS if key in lists]
        if usual or len(lists) == 1:
            document = usual[0] if usual else next(iter(lists.values()))
    if not isinstance(document, list):
        raise SourceError(
            f'{path} holds no list of pictures. Write it as [{{"url": "https://…"}}, …], '
            'as ["a.jpg", …] or as {"images": […]}.'
        )
    return document


def _entry(entry: object, chosen: Sequence[str], folder: Path, place: str) -> Item | Skipped:
    if isinstance(entry, str):
        return item_of_entry(entry, folder, place)
    if not isinstance(entry, dict):
        return Skipped(place, f"It is neither a text nor an object: {_text(entry)[:40]}.")
    values: Mapping[str, object] = entry
    named = [value for key in chosen if isinstance(value := values.get(key), str) and value.strip()]
    metadata = clean_metadata((key, _text(value)) for key, value in values.items() if key not in chosen)
    return item_of_entry(named[0] if named else "", folder, place, metadata)


def _text(value: object) -> str:
    """A value as metadata: texts as they are, nothing for null, and the rest as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _refuse_beyond(max_rows: int, count: int, path: Path) -> None:
    if count > max_rows:
        raise SourceError(f"{path} holds more than {max_rows:,} entries. Split it into smaller lists.")


def _listing(entries: Iterable[Item | Skipped], column: str | None = None, columns: tuple[str, ...] = ()) -> Listing:
    items: list[Item] = []
    skipped: list[Skipped] = []
    for entry in entries:
        if isinstance(entry, Item):
            items.append(entry)
        else:
            skipped.append(entry)
    return Listing(tuple(items), tuple(skipped), column, columns)
