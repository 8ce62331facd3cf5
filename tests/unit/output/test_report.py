"""A report is one file: it holds everything, asks for nothing, and nobody's name becomes part of its markup."""

from html.parser import HTMLParser

import pytest

from pictrace.images.edits import crop, mirror
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import decode
from pictrace.metrics import ready_metrics
from pictrace.output.report import Report, Subject, html_report
from pictrace.searching.pair import compare_queries
from pictrace.searching.presets import criteria_of
from pictrace.searching.query import prepare_query

HOSTILE = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>"


class Elements(HTMLParser):
    """All elements with their attributes, and the texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture(scope="module")
def page(photographs: dict[str, bytes]) -> Elements:
    changed = encode_jpeg(crop(mirror(decode(photographs["chelsea.png"])), 0.7), quality=60)
    scores = compare_queries(prepare_query(changed), prepare_query(photographs["chelsea.png"]))
    criteria, metrics = criteria_of("balanced"), ready_metrics()
    match = scores.match(criteria)
    assert match is not None
    report = Report(
        Subject(HOSTILE, "300 × 200", scores.first.image),
        Subject("cat.png", "451 × 300", scores.second.image),
        match,
        metrics,
        criteria,
        [metric.explain_pair(scores.pairs[metric.name]) for metric in metrics],
        headline=f"The same photograph as {HOSTILE}",
        found=["Mirrored.", HOSTILE],
        rarity={"orb": HOSTILE},
    )
    return Elements(html_report(report).decode("utf-8"))


def test_it_holds_every_picture_and_asks_for_nothing(page: Elements) -> None:
    pictures = [attributes for tag, attributes in page.found if tag == "img"]
    assert len(pictures) > 10
    assert all((one["src"] or "").startswith("data:image/jpeg;base64,") and one["alt"] for one in pictures)
    assert not {tag for tag, _ in page.found} & {"script", "link", "iframe", "object", "embed", "form", "a"}
    assert not [one for _, attributes in page.found for one in attributes if one.startswith("on")]


def test_it_names_every_metric_and_its_numbers(page: Elements) -> None:
    text = " ".join(page.texts)
    for metric in ready_metrics():
        assert text.count(metric.title) >= 2
    assert "Score 0." in text
    assert text.count(HOSTILE) >= 4
