"""The command line: the same work without a browser."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from pictrace._arguments import argument_parser, criteria_from
from pictrace._bar import Bar
from pictrace.catalog import SqliteCatalog, open_catalog
from pictrace.catalog.hot import HotFeatures
from pictrace.catalog.importers import list_source
from pictrace.crawl import crawl
from pictrace.documents import criteria_document, match_document, query_document, search_document
from pictrace.download import DownloadPolicy, fetch
from pictrace.errors import CriteriaError, PicTraceError
from pictrace.images import DecodeLimits
from pictrace.indexing import Indexing, Progress, build_features, read_file
from pictrace.metrics import all_metrics, get_metric
from pictrace.metrics.base import FeatureBatch
from pictrace.scores import ScoreTable
from pictrace.scrape import PageLinks
from pictrace.search import Found, Query, find, prepare_query, score
from pictrace.verdict import verdict

__all__ = ["main"]

OK, FAILED, USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 failed or nothing found, 2 called wrongly."""
    options = argument_parser().parse_args(arguments)
    try:
        return COMMANDS[options.command](options)
    except CriteriaError as error:
        print(f"pictrace: {error}", file=sys.stderr)
        return USAGE
    except PicTraceError as error:
        print(f"pictrace: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("pictrace: stopped; what was done is kept.", file=sys.stderr)
        return FAILED
    except BrokenPipeError:  # the reader of our output has gone
        sys.stdout = None  # nothing is left to flush to
        return OK


def _read(address: str) -> bytes:
    if address.lower().startswith(("http://", "https://")):
        return fetch(address, DownloadPolicy.from_environment()).data
    try:
        return read_file(Path(address), DecodeLimits())
    except PicTraceError as error:
        raise type(error)(f"{address}: {error}") from error


def _prepare(address: str, options: argparse.Namespace) -> Query:
    data = _read(address)
    try:
        return prepare_query(data, orientations=not options.no_orientations)
    except PicTraceError as error:
        raise type(error)(f"{address}: {error}") from error


# Commands ----------------------------------------------------------------------------------------


def _index(options: argparse.Namespace) -> int:
    listing = list_source(options.source, column=options.column, table=options.table)
    if listing.column is not None and options.column is None and sys.stderr.isatty():
        print(f"The column {listing.column!r} names the pictures; --column names another.", file=sys.stderr)
    if not listing.items:
        print(f"pictrace: {options.source} holds no pictures that PicTrace can read.", file=sys.stderr)
        for one in listing.skipped[:5]:
            print(f"{one.address}: {one.reason}", file=sys.stderr)
        return FAILED
    catalog = SqliteCatalog(options.catalog)
    try:
        run = Indexing(catalog, listing.items)
        bar = Bar("pictures")
        try:
            for progress in run:
                bar.show(progress)
        finally:
            bar.end()
        failures = list(run.failures)
        rebuilt = Progress(0)
        for rebuilt, lost in build_features(catalog):
            bar.show(rebuilt)
            failures[len(run.failures) :] = lost
        bar.end()
        for failure in failures:
            print(f"{failure.source.address}: {failure.reason}", file=sys.stderr)
        summary = {
            "added": run.progress.added,
            "known": run.progress.known,
            "failed": len(failures),
            "skipped": len(listing.skipped),
            "column": listing.column,
            "features_rebuilt": rebuilt.added,
            "images": catalog.count(),
            "seconds": round(run.progress.elapsed_s, 3),
        }
    finally:
        catalog.close()
    if options.json:
        details = [{"address": one.source.address, "reason": one.reason} for one in failures]
        left_out = [{"address": one.address, "reason": one.reason} for one in listing.skipped]
        print(json.dumps({**summary, "failures": details, "skipped_entries": left_out}, indent=2))
    else:
        skipped = f", {len(listing.skipped)} other files left out" if listing.skipped else ""
        print(
            f"{summary['added']} added, {summary['known']} known, {summary['failed']} failed{skipped}; "
            f"the catalog holds {summary['images']} pictures."
        )
    return FAILED if failures and not (run.progress.added or run.progress.known) else OK


def _search(options: argparse.Namespace) -> int:
    criteria = criteria_from(options, top=options.top, min_score=options.min_score)
    catalog = open_catalog(options.catalog)
    try:
        query = _prepare(options.image, options)
        started = time.perf_counter()
        table = score(query, HotFeatures(catalog), exhaustive=True if options.exact else None)
        scored = time.perf_counter()
        found = find(catalog, table, criteria)
        timing = {
            **query.timing_ms,
            "score": (scored - started) * 1e3,
            "rank": (time.perf_counter() - scored) * 1e3,
        }
        if options.json:
            print(json.dumps(search_document(options.image, query, catalog, table, criteria, found, timing), indent=2))
        else:
            _print_matches(query, found, table)
    finally:
        catalog.close()
    if not found:
        print("pictrace: no picture reaches the minimum score, or the catalog is empty.", file=sys.stderr)
    return OK if found else FAILED


def _compare(options: argparse.Namespace) -> int:
    criteria = criteria_from(options)
    query, other = _prepare(options.first, options), _prepare(options.second, options)
    metrics = all_metrics()
    columns = tuple(
        metric.compare_variants(
            query.features[metric.name],
            FeatureBatch.of([next(iter(other.features[metric.name].values()))], metric.layout),
        )
        for metric in metrics
    )
    table = ScoreTable(np.array([other.id], np.int64), metrics, columns, catalog_size=1)
    ranked = table.rank(criteria)
    if not ranked:
        print("pictrace: no metric with a weight can compare these two pictures.", file=sys.stderr)
        return FAILED
    match = ranked[0]
    if options.json:
        document = {
            "query": query_document(options.first, query),
            "candidate": query_document(options.second, other),
            "criteria": criteria_document(criteria),
            **match_document(match),
        }
        print(json.dumps(document, indent=2))
    else:
        print(f"score {match.score:.2f}" + (f" ({match.variant.label})" if match.variant.label else ""))
        for name, part in match.metrics.items():
            metric = get_metric(name)
            raw = metric.scale_for(criteria.settings.get(name, {})).describe(part.raw)
            print(f"  {metric.title:22} {part.similarity:5.2f}  weight {part.weight:g}  {raw}")
    return OK


def _info(options: argparse.Namespace) -> int:
    catalog = open_catalog(options.catalog)
    try:
        images, features, revision = catalog.count(), catalog.feature_counts(), catalog.revision()
        size = Path(catalog.location).stat().st_size
    finally:
        catalog.close()
    if options.json:
        document = {"images": images, "features": features, "revision": revision, "bytes": size}
        print(json.dumps(document, indent=2))
        return OK
    print(f"{images} pictures, {size / 1024**2:.1f} MB, revision {revision}")
    for key, count in features.items():
        print(f"  {key:24} {count}")
    return OK


def _links(options: argparse.Namespace) -> int:
    pages: list[PageLinks] = []
    failures: list[str] = []
    shown: set[str] = set()
    policy = DownloadPolicy.from_environment()
    for page in crawl(options.page, pages=options.pages, pattern=options.pattern, policy=policy):
        if not isinstance(page, PageLinks):
            failures.append(str(page))
            print(f"pictrace: {page}", file=sys.stderr)
            continue
        pages.append(page)
        if page.truncated:
            print(f"pictrace: {page.address} is too long; only its beginning was read.", file=sys.stderr)
        for link in page.links if options.all else page.kept:
            if link.address not in shown and not options.json:
                print(f"# {link.address}  {link.left_out}" if link.left_out else link.address, flush=True)
            shown.add(link.address)
    found = any(page.kept for page in pages)
    if options.json:
        listed = [
            {
                "address": page.address,
                "links": [asdict(link) for link in (page.links if options.all else page.kept)],
                "embedded": page.embedded,
                "truncated": page.truncated,
            }
            for page in pages
        ]
        print(json.dumps({"pages": listed, "failures": failures}, indent=2))
    if pages and not found:
        print("pictrace: no picture was found that is worth listing; --all shows what was left out.", file=sys.stderr)
    return OK if found else FAILED


def _print_matches(query: Query, found: Sequence[Found], table: ScoreTable) -> None:
    told = verdict(query, table, found)
    for one in found:
        parts = "  ".join(
            f"{name} {part.similarity:.2f}" for name, part in one.match.metrics.items() if part.weight > 0
        )
        how = ", ".join(filter(None, ["good match", one.match.variant.label]))
        variant = f"  ({how})" if one.match.id in told.good else ""
        address = one.picture.sources[0].address if one.picture.sources else one.picture.label
        print(f"{one.match.rank:3}  {one.match.score:.2f}  {address}{variant}\n         {parts}")
    exactly = "all exactly" if table.exhaustive else f"the {len(table.ids)} nearest exactly"
    print(f"{told.headline} {table.catalog_size} pictures compared, {exactly}.")


COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "index": _index,
    "search": _search,
    "compare": _compare,
    "links": _links,
    "info": _info,
}
