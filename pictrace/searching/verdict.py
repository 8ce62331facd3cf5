"""The answer in a sentence: is the picture in the catalog? Told from evidence, not from the weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pictrace.searching.convincing import convinced, convinces, convincing_ids, ids_of_several_kinds
from pictrace.searching.find import Found
from pictrace.searching.parts import Part
from pictrace.searching.query import Query
from pictrace.searching.table import Criteria, Match, ScoreTable
from pictrace.wording import counted

__all__ = ["Verdict", "good_first", "verdict"]


@dataclass(frozen=True)
class Verdict:
    """headline: the answer. detail: its grounds. good: ids of the matches that convince.

    certain: of the same file, and of photographs that evidence of more than one kind speaks for.
    """

    headline: str
    detail: str
    good: frozenset[int]
    certain: frozenset[int] = frozenset()

    def level(self, picture_id: int) -> str:
        """How sure it is that a match shows the same picture: "certain", "likely" or "weak"."""
        if picture_id in self.certain:
            return "certain"
        return "likely" if picture_id in self.good else "weak"


def good_first(query: Query, table: ScoreTable, criteria: Criteria) -> list[int]:
    """Ids of the convincing pictures but for the query's own file, the highest score first."""
    fused, _ = table.fused(criteria)
    places = np.flatnonzero(convinced(table).any(axis=1) & (table.ids != query.id))
    return [int(one) for one in table.ids[places[np.argsort(-fused[places], kind="stable")]]]


def verdict(
    query: Query,
    table: ScoreTable,
    found: Sequence[Found],
    criteria: Criteria,
    forms: frozenset[int] = frozenset(),
    *,
    drawn: bool = True,
    held: Sequence[Part] = (),
    closer: Mapping[int, int] | None = None,
) -> Verdict:
    """What the search says about the question whether the picture is in the catalog.

    Parameters
    ----------
    query, table
        The picture, and what comparing it gave: the answer and its counts are about all of it.
    found
        The matches that are shown, best first.
    criteria
        What they were ranked by: the advice tells what keeps good matches from being shown.
    forms
        Ids of pictures that share no more than a form with the query: they are no good matches, whatever they count.
    drawn
        Whether the query may have a form at all: then no other file is certain to be the same.
    held
        Where several matches lie within the query.
    closer
        By id, the matching details that a closer look found in pictures that nothing else vouches for.
    """
    closer = closer or {}
    good = (convincing_ids(table) | closer.keys()) - forms
    certain = frozenset() if drawn else ids_of_several_kinds(table) & good
    shown = [one for one in found if one.match.id in good]
    if query.id in {int(one) for one in table.ids}:
        others = len(good - {query.id})
        more = f" {counted(others, 'further good match', 'further good matches')}." if others else ""
        return Verdict(
            "This exact file is in the catalog.", f"Its bytes are the same.{more}", good, certain | {query.id}
        )
    held = [part for part in held if not forms & set(part.ids)]
    if shown and len(held) > 1:
        return Verdict(
            f"Found: your picture holds {len(held)} pictures of this catalog",
            f"{counted(len(good), 'good match', 'good matches')}. {_grounds(shown[0].match, table, closer)}",
            good,
            certain,
        )
    if shown:
        best = shown[0]
        changes = (best.match.variant.label, "a negative" if query.negative else "")
        how = f" (your picture is {' and '.join(filter(None, changes))})" if any(changes) else ""
        cut = f", {len(shown):,} shown" if len(shown) < len(good) else ""
        return Verdict(
            f"Found: “{best.picture.label}”{how}",
            f"{counted(len(good), 'good match', 'good matches')}{cut}. {_grounds(best.match, table, closer)}",
            good,
            certain,
        )
    if good:
        return Verdict(
            "Found, but not shown.",
            f"{counted(len(good), 'picture has', 'pictures have')} convincing evidence. "
            f"{_advice(table, good, criteria)}",
            good,
        )
    if not found:
        return Verdict("Nothing reaches the minimum score.", "Lower it to see the closest pictures.", good)
    if forms:
        shares = counted(len(forms), "picture shares", "pictures share")
        return Verdict("Only the form is shared.", f"{shares} a layout with yours; what fills it differs.", good)
    return Verdict(
        "No match found.",
        "Nothing in this catalog is convincingly the same. The closest are below.",
        good,
    )


def _advice(table: ScoreTable, good: frozenset[int], criteria: Criteria) -> str:
    """What to change so that the best of the good matches is shown."""
    fused, _ = table.fused(criteria)
    best = float(fused[np.isin(table.ids, list(good))].max())
    if best < criteria.min_score:
        return f"The minimum score of {criteria.min_score:.2f} hides them; the best of them scores {best:.2f}."
    return f"These weights rank them low: raise the weight of {_convincing_titles(table)}, or show more matches."


def _convincing_titles(table: ScoreTable) -> str:
    columns = zip(table.metrics, convinced(table).T, strict=True)
    return " or ".join(metric.title for metric, some in columns if some.any())


def _grounds(match: Match, table: ScoreTable, closer: Mapping[int, int]) -> str:
    if match.id in closer:
        return f"Best evidence: {closer[match.id]} matching details, at a closer look."
    position = int(np.searchsorted(table.ids, match.id))
    grounds: dict[str, float] = {}  # of metrics that count the same, the one that found more
    for metric, value in zip(table.metrics, table.raw[position], strict=True):
        if convinces(metric, value):
            raw = float(value)
            best = min if metric.scale.smaller_is_nearer else max
            grounds[metric.scale.unit] = best(raw, grounds.get(metric.scale.unit, raw))
    told = {metric.scale.unit: metric.scale.describe for metric in table.metrics}
    return f"Best evidence: {', '.join(told[unit](raw) for unit, raw in grounds.items())}."
