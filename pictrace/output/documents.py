"""Results as JSON documents and tables: one form for the command line, the downloads and the API."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pictrace.catalog.base import Catalog
from pictrace.catalog.records import PictureRecord
from pictrace.diagnosis import Diagnosis
from pictrace.escape import for_csv
from pictrace.indexing.rebuild import count_missing_features, count_outdated_features
from pictrace.indexing.run import Failure
from pictrace.searching.find import Found
from pictrace.searching.parts import Part
from pictrace.searching.query import Query
from pictrace.searching.table import Criteria, Match, ScoreTable
from pictrace.searching.verdict import Verdict

__all__ = [
    "answers_csv",
    "catalog_document",
    "compare_document",
    "criteria_document",
    "diagnosis_document",
    "failures_csv",
    "match_document",
    "matches_csv",
    "metadata_columns",
    "query_document",
    "search_document",
]


def _number(value: float) -> float | None:
    """JSON knows no NaN: what could not be compared is null. Six digits end before float32's noise begins."""
    return None if math.isnan(value) else round(value, 6)


def query_document(address: str, query: Query) -> dict[str, Any]:
    """The query: where it came from, and what it is."""
    return {
        "source": address,
        "sha256": query.sha256.hex(),
        "format": query.info.format,
        "width": query.info.width,
        "height": query.info.height,
        "region": None if query.region is None else str(query.region),
        "notes": list(query.info.notes),
        "negative": query.negative,
    }


def criteria_document(criteria: Criteria) -> dict[str, Any]:
    """Weights, settings and limits of a ranking."""
    return {
        "weights": dict(criteria.weights),
        "settings": {name: dict(chosen) for name, chosen in criteria.settings.items()},
        "min_score": criteria.min_score,
        "top": criteria.top,
    }


def match_document(match: Match) -> dict[str, Any]:
    """A match's score and every metric's part in it."""
    return {
        "score": _number(match.score),
        "coverage": _number(match.coverage),
        "variant": str(match.variant.label),
        "metrics": {
            name: {
                "raw": _number(part.raw),
                "similarity": _number(part.similarity),
                "weight": _number(part.weight),
                "contribution": _number(part.contribution),
            }
            for name, part in match.metrics.items()
        },
    }


def diagnosis_document(diagnosis: Diagnosis) -> dict[str, Any]:
    """What was done to the candidate to obtain the query; a change's parameters stand beside its kind."""
    registration = diagnosis.registration
    return {
        "relation": diagnosis.relation,
        "confidence": _number(diagnosis.confidence),
        "text": diagnosis.text,
        "alike": _number(diagnosis.alike),
        "places": [
            dict(zip(("left", "top", "right", "bottom"), map(_number, box), strict=True)) for box in diagnosis.places
        ],
        "changes": [
            {"kind": one.kind, "confidence": one.confidence, "text": one.text, **one.parameters}
            for one in diagnosis.changes
        ],
        "registration": None
        if registration is None
        else {
            "matrix": registration.matrix.round(6).tolist(),
            "agreement": _number(registration.agreement),
            "overlap_query": _number(registration.overlap_query),
            "overlap_candidate": _number(registration.overlap_candidate),
        },
    }


def compare_document(
    first: tuple[str, Query], second: tuple[str, Query], criteria: Criteria, match: Match | None, diagnosis: Diagnosis
) -> dict[str, Any]:
    """Two pictures, each with its address, as ``pictrace compare --json`` prints them.

    Parameters
    ----------
    match
        The second as a match of the first; of None, where nothing compares them, its fields are left out.
    """
    return {
        "query": query_document(*first),
        "candidate": query_document(*second),
        "criteria": criteria_document(criteria),
        **({} if match is None else match_document(match)),
        "diagnosis": diagnosis_document(diagnosis),
    }


def _sources(picture: PictureRecord) -> dict[str, Any]:
    return {
        "source": picture.sources[0].address if picture.sources else None,
        "sources": [
            {"kind": one.kind, "address": one.address, "title": one.title, "metadata": dict(one.metadata)}
            for one in picture.sources
        ],
    }


