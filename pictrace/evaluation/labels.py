"""What people say of a query and a match, as a catalog keeps it (see ``Catalog.decide``).

The first picture of a decision is the query. It can be any picture; those that the catalog holds can be asked again,
and so be measured and learned from.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from pictrace.catalog.base import Catalog
from pictrace.catalog.records import Decision
from pictrace.escape import for_csv

__all__ = ["NOTHING", "NOT_SAME", "SAME", "UNSURE", "labels_csv", "labels_of"]

SAME, NOT_SAME, UNSURE = "same", "not the same", "unsure"

NOTHING = "nothing matches"
"""Said of a query alone: both pictures of the pair are the query."""


def labels_of(catalog: Catalog, ids: Iterable[int] | None = None) -> tuple[Decision, ...]:
    """The decisions that are labels of searches, about these pictures or about all, the oldest first."""
    return tuple(one for one in catalog.decisions(ids) if one.decision in {SAME, NOT_SAME, UNSURE, NOTHING})


def labels_csv(catalog: Catalog, labels: Sequence[Decision]) -> str:
    """The labels as a table of what is right, which ``evaluate`` and ``learn`` read again.

    Pictures go by their ids, which every catalog with the same file shares; their titles stand beside.
    """
    records = catalog.pictures({one for label in labels for one in label.pair})
    titles = {one: for_csv(record.label) for one, record in records.items()}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["query", "relevant", "decision", "query_title", "relevant_title", "at"])
    for one in labels:
        nothing = one.decision == NOTHING
        other = "" if nothing else f"catalog:{one.second_id}"
        row = [f"catalog:{one.first_id}", other, one.decision, titles.get(one.first_id, "")]
        writer.writerow([*row, "" if nothing else titles.get(one.second_id, ""), one.at])
    return text.getvalue()
