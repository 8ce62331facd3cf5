"""The report of a search is one file that asks for nothing, and nobody's name becomes part of its markup."""

from contextlib import closing
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pictrace.app.shared.language import translated_to
from pictrace.catalog import open_catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Source
from pictrace.cli import main
from pictrace.output.search_report import SearchReport, search_report
from pictrace.searching.presets import criteria_of
from pictrace.searching.query import prepare_query
from pictrace.service.once import Outcome, search_once

HOSTILE = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>"


class Elements(HTMLParser):
    """All elements with their attributes, and the texts."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page.decode("utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def holds_itself(page: Elements, pictures: int) -> None:
    shown = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(shown) == pictures
    assert all((one["src"] or "").startswith("data:image/jpeg;base64,") and one["alt"] for one in shown)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "embed", "form", "a"}
    assert not [one for _, attributes in page.tags for one in attributes if one.startswith("on")]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, photographs: dict[str, bytes]) -> Path:
    folder = tmp_path_factory.mktemp("report")
    (folder / "pictures").mkdir()
    for name in ("coffee.png", "chelsea.png"):
        (folder / "pictures" / name).write_bytes(photographs[name])
    assert main(["index", str(folder / "pictures"), "--catalog", str(folder / "c.sqlite"), "--no-calibrate"]) == 0
    return folder


def test_strangers_names_are_texts(place: Path, photographs: dict[str, bytes]) -> None:
    with closing(open_catalog(str(place / "c.sqlite"))) as catalog:
        outcome: Outcome = search_once(
            prepare_query(photographs["coffee.png"]), FeatureCache(catalog), criteria_of("balanced")
        )
        found = [
            replace(one, picture=replace(one.picture, sources=(Source("file", HOSTILE, HOSTILE),)))
            for one in outcome.found
        ]
        said = replace(outcome.said, headline=HOSTILE, detail=HOSTILE)
        shown = catalog.thumbnail(found[0].match.id) or b""
        report = SearchReport(
            HOSTILE,
            shown,
            HOSTILE,
            said,
            found,
            outcome.table.metrics,
            outcome.criteria,
            lambda one: shown if one == found[0].match.id else None,  # of the other, the thumbnail is gone
        )
        page = Elements(search_report(report))
        german = Elements(search_report(replace(report, language="de", words=partial(translated_to, "de"))))
    for one in (page, german):
        holds_itself(one, 2)
        assert one.text.count(HOSTILE) >= 7
    assert ("html", {"lang": "de"}) in german.tags
    assert "Sicher. Wertung 1.00." in german.text
    assert "Farben (Histogramm)" in german.text
    assert "Made with" not in german.text


def test_the_command_line_writes_it(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    query, file = place / "pictures" / "coffee.png", place / "answer.html"
    arguments = ["--catalog", str(place / "c.sqlite"), "--html", str(file)]
    assert main(["search", str(query), *arguments]) == 0
    page = Elements(file.read_bytes())
    holds_itself(page, 3)
    assert "This exact file is in the catalog." in page.text
    assert "Certain. Score 1.00." in page.text
    assert main(["search", str(place / "pictures"), *arguments]) == 2
    assert "--html holds the answer to one picture" in capsys.readouterr().err
