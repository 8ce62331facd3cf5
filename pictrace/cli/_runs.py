"""Runs with a progress line, and what they could not use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.cli._bar import progress_line
from pictrace.cli._output import FAILED, OK, PARTLY, say, warn
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.keypoints import IndexKeypoints
from pictrace.indexing.rebuild import Rebuild
from pictrace.indexing.reconcile import Reconciled
from pictrace.indexing.run import Failure, Pace, Progress

__all__ = ["failure_documents", "files_document", "rebuild", "say_files", "show", "status_of", "tell_notes", "warn_of"]

_MOST_NOTES = 5


def show(run: Iterable[Pace], unit: str = "pictures") -> None:
    """All of a run, with a line that tells how far it is."""
    with progress_line(unit) as show_progress:
        for progress in run:
            show_progress(progress.done, progress.total)


def rebuild(catalog: Catalog, limits: DecodeLimits) -> Rebuild:
    """Make the features that are missing, and put new keypoints into the index."""
    run = Rebuild(catalog, limits=limits)
    show(run)
    show(IndexKeypoints(FeatureCache(catalog)), "pictures in the index")
    return run


def warn_of(failures: Sequence[Failure]) -> None:
    warn(*(f"{failure.source.address}: {failure.reason}" for failure in failures))


def tell_notes(notes: Sequence[Failure]) -> None:
    """How pictures were read: each, or how many where the same is to be told of more than a few."""
    by_note: dict[str, list[str]] = {}
    for one in notes:
        by_note.setdefault(one.reason, []).append(one.source.address)
    for note, addresses in by_note.items():
        few = len(addresses) <= _MOST_NOTES
        warn(*(f"{address}: {note}" for address in addresses) if few else [f"{len(addresses):,} pictures: {note}"])


def failure_documents(failures: Sequence[Failure]) -> list[dict[str, Any]]:
    return [{"address": one.source.address, "reason": one.reason} for one in failures]


def say_files(files: Reconciled) -> None:
    """What became of files that the catalog knew, one a line."""
    say(*(f"gone     {one.address}" for one in files.gone))
    say(*(f"moved    {one.address} -> {address}" for one, address in files.moved))
    say(*(f"changed  {one.address}" for one in files.changed))


def files_document(files: Reconciled) -> dict[str, Any]:
    return {
        "gone_files": [one.address for one in files.gone],
        "moved_files": [{"from": one.address, "to": address} for one, address in files.moved],
        "changed_files": [{"address": one.address, "picture": one.picture_id} for one in files.changed],
    }


def status_of(progress: Progress, failures: Sequence[Failure]) -> int:
    """Whether all of it could be used, some, or nothing."""
    if not failures:
        return OK
    return PARTLY if progress.added or progress.known else FAILED
