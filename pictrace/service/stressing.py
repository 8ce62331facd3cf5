"""The stress lab of one person's page: changed pictures of the catalog, looked for in the background."""

from __future__ import annotations

from collections.abc import Sequence

from pictrace.evaluation.stress import Case, asking_of, changed
from pictrace.evaluation.ways import Way, evaluated
from pictrace.output.stress import ranks_by_way
from pictrace.searching.table import Criteria
from pictrace.service.pictures import Picture, upload_limits
from pictrace.service.tuning import Measuring
from pictrace.service.workspaces import Workspace

__all__ = ["Stressing"]


class Stressing(Measuring):
    """Looks for every case; what is done when it is stopped is told."""

    def __init__(self, workspace: Workspace, cases: Sequence[Case], criteria: Criteria, *, orientations: bool) -> None:
        self.cases = tuple(cases)
        self._catalog = workspace.catalog
        asked = asking_of(workspace.catalog, cases, upload_limits())
        super().__init__(workspace, asked, criteria, orientations=orientations, wanted=())

    def ranks(self, criteria: Criteria) -> dict[str, dict[Case, int]]:
        """Where each original stands, by the title of each way: the sliders first, where their settings were scored."""
        if self.cube is None:
            return {}
        sliders = evaluated(self.cube, [Way("given", "Your sliders", "Your sliders", criteria)], ())
        ranks = ranks_by_way(self.cube, [*sliders, *self.results], self.cases)
        titles = {one.way.name: one.way.title for one in self.results}
        return {titles.get(name, name): some for name, some in ranks.items()}

    def picture(self, case: Case) -> Picture:
        """The changed picture of a case, to search with; PicTraceError where its original is gone."""
        records = self._catalog.pictures([case.picture_id])
        label = records[case.picture_id].label if case.picture_id in records else "picture"
        data = changed(self._catalog, case, upload_limits())
        return Picture(data, f"{label}, {case.change} ({case.strength:g})", "upload")
