"""The command line: the same work without a browser."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

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
from pictrace.metrics.base import FeatureBatch, Settings, SettingValue
from pictrace.presets import DEFAULT_PRESET, all_presets, get_preset
from pictrace.scores import Criteria, ScoreTable
from pictrace.scrape import PageLinks
from pictrace.search import Found, Query, find, prepare_query, score

__all__ = ["main"]

OK, FAILED, USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 failed or nothing found, 2 called wrongly."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pictrace", description="Find the pictures of a catalog that match one.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    index = commands.add_parser("index", help="add pictures to a catalog, which is made if needed")
    index.add_argument(
        "source",
        metavar="SOURCE",
        help="a folder, a table (CSV), a list (text, JSON), a ZIP archive, a SQLite database, a file, a link",
    )
    index.add_argument("--catalog", required=True, metavar="FILE")
    index.add_argument("--column", metavar="NAME", help="of a table: what holds the paths or links (else guessed)")
    index.add_argument("--table", metavar="NAME", help="of a database: the table to read (else guessed)")
    index.add_argument("--json", action="store_true", help="print the summary as JSON")
    index.set_defaults(command=_index)

    search = commands.add_parser("search", help="rank a catalog's pictures against one picture")
    search.add_argument("image", metavar="IMAGE_OR_URL")
    search.add_argument("--catalog", required=True, metavar="FILE")
    _add_criteria(search)
    search.add_argument("--top", type=int, default=5, metavar="N", help="matches at the most (default 5)")
    search.add_argument("--min-score", type=float, default=0.0, metavar="SCORE", help="from 0 to 1 (default 0)")
    search.add_argument("--exact", action="store_true", help="score every picture exactly, however many there are")
    search.set_defaults(command=_search)

    compare = commands.add_parser("compare", help="every metric's number for two pictures")
    compare.add_argument("first", metavar="IMAGE")
    compare.add_argument("second", metavar="IMAGE")
    _add_criteria(compare)
    compare.set_defaults(command=_compare)

    links = commands.add_parser("links", help="print the picture links of a web page, as a list to index")
    links.add_argument("page", metavar="PAGE", help="the address of a web page")
    links.add_argument("--pages", type=int, default=1, metavar="N", help="follow the next pages, N in all (default 1)")
    links.add_argument("--pattern", metavar="URL", help="pages 2 to N by number, as in https://example.org/page-{n}/")
    links.add_argument("--all", action="store_true", help="print what is left out too, as comments, with the reason")
    links.add_argument("--json", action="store_true", help="print JSON")
    links.set_defaults(command=_links)

    info = commands.add_parser("info", help="what a catalog holds")
    info.add_argument("--catalog", required=True, metavar="FILE")
    info.add_argument("--json", action="store_true")
    info.set_defaults(command=_info)
    return parser


def _add_criteria(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--preset",
        default=DEFAULT_PRESET,
        choices=[one.name for one in all_presets()],
        help="weights and settings",
    )
    names = ", ".join(metric.name for metric in all_metrics())
    parser.add_argument("--weights", metavar="NAME=WEIGHT,...", help=f"instead of the preset's; metrics: {names}")
    for metric in all_metrics():
        for setting in metric.settings:
            parser.add_argument(
                f"--{setting.name}",
                dest=f"{metric.name}.{setting.name}",
                type=float if setting.numeric else str,
                choices=None if setting.numeric else list(setting.values),
                metavar="NUMBER" if setting.numeric else None,
                help=f"{metric.title}: {setting.title.lower()} (default {setting.default})",
            )
    parser.add_argument("--no-orientations", action="store_true", help="do not try the picture mirrored and turned")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _criteria(options: argparse.Namespace, *, top: int = 1, min_score: float = 0.0) -> Criteria:
    preset = get_preset(options.preset)
    weights = dict(preset.weights) if options.weights is None else _weights(options.weights)
    settings: dict[str, Settings] = {}
    for metric in all_metrics():
        chosen: dict[str, SettingValue] = dict(preset.settings.get(metric.name, {}))
        for setting in metric.settings:
            value = getattr(options, f"{metric.name}.{setting.name}")
            if value is not None:
                chosen[setting.name] = value
        try:
            metric.setting_positions(chosen)
        except ValueError as error:
            raise CriteriaError(f"{metric.title}: {error}.") from error
        if chosen:
            settings[metric.name] = chosen
    criteria = Criteria(weights=weights, settings=settings, min_score=min_score, top=top)
    criteria.require_weight()
    return criteria


def _weights(text: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, number = part.partition("=")
        try:
            weights[get_metric(name.strip()).name] = float(number)
        except ValueError as error:
            raise CriteriaError(
                f"The weight {part!r} is not of the form NAME=NUMBER. Write for example ssim=1,orb=2."
            ) from error
    return weights


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
        bar = _Bar("pictures")
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
    criteria = _criteria(options, top=options.top, min_score=options.min_score)
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
            _print_matches(found, table)
    finally:
        catalog.close()
    if not found:
        print("pictrace: no picture reaches the minimum score, or the catalog is empty.", file=sys.stderr)
    return OK if found else FAILED


def _compare(options: argparse.Namespace) -> int:
    criteria = _criteria(options)
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


def _print_matches(found: Sequence[Found], table: ScoreTable) -> None:
    for one in found:
        parts = "  ".join(
            f"{name} {part.similarity:.2f}" for name, part in one.match.metrics.items() if part.weight > 0
        )
        variant = f"  ({one.match.variant.label})" if one.match.variant.label else ""
        address = one.picture.sources[0].address if one.picture.sources else one.picture.label
        print(f"{one.match.rank:3}  {one.match.score:.2f}  {address}{variant}\n         {parts}")
    exactly = "all exactly" if table.exhaustive else f"the {len(table.ids)} nearest exactly"
    print(f"{table.catalog_size} pictures compared, {exactly}.")


class _Bar:
    """A progress line on a terminal; silence elsewhere."""

    def __init__(self, what: str) -> None:
        self._what, self._shown, self._live = what, 0.0, sys.stderr.isatty()

    def show(self, progress: Progress) -> None:
        now = time.monotonic()
        if not self._live or (now - self._shown < 0.1 and progress.done < progress.total):
            return
        self._shown = now
        width = 30
        filled = width * progress.done // max(1, progress.total)
        print(
            f"\r[{'#' * filled}{'.' * (width - filled)}] {progress.done} of {progress.total} {self._what}, "
            f"{progress.rate:.0f} a second, {progress.left_s:.0f} s left   ",
            end="",
            file=sys.stderr,
            flush=True,
        )

    def end(self) -> None:
        if self._live and self._shown:
            print(file=sys.stderr)
            self._shown = 0.0
