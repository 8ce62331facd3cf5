"""This session's search: the picture that is looked for, and what is open of its results."""

from __future__ import annotations

from dataclasses import dataclass, field

from pictrace.app.shared.session import of_session
from pictrace.catalog.base import Catalog
from pictrace.errors import PicTraceError
from pictrace.service.answer import Answer
from pictrace.service.details import Details
from pictrace.service.pictures import catalog_picture
from pictrace.service.search import Search

__all__ = ["QueryState", "query_state"]


@dataclass
class QueryState:
    """search: what was asked and answered. selected: the match whose details are open.
    wanted: the one to open of the next answer.

    uploads: part of the uploader's key, raised to empty it. address, region: of the query, as the page's address last
    named it. drawn_on: the whole picture's SHA-256 and itself as JPEG, while a part of it is drawn.
    """

    search: Search = field(default_factory=Search)
    selected: int | None = None
    wanted: int | None = None
    uploads: int = 0
    address: str = ""
    region: str = ""
    drawn_on: tuple[str, bytes] = ("", b"")
    _details: Details | None = None

    def look_for_in(self, catalog: Catalog, picture_id: int) -> None:
        """Search with a picture of the catalog, from its original."""
        try:
            self.search.look_for(catalog_picture(catalog, picture_id))
        except PicTraceError as error:
            self.search.refuse(str(error))

    def open(self, picture_id: int | None) -> None:
        """Show the details of this match, or of none."""
        self.selected = picture_id

    def clear(self) -> None:
        """Back to no picture."""
        self.search.clear()
        self.selected = None
        self.uploads += 1

    def details(self) -> Details | None:
        """What was found out about the matches of the answer at hand; None without one.

        What was open of another picture's results, or of another catalog's, is closed.
        """
        answer, former = self.search.answer, self._details
        if answer is None:
            self._details = None
        elif former is None or answer is not former.answer:
            if former is None or not _is_about_the_same(answer, former.answer):
                self.selected, self.wanted = self.wanted, None
            self._details = Details(answer)
        return self._details


def _is_about_the_same(one: Answer, other: Answer) -> bool:
    return one.picture is other.picture and one.basis.catalog == other.basis.catalog


def query_state() -> QueryState:
    """This session's."""
    return of_session(QueryState)
