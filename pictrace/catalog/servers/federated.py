"""Several servers as one catalog, to be read: a picture is known by its content, wherever it lies."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Self, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.base import MAX_NAMES, MAX_VALUES, Catalog
from pictrace.catalog.keeping import FULL, Keeping
from pictrace.catalog.records import Decision, MetadataName, PictureRecord, digest
from pictrace.catalog.servers.address import ServerAddress, parsed
from pictrace.catalog.servers.checked import ids_in, names_in, page_in, read
from pictrace.catalog.servers.features import KnownFeatures
from pictrace.catalog.servers.pictures import Files
from pictrace.catalog.servers.pool import MOST_IDS_BYTES, Servers
from pictrace.catalog.servers.records import Records
from pictrace.catalog.servers.refusing import Refusing, refused
from pictrace.client.answers import Stats
from pictrace.errors import CatalogError
from pictrace.features import FeatureBatch, FeatureSpec
from pictrace.folders import cache_folder
from pictrace.told import told
from pictrace.web.named import Reply

__all__ = ["FederatedCatalog", "open_servers"]

SHOWN_NAMES = 3
PAGE = 200

_Result = TypeVar("_Result")


def open_servers(location: str, *, must_exist: bool = True) -> Catalog:
    """The catalog that these servers hold together; nobody is asked yet.

    Raises
    ------
    CatalogError
        Where an address is not understood, or a catalog is to be made.
    """
    addresses = parsed(location)
    if not must_exist:
        raise refused(told("adding pictures"))
    return cast(Catalog, FederatedCatalog(addresses))


class FederatedCatalog(Refusing):
    """What the protocol Catalog says, as far as it can be had from others. Safe for threads.

    Attributes
    ----------
    servers
        Those that are asked.
    blobs
        Their thumbnails and originals.
    """

    def __init__(self, addresses: Sequence[ServerAddress], clock: Callable[[], float] = time.monotonic) -> None:
        self.servers = Servers(addresses, clock)
        self.blobs = Files(self.servers)
        self._records = Records(self.servers)
        self._features = KnownFeatures(self.servers)
        self._missing: dict[str, tuple[int, NDArray[np.int64]]] = {}

    @property
    def location(self) -> str:
        return ",".join(one.address.address for one in self.servers.all)

    @property
    def title(self) -> str:
        names = [one.name for one in self.servers.all]
        return ", ".join([*names[:SHOWN_NAMES], *(["…"] if len(names) > SHOWN_NAMES else [])])

    @cached_property
    def identity(self) -> str:
        named = "\n".join(sorted(one.address.address for one in self.servers.all))
        return f"servers-{digest(named.encode()).hex()[:32]}"

    def in_place(self) -> bool:
        return True

    @property
    def silent(self) -> Mapping[str, str]:
        return self.servers.silent

    @property
    def keeping(self) -> Keeping:
        """Each server's is its own matter: what one leaves out it does not compare."""
        return FULL

    @property
    def writable(self) -> bool:
        return False

    @property
    def byte_count(self) -> int:
        return sum(one.bytes for one in self._stats())

    @property
    def cache_folder(self) -> Path | None:
        folder = cache_folder() / "servers"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / self.identity

    def occupies(self, path: Path) -> bool:
        return False

    def revision(self) -> int:
        return self.servers.revision()

    def count(self) -> int:
        return len(self.ids())

    def ids(self) -> NDArray[np.int64]:
        return self.servers.ids()

    def pictures(self, ids: Iterable[int]) -> dict[int, PictureRecord]:
        found = self._records.get(ids)
        self.blobs.expect(found)
        return found

    def page(
        self,
        *,
        text: str = "",
        filters: Mapping[str, Sequence[str]] | None = None,
        formats: Sequence[str] = (),
        lacking: Sequence[FeatureSpec] = (),
        repeated: bool = False,
        order: str = "newest",
        offset: int = 0,
        limit: int = 24,
    ) -> tuple[tuple[int, ...], int]:
        """By ascending id, whatever the order: servers tell no other."""
        if formats or lacking or repeated:
            raise refused(told("choosing pictures by format, sources or features"))
        after, found, total = -1, list[int](), 0
        while len(found) < offset + limit:
            ids, left = self.ids_after(after, limit=min(PAGE, offset + limit - len(found)), text=text, filters=filters)
            total = total or left
            if not ids:
                break
            found += ids
            after = ids[-1]
        return tuple(found[offset : offset + limit]), total

    def ids_after(
        self, after: int, *, limit: int, text: str = "", filters: Mapping[str, Sequence[str]] | None = None
    ) -> tuple[tuple[int, ...], int]:
        if not text:
            ids = self.ids_with(filters) if filters else self.ids()
            start = int(np.searchsorted(ids, after, side="right"))
            return tuple(ids[start : start + limit].tolist()), len(ids)
        said = {
            "after": str(after),
            "limit": str(min(limit, PAGE)),
            "text": text[:200],
            "only": json.dumps(filters or {}),
        }
        pages = self._from_each("/images", lambda data, name: page_in(data, name), said)
        found = sorted({one.id for page, _ in pages for one in page if one.id > after})
        return tuple(found[:limit]), sum(total for _, total in pages)

    def metadata_names(self) -> tuple[MetadataName, ...]:
        pictures: Counter[str] = Counter()
        distinct: Counter[str] = Counter()
        values: dict[str, Counter[str]] = {}
        for one in (
            name for names in self._from_each("/metadata-names", lambda data, _: names_in(data)) for name in names
        ):
            pictures[one.name] += one.pictures
            distinct[one.name] = max(distinct[one.name], one.distinct)
            values.setdefault(one.name, Counter()).update(one.values)
        return tuple(
            MetadataName(
                name, count, max(distinct[name], len(values[name])), dict(values[name].most_common(MAX_VALUES))
            )
            for name, count in pictures.most_common(MAX_NAMES)
        )

    def ids_with(self, filters: Mapping[str, Sequence[str]]) -> NDArray[np.int64]:
        wanted = {name: list(some) for name, some in filters.items() if some}
        return self._ids({"only": json.dumps(wanted)}) if wanted else self.ids()

    def missing(self, spec: FeatureSpec) -> NDArray[np.int64]:
        """Asked for once for each revision: pages ask at every movement of a slider."""
        known, revision = self._missing.get(spec.key), self.revision()
        if known is None or known[0] != revision:
            known = revision, self._ids({"lacking": spec.key})
            if not self.silent:
                self._missing[spec.key] = known
        return known[1]

    @contextmanager
    def at_one_moment(self) -> Iterator[Self]:
        yield self

    def known_sources(self, kind: str, addresses: Iterable[str]) -> dict[str, int]:
        return {}

    def link_counts(self) -> dict[str, int]:
        return _summed(one.links for one in self._stats())

    def decisions(self, ids: Iterable[int] | None = None) -> tuple[Decision, ...]:
        return ()

    def thumbnail(self, picture_id: int) -> bytes | None:
        return self.blobs.thumbnail(picture_id)

    def original(self, picture_id: int) -> bytes | None:
        return self.blobs.original(picture_id)

    def files_kept(self, ids: Iterable[int]) -> dict[int, tuple[bytes, bytes | None]]:
        found = {int(one): (self.thumbnail(int(one)), self.original(int(one))) for one in ids}
        return {one: (small, kept) for one, (small, kept) in found.items() if small is not None}

    def feature_counts(self) -> dict[str, int]:
        return _summed(one.features for one in self._stats())

    def features_ready(self, ids: Iterable[int]) -> dict[int, frozenset[str]]:
        return {one: frozenset() for one in ids}

    def fetch(self, ids: NDArray[np.int64], spec: FeatureSpec) -> FeatureBatch:
        return self._features.fetch(ids, spec)

    def leases(self, lasting_s: float = 0.0) -> None:
        return None

    def close(self) -> None:
        self.servers.close()

    def _stats(self) -> list[Stats]:
        return self._from_each("/stats", lambda data, _: read(data, Stats))

    def _ids(self, said: dict[str, str]) -> NDArray[np.int64]:
        parts = self._from_each("/ids", lambda data, _: ids_in(data), said, most_bytes=MOST_IDS_BYTES)
        return np.unique(np.concatenate(parts))

    def _from_each(
        self,
        path: str,
        take: Callable[[bytes, str], _Result],
        said: dict[str, str] | None = None,
        *,
        most_bytes: int = 4 * 2**20,
    ) -> list[_Result]:
        """What the servers answer that do; CatalogError where none does."""
        all_ = self.servers.all
        asked = [(one, one.question(path, parameters=said, most_bytes=most_bytes)) for one in all_]

        def taken(place: int, reply: Reply) -> _Result:
            return take(reply.data, all_[place].name)

        found = [one for one in self.servers.ask(asked, taken) if one is not None]
        if not found:
            raise self.none_answers()
        return found

    def none_answers(self) -> CatalogError:
        """Why there is nothing at all."""
        reasons = "; ".join(f"{name}: {reason}" for name, reason in self.servers.silent.items())
        return CatalogError(
            told("None of the servers answers ({reasons}). Search again when one does.", reasons=reasons)
        )


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update({name[:100]: min(max(0, count), 2**62) for name, count in list(one.items())[:100]})
    return dict(total)
