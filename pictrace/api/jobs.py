"""Long work that programs begin: pictures from a folder, links or a web page, on their way into the catalog."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime

from pictrace.api.problems import ProblemError
from pictrace.catalog.cache import FeatureCache
from pictrace.client.answers import Failed, JobProgress, JobState
from pictrace.errors import SourceError
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.keypoints import complete_index
from pictrace.service.addresses import shown_address
from pictrace.service.background import Background
from pictrace.service.jobs import AddJob
from pictrace.sources.base import Listing, Skipped

__all__ = ["Jobs", "SourceJob"]

_KEPT, _AT_ONCE, _TOLD = 100, 2, 1000


class SourceJob(Background):
    """Lists a source, then adds its pictures.

    Parameters
    ----------
    cache
        Of the catalog that they go to.
    listed
        Brings the listing; it may take its time.
    limits
        What decoding one picture may cost.
    """

    def __init__(self, cache: FeatureCache, listed: Callable[[], Listing], limits: DecodeLimits) -> None:
        self.id = secrets.token_urlsafe(12)
        self.created_at = datetime.now(UTC).isoformat(timespec="seconds")
        self._cache, self._listed, self._limits = cache, listed, limits
        self._adding: AddJob | None = None
        self._skipped: tuple[Skipped, ...] = ()
        super().__init__(self._list_and_add, "api-source")

    def _list_and_add(self) -> None:
        listing = self._listed()
        self._skipped = listing.skipped
        if self.stopped:
            return
        if not listing.items:
            raise SourceError("There are no pictures there that PicTrace can read.")
        covers = () if listing.covers is None else (listing.covers,)
        self._adding = AddJob(self._cache.catalog, listing.items, self._limits, covers=covers)
        self._pass_on_the_stop()
        while self._adding.running:
            self._adding.wait(60)
        self.problem = self._adding.problem
        complete_index(self._cache)

    def stop(self) -> None:
        super().stop()
        self._pass_on_the_stop()

    def _pass_on_the_stop(self) -> None:
        if self.stopped and self._adding is not None:
            self._adding.stop()

    @property
    def state(self) -> str:
        if self.running:
            return "listing" if self._adding is None else "running"
        if self.problem:
            return "failed"
        return "stopped" if self.stopped else "done"

    @property
    def document(self) -> JobState:
        """As it is now."""
        adding = self._adding
        done = None if adding is None else adding.progress
        return JobState(
            id=self.id,
            state=self.state,
            progress=JobProgress(done=0, total=0, added=0, known=0, failed=0)
            if done is None
            else JobProgress(done=done.done, total=done.total, added=done.added, known=done.known, failed=done.failed),
            summary="" if adding is None else adding.summary,
            problem=self.problem,
            created_at=self.created_at,
            failures=[
                Failed(address=shown_address(one.source.address), reason=one.reason)
                for one in (() if adding is None else adding.failures[:_TOLD])
            ],
            skipped=[Failed(address=shown_address(one.address), reason=one.reason) for one in self._skipped[:_TOLD]],
        )


class Jobs:
    """The last ones, by id. For one event loop."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, SourceJob] = OrderedDict()

    def require_room(self) -> None:
        """ProblemError where as many run as may."""
        if sum(one.running for one in self._jobs.values()) >= _AT_ONCE:
            raise ProblemError("too-many-requests", f"{_AT_ONCE} jobs run already. Wait for one.", retry_after_s=10)

    def keep(self, job: SourceJob) -> None:
        """Have it found by its id; the oldest that has ended is forgotten."""
        self._jobs[job.id] = job
        ended = [one.id for one in self._jobs.values() if not one.running]
        for one in ended[: max(0, len(self._jobs) - _KEPT)]:
            del self._jobs[one]

    def get(self, identity: str) -> SourceJob:
        """The job; ProblemError where there is none."""
        job = self._jobs.get(identity)
        if job is None:
            raise ProblemError("not-found", "There is no such job, or none any more.")
        return job

    def forget(self, identity: str) -> None:
        """Stop it, too; what is done is kept."""
        self.get(identity).stop()
        del self._jobs[identity]

    def close(self) -> None:
        """Stop all."""
        for one in self._jobs.values():
            one.stop()
