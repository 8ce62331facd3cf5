"""What is right: a table that says which pictures a query should find.

    query,relevant
    photographs/desk.jpg,lamp.jpg
    photographs/desk.jpg,chair.jpg
    photographs/dog.jpg,

One row for each relevant picture; a query whose ``relevant`` is empty matches nothing. A column ``decision`` (same, not
the same, unsure) makes pairs of labels out of the rows: an unsure pair counts neither right nor wrong. A column
``group`` says which queries belong together, such as photographs of one place.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from pictrace.errors import SourceError
from pictrace.escape import for_message
from pictrace.evaluation.labels import NOT_SAME, NOTHING, SAME, UNSURE
from pictrace.told import Told, fixed, joined, told, told_of

__all__ = ["COLUMNS", "Asked", "read_truth"]

COLUMNS = ("query", "relevant", "decision", "group")
MAX_BYTES = 64 * 1024**2
MAX_TOLD = 5  # rows that a message names
DELIMITERS = ",;\t|"
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Asked:
    """One query and what is said of it, by the names that the table uses.

    Attributes
    ----------
    lines
        By the name of a picture, the line that says so.
    relevant, unsure
        Pictures that it should find, and pictures that count neither right nor wrong.
    nothing
        Whether it is said that nothing matches.
    group
        What it belongs to, "" where nothing says so.
    """

    query: str
    line: int
    lines: Mapping[str, int]
    relevant: tuple[str, ...]
    unsure: tuple[str, ...]
    nothing: bool
    group: str


def read_truth(data: bytes, name: str) -> list[Asked]:
    """The queries of a CSV table, in its order.

    Parameters
    ----------
    data
        UTF-8, or UTF-16 with its mark; commas, semicolons, tabs or bars.
    name
        What messages call the table.

    Raises
    ------
    SourceError
        Naming the lines that are wrong, and what to write instead.
    """
    if len(data) > MAX_BYTES:
        raise SourceError(
            told("{name} has more than {most} MB. Split it into smaller tables.", name=name, most=MAX_BYTES // 1024**2)
        )
    encoding = next((one for mark, one in MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeError as error:
        raise SourceError(
            told("{name} is no Unicode text ({error}). Save it as CSV UTF-8.", name=name, error=error)
        ) from error
    by_query: dict[str, list[tuple[int, dict[str, str]]]] = {}
    wrong: list[str] = []
    for line, row in _rows(text, name):
        if reason := _reason_against(row):
            wrong.append(told("line {line}: {reason}", line=line, reason=reason))
        else:
            by_query.setdefault(row["query"], []).append((line, row))
    asked = [] if wrong else [_asked(query, rows, wrong) for query, rows in by_query.items()]
    if wrong:
        more = len(wrong) - MAX_TOLD
        raise SourceError(
            joined(
                told("{name}, {lines}.", name=name, lines=in_line(wrong[:MAX_TOLD])),
                told_of("{count:,} more line is wrong.", "{count:,} more lines are wrong.", more) if more > 0 else "",
            )
        )
    if not asked:
        raise SourceError(told("{name} names no queries. Write a row for each: query,relevant.", name=name))
    return asked


def in_line(parts: Sequence[str]) -> Told:
    """What is wrong with a table, one after the other."""
    return reduce(lambda before, one: told("{before}; {one}", before=before, one=one), parts[1:], joined(parts[0]))


def _rows(text: str, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows that are not empty by their columns' names, each with the line in which it ends."""
    heading = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [cell.strip().lower() for cell in next(reader, [])]
        if not {"query", "relevant"} <= set(names):
            raise SourceError(
                told(
                    "{name}: its first line must name the columns query and relevant; it names {names}.",
                    name=name,
                    names=", ".join(map(for_message, names)) or told("nothing"),
                )
            )
        for cells in reader:
            row = dict(zip(names, (cell.strip() for cell in cells), strict=False))
            if any(row.values()):
                yield reader.line_num, {column: row.get(column, "") for column in COLUMNS}
    except csv.Error as error:
        raise SourceError(
            told(
                "{name}, line {line}: this is no CSV ({error}). Close its quotation marks.",
                name=name,
                line=reader.line_num,
                error=error,
            )
        ) from error


def _reason_against(row: Mapping[str, str]) -> str:
    """Why a row says nothing; "" where it does."""
    if not row["query"]:
        return told("the query is empty; name a picture")
    decision = row["decision"].lower()
    if decision not in {"", SAME, NOT_SAME, UNSURE, NOTHING}:
        return told(
            "{decision} is no decision; write same, not the same or unsure", decision=for_message(row["decision"])
        )
    if not row["relevant"] and decision not in {"", NOTHING}:
        return told("nothing is named that would be {decision}", decision=fixed(decision))
    if row["relevant"] and decision == NOTHING:
        return told("a picture is named though nothing matches; leave relevant empty")
    return ""


def _asked(query: str, rows: Sequence[tuple[int, Mapping[str, str]]], wrong: list[str]) -> Asked:
    said: dict[str, list[str]] = {SAME: [], NOT_SAME: [], UNSURE: []}
    lines: dict[str, int] = {}
    nothing, group = False, ""
    for line, row in rows:
        picture, group = row["relevant"], group or row["group"]
        if not picture:
            nothing = True
        elif picture not in lines:
            said[row["decision"].lower() or SAME].append(picture)
            lines[picture] = line
    if nothing and said[SAME]:
        wrong.append(
            told(
                "line {line}: {query} matches nothing in one row and something in another",
                line=rows[0][0],
                query=for_message(query),
            )
        )
    return Asked(query, rows[0][0], lines, tuple(said[SAME]), tuple(said[UNSURE]), nothing, group)
