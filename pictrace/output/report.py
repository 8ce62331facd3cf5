"""Two pictures and all that was found of them as one HTML file that needs nothing else: no script, no network."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage, fit
from pictrace.metrics.base import Metric
from pictrace.metrics.drawn import Drawn
from pictrace.metrics.evidence import Explanation
from pictrace.output.drawing import draw_evidence
from pictrace.searching.table import Criteria, Match
from pictrace.wording import about_a_pair

__all__ = ["Report", "Subject", "html_report"]

LONG_SIDE_PX = 1000
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"  # should a name get past the escaping

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2.5rem; } h3 { font-size: 1rem; }
figure { margin: 0; } figcaption, .small { font-size: .85rem; opacity: .75; overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; border-radius: 4px; }
.row { display: flex; flex-wrap: wrap; gap: 1rem; } .row > * { flex: 1 1 12rem; min-width: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .6rem; }
tr { border-bottom: 1px solid #8A8F9855; } td.number { text-align: right; font-variant-numeric: tabular-nums; }
"""


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
    parts.append("<p class='small'>Made with PicTrace.</p>")
    title = html.escape(f"{first.name} and {second.name}")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    head = f"<meta charset='utf-8'>{policy}<meta name='viewport' content='width=device-width'>"
    page = f"<!doctype html><html lang='en'><head>{head}<title>{title}</title><style>{_STYLE}</style></head>"
    return f"{page}<body>{''.join(parts)}</body></html>".encode()


def _numbers(report: Report) -> str:
    head = (
        "Metric",
        "Value",
        "Similarity",
        "Weight",
        "Contribution",
        *(("Unrelated pairs this close",) if report.rarity else ()),
    )
    rows = ["".join(f"<th>{one}</th>" for one in head)]
    for metric in report.metrics:
        part = report.match.metrics[metric.name]
        value = metric.scale_for(report.criteria.settings.get(metric.name, {})).describe(part.raw)
        cells = f"<td>{html.escape(metric.title)}</td><td>{html.escape(value)}</td>"
        numbers = (_number(part.similarity), f"{part.weight:g}", _number(part.contribution))
        cells += "".join(f"<td class='number'>{one}</td>" for one in numbers)
        if report.rarity:
            cells += f"<td>{html.escape(report.rarity.get(metric.name, ''))}</td>"
        rows.append(cells)
    return f"<div class='wide'><table>{''.join(f'<tr>{one}</tr>' for one in rows)}</table></div>"


def _number(value: float) -> str:
    return f"{value:.2f}" if value == value else "none"


def _row(pictures: Sequence[Drawn]) -> str:
    """Pictures side by side; a caption that they share stands once."""
    captions = dict.fromkeys(one.caption for one in pictures if one.caption)
    figures = "".join(_figure(one.image, one.title, alt=one.alt) for one in pictures)
    return f"<div class='row'>{figures}</div>" + "".join(f"<p class='small'>{html.escape(one)}</p>" for one in captions)


def _figure(image: RGBImage, title: str, note: str = "", *, alt: str = "") -> str:
    data = base64.b64encode(encode_jpeg(fit(image, LONG_SIDE_PX))).decode("ascii")
    caption = html.escape(title) + (f"<br>{html.escape(note)}" if note else "")
    return (
        f"<figure><img src='data:image/jpeg;base64,{data}' alt=\"{html.escape(alt or title)}\">"
        f"<figcaption>{caption}</figcaption></figure>"
    )
