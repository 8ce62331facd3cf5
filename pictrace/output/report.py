"""Two pictures and all that was found of them as one HTML file that needs nothing else: no script, no network."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage, fit
from pictrace.metrics.base import Metric
from pictrace.metrics.drawn import Drawn
from pictrace.metrics.evidence import Explanation
from pictrace.output.drawing import draw_evidence
from pictrace.output.html_page import figure, html_page, table
from pictrace.searching.table import Criteria, Match
from pictrace.wording import about_a_pair

__all__ = ["Report", "Subject", "html_report"]

LONG_SIDE_PX = 1000


@dataclass(frozen=True)
class Subject:
    """One of the two pictures: what it is called, what its file is, how it looks."""

    name: str
    file: str
    image: RGBImage


@dataclass(frozen=True)
class Report:
    """What stands in a report.

    Attributes
    ----------
    found
        Sentences above everything else.
    registered
        Both pictures laid on each other and what differs.
    rarity
        By metric name, how unusual its value is.
    """

    first: Subject
    second: Subject
    match: Match
    metrics: Sequence[Metric]
    criteria: Criteria
    explanations: Sequence[Explanation]
    headline: str
    found: Sequence[str] = ()
    registered: Sequence[Drawn] = ()
    rarity: Mapping[str, str] = field(default_factory=dict)


def html_report(report: Report) -> bytes:
    """The whole file, UTF-8. Names of pictures are anybody's: every text is escaped."""
    first, second = report.first, report.second
    parts = [
        f"<h1>{html.escape(report.headline)}</h1>",
        *(f"<p>{html.escape(one)}</p>" for one in report.found),
        f"<div class='row'>{_figure(first.image, first.name, first.file)}"
        f"{_figure(second.image, second.name, second.file)}</div>",
        f"<h2>Score {report.match.score:.2f}</h2>",
        _numbers(report),
    ]
    if report.registered:
        parts += ["<h2>Overlay</h2>", _row(report.registered)]
    titles = {metric.name: metric.title for metric in report.metrics}
    for explanation in report.explanations:
        parts.append(f"<h2>{html.escape(titles.get(explanation.metric, explanation.metric))}</h2>")
        parts.append(f"<p>{html.escape(about_a_pair(explanation.summary))}</p>")
        for evidence in explanation.evidence:
            drawn = [one.told(about_a_pair) for one in draw_evidence(evidence)]
            title = about_a_pair(getattr(evidence, "title", ""))
            if title and [one.title for one in drawn] != [title]:
                parts.append(f"<h3>{html.escape(title)}</h3>")
            parts.append(_row(drawn))
        if usual := report.rarity.get(explanation.metric):
            parts.append(f"<p>Unrelated pairs this close: {html.escape(usual)}.</p>")
    return html_page(f"{first.name} and {second.name}", parts)


def _numbers(report: Report) -> str:
    head = (
        "Metric",
        "Value",
        "Similarity",
        "Weight",
        "Contribution",
        *(("Unrelated pairs this close",) if report.rarity else ()),
    )
    rows: list[list[str | float]] = []
    for metric in report.metrics:
        part = report.match.metrics[metric.name]
        value = metric.scale_for(report.criteria.settings.get(metric.name, {})).describe(part.raw)
        row: list[str | float] = [metric.title, value, part.similarity, f"{part.weight:g}", part.contribution]
        rows.append([*row, *([report.rarity.get(metric.name, "")] if report.rarity else [])])
    return table(head, rows)


def _row(pictures: Sequence[Drawn]) -> str:
    """Pictures side by side; a caption that they share stands once."""
    captions = dict.fromkeys(one.caption for one in pictures if one.caption)
    figures = "".join(_figure(one.image, one.title, alt=one.alt) for one in pictures)
    return f"<div class='row'>{figures}</div>" + "".join(f"<p class='small'>{html.escape(one)}</p>" for one in captions)


def _figure(image: RGBImage, title: str, note: str = "", *, alt: str = "") -> str:
    return figure(encode_jpeg(fit(image, LONG_SIDE_PX)), title, note, alt=alt)
