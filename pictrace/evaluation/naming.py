"""Which pictures a table's names mean: those of the catalog, and those that are brought to ask with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from pictrace.catalog.base import Catalog
from pictrace.catalog.records import digest, image_id
from pictrace.catalog.servers.federated import FederatedCatalog
from pictrace.errors import PicTraceError, SourceError
from pictrace.escape import for_message
from pictrace.evaluation.labels import NOTHING, SAME, UNSURE, labels_of
from pictrace.evaluation.truth import MAX_TOLD, Asked, in_line
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.prepare import original_bytes
from pictrace.told import joined, told, told_of

__all__ = ["Asking", "Bring", "Names", "asked_by_labels", "groups_of", "named"]

RECORDS_AT_ONCE = 1000
MAX_FILE_BYTES = 512 * 1024**2
IN_CATALOG = "catalog:"

Bring = Callable[[str], Callable[[], bytes] | None]
"""What reads the picture of this name; None where it is none of those that can be brought."""


@dataclass(frozen=True)
class Asking:
    """A query with what is right for it, by ids.

    Attributes
    ----------
    read
        Brings its bytes; PicTraceError where it cannot.
    group
        A number that it shares with the queries that belong to it.
    """

    name: str
    read: Callable[[], bytes]
    relevant: frozenset[int]
    unsure: frozenset[int] = frozenset()
    nothing: bool = False
    group: int = 0


class Names:
    """What a catalog's pictures are called. folder: where relative names and files count from; None: no files."""

    def __init__(self, catalog: Catalog, folder: Path | None = None) -> None:
        self._catalog, self._folder = catalog, folder

    @cached_property
    def _ids(self) -> frozenset[int]:
        return frozenset(int(one) for one in self._catalog.ids())

    @cached_property
    def _called(self) -> tuple[dict[str, set[int]], dict[str, set[int]]]:
        """Ids by whole addresses, and by titles and the last parts of addresses."""
        return self._names_of(sorted(self._ids))

    def _called_like(self, name: str) -> tuple[dict[str, set[int]], dict[str, set[int]]]:
        """The same of some pictures that servers find by the name: they are not asked for all that they have."""
        ids, _ = self._catalog.page(text=PurePosixPath(name).name or name, limit=RECORDS_AT_ONCE)
        return self._names_of(ids)

    def _names_of(self, ids: Sequence[int]) -> tuple[dict[str, set[int]], dict[str, set[int]]]:
        whole: dict[str, set[int]] = {}
        short: dict[str, set[int]] = {}
        for start in range(0, len(ids), RECORDS_AT_ONCE):
            for record in self._catalog.pictures(ids[start : start + RECORDS_AT_ONCE]).values():
                for source in record.sources:
                    whole.setdefault(source.address, set()).add(record.id)
                    for name in {source.title, PurePosixPath(source.address).name} - {""}:
                        short.setdefault(name, set()).add(record.id)
        return whole, short

    def find(self, name: str) -> int | None:
        """The picture of this id, address or name, or whose file this is; None where there is none.

        Raises
        ------
        SourceError
            Where several pictures are called so.
        """
        number = name.removeprefix(IN_CATALOG)
        if number.isascii() and number.isdigit() and int(number) in self._ids:
            return int(number)
        whole, short = self._called_like(name) if isinstance(self._catalog, FederatedCatalog) else self._called
        candidates = [name, *self._as_paths(name)]
        found = next((whole[one] for one in candidates if one in whole), None) or short.get(PurePosixPath(name).name)
        if found and len(found) > 1:
            raise SourceError(
                told(
                    "{count} pictures are called {name}; write the whole address",
                    count=len(found),
                    name=for_message(name),
                )
            )
        return next(iter(found)) if found else self._by_content(name)

    def _as_paths(self, name: str) -> list[str]:
        if self._folder is None or "\0" in name:
            return []
        path = self._folder / name
        return [str(path), str(path.resolve())]

    def _by_content(self, name: str) -> int | None:
        if self._folder is None or "\0" in name:
            return None
        path = self._folder / name
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                return None
            identity = image_id(digest(path.read_bytes()))
        except OSError:
            return None
        return identity if identity in self._ids else None

    def original(self, picture_id: int, limits: DecodeLimits) -> Callable[[], bytes]:
        """What reads a picture of the catalog."""
        return lambda: original_bytes(self._catalog, picture_id, limits)


