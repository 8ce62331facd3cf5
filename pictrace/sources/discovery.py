"""The kinds of sources that there are: each is one module of this package, or of somebody else's."""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
import pkgutil
from functools import cache

import pictrace.sources
from pictrace.sources.kinds import Glimpse, SourceKind

__all__ = ["ENTRY_POINTS", "all_kinds", "best_kind", "titles", "upload_suffixes"]

ENTRY_POINTS = "pictrace.sources"
"""The group of entry points under which other packages name their kinds."""

_log = logging.getLogger(__name__)


@cache
def all_kinds() -> tuple[SourceKind, ...]:
    """Every kind, in the order in which they are asked; others' packages come in by entry points."""
    found: dict[str, SourceKind] = {}
    for module_info in pkgutil.iter_modules(pictrace.sources.__path__):
        if not module_info.name.startswith("_"):  # parts of kinds, which load libraries
            name = f"pictrace.sources.{module_info.name}"
            kind = getattr(importlib.import_module(name), "KIND", None)
            if isinstance(kind, SourceKind):
                found[name] = kind
    for point in importlib.metadata.entry_points(group=ENTRY_POINTS):
        try:
            kind = point.load()
        except Exception as error:
            # What another package's module raises is open-ended, and it must not take the others along.
            _log.warning("The kind of source %s of %s is left out: %s", point.name, point.value, error)
            continue
        if isinstance(kind, SourceKind):
            found[point.value] = kind
        else:
            _log.warning("The kind of source %s of %s is left out: it is no SourceKind.", point.name, point.value)
    return tuple(kind for _, kind in sorted(found.items(), key=lambda one: (one[1].order, one[0])))


def best_kind(glimpse: Glimpse) -> SourceKind | None:
    """The kind that a source is of most surely; None where it is of no known one."""
    best, most = None, 0
    for kind in all_kinds():
        certainty = kind.certainty(glimpse)
        if certainty > most:
            best, most = kind, certainty
    return best


def titles() -> str:
    """All kinds as a part of a sentence: "a folder, a link, a table (CSV) …"."""
    return ", ".join(kind.title for kind in all_kinds())


def upload_suffixes() -> tuple[str, ...]:
    """Endings of names, without their dots, of the files that can be uploaded to be listed."""
    return tuple(sorted({suffix.lstrip(".") for kind in all_kinds() for suffix in kind.uploaded_as}))
