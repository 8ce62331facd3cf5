"""The answer in a sentence: is the picture in the catalog? Told from evidence, not from the weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pictrace.metrics.base import Metric
from pictrace.searching.find import Found
from pictrace.searching.query import Query
from pictrace.searching.table import Match, ScoreTable
from pictrace.wording import counted

__all__ = ["Verdict", "convincing_ids", "verdict"]


@dataclass(frozen=True)
class Verdict:
    """headline: the answer. detail: its grounds. good: ids of the matches that convince."""

    headline: str
    detail: str
    good: frozenset[int]


def convinces(metric: Metric, raw: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which raw values, at the default settings, are such that unrelated pictures do not reach them."""
    if metric.convincing is None:
        return np.zeros(raw.shape, np.bool_)
    with np.errstate(invalid="ignore"):
        return np.asarray(raw <= metric.convincing if metric.scale.smaller_is_nearer else raw >= metric.convincing)


def convincing_ids(table: ScoreTable) -> frozenset[int]:
    """Pictures that at least one metric alone vouches for, whatever the weights are."""
    return frozenset(int(one) for one in table.ids[_convinced(table).any(axis=1)])


def _convinced(table: ScoreTable) -> NDArray[np.bool_]:
    """(n, m): which metrics vouch for which pictures."""
    convinced = np.zeros((len(table.ids), len(table.metrics)), np.bool_)
    for place, (metric, raw) in enumerate(zip(table.metrics, table.raw.T, strict=True)):
        convinced[:, place] = convinces(metric, raw)
    return convinced


def verdict(query: Query, table: ScoreTable, found: Sequence[Found]) -> Verdict:
    """What the ranking says about the question whether the picture is in the catalog."""
    good = convincing_ids(table)
    shown = [one for one in found if one.match.id in good]
    if query.id in {one.match.id for one in found}:
        others = len(shown) - 1
        more = f" {counted(others, 'further good match', 'further good matches')}." if others > 0 else ""
        return Verdict("This very file is in the catalog.", f"Its bytes are the same.{more}", good)
    if shown:
        best = shown[0]
        how = f", {best.match.variant.label}" if best.match.variant.label else ""
        return Verdict(
            f"Found: {best.picture.label}{how}.",
            f"{counted(len(shown), 'good match', 'good matches')}. {_grounds(best.match, table)}",
            good,
        )
    if good:
        return Verdict(
            "Found, but ranked low by these weights.",
            f"{counted(len(good), 'picture has', 'pictures have')} convincing evidence, outside of the matches "
            f"shown. Raise the weight of {_convincing_titles(table)}, or the number of matches.",
            good,
        )
    if not found:
        return Verdict("Nothing reaches the minimum score.", "Lower it to see the nearest pictures.", good)
    return Verdict(
        "No match found.",
        "The nearest pictures are shown, but none shares convincing evidence with yours.",
        good,
    )


def _convincing_titles(table: ScoreTable) -> str:
    columns = zip(table.metrics, _convinced(table).T, strict=True)
    return " or ".join(metric.title for metric, convinced in columns if convinced.any())


def _grounds(match: Match, table: ScoreTable) -> str:
    position = int(np.searchsorted(table.ids, match.id))
    grounds = [
        metric.scale.describe(float(raw))
        for metric, raw in zip(table.metrics, table.raw[position], strict=True)
        if convinces(metric, raw)
    ]
    return f"Grounds: {', '.join(grounds)}."
