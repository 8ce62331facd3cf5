"""What every kind of source gives: items, and the entries that were left out, each with its reason."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import unquote

from pictrace.catalog.records import Origin, Source
from pictrace.images.formats import PICTURE_SUFFIXES
from pictrace.sources._compact import PACKED, Compact
from pictrace.sources.inline import is_inline, picture_in
from pictrace.told import told
from pictrace.web.s3 import fetch_s3, is_s3

__all__ = [
    "ENTRY_CHARACTERS",
    "MAX_ROWS",
    "Entry",
    "Item",
    "Listing",
    "Skipped",
    "clean_metadata",
    "entry_of",
    "is_link",
    "item_of_entry",
    "names_a_picture",
]

MAX_ROWS = 1_000_000
ENTRY_CHARACTERS = 8192  # no path that a system opens, and no link that a server takes, is longer
METADATA_CHARACTERS = 10_000
MAX_INLINE_BYTES = 256 * 1024**2
_TOO_MUCH_INLINE = told(
    "The pictures written in the cells before it have {size} MB together. Save them as files.",
    size=MAX_INLINE_BYTES // 1024**2,
)

_FILE_SCHEME = re.compile(r"file:(?:/(?!/)|//(?:localhost)?/)", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+://|data:", re.IGNORECASE)


@dataclass(frozen=True)
class Item:
    """One picture to read: one of a file, a link, bytes at hand, and a call that brings them.

    Attributes
    ----------
    source : Source
        What the catalog notes of where it came from.
    path, url, data, load
        Exactly one of them is set. ``load`` brings the bytes when they are wanted, in any thread, and raises
        PicTraceError where it cannot.
    keep_original : bool
        Whether the catalog keeps the bytes, as nobody else does.
    from_table : bool
        The path or link was written in a table, a list or a database, so a stranger may have chosen it.
    """

    source: Source
    path: Path | None = None
    url: str | None = None
    data: bytes | None = None
    keep_original: bool = False
    # How an item came to be does not make it another one, so neither of these is compared.
    load: Callable[[], bytes] | None = field(default=None, compare=False, repr=False)
    from_table: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        if sum(one is not None for one in (self.path, self.url, self.data, self.load)) != 1:
            raise ValueError("An item has exactly one of a path, a link, bytes, and a call that brings them.")

    @classmethod
    def of_file(cls, path: Path, metadata: Mapping[str, str] | None = None, *, from_table: bool = False) -> Item:
        """A file, named by its whole address, whether it is there or not."""
        # realpath, because Path.resolve raises RuntimeError for a link that leads to itself.
        source = Source(Origin.FILE, os.path.realpath(path), path.name, metadata or {})
        return cls(source, path=path, from_table=from_table)

    @classmethod
    def of_link(cls, url: str, metadata: Mapping[str, str] | None = None, *, from_table: bool = False) -> Item:
        return cls(Source(Origin.LINK, url, "", metadata or {}), url=url, keep_original=True, from_table=from_table)

    @classmethod
    def of_s3(cls, address: str, metadata: Mapping[str, str] | None = None, *, from_table: bool = False) -> Item:
        """An object of S3: a link for the catalog, but read by the workers, with the credentials at hand."""
        source = Source(Origin.LINK, address, "", metadata or {})
        return cls(source, keep_original=True, load=partial(fetch_s3, address), from_table=from_table)

    @classmethod
    def of_bytes(cls, data: bytes, source: Source) -> Item:
        return cls(source, data=data, keep_original=True)

    @classmethod
    def of_loader(cls, load: Callable[[], bytes], source: Source) -> Item:
        """Bytes that are read when they are wanted, and kept, as nobody else holds them by themselves."""
        return cls(source, keep_original=True, load=load)


@dataclass(frozen=True)
class Skipped:
    """An entry that names no picture that can be read, and why."""

    address: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """The pictures that a source names, and the entries that were left out.

    Attributes
    ----------
    items, skipped
        In the order of the source.
    column : str or None
        Where a table or a database named them, by its own spelling; None where there are no columns.
    columns : tuple of str
        All that could have named them.
    encoding : str or None
        In which its text was read; None where it is no text.
    covers : str or None
        The whole address of the folder or file of which these are all pictures; None of what only names some.
    only_links : bool
        Whether all of them are known to be links of the network, so that a million need not be asked.
    """

    items: Sequence[Item]
    skipped: tuple[Skipped, ...] = ()
    column: str | None = None
    columns: tuple[str, ...] = ()
    encoding: str | None = None
    covers: str | None = field(default=None, compare=False)
    only_links: bool = field(default=False, compare=False)

    @property
    def encoding_is_guess(self) -> bool:
        """Whether the text does not say by itself how it was saved, as Unicode does."""
        return self.encoding is not None and not self.encoding.startswith("utf")

    @classmethod
    def of(
        cls,
        entries: Iterable[Item | Entry | Skipped],
        column: str | None = None,
        columns: Sequence[str] = (),
        encoding: str | None = None,
    ) -> Listing:
        """A listing of entries in their order, as they come; all that are an Entry count from the same folder."""
        folder = Path()

        def item_of(text: str, metadata: Mapping[str, str]) -> Item:
            return _item(text, folder, metadata)

        items: Compact[Item] = Compact(item_of)
        skipped: list[Skipped] = []
        inline_bytes, only_links = 0, True
        for entry in entries:
            if isinstance(entry, Entry):
                folder = entry.folder
                only_links = only_links and is_link(entry.text)
                items.add((entry.text, entry.metadata))
            elif isinstance(entry, Item) and inline_bytes + len(entry.data or b"") > MAX_INLINE_BYTES:
                skipped.append(Skipped(entry.source.address, _TOO_MUCH_INLINE))
            elif isinstance(entry, Item):
                inline_bytes += len(entry.data or b"")
                only_links = only_links and entry.url is not None
                items.add(entry)
            else:
                skipped.append(entry)
        kept = tuple(items) if len(items) < PACKED else items
        return cls(kept, tuple(skipped), column, tuple(columns), encoding, only_links=only_links)


def is_link(text: str) -> bool:
    """Whether it is an address that can be downloaded."""
    return text[:8].lower().startswith(("http://", "https://"))


def names_a_picture(text: str) -> bool:
    """Whether it ends like a picture's name, before what a link asks for after a question mark."""
    end = re.split(r"[?#]", text, maxsplit=1)[0] if is_link(text) else text
    return os.path.splitext(end)[1].lower() in PICTURE_SUFFIXES  # noqa: PTH122 (of a link too)


