"""How much of what is there is found, among photographs of the same things taken anew.

FOLDER holds catalog/, queries/, strangers/ and truth.csv (query,relevant,set; one row for each relevant picture, an
empty one for a stranger), and maybe also.csv (query,also: pairs that are right though the truth does not name them;
they count neither right nor wrong). Each query is scored exactly and by the cascade, as a catalog of any size would be.

mAP and recall@1: over all queries. found: the share of queries whose best relevant picture scores above the level that
0.5 % of the strangers' best scores reach; "over all" takes the best wrong picture of every search for that level.
right, wrong: queries whose convincing matches hold a relevant picture, or one that is not. kept: the share of pictures
convincing under exact scoring that the cascade scores, too.
"""

from __future__ import annotations

import csv
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import intro, parser, row
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.indexing.index import Indexing
from pictrace.metrics import ready_metrics
from pictrace.searching.convincing import convincing_ids
from pictrace.searching.presets import all_presets, criteria_of
from pictrace.searching.query import prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.table import Criteria, ScoreTable
from pictrace.sources.folders import read_folder

FALSE_ALARMS = 0.005


@dataclass(frozen=True)
class Truth:
    """What is right for one query; a stranger has nothing relevant. group: its set."""

    query: Path
    group: str
    relevant: frozenset[str]
    also: frozenset[str]

    @property
    def stranger(self) -> bool:
        return not self.relevant


def truths(folder: Path) -> list[Truth]:
    relevant, groups = defaultdict[str, set[str]](set), dict[str, str]()
    for one in _rows(folder / "truth.csv"):
        groups[one["query"]] = one["set"]
        relevant[one["query"]] |= {one["relevant"]} - {""}
    also = defaultdict[str, set[str]](set)
    if (folder / "also.csv").exists():
        for one in _rows(folder / "also.csv"):
            also[one["query"]].add(one["also"])
    return [
        Truth(folder / name, group, frozenset(relevant[name]), frozenset(also[name])) for name, group in groups.items()
    ]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@dataclass
class Figures:
    """What one way of ranking reached: one number a query, and the best scores that decide about false alarms."""

    precision: list[float] = field(default_factory=list)
    first: list[bool] = field(default_factory=list)
    best_right: list[float] = field(default_factory=list)
    best_wrong: list[float] = field(default_factory=list)
    strangers: list[float] = field(default_factory=list)

    def take(self, scores: NDArray[np.float32], right: NDArray[np.bool_], total: int, *, stranger: bool) -> None:
        """scores (n,), NaN for what cannot be compared; right (n,); total: how many are right in the whole catalog."""
        filled = np.where(np.isnan(scores), np.float32(-1), scores)
        best = float(filled[~right].max(initial=-1))
        if stranger:
            self.strangers.append(best)
            return
        order = np.argsort(-filled, kind="stable")
        ranks = np.flatnonzero(right[order]) + 1
        self.precision.append(float((np.arange(1, len(ranks) + 1) / ranks).sum()) / total)
        self.first.append(bool(len(order) and right[order[0]]))
        self.best_right.append(float(filled[right].max(initial=-1)))
        self.best_wrong.append(best)

    def found(self, wrong: Sequence[float]) -> float:
        level = np.sort(wrong)[::-1][int(len(wrong) * FALSE_ALARMS)]
        return float(np.mean(np.array(self.best_right) > level))

    def cells(self) -> list[str]:
        numbers = np.mean(self.precision), np.mean(self.first)
        levels = self.found(self.strangers), self.found([*self.strangers, *self.best_wrong])
        return [f"{one:.3f}" for one in (*numbers, *levels)]


