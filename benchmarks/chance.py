"""What the verdict says of its false alarms, and how many there are; and how much of what is there it then finds.

FOLDER is one as benchmarks.finding takes. PHOTOS holds further photographs that have nothing to do with it. For each
size a catalog of so many of FOLDER's pictures, chosen by the seed, is calibrated as the app does it; where they are too
few, quarters of them are pictures of their own. Then come searches without an answer: the strangers, the photographs,
the queries with all that is right for them taken out of the answer (held out), and pictures of the catalog that its
background did not ask, with their families taken out (own kind).

said: the share of false alarms that is accepted, beside the share of such searches that then find something. found: the
share of queries with an answer in the catalog for which a relevant picture is called good; wrong: those for which
another one is. The false alarms among what was held out, up to the default share, are listed to be looked at: some are
matches that no label names. --draw makes the curve of all sizes that --keep's folder knows.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import intro, parser, row
from benchmarks.curve import drawing
from benchmarks.finding import Truth, truths
from benchmarks.quarters import pictures_for, whole
from pictrace.calibration import kept
from pictrace.calibration.accidents import Accidents
from pictrace.calibration.making import SECONDS
from pictrace.calibration.sources import Background
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.features import RawScores
from pictrace.indexing.index import Indexing
from pictrace.metrics import ready_metrics
from pictrace.searching.attempts import score_either
from pictrace.searching.chances import FALSE_ALARMS
from pictrace.searching.find import find
from pictrace.searching.presets import criteria_of
from pictrace.searching.query import Query, prepare_query
from pictrace.searching.table import ScoreTable
from pictrace.service.judge import Judge
from pictrace.service.second_look import details_between
from pictrace.sources.folders import read_folder

SAID = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


@dataclass
class Shares:
    """p of the best match of each search, by what was asked; and of how many pictures."""

    pictures: int = 0
    strangers: list[float] = field(default_factory=list)
    photographs: list[float] = field(default_factory=list)
    held_out: list[float] = field(default_factory=list)
    own_kind: list[float] = field(default_factory=list)
    right: list[float] = field(default_factory=list)
    wrong: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Asking:
    """One catalog with what is known of chance in it."""

    cache: FeatureCache
    sources: Sequence[Accidents]

    def shares(self, judge: Judge, table: ScoreTable) -> dict[int, float]:
        """p by picture, of those that matter and are more than a form; looked at closely as at 1 in 1,000."""
        criteria, catalog = criteria_of("balanced"), self.cache.catalog
        found = find(catalog, table, criteria)
        said = judge.verdict(catalog, table, found, criteria, sources=self.sources, alarms=SAID[0])
        if said.chances is None:
            return {}
        forms = said.chances.good - said.good
        return {one: share for one, share in said.chances.p.items() if one not in forms}


def asked(query: Query, cache: FeatureCache) -> tuple[Judge, ScoreTable]:
    query, table = score_either(query, cache)
    return Judge(query), table


def without(table: ScoreTable, left_out: NDArray[np.bool_]) -> ScoreTable:
    """The table as if some pictures were not in the catalog."""
    kept = ~left_out
    columns = tuple(RawScores(one.raw[..., kept], one.variant[..., kept]) for one in table.columns)
    return ScoreTable(table.ids[kept], table.metrics, columns, table.catalog_size - int(left_out.sum()))


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--photos", type=Path, help="further photographs that are in no catalog")
    arguments.add_argument("--pictures", type=int, nargs="*", default=[100, 1000], metavar="N")
    arguments.add_argument("--seconds", type=float, default=SECONDS, help="for the calibration of a catalog")
    arguments.add_argument("--every", type=int, default=1, help="take each n-th query only, for a quick look")
    arguments.add_argument("--own", type=int, default=200, help="pictures of the catalog to ask at the most")
    arguments.add_argument("--keep", type=Path, help="a folder for the catalogs and for what was measured")
    arguments.add_argument("--draw", type=Path, help="draw the curve into this SVG")
    options = arguments.parse_args()
    intro(options)
    with tempfile.TemporaryDirectory() as work:
        folder = options.keep or Path(work)
        folder.mkdir(exist_ok=True)
        for size in options.pictures:
            measured = _measure(options, size, folder)
            (folder / f"{size:06}.json").write_text(json.dumps(asdict(measured)), encoding="utf-8")
            _print(measured)
        if options.draw:
            options.draw.write_text(drawing(_panels(folder)), encoding="utf-8")


def _measure(options: argparse.Namespace, size: int, work: Path) -> Shares:
    folder, photos, every = options.folder, options.photos, options.every
    metrics, shares = ready_metrics(), Shares()
    items = pictures_for(folder / "catalog", size, options.seed, work / "quarters")
    with closing(SqliteCatalog(work / f"{size}.sqlite")) as catalog:
        Indexing(catalog, items, metrics).run()
        cache = FeatureCache(catalog)
        background = Background(cache, partial(details_between, catalog))
        started = time.perf_counter()
        if background.wanted:
            for _ in background.make(seconds=options.seconds):
                pass
        asking = Asking(cache, background.sources())
        shares.pictures, searches = catalog.count(), sum(one.searches for one in asking.sources)
        print(f"\n{shares.pictures:,} pictures; {searches} searches in {time.perf_counter() - started:.0f} s\n")
        files = {one: record.sources[0].title for one, record in catalog.pictures(catalog.ids()).items()}
        names = {one: f"catalog/{whole(file)}" for one, file in files.items()}
        for truth in truths(folder)[::every]:
            judge, table = asked(prepare_query(truth.query.read_bytes(), metrics), cache)
            right = np.array([names[int(one)] in truth.relevant for one in table.ids], np.bool_)
            also = np.array([names[int(one)] in truth.also for one in table.ids], np.bool_)
            if truth.stranger:
                shares.strangers.append(min(asking.shares(judge, table).values(), default=1.0))
                continue
            left = asking.shares(judge, without(table, right | also))
            shares.held_out.append(min(left.values(), default=1.0))
            for one in (one for one, share in left.items() if share <= FALSE_ALARMS):
                print(f"held out: {truth.query.name} -> {files[one]} ({left[one]:.2g})")
            if right.any():
                said = asking.shares(judge, table)
                shares.right.append(min((said.get(int(one), 1.0) for one in table.ids[right]), default=1.0))
                shares.wrong.append(min((said.get(int(one), 1.0) for one in table.ids[~right & ~also]), default=1.0))
        families = _families(truths(folder))
        known = kept.read(work / f"{size}.sqlite.cache", catalog=catalog.identity)
        unasked = [one for one in files if known is None or one not in known.ids]
        for one in np.random.default_rng(options.seed).permutation(unasked)[: options.own].tolist():
            record = catalog.pictures([one])[one]
            judge, table = asked(prepare_query(Path(record.sources[0].address).read_bytes(), metrics), cache)
            family = families.get(names[one], set()) | {names[one]}
            left_out = np.array([names[int(other)] in family for other in table.ids], np.bool_)
            left = asking.shares(judge, without(table, left_out))
            shares.own_kind.append(min(left.values(), default=1.0))
            for other in (other for other, share in left.items() if share <= FALSE_ALARMS):
                print(f"own kind: {files[one]} -> {files[other]} ({left[other]:.2g})")
        for item in list(read_folder(photos).items)[::every] if photos else ():
            if item.path is not None:
                judge, table = asked(prepare_query(item.path.read_bytes(), metrics), cache)
                shares.photographs.append(min(asking.shares(judge, table).values(), default=1.0))
    return shares


def _families(some: Sequence[Truth]) -> dict[str, set[str]]:
    """By picture, all that are right for a query that it is right for."""
    families = defaultdict[str, set[str]](set)
    for one in some:
        for name in one.relevant | one.also:
            families[name] |= one.relevant | one.also
    return families


def _print(shares: Shares) -> None:
    columns = {**_unanswered(shares), "found": shares.right, "wrong": shares.wrong}
    row("said", *(f"{name} ({len(some)})" for name, some in columns.items()))
    row("---", *("---" for _ in columns))
    for said in SAID:
        row(f"{said:.1%}", *(f"{np.mean(np.array(some) <= said):.1%}" if some else "" for some in columns.values()))


def _unanswered(shares: Shares) -> dict[str, list[float]]:
    return {
        "strangers": shares.strangers,
        "photographs": shares.photographs,
        "held out": shares.held_out,
        "own kind": shares.own_kind,
    }


def _panels(folder: Path) -> dict[str, dict[str, list[float]]]:
    """What was measured, the smaller catalogs first."""
    known = [Shares(**json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.json"))]
    return {f"{one.pictures:,} pictures": _unanswered(one) for one in known}


if __name__ == "__main__":
    main()
