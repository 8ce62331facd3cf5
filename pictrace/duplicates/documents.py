"""Groups as documents: plain numbers and words, for JSON and for tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pictrace.duplicates.groups import Group, Image
from pictrace.duplicates.levels import Level

__all__ = ["COLUMNS", "document", "rows"]

COLUMNS = ("group", "keep", "id", "source", "level", "score", "relation", "changes", "width", "height", "bytes")


def document(groups: Iterable[Group]) -> dict[str, Any]:
    """``groups``, each with ``keep``, ``level``, its ``images`` and its ``cuts``."""
    return {
        "groups": [
            {
                "keep": group.keep,
                "level": group.level.word,
                "images": [entry for image in group.images for entry in _entries(group, image)],
                "cuts": [
                    {"outside": cut.outside, "member": cut.member, "score": round(cut.score, 4)} for cut in group.cuts
                ],
            }
            for group in groups
        ]
    }


def rows(groups: Iterable[Group]) -> Iterator[tuple[object, ...]]:
    """One for each address of each picture, as COLUMNS."""
    for number, group in enumerate(groups, start=1):
        for image in group.images:
            for entry in _entries(group, image):
                told = "; ".join(str(change["text"]) for change in entry["changes"])
                kept = "yes" if entry["keep"] else "no"
                yield (number, kept, *(told if name == "changes" else entry[name] for name in COLUMNS[2:]))


def _entries(group: Group, image: Image) -> Iterator[dict[str, Any]]:
    """A picture's addresses: what is the same file as the first of them says so."""
    record = image.record
    addresses = list(dict.fromkeys(source.address for source in record.sources)) or [""]
    for place, address in enumerate(addresses):
        first = image.id == group.keep and not place
        again = place > 0
        yield {
            "id": image.id,
            "source": address,
            "keep": first,
            "level": Level.BYTES.word if again else image.level.word,
            "score": 1.0 if again else round(image.score, 4),
            "relation": "identical" if again or first else image.relation,
            "changes": [] if again else [dict(change) for change in image.changes],
            "width": record.width,
            "height": record.height,
            "bytes": record.byte_count,
        }
