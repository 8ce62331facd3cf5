"""What the API keeps between requests."""

from __future__ import annotations

from dataclasses import dataclass, field

from pictrace.api.jobs import Jobs
from pictrace.api.limits import HeldBytes, Rate
from pictrace.api.problems import ProblemError
from pictrace.api.repeats import Repeats
from pictrace.api.telemetry import Telemetry
from pictrace.api.work import Work
from pictrace.service.fetched import is_elsewhere
from pictrace.service.owner import owner
from pictrace.service.workspaces import SHARED, Workspace, Workspaces

__all__ = ["State"]

_STREAMS = 32


def _heavy() -> Work:
    return Work("api-heavy", 2, 16)  # a search uses all processors by itself


def _light() -> Work:
    return Work("api-light", 4, 64)


@dataclass
class State:
    """workspaces: the catalogs that are open, in one process with the page those of the page, too."""

    workspaces: Workspaces = field(default_factory=Workspaces)
    heavy: Work = field(default_factory=_heavy)
    light: Work = field(default_factory=_light)
    jobs: Jobs = field(default_factory=Jobs)
    rate: Rate = field(default_factory=Rate)
    held: HeldBytes = field(default_factory=HeldBytes)
    repeats: Repeats = field(default_factory=Repeats)
    streams: int = 0
    telemetry: Telemetry = field(init=False)

    def __post_init__(self) -> None:
        self.telemetry = Telemetry(
            {
                "searches_under_way": ("Searches and additions that run or wait.", lambda: self.heavy.under_way),
                "reads_under_way": ("Other work that runs or waits.", lambda: self.light.under_way),
                "streams": ("Clients that look on at jobs.", lambda: self.streams),
                "held_bytes": ("Bodies of requests in memory.", lambda: self.held.held),
            }
        )

    def workspace(self) -> Workspace:
        """The catalog that the API is of; CatalogError where it cannot be opened."""
        return self.workspaces.open(SHARED)

    def workspace_to_write(self) -> Workspace:
        """The same, where it can be written; ProblemError where not."""
        found = self.workspace()
        if found.is_sample or not found.catalog.writable or is_elsewhere(owner().catalog or ""):
            what = "The built-in sample" if found.is_sample else "This catalog"
            raise ProblemError("not-allowed", f"{what} cannot be changed. The owner names another (PICTRACE_CATALOG).")
        return found

    def may_stream(self) -> None:
        """ProblemError where as many look on as may."""
        if self.streams >= _STREAMS:
            raise ProblemError("too-many-requests", "Too many look on at jobs.", retry_after_s=5)

    def close(self) -> None:
        """End what is under way."""
        self.heavy.close()
        self.light.close()
        self.jobs.close()
