"""Runs with a progress line, and what they could not use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pictrace.catalog.base import Catalog
from pictrace.cli._bar import progress_line
from pictrace.cli._output import FAILED, OK, PARTLY, warn
from pictrace.indexing.rebuild import Rebuild
from pictrace.indexing.run import Failure, Pace, Progress

__all__ = ["failure_documents", "rebuild", "show", "status_of", "warn_of"]


def show(run: Iterable[Pace], unit: str = "pictures") -> None:
    """All of a run, with a line that tells how far it is."""
    with progress_line(unit) as show_progress:
        for progress in run:
            show_progress(progress.done, progress.total)


def rebuild(catalog: Catalog) -> Rebuild:
    """Make the features that are missing."""
    run = Rebuild(catalog)
    show(run)
    return run


def warn_of(failures: Sequence[Failure]) -> None:
    warn(*(f"{failure.source.address}: {failure.reason}" for failure in failures))


def failure_documents(failures: Sequence[Failure]) -> list[dict[str, Any]]:
    return [{"address": one.source.address, "reason": one.reason} for one in failures]


def status_of(progress: Progress, failures: Sequence[Failure]) -> int:
    """Whether all of it could be used, some, or nothing."""
    if not failures:
        return OK
    return PARTLY if progress.added or progress.known else FAILED
