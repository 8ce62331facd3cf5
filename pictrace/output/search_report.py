"""A search as one HTML file to send to somebody: the answer, the query, and each match with its numbers."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pictrace.metrics.base import Metric
from pictrace.output.html_page import figure, html_page, table
from pictrace.searching.find import Found
from pictrace.searching.table import Criteria
from pictrace.searching.verdict import Verdict

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
    """

    name: str
    shown: bytes
    searched: str
    said: Verdict
    found: Sequence[Found]
    metrics: Sequence[Metric]
    criteria: Criteria
    thumbnail: Callable[[int], bytes | None]


def search_report(report: SearchReport) -> bytes:
    """The whole file, UTF-8."""
    said = report.said
    parts = [
        f"<h1>{html.escape(said.headline)}</h1>",
        f"<p>{html.escape(said.detail)}</p>",
        f"<p class='small'>{html.escape(report.searched)}</p>",
        f"<div style='max-width: 20rem'>{figure(report.shown, f'Looked for: {report.name}')}</div>",
    ]
    for one in report.found:
        parts += _match(report, one)
    return html_page(f"PicTrace: {report.name}", parts)


def _match(report: SearchReport, one: Found) -> list[str]:
    match, picture = one.match, one.picture
    level = report.said.level(match.id)
    how = f", {match.variant.label}" if level != "weak" and match.variant.label else ""
    sources = "".join(f"<p class='small'>{html.escape(source.address)}</p>" for source in picture.sources)
    jpeg = report.thumbnail(match.id)
    note = f"{picture.width} × {picture.height}, {picture.format}"
    shown = figure(jpeg, picture.label, note) if jpeg else f"<p>{html.escape(picture.label)}<br>{html.escape(note)}</p>"
    rows: list[list[str | float]] = []
    for metric in report.metrics:
        part = match.metrics[metric.name]
        value = metric.scale_for(report.criteria.settings.get(metric.name, {})).describe(part.raw)
        rows.append([metric.title, value, part.similarity, f"{part.weight:g}", part.contribution])
    numbers = table(("Metric", "Value", "Similarity", "Weight", "Contribution"), rows)
    return [
        f"<h2>{match.rank}. {html.escape(picture.label)}</h2>",
        f"<p>{html.escape(f'{level.capitalize()}{how}. Score {match.score:.2f}.')}</p>",
        f"<div class='row'><div style='flex: 0 1 16rem'>{shown}{sources}</div><div>{numbers}</div></div>",
    ]
