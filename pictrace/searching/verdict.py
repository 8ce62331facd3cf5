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
from pictrace.told import Told, joined, listed, told, told_of

__all__ = ["Verdict", "good_first", "verdict"]

SAME_DETAILS = 150
"""Keypoints that agree in two versions of one picture: of 513 photographs taken anew, 18 share so many."""


@dataclass(frozen=True)
class Verdict:
    """headline: the answer. detail: its grounds. good: ids of the matches that convince.

    certain: of the same file, and of photographs that are the same one, changed. chances: what chance
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
    same: Mapping[int, bool] | None = None,
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
    same
        By id, whether pixels show one photograph, changed; where it is not known, evidence of several kinds has to do.
    chances
        What chance says of the matches: then it decides which are good.
    """
    said = _said(
        query, table, found, criteria, forms,
        drawn=drawn, held=held, closer=closer or {}, same=same or {}, chances=chances,
    )  # fmt: skip
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
    same: Mapping[int, bool],
    chances: Chances | None,
) -> Verdict:
    closer = {one: details for one, details in closer.items() if (table.ids == one).any()}  # removed in between
    good = (_good(table, chances) | closer.keys()) - forms
    if chances is not None and all(chances.p.get(one, 0.0) > chances.alarms for one in good):
        good = frozenset()  # they stood behind what turned out to share a form only
    several = ids_of_several_kinds(table)
    certain = frozenset() if drawn else frozenset(one for one in good if same.get(one, one in several))
    shown = [one for one in found if one.match.id in good]
    if query.id in {int(one) for one in table.ids}:
        others = len(good - {query.id})
        more = told_of("{count:,} further good match.", "{count:,} further good matches.", others) if others else ""
        return Verdict(
            told("This exact file is in the catalog."),
            joined(told("Its bytes are the same."), more),
            good,
            certain | {query.id},
        )
    held = [part for part in held if not forms & set(part.ids)]
    if shown and len(held) > 1:
        return Verdict(
            told("Found: your picture holds {number} pictures of this catalog", number=len(held)),
            joined(_good_matches(good), _grounds(shown[0].match, table, closer)),
            good,
            certain,
        )
    if shown:
        best = shown[0]
        kind = told("Found")
        if chances is not None:
            one, most = best.match.id, _shares_most(table, best.match.id)
            probably = drawn or most or one in several  # or the same place, taken twice in one moment
            kind = told("Probably the same picture") if probably else told("Probably the same scene")
            if one in certain:
                kind = told("Same picture")
        return Verdict(
            _headline(kind, best, negative=query.negative),
            joined(
                _good_matches(good, len(shown)),
                _grounds(best.match, table, closer),
                _by_chance(chances, best.match.id),
            ),
            good,
            certain,
        )
    if good:
        return Verdict(
            told("Found, but not shown."),
            joined(
                told_of(
                    "{count:,} picture has convincing evidence.",
                    "{count:,} pictures have convincing evidence.",
                    len(good),
                ),
                _advice(table, good, criteria),
            ),
            good,
        )
    if table.silent and not table.unanswered:
        servers = ", ".join(table.silent)
        return Verdict(
            told("Not all of the catalog has answered."),
            told("Nothing among what answered is convincingly the same; silent: {servers}.", servers=servers),
            good,
        )
    if table.unanswered:
        return Verdict(
            told("Not all of the catalog has answered."),
            told_of(
                "{count:,} picture was not looked at, and nothing among the others is convincingly the same.",
                "{count:,} pictures were not looked at, and nothing among the others is convincingly the same.",
                table.unanswered,
            ),
            good,
        )
    if not found:
        return Verdict(told("Nothing reaches the minimum score."), told("Lower it to see the closest pictures."), good)
    if forms:
        shares = told_of(
            "{count:,} picture shares a layout with yours; what fills it differs.",
            "{count:,} pictures share a layout with yours; what fills it differs.",
            len(forms),
        )
        return Verdict(told("Only the form is shared."), shares, good)
    if _too_plain(table):
        return Verdict(
            told("Your picture is too plain to tell."),
            told("It has no details that could be found again. The closest are below."),
            good,
        )
    if chances is not None:
        as_good = told_share(chances.best(forms))
        return Verdict(
            told("Nothing here matches."),
            told(
                "The nearest is what chance gives: in {searches} for a picture that is not here, the best match looks "
                "as good. The closest are below.",
                searches=as_good,
            ),
            good,
        )
    return Verdict(
        told("No match found."),
        told("Nothing in this catalog is convincingly the same. The closest are below."),
        good,
    )


def _headline(kind: Told, best: Found, *, negative: bool) -> Told:
    """What was found, and how your picture was changed."""
    change = best.match.variant.label
    if negative:
        change = told("{change} and a negative", change=change) if change else told("a negative")
    if change:
        return told("{kind}: “{name}” (your picture is {change})", kind=kind, name=best.picture.label, change=change)
    return told("{kind}: “{name}”", kind=kind, name=best.picture.label)


def _good_matches(good: frozenset[int], shown: int | None = None) -> Told:
    if shown is None or shown >= len(good):
        return told_of("{count:,} good match.", "{count:,} good matches.", len(good))
    return told_of(
        "{count:,} good match, {shown:,} shown.", "{count:,} good matches, {shown:,} shown.", len(good), shown=shown
    )


def _shares_most(table: ScoreTable, picture_id: int) -> bool:
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
    return told(
        "For a picture that is not here, the best match looks as good in {searches}.",
        searches=told_share(chances.p[best]),
    )


def _advice(table: ScoreTable, good: frozenset[int], criteria: Criteria) -> str:
    """What to change so that the best of the good matches is shown."""
    fused, _ = table.fused(criteria)
    best = float(fused[np.isin(table.ids, list(good))].max())
    if best < criteria.min_score:
        return told(
            "The minimum score of {score:.2f} hides them; the best of them scores {best:.2f}.",
            score=criteria.min_score,
            best=best,
        )
    return told(
        "These weights rank them low: raise the weight of {metrics}, or show more matches.",
        metrics=_convincing_titles(table),
    )


def _convincing_titles(table: ScoreTable) -> str:
    columns = zip(table.metrics, convinced(table).T, strict=True)
    return " or ".join(metric.title for metric, some in columns if some.any())


def _grounds(match: Match, table: ScoreTable, closer: Mapping[int, int]) -> str:
    if match.id in closer:
        return told("Best evidence: {number} matching details, at a closer look.", number=closer[match.id])
    position = int(np.searchsorted(table.ids, match.id))
    grounds: dict[str, float] = {}  # of metrics that count the same, the one that found more
    for metric, value in zip(table.metrics, table.raw[position], strict=True):
        if convinces(metric, value):
            raw = float(value)
            best = min if metric.scale.smaller_is_nearer else max
            grounds[metric.scale.unit] = best(raw, grounds.get(metric.scale.unit, raw))
    if not grounds:
        return told("Best evidence: a score of {score:.2f}, by all that is compared.", score=match.score)
    scales = {metric.scale.unit: metric.scale for metric in table.metrics}
    every = listed(
        *(told("{number} {unit}", number=scales[unit].number(raw), unit=told(unit)) for unit, raw in grounds.items())
    )
    return told("Best evidence: {grounds}.", grounds=every)
