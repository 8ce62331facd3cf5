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
from pictrace.sources.base import Skipped

__all__ = [
    "failure_documents",
    "files_document",
    "rebuild",
    "say_files",
    "show",
    "status_of",
    "tell_notes",
    "tell_skipped",
    "warn_of",
]

_MOST_NOTES = _MOST_KINDS = 5


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
    for note, addresses in _by_reason((one.source.address, one.reason) for one in notes).items():
        few = len(addresses) <= _MOST_NOTES
        warn(*(f"{address}: {note}" for address in addresses) if few else [f"{len(addresses):,} pictures: {note}"])


def tell_skipped(skipped: Sequence[Skipped]) -> None:
    """What a source named and was left out, once a kind, with one that stands for it; --json lists all."""
    kinds = list(_by_reason((one.address, one.reason) for one in skipped).items())
    for reason, addresses in kinds[:_MOST_KINDS]:
        others = f" (and {len(addresses) - 1:,} more)" if len(addresses) > 1 else ""
        warn(f"left out: {addresses[0]}{others}: {reason}")
    if further := sum(len(addresses) for _, addresses in kinds[_MOST_KINDS:]):
        warn(f"left out for other reasons, which --json lists: {further:,}")


def _by_reason(told: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Addresses by what is told of them."""
    found: dict[str, list[str]] = {}
    for address, reason in told:
        found.setdefault(reason, []).append(address)
    return found


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