def search_document(
    address: str,
    query: Query,
    catalog: Catalog,
    table: ScoreTable,
    criteria: Criteria,
    found: Sequence[Found],
    timing_ms: Mapping[str, float],
    *,
    said: Verdict,
    held: Sequence[Part] = (),
    only: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """A whole search, as ``pictrace search --json`` prints it. only: what the pictures' metadata had to be."""
    return {
        "query": query_document(address, query),
        "verdict": {
            "headline": str(said.headline),
            "detail": str(said.detail),
            "good": len(said.good),
            **_chances_document(said),
        },
        "catalog": {
            "location": catalog.location,
            "images": table.catalog_size,
            "scored_exactly": len(table.ids),
            "unanswered": table.unanswered,
            "silent": {name: str(reason) for name, reason in table.silent.items()},
            "told": str(table.told),
            "revision": catalog.revision(),
        },
        "criteria": {**criteria_document(criteria), "only": {name: list(some) for name, some in (only or {}).items()}},
        "matches": [
            {
                "rank": one.match.rank,
                "id": one.match.id,
                "good": one.match.id in said.good,
                **_sources(one.picture),
                **match_document(one.match),
                **_by_chance(said, one.match.id),
            }
            for one in found
        ],
        "held": [{"ids": list(part.ids), "outline": part.outline.round(4).tolist()} for part in held],
        "timing_ms": {name: round(value, 3) for name, value in timing_ms.items()},
    }


def catalog_document(catalog: Catalog) -> dict[str, Any]:
    """What a catalog holds, and what it lacks, as ``pictrace info --json`` prints it."""
    return {
        "images": catalog.count(),
        "features": catalog.feature_counts(),
        "links": catalog.link_counts(),
        "revision": catalog.revision(),
        "bytes": catalog.byte_count,
        "missing": count_missing_features(catalog),
        "outdated": count_outdated_features(catalog),
        "writable": catalog.writable,
        "silent": {name: str(reason) for name, reason in catalog.silent.items()},
        "left_out": list(catalog.keeping.left_out),
    }


def _chances_document(said: Verdict) -> dict[str, Any]:
    """In what share of searches for a picture that is not there the best looks as good; null where it is not known."""
    if said.chances is None or said.p is None:
        return {"p": None, "false_alarms": None, "searches_without_an_answer": None}
    return {
        "p": _share(said.p),
        "false_alarms": said.chances.alarms,
        "searches_without_an_answer": said.chances.searches,
    }


def _by_chance(said: Verdict, picture_id: int) -> dict[str, Any]:
    """What chance says of a match; of one that shares only a form, p would say nothing."""
    chances = said.chances
    if chances is None:
        return {"p": None, "expected_by_chance": None}
    expected = chances.expected.get(picture_id, {})
    return {
        "p": None if picture_id in chances.good - said.good else _share(chances.p.get(picture_id, 1.0)),
        "expected_by_chance": {name: _share(number) for name, number in expected.items()},
    }


def _share(number: float) -> float | None:
    """Two digits, of however small a number; None for NaN."""
    return None if math.isnan(number) else float(f"{number:.2g}")


def matches_csv(found: Sequence[Found], names: Sequence[str]) -> str:
    """One line a match, with four columns a metric, then one for each name in the matches' metadata.

    Text that a spreadsheet would run is quoted.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    parts = ("raw", "similarity", "weight", "contribution")
    columns = ["rank", "id", "score", "coverage", "variant", "title", "sources", "width", "height"]
    columns += [f"{name}_{part}" for name in names for part in parts]
    told = [one.picture.metadata for one in found]
    extra = list(dict.fromkeys(name for metadata in told for name in metadata))
    writer.writerow(columns + metadata_columns(extra, columns))
    for one in found:
        match, picture = one.match, one.picture
        row: list[Any] = [match.rank, match.id, _number(match.score), _number(match.coverage)]
        row += [match.variant.label, for_csv(picture.label)]
        row += [
            for_csv(" ".join(source.address for source in picture.sources)),
            picture.width,
            picture.height,
        ]
        row += [_number(getattr(match.metrics[name], part)) for name in names for part in parts]
        row += [for_csv("; ".join(picture.metadata.get(name, ()))) for name in extra]
        writer.writerow(row)
    return text.getvalue()


def answers_csv(documents: Sequence[Mapping[str, Any]], *, heading: bool = True) -> str:
    """Answers to many queries as one table, of the documents of their searches: a row for each match.

    A query without any match has a row, too. Text that a spreadsheet would run is quoted.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if heading:
        writer.writerow(
            ["query", "verdict", "good_matches", "rank", "id", "good", "score", "variant", "title", "source"]
        )
    for one in documents:
        said = one["verdict"]
        query = [for_csv(one["query"]["source"]), for_csv(said["headline"]), said["good"]]
        for match in one["matches"]:
            row = [match["rank"], match["id"], str(match["good"]).lower(), match["score"], match["variant"]]
            title = match["sources"][0]["title"] if match["sources"] else ""
            writer.writerow([*query, *row, for_csv(title), for_csv(match["source"] or "")])
        if not one["matches"]:
            writer.writerow([*query, *[""] * 7])
    return text.getvalue()


def failures_csv(failures: Sequence[Failure]) -> str:
    """What could not be used, and why, one line each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["kind", "address", "reason"])
    for one in failures:
        writer.writerow([one.source.kind, for_csv(one.source.address), for_csv(one.reason)])
    return text.getvalue()


def metadata_columns(names: Sequence[str], taken: Collection[str]) -> list[str]:
    """Headings for metadata beside columns of our own: a name that is taken says what it is."""
    return [for_csv(f"{name} (metadata)" if name in taken else name) for name in names]
