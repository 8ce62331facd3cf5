"""pictrace search"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from fractions import Fraction
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog import open_catalog
from pictrace.catalog.base import Catalog
from pictrace.cli._bar import progress_line
from pictrace.cli._commands import add_catalog
from pictrace.cli._criteria import add_criteria, criteria_from
from pictrace.cli._files import written
from pictrace.cli._output import FAILED, OK, PARTLY, say, say_json, warn
from pictrace.cli._queries import Asked, queries_of, query_of
from pictrace.cluster.cache import cache_of
from pictrace.errors import CriteriaError, DownloadError, ImageError, PicTraceError, SourceError, UsageError
from pictrace.images.encoding import thumbnail
from pictrace.images.region import Region, with_region
from pictrace.output.documents import answers_csv
from pictrace.output.search_report import SearchReport, search_report
from pictrace.searching.chances import FALSE_ALARMS
from pictrace.searching.find import Found
from pictrace.searching.table import Criteria, ScoreTable
from pictrace.searching.verdict import Verdict
from pictrace.service.once import Outcome, ids_among, search_once, usable_metrics
from pictrace.wording import counted

__all__ = ["HELP", "ORDER", "register"]

HELP = "find the pictures of a catalog that match one"
ORDER = 20
REPORT_PX = 480


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_search)
    parser.add_argument(
        "image",
        nargs="+",
        metavar="IMAGE_OR_URL",
        help="a file, a link, or - for standard input; of a folder, a table or a list, all pictures are looked for",
    )
    add_catalog(parser)
    add_criteria(parser)
    parser.add_argument(
        "--region",
        type=_region,
        metavar="X,Y,W,H",
        help="look for this part of the picture only: left, top, width and height in pixels, or percent:X,Y,W,H",
    )
    parser.add_argument("--top", type=int, metavar="N", help="most matches to show (default 5)")
    parser.add_argument("--min-score", type=float, metavar="SCORE", help="from 0 to 1 (default 0)")
    parser.add_argument(
        "--false-alarms",
        type=_share,
        metavar="SHARE",
        help="of searches for a picture that is not there, how many may find something: 0.005 or 1/200 (default 1/200)",
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="only pictures with this metadata, such as category=sofas; may be repeated, for further values or names",
    )
    parser.add_argument(
        "--exact", action="store_true", help="check all pictures in full detail, however many there are"
    )
    parser.add_argument("--csv", action="store_true", help="print CSV: a row for each match of each query")
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="write the answer to one picture as a page that needs nothing else"
    )


def _search(options: argparse.Namespace) -> int:
    criteria = criteria_from(options, top=options.top, min_score=options.min_score)
    only = _only(options.only)
    with closing(open_catalog(options.catalog)) as catalog:
        search = _Search(catalog, criteria, only, ids_among(catalog, only), options)
        queries = queries_of(options.image)
        if len(options.image) == 1 and [one.address for one in queries] == options.image:
            document, is_found = search.run(queries[0])
            if options.json:
                say_json(document)
            if options.csv:
                print(answers_csv([document]), end="")
            return OK if is_found else FAILED
        if options.html:
            raise UsageError("--html holds the answer to one picture. Name one, or use --csv.")
        return _search_all(search, queries)


def _search_all(search: _Search, queries: Sequence[Asked]) -> int:
    """One after the other; a query that cannot be used stops nothing."""
    documents: list[dict[str, Any]] = []
    failures: list[dict[str, str]] = []
    are_found = False
    with ExitStack() as stack:
        if search.options.json:  # however it ends
            stack.callback(say_json, {"searches": documents, "failures": failures})
        show = None if search.tells else stack.enter_context(progress_line("queries"))
        for number, one in enumerate(queries):
            if show is None:
                say(f"{one.address}:")
            else:
                show(number, len(queries))
            try:
                document, is_found = search.run(one)
            except (ImageError, SourceError, DownloadError) as error:
                warn(f"{error}")
                failures.append({"address": one.address, "reason": _reason(error, one.address)})
                continue
            if search.options.csv:  # row by row, as there may be thousands of queries
                print(answers_csv([document], heading=not documents), end="", flush=True)
            documents.append(document if search.options.json else {})
            are_found |= is_found
    if not queries:
        named = ", ".join(search.options.image)
        warn(f"pictrace: {named} holds no pictures to look for. Name a picture, or a folder that has some.")
    if failures and documents:
        return PARTLY
    return OK if are_found else FAILED


def _reason(error: PicTraceError, address: str) -> str:
    """Without the address, which a document tells by itself."""
    return str(error).removeprefix(f"{address}: ")


@dataclass(frozen=True)
class _Search:
    """What is the same for all queries of a command."""

    catalog: Catalog
    criteria: Criteria
    only: Mapping[str, Sequence[str]]
    among: NDArray[np.int64] | None
    options: argparse.Namespace

    @property
    def tells(self) -> bool:
        """Whether lines for people are wanted, rather than a document."""
        return not (self.options.json or self.options.csv)

    def run(self, asked: Asked) -> tuple[dict[str, Any], bool]:
        """(the document of a search; whether it found anything). The matches are told where people read them."""
        catalog, criteria, options = self.catalog, self.criteria, self.options
        data = asked.read(options)
        if options.region is not None:
            data = with_region(data, options.region)
        query = query_of(asked.address, data, usable_metrics(criteria), options)
        outcome = search_once(
            query,
            cache_of(catalog),
            criteria,
            among=self.among,
            exhaustive=True if options.exact else None,
            alarms=options.false_alarms or FALSE_ALARMS,
        )
        if self.tells:
            _say_matches(outcome.said, outcome.found, outcome.table)
        if options.html:
            self._write(options.html, asked.address, outcome)
        if not outcome.found:
            if self.among is not None and not len(self.among):
                chosen = ", ".join(f"{name}={value}" for name, values in self.only.items() for value in values)
                warn(f"pictrace: no picture of the catalog has {chosen}.")
            else:
                warn("pictrace: no picture reaches the minimum score, or there is none to compare.")
        return outcome.document(asked.address, catalog, self.only), outcome.is_good

    def _write(self, file: Path, address: str, outcome: Outcome) -> None:
        """The report of a search."""
        report = SearchReport(
            address,
            thumbnail(outcome.query.picture, REPORT_PX),
            f"Searched {counted(outcome.table.looked_at, 'picture')}.",
            outcome.said,
            outcome.found,
            outcome.table.metrics,
            self.criteria,
            self.catalog.thumbnail,
        )
        with written(str(file), self.catalog) as stream:
            stream.write(search_report(report))


def _region(text: str) -> Region:
    try:
        return Region.parse(text)
    except ImageError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _share(text: str) -> float:
    try:
        share = float(Fraction(text))
    except (ValueError, ZeroDivisionError):
        share = 0.0
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share between 0 and 1, as 0.005 or 1/200")
    return share


def _only(texts: Sequence[str]) -> dict[str, list[str]]:
    only: dict[str, list[str]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise CriteriaError(f"--only {text!r} is not of the form NAME=VALUE. Write for example category=sofas.")
        only.setdefault(name.strip(), []).append(value.strip())
    return only


def _say_matches(said: Verdict, found: Sequence[Found], table: ScoreTable) -> None:
    for one in found:
        parts = "  ".join(
            f"{name} {'-' if isnan(part.similarity) else f'{part.similarity:.2f}'}"
            for name, part in one.match.metrics.items()
            if part.weight > 0
        )
        level, how = said.level(one.match.id), one.match.variant.label
        variant = f"  ({how})" if how and level != "weak" else ""
        address = one.picture.sources[0].address if one.picture.sources else one.picture.label
        say(f"{one.match.rank:3}  {level:7}  {one.match.score:.2f}  {address}{variant}", f"                  {parts}")
    exact = len(table.ids) == table.looked_at
    detail = "all in full detail" if exact else f"the {len(table.ids):,} closest in full detail"
    say(f"{said.headline} Searched {counted(table.looked_at, 'picture')}; {detail}.")
    if table.told:
        warn(table.told)
