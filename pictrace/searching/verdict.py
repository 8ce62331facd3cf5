"""The answer in a sentence: is the picture in the catalog? Told from evidence, not from the weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pictrace.metrics.keypoint_metric import KeypointMetric
from pictrace.searching.chances import Chances, told_share
from pictrace.searching.convincing import convinced, convinces, convincing_ids, ids_of_several_kinds
from pictrace.searching.find import Found
from pictrace.searching.parts import Part
from pictrace.searching.query import Query
from pictrace.searching.table import Criteria, Match, ScoreTable
from pictrace.wording import counted

__all__ = ["Verdict", "good_first", "verdict"]

SAME_DETAILS = 150
"""Keypoints that agree in two versions of one picture: of 513 photographs taken anew, 18 share so many."""


@dataclass(frozen=True)
class Verdict:
    """headline: the answer. detail: its grounds. good: ids of the matches that convince.

    certain: of the same file, and of photographs that evidence of more than one kind speaks for. chances: what chance
    says of the matches, where that is known.
    """

    headline: str
    detail: str
    good: frozenset[int]
    certain: frozenset[int] = frozenset()
    chances: Chances | None = None

    @property
    def p(self) -> float | None:
        """In what share of searches for a picture that is not there the best match looks as good; None if unknown.

        What shares only a form is no match.
        """
        return None if self.chances is None else self.chances.best(self.chances.good - self.good)

    def level(self, picture_id: int) -> str:
        """How sure it is that a match shows the same picture: "certain", "likely" or "weak"."""
        if picture_id in self.certain:
            return "certain"
        return "likely" if picture_id in self.good else "weak"


def good_first(query: Query, table: ScoreTable, criteria: Criteria, chances: Chances | None = None) -> list[int]:
    """Ids of the good matches but for the query's own file, the highest score first."""
    fused, _ = table.fused(criteria)
    places = np.flatnonzero(np.isin(table.ids, list(_good(table, chances))) & (table.ids != query.id))
    return [int(one) for one in table.ids[places[np.argsort(-fused[places], kind="stable")]]]


def _good(table: ScoreTable, chances: Chances | None) -> frozenset[int]:
    """What chance practically never gives; where that is not known, what unrelated pictures never reach."""
    return convincing_ids(table) if chances is None else chances.good


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
    chances: Chances | None = None,
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
    chances
        What chance says of the matches: then it decides which are good.
    """
    said = _said(query, table, found, criteria, forms, drawn=drawn, held=held, closer=closer or {}, chances=chances)
    return replace(said, chances=chances)


def _said(
    query: Query,
    table: ScoreTable,
    found: Sequence[Found],
    criteria: Criteria,
    forms: frozenset[int],
    *,
    drawn: bool,
    held: Sequence[Part],
    closer: Mapping[int, int],
    chances: Chances | None,
) -> Verdict:
    good = (_good(table, chances) | closer.keys()) - forms
    if chances is not None and all(chances.p.get(one, 0.0) > chances.alarms for one in good):
        good = frozenset()  # they stood behind what turned out to share a form only
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
        told = "Found"
        if chances is not None:
            same = best.match.id in certain or _shares_most_details(table, best.match.id)
            told = "Same picture" if same else f"Probably the same {'picture' if drawn else 'scene'}"
        return Verdict(
            f"{told}: “{best.picture.label}”{how}",
            f"{counted(len(good), 'good match', 'good matches')}{cut}. {_grounds(best.match, table, closer)}"
            f"{_by_chance(chances, best.match.id)}",
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
    if table.unanswered:
        return Verdict(
            "Not all of the catalog has answered.",
            f"{counted(table.unanswered, 'picture was', 'pictures were')} not looked at, and nothing among the others "
            "is convincingly the same.",
            good,
        )
    if not found:
        return Verdict("Nothing reaches the minimum score.", "Lower it to see the closest pictures.", good)
    if forms:
        shares = counted(len(forms), "picture shares", "pictures share")
        return Verdict("Only the form is shared.", f"{shares} a layout with yours; what fills it differs.", good)
    if _too_plain(table):
        return Verdict(
            "Your picture is too plain to tell.",
            "It has no details that could be found again. The closest are below.",
            good,
        )
    if chances is not None:
        as_good = told_share(chances.best(forms))
        return Verdict(
            "Nothing here matches.",
            "The nearest is what chance gives: in "
            f"{as_good} for a picture that is not here, the best match looks as good. The closest are below.",
            good,
        )
    return Verdict(
        "No match found.",
        "Nothing in this catalog is convincingly the same. The closest are below.",
        good,
    )


def _shares_most_details(table: ScoreTable, picture_id: int) -> bool:
    """Whether as many keypoints agree as in two photographs of one scene they practically never do."""
    columns = [place for place, metric in enumerate(table.metrics) if isinstance(metric, KeypointMetric)]
    counts = table.raw[int(np.searchsorted(table.ids, picture_id)), columns]
    return bool((counts >= SAME_DETAILS).any())


def _too_plain(table: ScoreTable) -> bool:
    """Whether the query has no keypoints of any kind, as a blank page: nothing that tells pictures apart for sure."""
    columns = [place for place, metric in enumerate(table.metrics) if isinstance(metric, KeypointMetric)]
    return bool(columns) and len(table.ids) > 0 and bool(np.isnan(table.raw[:, columns]).all())


def _by_chance(chances: Chances | None, best: int) -> str:
    if chances is None or best not in chances.p:
        return ""
    return f" For a picture that is not here, the best match looks as good in {told_share(chances.p[best])}."


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
    if not grounds:
        return f"Best evidence: a score of {match.score:.2f}, by all that is compared."
    told = {metric.scale.unit: metric.scale.describe for metric in table.metrics}
    return f"Best evidence: {', '.join(told[unit](raw) for unit, raw in grounds.items())}."
