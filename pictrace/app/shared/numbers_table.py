"""Every metric's number for one pair of pictures, as a table whose words wrap: nothing is cut, in any language."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from pictrace.app.shared.language import _, language, translated
from pictrace.metrics.base import Metric
from pictrace.metrics.described import described
from pictrace.searching.table import Criteria, Match

__all__ = ["numbers_table"]

STYLE = """
<style>
.numbers {width: 100%; border-collapse: collapse; font-size: .875rem; line-height: 1.3; hyphens: auto;}
.numbers th, .numbers td {padding: .3rem .4rem; text-align: left; vertical-align: top; overflow-wrap: break-word;
    border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent);}
.numbers th {font-weight: 600;}
.numbers .number {text-align: right; font-variant-numeric: tabular-nums;}
.numbers i {display: block; height: .25rem; border-radius: .2rem;
    background: linear-gradient(to right, #3B86B8 var(--share), color-mix(in srgb, currentColor 15%, transparent) 0);}
@media (max-width: 30rem) {.numbers {font-size: .75rem;} .numbers th, .numbers td {padding: .3rem .15rem;}
    .numbers thead th {font-size: .65rem;} .numbers tbody th {font-size: .7rem;}
    .numbers .further {display: none;} .numbers small {display: block !important; font-size: inherit;}}
.numbers small {display: none;}
</style>
"""


def numbers_table(
    match: Match,
    metrics: Sequence[Metric],
    criteria: Criteria,
    further: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Every metric's value, similarity, weight and contribution, a row each.

    further: texts by metric name, for columns of these names; on a phone, which has no room for them, they stand below
    the values.
    """
    more = further or {}
    summed = escape(_("The sum of this column is the score."), quote=True)
    head = [
        f"<th scope=col>{escape(_('Metric'))}",
        f"<th scope=col>{escape(_('Value'))}",
        *(f"<th scope=col class=number>{escape(name)}" for name in (_("Similarity"), _("Weight"))),
        f"<th scope=col class=number title='{summed}'>{escape(_('Contribution'))}",
        *(f"<th scope=col class=further>{escape(name)}" for name in more),
    ]
    rows = []
    for metric in metrics:
        part = match.metrics[metric.name]
        value = described(metric.scale_for(criteria.settings.get(metric.name, {})), part.raw)
        row = [
            f"<th scope=row>{escape(translated(metric.title))}",
            f"<td>{escape(translated(value))}{_below(more, metric)}",
            f"<td class=number>{_number(part.similarity, 2)}{_bar(part.similarity)}",
            f"<td class=number>{_number(part.weight, 1)}",
            f"<td class=number>{_number(part.contribution, 2)}",
            *(f"<td class=further>{escape(translated(texts[metric.name]))}" for texts in more.values()),
        ]
        rows.append(f"<tr>{''.join(row)}")
    table = f"<thead><tr>{''.join(head)}</thead><tbody>{''.join(rows)}</tbody>"
    st.html(f"{STYLE}<table class=numbers lang={language()}>{table}</table>")


def _below(further: Mapping[str, Mapping[str, str]], metric: Metric) -> str:
    told = ((name, translated(texts[metric.name])) for name, texts in further.items() if texts[metric.name])
    return "".join(f"<small>{escape(name)}: {escape(text)}</small>" for name, text in told)


def _number(value: float, digits: int) -> str:
    """Nothing where a pair could not be compared."""
    return "" if math.isnan(value) else f"{value:z.{digits}f}"


def _bar(share: float) -> str:
    return "" if math.isnan(share) else f"<i style='--share: {100 * share:.0f}%'></i>"
