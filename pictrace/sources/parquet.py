"""Parquet files: a column of paths, links, or the pictures themselves, as data sets of Hugging Face have them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain, islice
from pathlib import Path

from pictrace.catalog.records import Origin, Source
from pictrace.errors import SourceError
from pictrace.sources._parquet_cells import Blobs, Leaf, leaves_of, open_parquet, text_rows
from pictrace.sources.base import MAX_ROWS, Entry, Item, Listing, Skipped, clean_metadata, entry_of
from pictrace.sources.columns import SAMPLE_ROWS, choose_columns, columns_not_kept
from pictrace.sources.kinds import SourceKind, begins_with
from pictrace.told import told

__all__ = ["KIND", "read_parquet"]

METADATA_CHARACTERS = 500
METADATA_COLUMNS = 100


def read_parquet(path: Path, *, column: str | None = None, max_rows: int = MAX_ROWS) -> Listing:
    """The pictures that a column of a Parquet file holds or names; up to 100 other columns are metadata.

    A column of bytes, or a struct of bytes and path, holds pictures, which are read when they are wanted; relative
    paths count from the file's own folder.

    Parameters
    ----------
    path
        The file. Columns of lists and maps are passed over.
    column
        Which one to read, guessed where it is not given. A field of a struct is called "struct.field".
    max_rows
        The most rows that it may have.

    Raises
    ------
    SourceError
        Where no column fits, there are more rows, or the file is damaged or would inflate to more than is sensible.
    """
    with open_parquet(path) as file:
        leaves = leaves_of(file, path)
        count, groups = file.metadata.num_rows, file.metadata.num_row_groups
        group_rows = [file.metadata.row_group(group).num_rows for group in range(groups)]
    if count > max_rows or sum(group_rows) != count:
        raise SourceError(
            told("{path} holds more than {most:,} rows. Split it into smaller files.", path=path, most=max_rows)
        )
    texts = [leaf for leaf in leaves if not leaf.is_binary and not leaf.path.startswith("__")]
    texts, lost = texts[:METADATA_COLUMNS], [leaf.path for leaf in texts[METADATA_COLUMNS:]]
    pictures = {_picture_name(leaf): leaf for leaf in leaves if leaf.is_binary}
    names = [*pictures, *(leaf.path for leaf in texts)]
    with open_parquet(path, [leaf.path for leaf in texts]) as file:
        rows = text_rows(file, path, texts) if texts else iter([[]] * count)
        first = list(islice(rows, SAMPLE_ROWS))
        sample = [["blob.png"] * len(pictures) + row for row in first]  # bytes may well be a picture
        chosen = names[choose_columns(names, sample, column=column, source=path)[0]]
        paths = [leaf.path for leaf in texts]
        blobs = Blobs(path, pictures[chosen], group_rows) if chosen in pictures else None

        def entries() -> Iterator[Item | Entry | Skipped]:
            for number, row in enumerate(chain(first, rows)):
                values = dict(zip(paths, row, strict=True))
                named = values.pop(chosen if blobs is None else f"{chosen}.path", "")
                metadata = clean_metadata(values.items(), characters=METADATA_CHARACTERS)
                place = f"{path.name}!/{chosen}/{number + 1}"
                if blobs is None:
                    yield entry_of(named, path.parent, place, metadata)
                    continue
                title = named.replace("\\", "/").rsplit("/", 1)[-1][:METADATA_CHARACTERS]
                source = Source(Origin.DATABASE, place, title or f"{chosen} {number + 1}", metadata)
                yield Item.of_loader(partial(blobs.read, number), source)
            if lost:
                yield Skipped(path.name, columns_not_kept(METADATA_COLUMNS, lost))

        return Listing.of(entries(), chosen, names)


def _picture_name(leaf: Leaf) -> str:
    """What a column of bytes is called: of a struct {bytes, path}, its own name."""
    return leaf.path.removesuffix(".bytes")


KIND = SourceKind(
    "a Parquet file",
    lambda address, choices: read_parquet(Path(address), column=choices.column),
    suffixes=frozenset([".parquet"]),
    starts_like=begins_with(b"PAR1"),
    understands=frozenset(["column"]),
    order=40,
)
