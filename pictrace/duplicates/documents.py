"""Groups as documents: plain numbers and words, for JSON and for tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pictrace.duplicates.false_alarms import FalseAlarms
from pictrace.duplicates.groups import Group, Image
from pictrace.duplicates.levels import Level
from pictrace.duplicates.relations import text_of
from pictrace.duplicates.tree import Edge, Tree
from pictrace.told import told

__all__ = ["COLUMNS", "document", "rows", "tree_as_dot"]

COLUMNS = ("group", "keep", "id", "source", "level", "score", "relation", "changes", "width", "height", "bytes")


def document(groups: Iterable[Group], alarms: FalseAlarms) -> dict[str, Any]:
    """``groups``, each with ``keep``, ``level``, its ``images`` and its ``cuts``, and what is expected to be false."""
    return {
        "changed_copies": alarms.copies,
        "expected_false": round(float(alarms.expected), 4),
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
        ],
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


def tree_as_dot(
    tree: Tree,
    names: Mapping[int, str],
    link: Callable[[Edge], str] | None = None,
    words: Callable[[str], str] = str,
) -> str:
    """A family tree as Graphviz reads it: boxes with names, ways with what was done, which lead to a link, if any.

    Who looks at a tree does not lose it: links open beside.
    """
    lines = ["digraph {", "rankdir=LR", 'node [shape=box style=rounded fontname="sans-serif" fontsize=11]']
    lines += [f'n{one} [label="{_dot(name)}"]' for one, name in names.items() if one in _within(tree)]
    compare = words(told("compare"))
    for edge in tree.edges:
        said = "\n".join(words(text_of(change)) for change in edge.note["changes"]) if edge.as_told else ""
        leads = f' URL="{_dot(link(edge))}" target="_blank" penwidth=2' if link else ""
        lines.append(
            f'n{edge.parent} -> n{edge.child} [label="{_dot(said or (compare if link else ""))}" fontsize=9{leads}]'
        )
    return "\n".join([*lines, "}"])


def _within(tree: Tree) -> set[int]:
    return {tree.root, *(edge.child for edge in tree.edges)}


def _dot(text: str) -> str:
    """Within double quotes of DOT: a backslash would begin an escape, a line break one of Graphviz's own."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