@dataclass
class Way:
    """One way of searching: exactly, or by the cascade."""

    figures: dict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))
    by_set: dict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))
    right: int = 0
    wrong: int = 0
    alarms: int = 0
    scored: list[int] = field(default_factory=list)
    times_ms: list[float] = field(default_factory=list)

    def take(self, truth: Truth, names: Mapping[int, str], table: ScoreTable, criteria: Mapping[str, Criteria]) -> None:
        labels = [names[int(one)] for one in table.ids]
        counted = np.array([one not in truth.also for one in labels], np.bool_)
        right = np.array([one in truth.relevant for one in labels], np.bool_)[counted]
        for name, one in criteria.items():
            fused, coverage = table.fused(one)
            scores = np.where(coverage > 0, fused, np.nan).astype(np.float32)[counted]
            self.figures[name].take(scores, right, len(truth.relevant), stranger=truth.stranger)
            if name == "balanced" and not truth.stranger:
                self.by_set[truth.group].take(scores, right, len(truth.relevant), stranger=False)
        good = {names[one] for one in convincing_ids(table)} - truth.also
        self.right += bool(good & truth.relevant)
        self.wrong += bool(good - truth.relevant) and not truth.stranger
        self.alarms += bool(good) and truth.stranger
        self.scored.append(len(table.ids))


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--every", type=int, default=1, help="take each n-th query only, for a quick look")
    options = arguments.parse_args()
    intro(options)
    asked = truths(options.folder)[:: options.every]
    metrics = ready_metrics()
    criteria = {one.name: Criteria(weights={one.name: 1}) for one in metrics}
    criteria |= {one.name: criteria_of(one.name) for one in all_presets()}
    with tempfile.TemporaryDirectory() as folder, closing(SqliteCatalog(Path(folder, "catalog.sqlite"))) as catalog:
        run = Indexing(catalog, read_folder(options.folder / "catalog").items, metrics)
        started = time.perf_counter()
        run.run()
        pace = run.progress.added / (time.perf_counter() - started)
        print(f"{catalog.count()} pictures indexed, {pace:.0f} a second; {len(run.failures)} failed")
        records = catalog.pictures(int(one) for one in catalog.ids())
        names = {one: f"catalog/{record.sources[0].title}" for one, record in records.items()}
        cache = FeatureCache(catalog)
        ways, kept = {"exact": Way(), "cascade": Way()}, [0, 0]
        for truth in asked:
            tables = {}
            for name, way in ways.items():
                started = time.perf_counter()
                query = prepare_query(truth.query.read_bytes(), metrics)
                tables[name] = score(query, cache, exhaustive=name == "exact")
                way.times_ms.append((time.perf_counter() - started) * 1e3)
                way.take(truth, names, tables[name], criteria)
            good = convincing_ids(tables["exact"])
            kept[0] += len(good & set(tables["cascade"].ids.tolist()))
            kept[1] += len(good)
    _print(ways, asked)
    share = kept[0] / max(1, kept[1])
    print(f"\nkept: {kept[0]} of {kept[1]} convincing pictures ({share:.2%}) are scored by the cascade")


def _print(ways: Mapping[str, Way], asked: Sequence[Truth]) -> None:
    strangers = sum(one.stranger for one in asked)
    print(f"{len(asked) - strangers} queries, {strangers} strangers\n")
    for title, way in ways.items():
        print(
            f"\n{title}: {np.mean(way.scored):.0f} pictures scored, {np.median(way.times_ms):.0f} ms a query (median)\n"
        )
        row("ranked by", "mAP", "recall@1", "found", "found, over all")
        row("---", "---", "---", "---", "---")
        for name, figures in way.figures.items():
            row(name, *figures.cells())
        print(
            f"\nconvincing: right for {way.right} of {len(asked) - strangers} queries, wrong for {way.wrong}; "
            f"{way.alarms} of {strangers} strangers\n"
        )
        row("set (balanced)", "queries", "mAP", "recall@1")
        row("---", "---", "---", "---")
        for name, figures in sorted(way.by_set.items()):
            row(name, len(figures.first), f"{np.mean(figures.precision):.3f}", f"{np.mean(figures.first):.3f}")


if __name__ == "__main__":
    main()