@dataclass(slots=True)
class Entry:
    """What a table says of one picture: a path or a link that can be one, not yet looked for."""

    text: str
    folder: Path
    metadata: dict[str, str]


def item_of_entry(text: str, folder: Path, place: str, metadata: dict[str, str] | None = None) -> Item | Skipped:
    """What one cell or line names: a link, a file, whose relative path counts from the folder, or a picture itself."""
    entry = entry_of(text, folder, place, metadata)
    return _item(entry.text, folder, entry.metadata) if isinstance(entry, Entry) else entry


def entry_of(text: str, folder: Path, place: str, metadata: dict[str, str] | None = None) -> Item | Entry | Skipped:
    """As item_of_entry, but for Listing.of, which keeps a million of them in little memory."""
    text = text.strip()
    if not text:
        return Skipped(place, told("It names no picture."))
    if is_inline(text):
        data = picture_in(text)
        if data is None:
            return Skipped(place, told("The picture that is written there in base64 is damaged. Write it again."))
        return Item.of_bytes(data, Source(Origin.DATABASE, place, place, metadata or {}))
    if len(text) > ENTRY_CHARACTERS:
        return Skipped(
            place,
            told(
                "Its path or link has {count} characters; {most} is the most.", count=len(text), most=ENTRY_CHARACTERS
            ),
        )
    if "\0" in text:
        return Skipped(place, told("Its path holds a NUL character, which no file's name does."))
    if "\n" in text or "\r" in text:
        return Skipped(place, told("Its path or link holds a line break. Check the quotation marks before it."))
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return Skipped(place, told("Its path or link is not valid Unicode. Write it again."))
    if ":" in text and not is_link(text) and not is_s3(text):
        if _FILE_SCHEME.match(text):
            text = unquote(_FILE_SCHEME.sub("/", text, count=1))
            if "\0" in text:
                return Skipped(place, told("Its path holds a NUL character, which no file's name does."))
        elif _OTHER_SCHEME.match(text):
            return Skipped(
                place,
                told(
                    "{text} is neither a path nor a link that starts with http://, https:// or s3://.",
                    text=repr(text[:40]),
                ),
            )
    return Entry(text, folder, metadata or {})


def _item(text: str, folder: Path, metadata: Mapping[str, str]) -> Item:
    if is_link(text):
        return Item.of_link(text.replace(" ", "%20"), metadata, from_table=True)  # as browsers do
    if is_s3(text):
        return Item.of_s3(text, metadata, from_table=True)
    return Item.of_file(folder / _as_named_here(text, folder), metadata, from_table=True)


def _as_named_here(text: str, folder: Path) -> str:
    """A path as this system writes it: tables come from Windows, and names are composed in other ways on a Mac.

    Only what lies in the folder is looked at, as a stranger's table could ask so which files there are.
    """
    if os.sep == "/" and "\\" in text and "/" not in text and not os.path.lexists(folder / text):
        text = text.replace("\\", "/")
    if not text.isascii() and not Path(text).is_absolute() and ".." not in Path(text).parts:
        forms = (text, *(unicodedata.normalize(form, text) for form in ("NFC", "NFD")))
        return next((one for one in forms if os.path.lexists(folder / one)), text)
    return text


def clean_metadata(pairs: Iterable[tuple[str, str]], *, characters: int = METADATA_CHARACTERS) -> dict[str, str]:
    """Names and values that any store takes: not empty, valid Unicode, and no longer than so many characters."""
    cleaned: dict[str, str] = {}
    for name, value in pairs:
        name, value = _valid(name.strip(), characters), _valid(value.strip(), characters)
        if name and value:
            cleaned.setdefault(name, value)
    return cleaned


def _valid(text: str, characters: int) -> str:
    if len(text) > characters:
        text = text[: characters - 1] + "…"  # a cut that can be seen
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
