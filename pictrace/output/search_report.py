"""A search as one HTML file to send to somebody: the answer, the query, and each match with its numbers."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pictrace.metrics.base import Metric
from pictrace.output.html_page import Words, figure, html_page, table
from pictrace.output.report import numbers_head, numbers_row
from pictrace.searching.find import Found
from pictrace.searching.table import Criteria
from pictrace.searching.verdict import Verdict
from pictrace.told import fixed, joined, told

__all__ = ["SearchReport", "search_report"]


@dataclass(frozen=True)
class SearchReport:
    """What stands in the report of a search.

    Attributes
    ----------
    name, shown
        The query's, and itself as JPEG.
    searched
        Which pictures were searched, in a sentence.
    thumbnail
        A match's, by its id, as JPEG; None where it is gone.
    language, words
        In which it is written, and what says a text of ours so.
    """

    name: str
    shown: bytes
    searched: str
    said: Verdict
    found: Sequence[Found]
    metrics: Sequence[Metric]
    criteria: Criteria
    thumbnail: Callable[[int], bytes | None]
    language: str = "en"
    words: Words = str


def search_report(report: SearchReport) -> bytes:
    """The whole file, UTF-8."""
    said, say = report.said, report.words
    query = figure(report.shown, say(told("Looked for: {name}", name=report.name)))
    parts = [
        f"<h1>{html.escape(say(said.headline))}</h1>",
        f"<p>{html.escape(say(said.detail))}</p>",
        f"<p class='small'>{html.escape(say(report.searched))}</p>",
        f"<div style='max-width: 20rem'>{query}</div>",
    ]
    for one in report.found:
        parts += _match(report, one)
    return html_page(f"PicTrace: {report.name}", parts, language=report.language, words=say)


def _match(report: SearchReport, one: Found) -> list[str]:
    match, picture, say = one.match, one.picture, report.words
    level = report.said.level(match.id)
    sure = fixed(level.capitalize())
    if level != "weak" and match.variant.label:
        sure = told("{certain}, {change}", certain=sure, change=match.variant.label)
    told_level = joined(
        told("{sentence}.", sentence=sure), told("{sentence}.", sentence=told("Score {score:.2f}", score=match.score))
    )
    sources = "".join(f"<p class='small'>{html.escape(source.address)}</p>" for source in picture.sources)
    jpeg = report.thumbnail(match.id)
    note = f"{picture.width} × {picture.height}, {picture.format}"
    shown = figure(jpeg, picture.label, note) if jpeg else f"<p>{html.escape(picture.label)}<br>{html.escape(note)}</p>"
    rows = [numbers_row(metric, match, report.criteria, say) for metric in report.metrics]
    numbers = table(numbers_head(say), rows, say)
    return [
        f"<h2>{match.rank}. {html.escape(picture.label)}</h2>",
        f"<p>{html.escape(say(told_level))}</p>",
        f"<div class='row'><div style='flex: 0 1 16rem'>{shown}{sources}</div><div>{numbers}</div></div>",
    ]
