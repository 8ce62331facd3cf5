"""Evaluation and learning of one person's page: scoring and learning in the background, results at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from pictrace.calibration.relatives import tied
from pictrace.calibration.stored_query import stored_query
from pictrace.catalog.base import Catalog
from pictrace.errors import SourceError, StoppedError
from pictrace.evaluation.cube import Cube, columns_of
from pictrace.evaluation.learning.learn import FOLDS, Learned, learn
from pictrace.evaluation.learning.settings import columns_to_try
from pictrace.evaluation.measures import Measure, measure_named, measures
from pictrace.evaluation.naming import Asking, Names, asked_by_labels, named
from pictrace.evaluation.scoring import Scoring
from pictrace.evaluation.stress import asking_of, cases_of, chosen_pictures
from pictrace.evaluation.truth import read_truth
from pictrace.evaluation.ways import Result, Way, evaluated, ways_of
from pictrace.indexing.run import Failure
from pictrace.metrics import all_metrics
from pictrace.precedence import give_way
from pictrace.searching.presets import DEFAULT_PRESET, criteria_of
from pictrace.searching.query import needed_metrics
from pictrace.searching.scoring import score
from pictrace.searching.table import Criteria
from pictrace.service.background import Background
from pictrace.service.pictures import upload_limits
from pictrace.service.typed_links import fetch_link
from pictrace.service.workspaces import Workspace
from pictrace.told import told

__all__ = ["SHOWN", "Learning", "Measuring", "asked_in", "asked_of_changes", "asked_of_labels", "measured"]

MOST_QUERIES = 2000
"""Of a table on the page: each costs the server a second."""

TRIED_PICTURES, TRIED_CHANGES, TRIED_STRENGTH = 12, ("cropped", "noise"), 0.6

SHOWN = ("mAP", "found", "hit@1", "MRR", "micro-AP")
"""The measures that are shown at first."""


def asked_in(table: bytes, name: str, catalog: Catalog, pictures: Mapping[str, bytes]) -> list[Asking]:
    """The queries of a visitor's table: its names are those of uploads, of links, or of pictures of the catalog.

    Nothing of this machine's files is looked at. SourceError names the lines that are wrong.
    """

    def bring(asked: str) -> Callable[[], bytes] | None:
        if asked.lower().startswith(("http://", "https://")):
            return partial(fetch_link, asked)
        data = pictures.get(asked, pictures.get(asked.replace("\\", "/").rpartition("/")[2]))
        return None if data is None else lambda: data

    asked_for = read_truth(table, name)
    if len(asked_for) > MOST_QUERIES:
        raise SourceError(
            told(
                "{name} has {count:,} queries; {most:,} are the most here. Take some, or use pictrace evaluate.",
                name=name,
                count=len(asked_for),
                most=MOST_QUERIES,
            )
        )
    return named(asked_for, Names(catalog), bring, upload_limits(), name)


def asked_of_labels(catalog: Catalog) -> list[Asking]:
    """The queries that were labelled, as far as they are pictures of the catalog."""
    return asked_by_labels(catalog, Names(catalog), upload_limits())


def asked_of_changes(workspace: Workspace) -> list[Asking]:
    """Some changed pictures of the catalog, as queries for whoever has none; copies of them count neither way."""
    workspace.wait()
    catalog, cache = workspace.catalog, workspace.cache
    pictures = chosen_pictures(catalog, TRIED_PICTURES)
    metrics = needed_metrics(criteria_of(DEFAULT_PRESET).weights)
    relatives = {
        one: frozenset(tied(score(stored_query(cache, record, metrics), cache, metrics)).tolist()) - {one}
        for one, record in catalog.pictures(pictures).items()
    }
    cases = cases_of(pictures, TRIED_CHANGES, (TRIED_STRENGTH,))
    asked = asking_of(catalog, cases, upload_limits())
    return [replace(one, unsure=relatives[case.picture_id]) for one, case in zip(asked, cases, strict=True)]


class Measuring(Background):
    """Looks for every query, and measures each preset and metric; what is done when it is stopped is measured."""

    def __init__(
        self,
        workspace: Workspace,
        asked: Sequence[Asking],
        criteria: Criteria,
        *,
        orientations: bool,
        wanted: Sequence[Measure] | None = None,
    ) -> None:
        """criteria: whose settings are scored, too. wanted: what is measured, all by default."""
        self._wanted = measures() if wanted is None else wanted
        self._workspace = workspace
        metrics = needed_metrics(dict.fromkeys((one.name for one in all_metrics()), 1.0))
        settings = Criteria(weights=dict.fromkeys((one.name for one in metrics), 1.0), settings=criteria.settings)
        columns = columns_of(metrics, [settings, *(one.criteria for one in ways_of(metrics))])
        columns = tuple(sorted({*columns, *columns_to_try(metrics)}))
        self.cube: Cube | None = None
        self.results: tuple[Result, ...] = ()
        self._run_of = Scoring(
            workspace.cache, asked, metrics, columns, orientations=orientations, limits=upload_limits(), workers=1
        )  # a server has others to serve
        super().__init__(self._measure, "measuring")

    def _measure(self) -> None:
        self._workspace.wait()
        self._run_of.run()
        cube = self._run_of.cube
        if cube.blocks:
            self.results = tuple(evaluated(cube, ways_of(cube.metrics), self._wanted))
            self.cube = cube

    def stop(self) -> None:
        super().stop()
        self._run_of.stop()

    @property
    def progress(self) -> tuple[int, int]:
        """How many were looked for, and all."""
        return self._run_of.progress.done, self._run_of.progress.total

    @property
    def failures(self) -> Sequence[Failure]:
        return self._run_of.failures


def measured(cube: Cube, criteria: Criteria, wanted: Sequence[Measure]) -> Result:
    """The sliders as they are; CriteriaError where their settings were not scored."""
    (result,) = evaluated(cube, [Way("given", "sliders", told("Your sliders"), criteria)], wanted)
    return result


class Learning(Background):
    """Learns weights and settings; learned is there once it has ended."""

    def __init__(self, cube: Cube, measure: str, *, folds: int = FOLDS) -> None:
        self.learned: Learned | None = None
        self.progress = (0, 1)
        self._cube, self._measure, self._folds = cube, measure, folds
        super().__init__(self._learn, "learning")

    def _learn(self) -> None:
        wanted = [measure_named(one) for one in SHOWN]
        self.learned = learn(self._cube, measure_named(self._measure), wanted, folds=self._folds, step=self._count)

    def _count(self, done: int, total: int) -> None:
        if self.stopped:
            raise StoppedError(told("Learning was stopped."))
        self.progress = (done, total)
        give_way()
