"""Scores of many queries, kept as similarities by metric: whatever is set afterwards, nothing is compared again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pictrace.errors import CriteriaError
from pictrace.features import Settings
from pictrace.metrics import get_metric
from pictrace.metrics.base import Metric
from pictrace.searching.table import Criteria, ScoreTable
from pictrace.told import fixed, told

__all__ = ["Block", "Column", "Cube", "columns_of"]


@dataclass(frozen=True, order=True)
class Column:
    """One metric under one choice of its ranking settings. place: see ``Metric.setting_positions``."""

    metric: str
    place: tuple[int, ...] = ()

    @classmethod
    def of(cls, metric: Metric, settings: Settings) -> Column:
        try:
            return cls(metric.name, metric.setting_positions(settings))
        except ValueError as error:
            raise CriteriaError(told("{title}: {error}.", title=fixed(metric.title), error=error)) from error

    @property
    def settings(self) -> Settings:
        """What was chosen, by the names of the settings."""
        choices = zip(get_metric(self.metric).settings, self.place, strict=True)
        return {setting.name: setting.values[place] for setting, place in choices}


def columns_of(metrics: Sequence[Metric], criteria: Sequence[Criteria]) -> tuple[Column, ...]:
    """Those that such criteria read, and each metric at its default settings."""
    wanted = {Column.of(one, {}) for one in metrics}
    by_name = {one.name: one for one in metrics}
    for one in criteria:
        for name, weight in one.weights.items():
            if weight > 0 and name in by_name:
                wanted.add(Column.of(by_name[name], one.settings.get(name, {})))
    return tuple(sorted(wanted))


@dataclass(frozen=True)
class Block:
    """One query against n pictures by c columns; what counts neither right nor wrong is left out.

    Attributes
    ----------
    ids : (n,) int64 array
        Ascending.
    similarity : (c, n) float32 array
        In [0, 1]; 0 where a pair cannot be compared.
    able : (c,) bool array
        Whether a column compares the query with any picture: else it takes no part in the mean.
    right : (r,) int64 array
        Where the relevant pictures lie in ids, ascending; those that were not scored are not among them.
    total
        How many relevant pictures the catalog has; 0 where nothing matches.
    """

    name: str
    group: int
    ids: NDArray[np.int64]
    similarity: NDArray[np.float32]
    able: NDArray[np.bool_]
    right: NDArray[np.int64]
    total: int

    @classmethod
    def of(
        cls,
        name: str,
        group: int,
        table: ScoreTable,
        columns: Sequence[Column],
        *,
        relevant: frozenset[int],
        left_out: frozenset[int] = frozenset(),
    ) -> Block:
        """What a table says of a query. left_out: ids that count neither right nor wrong."""
        places = {metric.name: number for number, metric in enumerate(table.metrics)}
        kept = ~np.isin(table.ids, list(left_out - relevant))
        ids = table.ids[kept]
        rows = np.full((len(columns), len(ids)), np.nan, np.float32)
        for row, column in zip(rows, columns, strict=True):
            if column.metric in places:
                number = places[column.metric]
                scale = table.metrics[number].scale_for(column.settings)
                row[:] = scale.similarity(table.columns[number].raw[column.place])[kept]
        missing = np.isnan(rows)
        right = np.flatnonzero(np.isin(ids, list(relevant)))
        rows[missing] = 0
        return cls(name, group, ids, rows, np.asarray(~missing.all(axis=1)), right.astype(np.int64), len(relevant))

    def fused(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n,) scores under these weights of the columns, as ``ScoreTable.fused`` gives them."""
        score = np.zeros(len(self.ids), np.float32)
        for weight, row in zip(weights, self.similarity, strict=True):
            if weight:
                score += weight * row
        able = np.float32(weights[self.able].sum())
        return score / able if able > 0 else score


@dataclass(frozen=True)
class Cube:
    """All queries. catalog_size: how many pictures each was looked for among."""

    metrics: tuple[Metric, ...]
    columns: tuple[Column, ...]
    blocks: tuple[Block, ...]
    catalog_size: int
    features: Mapping[str, str] = field(default_factory=dict)

    @property
    def groups(self) -> NDArray[np.int64]:
        """(q,) the group of each query, as a number from 0."""
        _, numbers = np.unique([one.group for one in self.blocks], return_inverse=True)
        return numbers.astype(np.int64)

    @property
    def strangers(self) -> int:
        """Queries that match nothing."""
        return sum(one.total == 0 for one in self.blocks)

    @property
    def byte_count(self) -> int:
        return sum(one.similarity.nbytes + one.ids.nbytes for one in self.blocks)

    def holds(self, criteria: Criteria) -> bool:
        """Whether all that these criteria weigh was scored."""
        by_name = {one.name: one for one in self.metrics}
        weighed = [name for name, weight in criteria.weights.items() if weight > 0]
        return all(
            name in by_name and Column.of(by_name[name], criteria.settings.get(name, {})) in self.columns
            for name in weighed
        )

    def weights_of(self, criteria: Criteria) -> NDArray[np.float32]:
        """(c,) the criteria's weights by column.

        Raises
        ------
        CriteriaError
            Where a setting was not scored, or nothing that was has a weight.
        """
        weights = np.zeros(len(self.columns), np.float32)
        by_name = {one.name: one for one in self.metrics}
        for name, weight in criteria.weights.items():
            if weight <= 0 or name not in by_name:
                continue
            column = Column.of(by_name[name], criteria.settings.get(name, {}))
            if column not in self.columns:
                raise CriteriaError(
                    told(
                        "{title} was not scored under {settings}. Score again.",
                        title=by_name[name].title,
                        settings=dict(column.settings),
                    )
                )
            weights[self.columns.index(column)] = weight
        if not weights.any():
            raise CriteriaError(told("Every metric's weight is zero, so nothing can be ranked. Raise at least one."))
        return weights

    def criteria_of(self, weights: NDArray[np.float32]) -> Criteria:
        """The criteria that these weights of the columns stand for; a metric has one column at the most."""
        chosen = {
            column: round(float(weight), 6) for column, weight in zip(self.columns, weights, strict=True) if weight > 0
        }
        return Criteria(
            weights={column.metric: weight for column, weight in chosen.items()},
            settings={column.metric: column.settings for column in chosen if column.place},
        )

    def with_columns(self, columns: Sequence[Column]) -> Cube:
        """The same with these columns, in this order."""
        rows = [self.columns.index(one) for one in columns]
        blocks = tuple(
            replace(one, similarity=np.ascontiguousarray(one.similarity[rows]), able=one.able[rows])
            for one in self.blocks
        )
        return Cube(self.metrics, tuple(columns), blocks, self.catalog_size, self.features)

    def among(self, queries: NDArray[np.intp]) -> Cube:
        """The same for some of the queries."""
        blocks = tuple(self.blocks[int(one)] for one in queries)
        return Cube(self.metrics, self.columns, blocks, self.catalog_size, self.features)