def named(asked: Sequence[Asked], names: Names, bring: Bring, limits: DecodeLimits, title: str) -> list[Asking]:
    """The queries of a table with ids for names; those of which nothing is said to be right are left out.

    Parameters
    ----------
    asked
        What the table says.
    names
        What the catalog's pictures are called.
    bring
        Reads queries that are no pictures of the catalog, and is asked first.
    limits
        What reading a picture of the catalog may cost.
    title
        What messages call the table.

    Raises
    ------
    SourceError
        Naming the lines with pictures that are nowhere.
    """
    found: list[Asking] = []
    wrong: list[str] = []
    groups = groups_of([(one.group, one.relevant) for one in asked])
    for one, group in zip(asked, groups, strict=True):
        if not one.relevant and not one.nothing:
            continue
        relevant = _ids_of(one.relevant, one, names, wrong)
        unsure = _ids_of(one.unsure, one, names, wrong)
        read = bring(one.query)
        if read is None:
            query = next(iter(_ids_of([one.query], one, names, wrong)), None)
            read = None if query is None else names.original(query, limits)
        if read is not None:
            found.append(Asking(one.query, read, relevant, unsure, one.nothing, group))
    if wrong:
        more = len(wrong) - MAX_TOLD
        raise SourceError(
            joined(
                told("{name}, {lines}.", name=title, lines=in_line(wrong[:MAX_TOLD])),
                told_of("{count:,} more name is unknown.", "{count:,} more names are unknown.", more)
                if more > 0
                else "",
            )
        )
    return found


def asked_by_labels(catalog: Catalog, names: Names, limits: DecodeLimits) -> list[Asking]:
    """The queries that were labelled and are pictures of the catalog, with the others that are in it."""
    here = {int(one) for one in catalog.ids()}
    said: dict[int, dict[str, set[int]]] = {}
    for one in labels_of(catalog):
        if one.first_id in here and one.second_id in here:
            said.setdefault(one.first_id, {}).setdefault(one.decision, set()).add(one.second_id)
    chosen = {query: found for query, found in said.items() if SAME in found or NOTHING in found}
    groups = groups_of([("", [query, *found.get(SAME, ())]) for query, found in chosen.items()])
    titles = catalog.pictures(chosen)
    return [
        Asking(
            titles[query].label,
            names.original(query, limits),
            frozenset(found.get(SAME, ())),
            frozenset(found.get(UNSURE, ())),
            SAME not in found,
            group,
        )
        for (query, found), group in zip(chosen.items(), groups, strict=True)
    ]


def _ids_of(pictures: Iterable[str], one: Asked, names: Names, wrong: list[str]) -> frozenset[int]:
    ids = set()
    for name in pictures:
        try:
            picture_id = names.find(name)
        except PicTraceError as error:
            wrong.append(told("line {line}: {reason}", line=one.lines.get(name, one.line), reason=error))
            continue
        if picture_id is None:
            where = {"line": one.lines.get(name, one.line), "name": for_message(name)}
            wrong.append(
                told("line {line}: {name} is no picture that can be read, nor one of the catalog", **where)
                if name == one.query
                else told("line {line}: {name} is not in the catalog", **where)
            )
        else:
            ids.add(picture_id)
    return frozenset(ids)


def groups_of(said: Sequence[tuple[str, Sequence[object]]]) -> list[int]:
    """A number for each query: the same for those of one group, and for those that share a relevant picture.

    Parameters
    ----------
    said
        For each query, the name of its group, "" for none, and its relevant pictures.
    """
    above = list(range(len(said)))

    def root(one: int) -> int:
        while above[one] != one:
            above[one] = above[above[one]]
            one = above[one]
        return one

    seen: dict[object, int] = {}
    for number, (group, relevant) in enumerate(said):
        for key in [*([("group", group)] if group else []), *(("picture", one) for one in relevant)]:
            above[root(number)] = root(seen.setdefault(key, number))
    return [root(number) for number in range(len(said))]
