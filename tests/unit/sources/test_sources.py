"""What folders, tables and links name, and what is left out of them with a reason."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pictrace.catalog.records import Source
from pictrace.errors import SourceError
from pictrace.images.formats import PICTURE_SUFFIXES
from pictrace.sources.base import Item, Listing
from pictrace.sources.folders import read_folder
from pictrace.sources.listing import list_source
from pictrace.sources.tables import read_table


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def table(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def named(listing: Listing, folder: Path) -> list[str]:
    """The files of a listing, relative to the folder."""
    return [Path(item.source.address).relative_to(folder).as_posix() for item in listing.items]


# Folders -------------------------------------------------------------------------------------------


def test_a_folder_is_read_with_its_sub_folders_in_a_stable_order(tmp_path: Path) -> None:
    touch(tmp_path, "b.png", "a.jpg", "z/1.webp", "m/y/2.TIFF", "m/3.JPeG", "10.gif", "9.gif")
    listing = read_folder(tmp_path)
    assert named(listing, tmp_path) == ["10.gif", "9.gif", "a.jpg", "b.png", "m/3.JPeG", "m/y/2.TIFF", "z/1.webp"]
    assert listing == read_folder(tmp_path)
    assert listing.skipped == ()


def test_files_are_named_by_their_whole_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "pictures/a.png")
    monkeypatch.chdir(tmp_path)
    (item,) = list_source("pictures").items
    assert item.source.address == str(tmp_path / "pictures" / "a.png")
    assert (item.source.kind, item.source.title, item.keep_original) == ("file", "a.png", False)
    assert (item.url, item.data) == (None, None)
    assert item.path is not None
    assert item.path.samefile(tmp_path / "pictures" / "a.png")


@pytest.mark.parametrize(
    "name", ["with space.png", "äöü ✓.png", "図.png", "a'b\"c.png", "100%.png", ".hidden.png", "-rf.png", "a.b.c.png"]
)
def test_odd_names_are_names(name: str, tmp_path: Path) -> None:
    touch(tmp_path, f"odd {name}/{name}")
    assert named(list_source(str(tmp_path)), tmp_path) == [f"odd {name}/{name}"]


def test_every_suffix_counts_in_any_case(tmp_path: Path) -> None:
    names = {f"{case(suffix[1:])}.{case(suffix[1:])}" for suffix in PICTURE_SUFFIXES for case in (str.upper, str.lower)}
    touch(tmp_path, *names)
    assert set(named(read_folder(tmp_path), tmp_path)) == names


def test_other_files_are_listed_as_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "notes.txt", "sub/Thumbs.dbx", "png", "b.png.part")
    listing = read_folder(tmp_path)
    assert named(listing, tmp_path) == ["a.png"]
    assert {Path(one.address).name for one in listing.skipped} == {"notes.txt", "Thumbs.dbx", "png", "b.png.part"}
    assert {one.reason for one in listing.skipped} == {"Its name does not end like a picture's."}


def test_an_empty_folder_is_an_empty_listing(tmp_path: Path) -> None:
    assert list_source(str(tmp_path)) == Listing((), ())


def test_links_to_folders_are_not_followed_and_links_to_files_are(tmp_path: Path) -> None:
    touch(tmp_path, "tree/sub/a.png", "elsewhere/b.png")
    (tmp_path / "tree/sub/round").symlink_to(tmp_path / "tree", target_is_directory=True)
    (tmp_path / "tree/out").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "tree/b too.png").symlink_to(tmp_path / "elsewhere/b.png")
    (tmp_path / "tree/self.png").symlink_to(tmp_path / "tree/self.png")
    listing = list_source(str(tmp_path / "tree"))
    assert named(listing, tmp_path) == ["elsewhere/b.png", "tree/self.png", "tree/sub/a.png"]
    assert [item.source.title for item in listing.items] == ["b too.png", "self.png", "a.png"]
    assert [Path(one.address).name for one in listing.skipped] == ["out", "round"]
    assert all("link to another folder" in one.reason for one in listing.skipped)


def test_a_folder_that_cannot_be_read_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a.png", "closed/b.png", "open/c.png")
    closed = str(tmp_path / "closed")
    scandir = os.scandir

    def guarded(path: str) -> Iterator[os.DirEntry[str]]:
        if str(path) == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)  # permissions alone do not stop the superuser
    listing = read_folder(tmp_path)
    assert named(listing, tmp_path) == ["a.png", "open/c.png"]
    assert [(one.address, one.reason) for one in listing.skipped] == [
        (closed, "The folder cannot be read: Permission denied.")
    ]


# Tables --------------------------------------------------------------------------------------------


def test_a_table_names_files_and_links_with_what_it_says_of_them(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "title,path,URL,year\n"
        "Sunrise,sub/a.png,,1872\n"
        f"Night,{tmp_path / 'b.png'},https://example.org/unused.jpg,\n"
        'Noon,,"https://example.org/c,d.jpg", 1890 \n',
    )
    listing = list_source(str(path))
    first, second, third = listing.items
    assert first == Item.of_file(tmp_path / "sub/a.png", {"title": "Sunrise", "year": "1872"})
    assert second == Item.of_file(tmp_path / "b.png", {"title": "Night"})  # a file at hand goes before its link
    assert third == Item.of_link("https://example.org/c,d.jpg", {"title": "Noon", "year": "1890"})
    assert first.source.address == str(tmp_path / "sub" / "a.png")
    assert third.source.kind == "link"
    assert third.keep_original
    assert listing.skipped == ()


def test_relative_paths_count_from_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "data/a.png", "b.png")
    table(tmp_path / "data", "path\na.png\n../b.png\n")
    monkeypatch.chdir(tmp_path)
    assert named(list_source("data/table.csv"), tmp_path) == ["data/a.png", "b.png"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("\ufeffpath,artist\na.png,北斎 Hokusai\n", "table.csv"),  # as Excel saves it
        ("artist\tPath\n北斎 Hokusai\ta.png\n", "table.TSV"),
        (" Path , artist \r\n a.png , 北斎 Hokusai \r\n", "table.csv"),
        ('"path","artist"\n"a.png","北斎 Hokusai"', "table.csv"),
    ],
    ids=["byte order mark", "tabs", "spaces", "quotes"],
)
def test_tables_come_in_many_forms(text: str, name: str, tmp_path: Path) -> None:
    listing = list_source(str(table(tmp_path, text, name)))
    assert listing.items == (Item.of_file(tmp_path / "a.png", {"artist": "北斎 Hokusai"}),)


def test_rows_that_name_nothing_are_listed_with_their_line(tmp_path: Path) -> None:
    path = table(tmp_path, 'note,path\n"two\nlines",a.png\nempty,\n\nshort\nlong,b.png,more,still more\nnul,a\0.png\n')
    listing = read_table(path)
    assert named(listing, tmp_path) == ["a.png", "b.png"]
    assert [item.source.metadata for item in listing.items] == [
        {"note": "two\nlines"},
        {"note": "long", "column 3": "more", "column 4": "still more"},
    ]
    assert [(one.address, one.reason) for one in listing.skipped] == [
        ("table.csv, line 4", "It names no picture."),
        ("table.csv, line 6", "It names no picture."),
        ("table.csv, line 8", "Its path holds a NUL character, which no file's name does."),
    ]


@pytest.mark.parametrize(
    ("text", "there"), [("artist,year\na,1\n", "artist, year"), ("", "none"), ("breadth\n1\n", "breadth")]
)
def test_a_table_without_the_columns_says_what_it_has(text: str, there: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="'path' or 'url'") as raised:
        list_source(str(table(tmp_path, text)))
    assert f"(it has: {there})" in str(raised.value)


# One address ---------------------------------------------------------------------------------------


def test_one_picture_and_one_link_are_sources_too(tmp_path: Path) -> None:
    touch(tmp_path, "a.PNG")
    assert named(list_source(str(tmp_path / "a.PNG")), tmp_path) == ["a.PNG"]
    for link in ("https://example.org/a.png", "HTTP://example.org/a?b=c"):
        (item,) = list_source(link).items
        assert (item.url, item.source.address, item.source.kind, item.keep_original) == (link, link, "link", True)


@pytest.mark.parametrize("name", ["none", "none.png", "none.csv", "a.png/b.png", "nul\0.png", ""])
def test_what_is_not_there_is_said(name: str, tmp_path: Path) -> None:
    touch(tmp_path, "a.png")
    with pytest.raises(SourceError, match="There is no folder or file at"):
        list_source(name and str(tmp_path / name))


def test_what_cannot_be_a_source_is_said(tmp_path: Path) -> None:
    touch(tmp_path, "notes.txt")
    with pytest.raises(SourceError, match="is none of these: a folder, a picture file"):
        list_source(str(tmp_path / "notes.txt"))
    with pytest.raises(SourceError, match="Check its spelling"):
        list_source("x" * 5000)  # longer than a file system allows


def test_an_item_has_one_way_to_its_bytes() -> None:
    source = Source("upload", "a.png")
    for named in ({}, {"url": "https://example.org/a.png", "data": b"bytes"}, {"path": Path("a.png"), "load": bytes}):
        with pytest.raises(ValueError, match="exactly one"):
            Item(source, **named)
