"""Which column names the pictures: by its name, and where that says nothing, by what it holds."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pictrace.errors import ColumnError
from pictrace.sources.base import is_link, names_a_picture
from pictrace.sources.inline import is_inline
from pictrace.told import told
from pictrace.web.s3 import is_s3

__all__ = ["SAMPLE_ROWS", "choose_columns", "columns_not_kept", "is_usual_name"]

SAMPLE_ROWS = 50
SHOWN_COLUMNS = 30
# In the order of trust, without spaces and underscores. "filename" is often only what a file was once called,
# so a link goes before it; thumbnails are the last resort.
_USUAL = (
    *("path", "filepath", "imagepath", "imgpath", "photopath", "picturepath", "localpath", "fullpath"),
    *("imageurl", "imgurl", "photourl", "pictureurl", "url", "imageuri", "uri", "imagelink", "link", "href"),
    *("imagesrc", "imgsrc", "src", "source"),
    *("imagefile", "imagefilename", "imagename", "file", "filename"),
    *("image", "img", "photo", "picture", "pic", "images", "urls", "paths", "files"),
    *("thumbnailurl", "thumburl", "thumbnailpath", "thumbnail", "thumb"),
)
_RANK = {name: rank for rank, name in enumerate(_USUAL)}


def is_usual_name(name: str) -> bool:
    """Whether columns of pictures are called so."""
    return _plain(name) in _RANK


def choose_columns(
    names: Sequence[str], rows: Sequence[Sequence[str]], *, column: str | None, source: object
) -> tuple[int, ...]:
    """Which column names the pictures, and which one is read where a row has nothing there.

    Parameters
    ----------
    names
        Of the columns.
    rows
        The first of them.
    column
        The name that was asked for, if one was.
    source
        What messages call the table.

    Returns
    -------
    tuple of int
        One or two positions.

    Raises
    ------
    ColumnError
        Where there is no such column.
    """
    shown = ", ".join(names[:SHOWN_COLUMNS]) + (", …" if len(names) > SHOWN_COLUMNS else "") or told("none")
    if column is not None:
        for same in (str.strip, _plain):
            for place, name in enumerate(names):
                if same(name) == same(column):
                    return (place,)
        raise ColumnError(
            told(
                "{source} has no column named {column} (it has: {shown}). Check its spelling.",
                source=source,
                column=repr(column),
                shown=shown,
            ),
            names,
        )
    shares = [_share([row[place] for row in rows if place < len(row)]) for place in range(len(names))]
    usual = [place for place, name in enumerate(names) if _plain(name) in _RANK]
    if usual:
        usual.sort(key=lambda place: (-round(shares[place], 1), _RANK[_plain(names[place])], place))
        return tuple(usual[:2])
    best = max(range(len(names)), key=lambda place: shares[place], default=None)
    if best is None or shares[best] <= 0.5:
        raise ColumnError(
            told(
                "{source} has no column named like 'path' or 'url', and none that holds them (it has: {shown}). Name "
                "the "
                "column that holds the pictures; on the command line, with --column NAME.",
                source=source,
                shown=shown,
            ),
            names,
        )
    return (best,)


def columns_not_kept(most: int, lost: Sequence[str]) -> str:
    """What is told of a table with more columns than become metadata."""
    return told(
        "More than {most} columns are beside the pictures; of {count:,}, from {first} on, nothing is kept.",
        most=most,
        count=len(lost),
        first=repr(lost[0]),
    )


def _share(values: Sequence[str]) -> float:
    """The part of the values that look like pictures; those that are there, that is."""
    there = [value.strip() for value in values if value.strip()]
    # A link without a picture's name may lead to a page: it counts for less than one with it.
    scores = [
        1.0 if names_a_picture(value) or is_inline(value) else 0.8 if is_link(value) or is_s3(value) else 0.0
        for value in there
    ]
    return sum(scores) / len(scores) if scores else 0.0


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).casefold()
