"""What every store of pictures and features offers; nothing above it may know which store it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.keeping import Keeping
from pictrace.catalog.leases import LASTING_S, Leases
from pictrace.catalog.records import (
    AddResult,
    Changes,
    Decision,
    Facts,
    FileSource,
    Link,
    MetadataName,
    NewPicture,
    PictureRecord,
    Source,
)
from pictrace.features import FeatureBatch, Features, FeatureSpec

__all__ = ["MAX_NAMES", "MAX_VALUES", "ORDERS", "Catalog"]

ORDERS = ("newest", "oldest", "name", "size")
"""Of a page: by when the pictures were added, by their labels, whatever the case, and by pixels, the largest first."""

MAX_NAMES, MAX_VALUES = 30, 200


class Catalog(Protocol):
    """A store. Safe for any number of threads and processes at once; writes are atomic per call.

    Raises
    ------
    CatalogError
        By any method, where the store cannot do what is asked.
    """

    @property
    def location(self) -> str:
        """The address that opens it again: to show and to pass on, not to read as a path."""

    @property
    def title(self) -> str:
        """What to call it, in a word or two."""

    @property
    def identity(self) -> str:
        """A name of this very catalog, that no other has: caches beside it are marked with it."""

    def in_place(self) -> bool:
        """Whether what lies at the location is what was opened; where it is not, the catalog is of no use any more."""

    @property
    def silent(self) -> Mapping[str, str]:
        """By name of each server of several that did not answer the last time, why; empty where nobody is asked."""

    @property
    def keeping(self) -> Keeping:
        """What it keeps of its pictures."""

    @property
    def writable(self) -> bool:
        """Whether the store lets us write; what another program locks is not asked."""

    @property
    def byte_count(self) -> int:
        """How much room it takes."""

    @property
    def cache_folder(self) -> Path | None:
        """Where what can be made of it again may lie; it need not be there. None where no place belongs to it."""

    def occupies(self, path: Path) -> bool:
        """Whether this file is the store itself, or a part of it, by whatever name."""

    def intact(self) -> bool:
        """Whether the store is undamaged; looks through all of it."""

    def revision(self) -> int:
        """A counter that rises with every write that changed something, and with no other.

        Decisions leave it as it is: they change nothing that a search finds.
        """

    def changes(self, since: int) -> Changes:
        """What was added and removed after that revision."""

    def count(self) -> int:
        """How many pictures it holds."""

    def ids(self) -> NDArray[np.int64]:
        """All picture ids, ascending, (n,)."""

    def pictures(self, ids: Iterable[int]) -> dict[int, PictureRecord]:
        """Records by id; ids that are not there are left out."""

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
        """One page of the pictures for which all of this is so.

        Parameters
        ----------
        text
            Their title, address or metadata contain it, whatever its case.
        filters
            As for ids_with.
        formats
            They have one of these; any, where none is named.
        lacking
            One of these features is missing.
        repeated
            They have several addresses.
        order
            One of ORDERS.
        offset, limit
            Which of them, in that order.

        Returns
        -------
        ids : tuple of int
            Of the page.
        total : int
            How many there are in all.
        """

    def ids_after(
        self, after: int, *, limit: int, text: str = "", filters: Mapping[str, Sequence[str]] | None = None
    ) -> tuple[tuple[int, ...], int]:
        """Pages by key, which pictures that come and go meanwhile do not shift.

        Parameters
        ----------
        after
            Ids above this one.
        limit
            The most that are wanted.
        text, filters
            As for page.

        Returns
        -------
        ids : tuple of int
            Ascending.
        total : int
            How many pictures fit in all.
        """

    def metadata_names(self) -> tuple[MetadataName, ...]:
        """The names in the pictures' metadata, commonest first, at most MAX_NAMES."""

    def ids_with(self, filters: Mapping[str, Sequence[str]]) -> NDArray[np.int64]:
        """The pictures that have, of every name, one of its values.

        Parameters
        ----------
        filters
            Values by the name of a metadatum. A picture with several addresses has what any of them says; a name
            without values restricts nothing.

        Returns
        -------
        (n,) int64 array
            Ids, ascending.
        """

    def at_one_moment(self) -> AbstractContextManager[Catalog]:
        """The catalog as it is now, to be read by one thread; others go on writing meanwhile."""

    def facts(self) -> Facts:
        """Numbers about all pictures, without reading any."""

    def copy_to(self, path: Path) -> None:
        """A whole and consistent copy in a new file, while others read and write."""

    def known_sources(self, kind: str, addresses: Iterable[str]) -> dict[str, int]:
        """Which of these addresses are here, and as which picture; not those that lead elsewhere by now."""

    def links(self, addresses: Iterable[str] | None = None) -> tuple[Link, ...]:
        """All links, or those of these addresses: that were never checked first, then by the age of the check.

        A link that changed is here with its new picture alone. One that was never checked may come with several
        pictures, of which it led to the last.
        """

    def links_found(self, *states: str, limit: int = 500) -> tuple[Link, ...]:
        """Links that were in one of these states when they were last checked, the latest check first.

        A link that changed comes with the picture that it led to before.

        Parameters
        ----------
        *states
            Of LINK_STATES.
        limit
            The most that are wanted.
        """

    def link_counts(self) -> dict[str, int]:
        """How many link sources there are in each of LINK_STATES; of a changed link, its former ones count too."""

    def files(
        self,
        *,
        below: str | None = None,
        addresses: Sequence[str] | None = None,
        pictures: Sequence[int] | None = None,
    ) -> tuple[FileSource, ...]:
        """Files that pictures came from: those that any of this names; all, where nothing is said.

        Parameters
        ----------
        below
            The whole address of a folder, or of a file, whose pages belong to it.
        addresses, pictures
            Of these addresses, or of these pictures.
        """

    def decisions(self, ids: Iterable[int] | None = None) -> tuple[Decision, ...]:
        """What was decided about pairs that one of these pictures belongs to, or about all; the oldest first.

        The pictures need not be here: a query that was asked and never added can be decided about.
        """

    def thumbnail(self, picture_id: int) -> bytes | None:
        """JPEG bytes of the kept thumbnail."""

    def original(self, picture_id: int) -> bytes | None:
        """The kept bytes of an upload or a link; None where the original stays elsewhere."""

    def files_kept(self, ids: Iterable[int]) -> dict[int, tuple[bytes, bytes | None]]:
        """(thumbnail, original) of these pictures, as the two above; ids that are not there are left out."""

    def keep(self, keeping: Keeping) -> None:
        """Settle what is kept; CatalogError where something else is settled already, by the first thing written."""

    def add(self, pictures: Sequence[NewPicture]) -> AddResult:
        """Add a batch in one transaction; a picture already here gains sources and features only."""

    def add_sources(self, sources: Mapping[int, Sequence[Source]]) -> int:
        """Name further addresses of pictures that are here, or say more of those that are known.

        How a link was found (Source.link) is noted for those that are here too. One address leads to one picture:
        where a link is "ok" for this one, it is "changed" for all others.

        Parameters
        ----------
        sources
            By picture id.

        Returns
        -------
        int
            How many were new.
        """

    def decide(self, decisions: Sequence[Decision]) -> None:
        """Keep what was decided about pairs, in one transaction, in place of what was said of them before.

        Which picture is the first makes no difference to what pair it is; one without a time gets that of now.
        """

    def forget_decisions(self, pairs: Iterable[tuple[int, int]]) -> int:
        """Take back what was decided about these pairs; of how many there was anything."""

    def put_features(self, spec: FeatureSpec, features: Mapping[int, Features]) -> None:
        """Store features by picture id in one transaction; what the catalog leaves out is passed over."""

    def missing(self, spec: FeatureSpec) -> NDArray[np.int64]:
        """Ids of the pictures without these features, ascending; none where the catalog leaves them out."""

    def feature_ids(self, spec: FeatureSpec) -> NDArray[np.int64]:
        """Ids of the pictures with these features, ascending; reads no features."""

    def feature_counts(self) -> dict[str, int]:
        """How many pictures have features, by feature key."""

    def features_ready(self, ids: Iterable[int]) -> dict[int, frozenset[str]]:
        """Which features these pictures have, by feature key; ids that are not there have none."""

    def row_counts(self, spec: FeatureSpec) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """How many rows each picture with these features has; reads no features.

        Returns
        -------
        ids, rows : (n,) int64 arrays
            By ascending id.
        """

    def drop_features(self, key: str) -> int:
        """Delete all features of this key; of how many pictures. Their room is used again by what is added."""

    def fetch(self, ids: NDArray[np.int64], spec: FeatureSpec) -> FeatureBatch:
        """Features of these pictures in this order; no rows where they are missing.

        Parameters
        ----------
        ids : (n,) int64 array
            In any order.
        """

    def remove(self, ids: Iterable[int]) -> int:
        """Remove pictures with all that belongs to them; how many there were."""

    def mark_files(self, files: Sequence[FileSource]) -> None:
        """Note how files were found, by their states, in one transaction."""

    def move_files(self, moves: Sequence[tuple[FileSource, Source]]) -> None:
        """Have pictures come from these sources instead; the metadata of the former ones goes along."""

    def remove_replaced(self, among: Sequence[int] | None = None) -> int:
        """Remove the pictures to which nothing leads but links that changed, and files that are gone or overwritten.

        Of pictures that something else leads to, such files are taken out of the catalog.

        Parameters
        ----------
        among
            Ids of the only pictures that are looked at; all by default.

        Returns
        -------
        int
            How many pictures there were.
        """

    def leases(self, lasting_s: float = LASTING_S) -> Leases | None:
        """Leases of one more worker, each of so many seconds; None where a catalog is of one machine."""

    def close(self) -> None:
        """Release every connection."""
