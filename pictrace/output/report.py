"""Two pictures and all that was found of them as one HTML file that needs nothing else: no script, no network."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage, fit
from pictrace.metrics.base import Metric
from pictrace.metrics.described import described
from pictrace.metrics.drawn import Drawn
from pictrace.metrics.evidence import Explanation
from pictrace.output.drawing import draw_evidence
from pictrace.output.html_page import Words, figure, html_page, table
from pictrace.searching.table import Criteria, Match
from pictrace.told import about_a_pair, fixed, told

__all__ = ["Report", "Subject", "html_report", "numbers_head", "numbers_row"]

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
    language, words
        In which it is written, and what says a text of ours so.
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
    language: str = "en"
    words: Words = str


def html_report(report: Report) -> bytes:
    """The whole file, UTF-8. Names of pictures are anybody's: every text is escaped."""

    def said(text: str) -> str:
        return html.escape(report.words(about_a_pair(text)))

    first, second = report.first, report.second
    score, overlay = told("Score {score:.2f}", score=report.match.score), told("Overlay")
    parts = [
        f"<h1>{said(report.headline)}</h1>",
        *(f"<p>{said(one)}</p>" for one in report.found),
        f"<div class='row'>{_figure(first.image, first.name, first.file)}"
        f"{_figure(second.image, second.name, second.file)}</div>",
        f"<h2>{said(score)}</h2>",
        _numbers(report),
    ]
    if report.registered:
        parts += [f"<h2>{said(overlay)}</h2>", _row([one.told(report.words) for one in report.registered])]
    titles = {metric.name: fixed(metric.title) for metric in report.metrics}
    for explanation in report.explanations:
        parts.append(f"<h2>{said(titles.get(explanation.metric, explanation.metric))}</h2>")
        parts.append(f"<p>{said(explanation.summary)}</p>")
        for evidence in explanation.evidence:
            drawn = [one.told(about_a_pair) for one in draw_evidence(evidence)]
            title = about_a_pair(getattr(evidence, "title", ""))
            if title and [one.title for one in drawn] != [title]:
                parts.append(f"<h3>{said(title)}</h3>")
            parts.append(_row([one.told(report.words) for one in drawn]))
        if usual := report.rarity.get(explanation.metric):
            rarity = told("Unrelated pairs this close: {share}.", share=usual)
            parts.append(f"<p>{said(rarity)}</p>")
    title = report.words(told("{one} and {other}", one=first.name, other=second.name))
    return html_page(title, parts, language=report.language, words=report.words)


def _numbers(report: Report) -> str:
    say = report.words
    head = numbers_head(say) + ([say(told("Unrelated pairs this close"))] if report.rarity else [])
    rows: list[list[str | float]] = []
    for metric in report.metrics:
        row = numbers_row(metric, report.match, report.criteria, say)
        rows.append([*row, *([say(report.rarity.get(metric.name, ""))] if report.rarity else [])])
    return table(head, rows, say)


def numbers_head(say: Words) -> list[str]:
    """Of a table with every metric's numbers."""
    return [
        say(one) for one in (told("Metric"), told("Value"), told("Similarity"), told("Weight"), told("Contribution"))
    ]


def numbers_row(metric: Metric, match: Match, criteria: Criteria, say: Words) -> list[str | float]:
    """A metric's numbers in it."""
    part = match.metrics[metric.name]
    value = described(metric.scale_for(criteria.settings.get(metric.name, {})), part.raw)
    return [say(fixed(metric.title)), say(value), part.similarity, f"{part.weight:g}", part.contribution]


def _row(pictures: Sequence[Drawn]) -> str:
    """Pictures side by side; a caption that they share stands once."""
    captions = dict.fromkeys(one.caption for one in pictures if one.caption)
    figures = "".join(_figure(one.image, one.title, alt=one.alt) for one in pictures)
    return f"<div class='row'>{figures}</div>" + "".join(f"<p class='small'>{html.escape(one)}</p>" for one in captions)


def _figure(image: RGBImage, title: str, note: str = "", *, alt: str = "") -> str:
    return figure(encode_jpeg(fit(image, LONG_SIDE_PX)), title, note, alt=alt)
