"""Many pictures looked for one after the other, in the background of one person's page: answers as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from pictrace.catalog.base import Catalog
from pictrace.catalog.records import Source
from pictrace.errors import PicTraceError, SourceError
from pictrace.evaluation.naming import Names
from pictrace.faults import as_own
from pictrace.indexing.prepare import read_file
from pictrace.indexing.run import Failure
from pictrace.output.documents import answers_csv
from pictrace.precedence import give_way
from pictrace.searching.query import prepare_query
from pictrace.searching.table import Criteria
from pictrace.service.addresses import shown_address, shown_record
from pictrace.service.background import Background
from pictrace.service.once import search_once, usable_metrics
from pictrace.service.owner import owner
from pictrace.service.pictures import upload_limits
from pictrace.service.typed_links import fetch_link, item_of_link
from pictrace.service.workspaces import Workspace
from pictrace.sources.base import Item, Skipped, is_link
from pictrace.told import told

__all__ = ["MOST_QUERIES", "Answer", "ManySearches", "first_cells", "typed_queries"]

MOST_QUERIES = 2000
"""Each costs the server a second."""


@dataclass(frozen=True)
class Answer:
    """What is told of one query, by its name: the answer, its best match, and the scores of all that are shown."""

    query: str
    headline: str
    good: int
    best: str = ""
    scores: tuple[float, ...] = ()

    @property
    def score(self) -> float | None:
        """Of the best match, if there is any."""
        return self.scores[0] if self.scores else None


def typed_queries(lines: Iterable[str], catalog: Catalog) -> tuple[list[Item], list[Skipped]]:
    """What lines stand for: links, and pictures of the catalog by id, address or name. No file is looked at."""
    names, items, skipped = Names(catalog), list[Item](), list[Skipped]()
    for line in filter(None, map(str.strip, lines)):
        if is_link(line):
            entry = item_of_link(line)
            if isinstance(entry, Item):
                items.append(entry)
            else:
                skipped.append(entry)
            continue
        try:
            picture_id = names.find(line)
        except PicTraceError as error:
            skipped.append(Skipped(line, str(error)))
            continue
        if picture_id is None:
            skipped.append(Skipped(line, told("It is no link, and no picture of this catalog.")))
        else:
            source = Source("catalog", f"catalog:{picture_id}", line)
            items.append(Item(source, load=names.original(picture_id, upload_limits())))
    return items, skipped


def first_cells(table: bytes) -> list[str]:
    """What stands in the first column of a CSV table, its heading among it."""
    text = io.StringIO(table.decode("utf-8-sig", "replace"), newline="")
    return [row[0] for row in islice(csv.reader(text), MOST_QUERIES + 1) if row]


class ManySearches(Background):
    """Looks for every picture as a search alone would; what is done when it is stopped is told.

    Attributes
    ----------
    answers
        Of the queries that were looked for by now, in their order.
    failures
        Those that could not be.
    """

    def __init__(
        self,
        workspace: Workspace,
        items: Sequence[Item],
        criteria: Criteria,
        *,
        orientations: bool,
        alarms: float,
    ) -> None:
        if len(items) > MOST_QUERIES:
            raise SourceError(
                told(
                    "{count:,} pictures are too many to look for here; {most:,} are the most. Take some, or use "
                    "pictrace search FOLDER --csv.",
                    count=len(items),
                    most=MOST_QUERIES,
                )
            )
        self.answers: list[Answer] = []
        self.failures: list[Failure] = []
        self._rows: list[str] = []
        self._workspace, self._items, self._criteria = workspace, tuple(items), criteria
        self._orientations, self._alarms = orientations, alarms
        super().__init__(self._search_all, "many searches")

    @property
    def progress(self) -> tuple[int, int]:
        """How many were looked for, and all."""
        return len(self.answers) + len(self.failures), len(self._items)

    @property
    def csv(self) -> str:
        """A row for each match of each query, as ``pictrace search FOLDER --csv`` prints them."""
        return "".join([answers_csv([]), *self._rows])

    def _search_all(self) -> None:
        self._workspace.wait()
        for item in self._items:
            if self.stopped:
                return
            address = shown_address(item.source.address)
            try:
                with as_own(PicTraceError, address):
                    self._search(item.source.title or address, address, _bytes_of(item))
            except PicTraceError as error:
                self.failures.append(Failure(replace(item.source, address=address), str(error)))
            give_way()

    def _search(self, label: str, address: str, data: bytes) -> None:
        metrics = usable_metrics(self._criteria)
        query = prepare_query(data, metrics, orientations=self._orientations, limits=upload_limits())
        outcome = search_once(query, self._workspace.cache, self._criteria, alarms=self._alarms)
        shown = replace(outcome, found=[replace(one, picture=shown_record(one.picture)) for one in outcome.found])
        self._rows.append(answers_csv([shown.document(address, self._workspace.catalog, {})], heading=False))
        answer = Answer(label, shown.said.headline, len(shown.said.good))
        if shown.found:
            scores = tuple(one.match.score for one in shown.found)
            answer = replace(answer, best=shown.found[0].picture.label, scores=scores)
        self.answers.append(answer)


def _bytes_of(item: Item) -> bytes:
    """PicTraceError where it cannot be had, or must not be."""
    if item.data is not None:
        return item.data
    if item.load is not None:
        return item.load()
    if item.url is not None:
        return fetch_link(item.url)
    if item.path is None or not owner().may_read(item.path):
        raise SourceError(told("Files of the server are not read. Upload the picture itself."))
    return read_file(item.path, upload_limits())
