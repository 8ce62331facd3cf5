"""What a catalog leaves out, in words."""

from __future__ import annotations

from pictrace.catalog.keeping import Keeping
from pictrace.metrics import all_metrics
from pictrace.told import listed, told

__all__ = ["told_keeping"]


def told_keeping(keeping: Keeping) -> str:
    """What is not comparable here, and what else is missing; nothing of a catalog that keeps all."""
    titles = {one.name: one.title for one in all_metrics()}
    names = listed(*(told(titles.get(one, one)) for one in keeping.left_out))
    if not keeping.originals:
        return told(
            "This catalog is compact. Not comparable in it: {metrics}. It keeps small thumbnails, and no originals of "
            "uploads and links.",
            metrics=names,
        )
    return told("Not comparable in this catalog: {metrics}.", metrics=names) if keeping.left_out else ""
