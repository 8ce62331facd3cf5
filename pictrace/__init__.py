"""PicTrace: give it a picture; it finds the pictures of a catalog that match, and shows why.

    import pictrace

    pictrace.index("photographs/", "my.sqlite")
    for found in pictrace.search("query.jpg", "my.sqlite"):
        print(f"{found.match.score:.2f}  {found.picture.label}")
    print(pictrace.compare("query.jpg", "photographs/0001.jpg").diagnosis.text)

Pictures are given as paths, or as the bytes of a file; catalogs as paths, or open. What a function needs is imported
when it is first called.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pictrace.catalog.base import Catalog
    from pictrace.diagnosis import Diagnosis
    from pictrace.duplicates.groups import Group
    from pictrace.indexing.run import Failure
    from pictrace.searching.find import Found
    from pictrace.searching.table import Match
    from pictrace.sources.base import Skipped

__all__ = [
    "Comparison",
    "IndexResult",
    "__version__",
    "compare",
    "find_duplicates",
    "index",
    "open_catalog",
    "search",
]

__version__ = "0.1.0"


@dataclass(frozen=True)
class IndexResult:
    """What became of the entries of a source.

    Attributes
    ----------
    added, known : int
        Pictures that are new to the catalog, and pictures that it had.
    failures : tuple of Failure
        Entries that could not be read, each with its reason.
    skipped : tuple of Skipped
        Entries that name no picture, each with its reason.
    """

    added: int
    known: int
    failures: tuple[Failure, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class Comparison:
    """Two pictures against each other.

    Attributes
    ----------
    match : Match or None
        The second picture as a match of the first: its score and every metric's part. None where no metric with a
        weight could compare them.
    diagnosis : Diagnosis
        What was done to one of them, in words, each with its confidence.
    """

    match: Match | None
    diagnosis: Diagnosis

    @property
    def scores(self) -> dict[str, float]:
        """Each metric's similarity, from 0 to 1, by the metric's name; NaN where it cannot compare the two."""
        return {name: part.similarity for name, part in self.match.metrics.items()} if self.match else {}


def open_catalog(location: str | Path, *, must_exist: bool = True) -> Catalog:
    """Open a catalog; close it when done.

    Parameters
    ----------
    location
        Its SQLite file, or the address of a PostgreSQL database.
    must_exist
        Whether a missing one is an error; otherwise an empty catalog is made.

    Returns
    -------
    Catalog
        Whatever store it is.

    Raises
    ------
    CatalogError
        Where it cannot be opened, with the reason.
    """
    from pictrace.catalog import open_catalog as opened

    return opened(str(location), must_exist=must_exist)


def index(source: str | Path, catalog: str | Path | Catalog, *, column: str | None = None) -> IndexResult:
    """Add the pictures that a source names; those that the catalog has are not read again.

    Parameters
    ----------
    source
        A folder, a picture, a table, a list, an archive, a database or a link; see docs/formats.md.
    catalog
        Where to add them; a missing file is made.
    column
        Of a table: what holds the paths or links, where it is not to be guessed.

    Returns
    -------
    IndexResult
        How many pictures were added and known, and what could not be used.

    Raises
    ------
    SourceError
        Where the source holds nothing that can be read.
    CatalogError
        Where the catalog cannot be opened or written.
    """
    from pictrace.catalog.cache import FeatureCache
    from pictrace.indexing.index import Indexing
    from pictrace.indexing.keypoints import IndexKeypoints
    from pictrace.sources.listing import list_source

    listing = list_source(str(source), column=column)
    with _open(catalog, must_exist=False) as here:
        run = Indexing(here, listing.items)
        run.run()
        IndexKeypoints(FeatureCache(here)).run()
    return IndexResult(run.progress.added, run.progress.known, tuple(run.failures), tuple(listing.skipped))


def search(
    picture: str | Path | bytes,
    catalog: str | Path | Catalog,
    *,
    preset: str = "balanced",
    top: int = 5,
    region: str = "",
) -> list[Found]:
    """The pictures of a catalog that match one, best first.

    To rank again by other weights without comparing again, keep a ScoreTable; see pictrace.searching.

    Parameters
    ----------
    picture
        A path, or the bytes of a picture's file.
    catalog
        Where to look.
    preset
        Weights and settings by name.
    top
        How many matches at the most.
    region
        Which part of the picture to look for: "160,120,320,240" (left, top, width and height in pixels) or
        "percent:25,25,50,50"; by default, the whole.

    Returns
    -------
    list of Found
        Each with its ``match`` (rank, score from 0 to 1, every metric's part) and its ``picture`` (label, sources).

    Raises
    ------
    ImageError
        Where it is no picture, or has no such region.
    CatalogError
        Where the catalog cannot be opened or read.
    CriteriaError
        Where there is no such preset.
    """
    from pictrace.images.region import Region, with_region
    from pictrace.searching.find import search as found

    data = _bytes_of(picture)
    if region:
        data = with_region(data, Region.parse(region))
    with _open(catalog, must_exist=True) as here:
        return found(data, here, preset=preset, top=top)


def compare(first: str | Path | bytes, second: str | Path | bytes, *, preset: str = "balanced") -> Comparison:
    """Two pictures against each other: every metric's number, and what was done to one of them.

    Parameters
    ----------
    first, second
        Paths, or the bytes of pictures' files.
    preset
        Weights and settings by name.

    Returns
    -------
    Comparison
        The second picture as a match of the first, and the diagnosis.

    Raises
    ------
    ImageError
        Where one is no picture.
    CriteriaError
        Where there is no such preset.
    """
    from pictrace.diagnosis import diagnose
    from pictrace.searching.pair import compare_queries
    from pictrace.searching.presets import criteria_of
    from pictrace.searching.query import needed_metrics, prepare_query

    criteria = criteria_of(preset)
    query, other = (prepare_query(_bytes_of(one), needed_metrics(criteria.weights)) for one in (first, second))
    diagnosis = diagnose(query.image, other.image, query_info=query.info, candidate_info=other.info)
    return Comparison(compare_queries(query, other).match(criteria), diagnosis)


def find_duplicates(
    catalog: str | Path | Catalog,
    *,
    levels: Iterable[str] = ("bytes", "pixels", "photograph"),
    min_score: float = 0.5,
    crops: bool = True,
    relations: bool = True,
) -> list[Group]:
    """The pictures of a catalog that are copies of one another, in groups, those with the most to win first.

    What was compared is kept beside the catalog: the next call compares what is new. Nothing is deleted.

    Parameters
    ----------
    catalog
        Whose pictures are compared.
    levels
        What counts: "bytes" (the same file at several addresses), "pixels" (but for turns and mirrors), "photograph"
        (the same one, changed), "scene" (another photograph of the same things).
    min_score
        How well a picture must agree with the one that its group is about, 0 to 1.
    crops
        Find parts of pictures, too, which takes ten times as long.
    relations
        Read the originals of what was found, to tell what was done to them, and which they were made from.

    Returns
    -------
    list of Group
        Each with its ``images``, of which the first is the one to keep.

    Raises
    ------
    CatalogError
        Where the catalog cannot be opened or read.
    ValueError
        Where there is no such level.
    """
    from pictrace.duplicates.find import find
    from pictrace.duplicates.levels import Level

    try:
        chosen = frozenset(Level.of(one) for one in levels)
    except KeyError as error:
        raise ValueError(f"there is no level {error}") from error
    with _open(catalog, must_exist=True) as here:
        return find(here, levels=chosen, threshold=min_score, crops=crops, relations=relations)


def _bytes_of(picture: str | Path | bytes) -> bytes:
    if isinstance(picture, bytes):
        return picture
    from pictrace.images.allowed import allowed
    from pictrace.indexing.prepare import read_file

    return read_file(Path(picture), allowed())


@contextlib.contextmanager
def _open(catalog: str | Path | Catalog, *, must_exist: bool) -> Iterator[Catalog]:
    """A catalog by its path, closed afterwards; an open one stays open."""
    if not isinstance(catalog, str | Path):
        yield catalog
        return
    with contextlib.closing(open_catalog(catalog, must_exist=must_exist)) as here:
        yield here
