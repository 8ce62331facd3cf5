"""A page of the app as the tests see it, through Streamlit's own harness.

    page = Page.open().upload(photograph)
    page.slide("w_orb", 0.5)
    assert "Same picture: “Chelsea the cat" in page.texts

Widgets are found by their keys and by what a person reads on them, never by their place on the page. Whatever is done
here runs the page once more and fails where that raised.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Self, TypeVar

import pandas as pd
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from pictrace.app.catalog.state import AddState, BrowseState, JobState
from pictrace.app.shared.open_catalog import CatalogState
from pictrace.app.shared.query_state import QueryState
from pictrace.app.shared.session import session_key
from pictrace.searching.query import Query
from pictrace.searching.table import ScoreTable
from pictrace.service.answer import Answer
from pictrace.service.jobs import Job
from pictrace.service.search import Search
from pictrace.service.workspaces import Workspace
from tests.paths import ROOT

__all__ = ["QUERY", "Page"]

MOST_RUNS = 1000

QUERY = "upload"
"""The key of the search page's uploader."""

ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
TEXTS = ("title", "header", "subheader", "markdown", "caption", "error", "info", "success", "warning")


SomeJob = TypeVar("SomeJob", bound=Job)
Kept = TypeVar("Kept")


class Page(AppTest):
    """The app with one page open."""

    def __init__(self) -> None:
        super().__init__(ROOT / "streamlit_app.py", default_timeout=60)

    @classmethod
    def open(cls, name: str = "search", **address: str) -> Self:
        """A new session's first sight of a page. address: the parameters behind the question mark."""
        page = cls()
        page.run()
        if name != "search" or address:
            page.go_to(name, **address)
        return page.checked()

    def go_to(self, name: str, **address: str) -> Self:
        for parameter, value in address.items():
            self.query_params[parameter] = value
        self.switch_page(f"pages/{name}.py").run()
        return self.checked()

    def checked(self) -> Self:
        """The page, which has raised nothing."""
        assert not self.exception
        return self

    def again(self) -> Self:
        """One more run, as when something in the background has ended."""
        self.run()
        return self.checked()

    def until(self, so: Callable[[Self], bool]) -> Self:
        """Run again until it is so: something in the background goes on, and shows itself when it has ended."""
        for _ in range(MOST_RUNS):
            if so(self):
                return self
            self.again()
        raise AssertionError(self.texts)

    def _run(self, widget_state: WidgetStates | None = None, timeout: float | None = None) -> AppTest:
        """One run of the app, as a browser shows it.

        Where parts have answered a slider alone, the harness forgets the rest of the page, which a browser keeps: it is
        run once more, wholly, and must say the same of the matches.
        """
        super()._run(widget_state, timeout)
        if not self.slider and any(one.label == "Preset" for one in self.selectbox):
            alone = self.cards
            super()._run(widget_state, timeout)
            assert alone
            assert self.cards == alone
        return self

    # What a person does ---------------------------------------------------------------------------------

    def upload(self, data: bytes, name: str = "query.jpg", *, key: str = QUERY) -> Self:
        return self.upload_all({name: data}, key=key)

    def upload_all(self, files: dict[str, bytes], *, key: str) -> Self:
        """Give files to the uploader of this key; a number behind it, which empties the uploader, is passed over."""
        (uploader,) = (one for one in self.file_uploader if re.fullmatch(rf"{key}(_\d+)?", one.key or ""))
        for name, data in files.items():
            uploader.upload(name, data)
        uploader.run()
        return self.checked()

    @property
    def preset(self) -> Selectbox[str]:
        """The box of presets; its key depends on where the sliders are."""
        (box,) = (one for one in self.selectbox if one.label == "Preset")
        return box

    def choose_preset(self, name: str) -> Self:
        self.preset.set_value(name)
        return self.again()

    def press(self, label: str) -> Self:
        """Press the button that says this."""
        (button,) = (one for one in self.button if one.label == label)
        button.click().run()
        return self.checked()

    def choose(self, key: str, value: object) -> Self:
        """Choose in a selectbox, among several, or one of the segments."""
        for kind in ("segmented_control", "selectbox", "multiselect"):
            for one in getattr(self, kind):
                if one.key == key:
                    one.set_value(value).run()
                    return self.checked()
        raise AssertionError(f"nothing to choose has the key {key}")

    def slide(self, key: str, value: float) -> Self:
        self.slider(key=key).set_value(value).run()
        return self.checked()

    def switch(self, key: str, on: bool) -> Self:
        self.toggle(key=key).set_value(on).run()
        return self.checked()

    # What a person sees ---------------------------------------------------------------------------------

    @property
    def texts(self) -> str:
        """All that is said. Strangers' texts are escaped for Markdown; what is seen has no backslashes."""
        return ESCAPED.sub(r"\1", "\n".join(str(one.value) for kind in TEXTS for one in getattr(self, kind)))

    @property
    def drawn(self) -> str:
        """The texts, those of formulas, pictures and HTML among them, as they were sent."""
        said = [str(one.value) for kind in ("markdown", "caption", "latex") for one in getattr(self, kind)]
        return "\n".join([*said, *(str(one.proto) for kind in ("html", "image") for one in self.get(kind))])

    @property
    def cards(self) -> list[str]:
        """What the list of matches is made of, as it was sent."""
        sent = (one.proto for one in self.get("bidi_component"))
        return [str(one.json) for one in sent if one.component_name == "pictrace_matches"]

    @property
    def buttons(self) -> list[str]:
        return [one.label for one in self.button]

    @property
    def heading(self) -> str:
        (title,) = self.title
        return str(title.value)

    def weights(self) -> dict[str, float]:
        """Where the sliders of the metrics are, by the metrics' names."""
        sliders = (one for one in self.slider if one.key and one.key.startswith("w_"))
        return {str(one.key).removeprefix("w_"): float(str(one.value)) for one in sliders}

    def numbers(self) -> dict[str, str]:
        """The large numbers by what stands above them."""
        return {one.label: one.value for one in self.metric}

    def table_with(self, column: str) -> pd.DataFrame:
        """The table that has this column."""
        (found,) = (one.value for one in self.dataframe if column in one.value.columns)
        return found

    def score_rows(self) -> list[list[str]]:
        """What stands in the table of each metric's numbers, a list a metric."""
        (found,) = (str(one.proto.body) for one in self.get("html") if "<table class=numbers" in str(one.proto.body))
        rows = found.partition("<tbody>")[2].split("<tr>")[1:]
        return [[re.sub("<[^>]*>", "", cell) for cell in re.split(r"<t[dh]\b[^>]*>", row)[1:]] for row in rows]

    # What lies beneath ----------------------------------------------------------------------------------

    def kept(self, kind: type[Kept]) -> Kept:
        """The session's object of this kind."""
        found: Kept = self.session_state[session_key(kind)]
        return found

    @property
    def asking(self) -> QueryState:
        return self.kept(QueryState)

    @property
    def catalogs(self) -> CatalogState:
        return self.kept(CatalogState)

    @property
    def adding(self) -> AddState:
        return self.kept(AddState)

    @property
    def browsing(self) -> BrowseState:
        return self.kept(BrowseState)

    @property
    def job(self) -> Job | None:
        return self.kept(JobState).job

    @property
    def search(self) -> Search:
        return self.asking.search

    @property
    def answer(self) -> Answer:
        answer = self.search.answer
        assert answer is not None
        return answer

    @property
    def query(self) -> Query:
        return self.answer.query

    @property
    def ranked(self) -> ScoreTable:
        """The scores of the whole catalog."""
        return self.answer.table

    @property
    def private(self) -> Workspace:
        """This person's own catalog."""
        workspace = self.catalogs.private
        assert workspace is not None
        return workspace

    def select(self, picture_id: int) -> Self:
        """Open the details of a match, as a click on its card would."""
        self.asking.selected = picture_id
        return self.again()

    def finished_job(self, kind: type[SomeJob]) -> SomeJob:
        """What ran in the background, and has ended."""
        job = self.job
        assert isinstance(job, kind)
        assert job.wait(60)
        return job
