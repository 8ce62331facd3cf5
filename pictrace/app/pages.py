"""The pages of the app: each file in ``pages/`` is one, and says itself what it is called.

    TITLE = "Search"
    ICON = "image_search"
    ORDER = 1

TITLE stands in the navigation; without one it is made of the file's name. ICON is the name of a Material symbol. The
pages come by ORDER, those without one last, and the first is the one that the app opens with. All three are read
without running the file.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

__all__ = ["PageFile", "pages_in"]

LAST = 1000


@dataclass(frozen=True)
class PageFile:
    """A page in the navigation. file: its name in the folder; icon as Streamlit takes it, None for none."""

    file: str
    title: str
    icon: str | None
    order: int


def pages_in(folder: Path) -> list[PageFile]:
    """All pages of a folder, in their order."""
    pages = [_page(path, path.stat().st_mtime_ns) for path in folder.glob("*.py") if not path.name.startswith("_")]
    return sorted(pages, key=lambda one: (one.order, one.title))


@lru_cache(maxsize=64)
def _page(path: Path, _written_ns: int) -> PageFile:
    said = _constants(path.read_text("utf-8"))
    title, icon, order = said.get("TITLE"), said.get("ICON"), said.get("ORDER")
    return PageFile(
        path.name,
        title if isinstance(title, str) else path.stem.replace("_", " ").capitalize(),
        f":material/{icon}:" if isinstance(icon, str) else None,
        order if isinstance(order, int) else LAST,
    )


def _constants(text: str) -> dict[str, object]:
    """What a module assigns to single names at its top, where that is written out."""
    found: dict[str, object] = {}
    for one in ast.parse(text).body:
        if isinstance(one, ast.Assign) and isinstance(one.value, ast.Constant):
            found |= {name.id: one.value.value for name in one.targets if isinstance(name, ast.Name)}
    return found
