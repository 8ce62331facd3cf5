"""The further pages of documents and frames of animations, each as the picture file that it would be by itself.

The first page is the file as it is, so that a file is known by its bytes however many pages it has. A further page of a
TIFF is cut out of it, with its pixels as they are; of a frame, see ``frames``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pictrace.errors import ImageError
from pictrace.images.formats import sniff
from pictrace.images.frames import count_frames, frame_of, last_frame, with_frame
from pictrace.images.tiff import Directory, Field, Tiff, written
from pictrace.told import told

__all__ = ["MAX_PAGES", "Page", "count_pages", "further_pages", "page_at", "page_of", "pages_told", "without_page"]

MAX_PAGES = 200
"""Of a document; that there are more is told, but they are not read."""

_PAGE = re.compile(r"#(page|frame)=([1-9][0-9]{0,6})\Z")

_SUBFILE, _OLD_SUBFILE, _COMPRESSION = 254, 255, 259
_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES = 273, 279, 324, 325
_REDUCED, _MASK = 1, 4  # bits of what a directory is for
# Fields that point to other places of the file, and those of JPEG as TIFF 6.0 had it.
_LEFT_OUT = frozenset({330, 34665, 34853, 40965, 400, *range(512, 522)})


@dataclass(frozen=True)
class Page:
    """A page or frame.

    Attributes
    ----------
    name
        What an address ends with that names it: "page=2".
    data
        Its file; why there is none, where it cannot be cut out.
    """

    name: str
    data: bytes | ImageError

    @property
    def title(self) -> str:
        """As people say it: "page 2"."""
        return self.name.replace("=", " ")


def without_page(address: str) -> str:
    """The address of the file whose page or frame this is, or the address itself."""
    return _PAGE.sub("", address)


def page_of(address: str) -> str:
    """What names the page or frame at the end of an address ("page=2"); "" for the file itself."""
    found = _PAGE.search(address)
    return found[0][1:] if found else ""


def count_pages(data: bytes) -> tuple[int, str]:
    """How many pages or frames a file has, at least one, and what they are called: "page" or "frame"."""
    try:
        name = sniff(data).name
        if name == "TIFF":
            return max(1, sum(1 for _ in _page_directories(Tiff(data)))), "page"
        return (1 if frame_of(data)[1] > 1 else count_frames(name, data)), "frame"
    except ImageError:  # whoever decodes it says so
        return 1, "page"


def pages_told(data: bytes) -> str:
    """What to say where a file is looked for that has more than one page or frame; nothing of others."""
    count, what = count_pages(data)
    if count <= 1:
        return ""
    if what == "frame":
        return told("It has {count:,} frames; the first is looked for.", count=count)
    return told("It has {count:,} pages; the first is looked for.", count=count)


def further_pages(data: bytes, width: int, height: int) -> Iterator[Page]:
    """All pages of a document but the first, up to MAX_PAGES; of an animation, the middle and the last frame.

    Parameters
    ----------
    data
        The file.
    width, height
        Of its first page or frame.
    """
    name = sniff(data).name
    if name == "TIFF":
        tiff = Tiff(data)
        for number, directory in enumerate(_page_directories(tiff), start=1):
            if number > MAX_PAGES:
                return
            if number > 1:
                try:
                    yield Page(f"page={number}", _cut_out(tiff, directory))
                except ImageError as error:
                    yield Page(f"page={number}", error)
        return
    last = last_frame(name, data, width, height)
    for number in sorted({(last + 1) // 2, last} - {1}):
        yield Page(f"frame={number}", with_frame(data, number))


def page_at(data: bytes, name: str) -> bytes:
    """The file of a page or frame by its name; of "", the file itself. ImageError where there is none."""
    what, _, digits = name.partition("=")
    number = int(digits) if digits else 1
    if number == 1:
        return data
    if what == "frame" and number <= count_frames(sniff(data).name, data):
        return with_frame(data, number)
    if what == "page" and sniff(data).name == "TIFF" and number <= MAX_PAGES:
        tiff = Tiff(data)
        for place, directory in enumerate(_page_directories(tiff), start=1):
            if place == number:
                return _cut_out(tiff, directory)
    if what == "frame":
        raise ImageError(told("the file has no frame {number}: name another one", number=number))
    raise ImageError(told("the file has no page {number}: name another one", number=number))


def _page_directories(tiff: Tiff) -> Iterator[Directory]:
    """Those of the pages; not those of masks, and of smaller copies of a page."""
    for place, directory in enumerate(tiff.chain()):
        purpose, old = tiff.number(directory, _SUBFILE), tiff.number(directory, _OLD_SUBFILE)
        if place == 0 or not (purpose & (_REDUCED | _MASK) or old == 2):
            yield directory


def _cut_out(tiff: Tiff, directory: Directory) -> bytes:
    """A page as a file of its own, with its fields and its pixels as they are."""
    tiled = _TILES in directory.entries
    offsets_tag, bytes_tag = (_TILES, _TILE_BYTES) if tiled else (_STRIPS, _STRIP_BYTES)
    starts, lengths = tiff.numbers(directory, offsets_tag), tiff.numbers(directory, bytes_tag)
    if not starts or len(starts) != len(lengths) or tiff.number(directory, _COMPRESSION, 1) == 6:
        raise ImageError(told("the page is stored in an old way: save it as a file of its own"))
    if sum(lengths) > len(tiff.data):
        raise ImageError(told("the page is damaged (it is longer than its file): save it again"))
    pieces = [tiff.data[start : start + length] for start, length in zip(starts, lengths, strict=True)]
    kept = {tag: one for tag, one in directory.entries.items() if tag not in _LEFT_OUT}
    if sum(one.length for one in kept.values()) > len(tiff.data):
        raise ImageError(told("the page is damaged (its fields are longer than its file): save it again"))
    entries = {tag: Field(one.kind, tiff.value(one)) for tag, one in kept.items()}
    return written(entries, pieces, order=tiff.order, is_big=tiff.is_big, offsets_tag=offsets_tag)
