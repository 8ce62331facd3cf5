"""The stress lab of one person's page: changed pictures of the catalog, looked for in the background."""

from __future__ import annotations

from collections.abc import Sequence

from pictrace.evaluation.cube import Cube, columns_of
from pictrace.evaluation.learning.settings import columns_to_try
from pictrace.evaluation.scoring import Scoring
from pictrace.evaluation.stress import Case, asking_of, changed
from pictrace.evaluation.ways import Result, Way, evaluated, ways_of
from pictrace.indexing.run import Failure
from pictrace.metrics import all_metrics
from pictrace.output.stress import ranks_by_way
from pictrace.searching.query import needed_metrics
from pictrace.searching.table import Criteria
from pictrace.service.background import Background
from pictrace.service.pictures import Picture, upload_limits
from pictrace.service.workspaces import Workspace

__all__ = ["Stressing"]


class Stressing(Background):
    """Looks for every case; what is done when it is stopped is told."""

    def __init__(self, workspace: Workspace, cases: Sequence[Case], criteria: Criteria, *, orientations: bool) -> None:
        self.cases = tuple(cases)
        self.cube: Cube | None = None
        self.results: tuple[Result, ...] = ()
        self._workspace, self._catalog = workspace, workspace.catalog
        metrics = needed_metrics(dict.fromkeys((one.name for one in all_metrics()), 1.0))
        settings = Criteria(weights=dict.fromkeys((one.name for one in metrics), 1.0), settings=criteria.settings)
        columns = {
            *columns_of(metrics, [settings, *(one.criteria for one in ways_of(metrics))]),
            *columns_to_try(metrics),
        }
        self._run_of = Scoring(
            workspace.cache,
            asking_of(workspace.catalog, cases, upload_limits()),
            metrics,
            sorted(columns),
            orientations=orientations,
            limits=upload_limits(),
            workers=1,  # a server has others to serve
        )
        super().__init__(self._stress, "stressing")

    def _stress(self) -> None:
        self._workspace.wait()
        self._run_of.run()
        cube = self._run_of.cube
        if cube.blocks:
            self.results = tuple(evaluated(cube, ways_of(cube.metrics), ()))
            self.cube = cube

    def stop(self) -> None:
        super().stop()
        self._run_of.stop()

    @property
    def progress(self) -> tuple[int, int]:
        """Changed pictures that are done, and all."""
        return self._run_of.progress.done, self._run_of.progress.total

    @property
    def failures(self) -> Sequence[Failure]:
        return self._run_of.failures

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
