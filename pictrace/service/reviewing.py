"""One person's review of the duplicates of a catalog: comparing in the background, groups, decisions, exports."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Decision
from pictrace.duplicates.book import Book
from pictrace.duplicates.decided import apart, confirmed, copies, documents, refused, reviewed
from pictrace.duplicates.false_alarms import FalseAlarms, expected_in
from pictrace.duplicates.groups import SURE, Group, all_groups
from pictrace.duplicates.keeping import Rule, chosen, folder_of
from pictrace.duplicates.levels import DEFAULT_LEVELS, Level
from pictrace.duplicates.relations import Telling, told_group
from pictrace.duplicates.run import Comparing, ComparingProgress
from pictrace.duplicates.scripts import Move, is_movable, scripts
from pictrace.duplicates.stars import Size
from pictrace.duplicates.tree import Tree, family_tree, worth_diagnosing
from pictrace.errors import PicTraceError
from pictrace.escape import for_csv
from pictrace.service.background import Background
from pictrace.service.pictures import upload_limits

__all__ = ["Filters", "Review"]

MOST_TREE = 24  # pictures of a group whose tree is drawn


@dataclass(frozen=True)
class Filters:
    """Which groups are shown.

    Attributes
    ----------
    levels, threshold
        As of groups.all_groups.
    folder
        One of its pictures has this in its address.
    least_bytes
        So much could be won at least.
    across
        Not those within one folder, as bursts are.
    open
        Only those that nothing was decided about.
    """

    levels: frozenset[Level] = DEFAULT_LEVELS
    threshold: float = SURE
    folder: str = ""
    least_bytes: int = 0
    across: bool = False
    open: bool = True


class Review:
    """Of one catalog; for one session, but for the run, which has a thread of its own."""

    def __init__(self, cache: FeatureCache) -> None:
        self._cache, self._catalog = cache, cache.catalog
        self._book = Book(self._catalog)
        self._run: Comparing | None = None
        self._job: Background | None = None
        self._found: tuple[tuple[object, ...], list[Group], FalseAlarms] | None = None
        self._said: list[list[Decision]] = []
        self._undecided = ""
        self.at = 0

    # Comparing ---------------------------------------------------------------------------------

    def compare(self, *, crops: bool) -> None:
        """Begin to compare what is new, in the background."""
        if not self.running:
            self._run = Comparing(self._cache, self._book, crops, upload_limits())
            self._job = Background(self._run.run, "duplicates")

    @property
    def running(self) -> bool:
        return self._job is not None and self._job.running

    @property
    def progress(self) -> ComparingProgress | None:
        return None if self._run is None else self._run.progress

    @property
    def problem(self) -> str:
        """Why the last decision was not kept, or comparing ended early; "" where nothing is wrong."""
        return self._undecided or ("" if self._job is None else self._job.problem)

    def stop(self) -> None:
        """End soon; what is done is kept."""
        if self._run is not None:
            self._run.stop()

    def left(self) -> int:
        """Pictures that were not compared yet."""
        return self._catalog.count() - len(self._book.compared(keypoints=False))

    # Groups ------------------------------------------------------------------------------------

    def groups(self, filters: Filters) -> list[Group]:
        """The groups under these filters; kept until something changes."""
        return self._now(filters)[0]

    def false_alarms(self, filters: Filters) -> FalseAlarms:
        """How many copies of the whole catalog, at these levels and this threshold, are expected to be none."""
        return self._now(filters)[1]

    def _now(self, filters: Filters) -> tuple[list[Group], FalseAlarms]:
        stamp = (filters, self._catalog.revision(), len(self._said), self.left(), self.running)
        if self._found is None or self._found[0] != stamp:
            found = all_groups(
                self._catalog,
                self._book,
                levels=filters.levels,
                threshold=filters.threshold,
                apart=apart(self._catalog),
            )
            expected = expected_in(self._catalog, self._book, found, threshold=filters.threshold)
            self._found = stamp, self._filtered(found, filters), expected
        return self._found[1:]

    def _filtered(self, found: Sequence[Group], filters: Filters) -> list[Group]:
        kept_of = copies(self._catalog) if filters.open else {}
        wanted = filters.folder.casefold()
        shown = []
        for group in found:
            addresses = [source.address for image in group.images for source in image.record.sources]
            if filters.open and reviewed(group, kept_of) is not None:
                continue
            if wanted and not any(wanted in address.casefold() for address in addresses):
                continue
            if group.byte_count < filters.least_bytes:
                continue
            if filters.across and len({folder_of(image.record) for image in group.images}) < 2 <= len(group.images):
                continue
            shown.append(group)
        return shown

    def told(self, group: Group) -> Group:
        """With what was done to its first picture, as far as that is known."""
        pairs = [(group.keep, image.id) for image in group.images[1:]]
        return told_group(group, self._book.told(pairs))

    def tree(self, group: Group) -> Tree | None:
        """Its family tree; reads the originals that were not looked at yet."""
        ids = group.ids[:MOST_TREE]
        pairs = worth_diagnosing(self._cache, ids)
        Telling(self._catalog, self._book, pairs, upload_limits(), closely=True).run()
        sizes = {
            image.id: Size(image.record.width * image.record.height, image.record.byte_count) for image in group.images
        }
        return family_tree(ids, self._book.told(pairs), sizes)

    def go(self, steps: int) -> None:
        """To another group; there is one."""
        self.at = max(0, self.at + steps)

    # Decisions ---------------------------------------------------------------------------------

    def keep(self, group: Group, one: int) -> None:
        """This one is kept, the others of the group are copies of it."""
        self._decide(confirmed(group, one))

    def keep_all_by(self, groups: Sequence[Group], rules: Sequence[Rule]) -> None:
        """The same for all of these groups, by rules."""
        self._decide([decision for group in groups for decision in confirmed(group, chosen(group, rules))])

    def refuse(self, group: Group, others: Sequence[int]) -> None:
        """These are not the same as what the group is about."""
        self._decide(refused(group, others))

    def _decide(self, decisions: list[Decision]) -> None:
        if not decisions:
            return
        with self._telling():
            self._catalog.decide(decisions)
            self._said.append(decisions)

    @property
    def decided(self) -> tuple[int, str]:
        """How often anything was, and what kept it from being: what is drawn of the groups holds until it changes."""
        return len(self._said), self._undecided

    @property
    def can_undo(self) -> bool:
        return bool(self._said) and bool(self._said[-1])

    def undo(self) -> None:
        """Take back what was decided last in this session."""
        if not self.can_undo:
            return
        with self._telling():
            self._catalog.forget_decisions([one.pair for one in self._said[-1]])
            self._said.pop()
            self._found = None

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Decisions are made by a key, before the page is drawn: what goes wrong is told on it."""
        self._undecided = ""
        try:
            yield
        except PicTraceError as error:
            self._undecided = str(error)

    # What is exported --------------------------------------------------------------------------

    def decisions_json(self) -> str:
        return json.dumps({"decisions": documents(self._catalog)}, indent=2)

    def decisions_csv(self) -> str:
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["decision", "keep", "other", "keep_source", "other_source", "at"])
        for one in documents(self._catalog):
            keep, other = (for_csv((one[name] or [""])[0]) for name in ("keep_sources", "other_sources"))
            table.writerow([one["decision"], one["keep"], one["other"], keep, other, one["at"]])
        return text.getvalue()

    def moves(self) -> list[Move]:
        """The files of all pictures that were decided to be copies, and of kept ones all addresses but the first."""
        kept_of = copies(self._catalog)
        records = self._catalog.pictures({*kept_of, *kept_of.values()})
        files = {
            one: [source.address for source in record.sources if is_movable(source)] for one, record in records.items()
        }
        found = []
        for copy, keep in kept_of.items():
            kept = files.get(keep, [])
            if keep in kept_of or not kept:  # it is a copy itself, or no file: nothing would be left
                continue
            found += [Move(path, kept[0]) for path in files.get(copy, []) if path not in kept]
        return found

    def scripts_zip(self, folder: str) -> bytes:
        """The scripts that move these files into a folder and back, as a ZIP."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in scripts(self.moves(), folder).items():
                archive.writestr(name, text)
        return packed.getvalue()
