"""What the tune page keeps of one session."""

from __future__ import annotations

from dataclasses import dataclass, field

from pictrace.app.shared.session import of_session
from pictrace.evaluation.naming import Asking
from pictrace.service.labelling import Labelling
from pictrace.service.many_searches import ManySearches
from pictrace.service.stressing import Stressing
from pictrace.service.tuning import Learning, Measuring
from pictrace.service.uploads import Uploads

__all__ = ["TuneState", "tune_state"]


@dataclass
class TuneState:
    """Of the catalog with this identity.

    title: where the queries come from. problem: why a table was not taken. taken: the upload that was read.
    """

    catalog: str = ""
    title: str = ""
    problem: str = ""
    taken: str = ""
    asked: list[Asking] = field(default_factory=list)
    measuring: Measuring | None = None
    learning: Learning | None = None
    stressing: Stressing | None = None
    labelling: Labelling | None = None
    many: ManySearches | None = None
    uploads: Uploads = field(default_factory=Uploads)

    def ask(self, title: str, asked: list[Asking]) -> None:
        """Other queries; what was measured with the former ones is forgotten."""
        self.title, self.asked, self.problem = title, asked, ""
        for job in (self.measuring, self.learning):
            if job is not None:
                job.stop()
        self.measuring = self.learning = None


def tune_state(catalog: str) -> TuneState:
    """This session's; in another catalog nothing was asked yet."""
    state = of_session(TuneState)
    if state.catalog != catalog:
        state.ask("", [])
        if state.stressing is not None:
            state.stressing.stop()
        if state.many is not None:
            state.many.stop()
        state.catalog, state.taken = catalog, ""
        state.labelling, state.stressing, state.many = None, None, None
    return state
