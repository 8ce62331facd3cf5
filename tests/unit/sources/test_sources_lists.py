"""JSON and plain lists, and how any source is recognised."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pictrace.errors import SourceError
from pictrace.sources.json_lists import read_json
from pictrace.sources.listing import list_source
from pictrace.sources.lists import read_list


def saved(folder: Path, content: object, name: str = "images.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def test_a_list_of_objects_names_links_with_what_it_says_of_them(tmp_path: Path) -> None:
    entries = [
        {"url": "https://x.example/a.jpg", "alt": "A", "width": 640, "tags": ["ö", 1], "none": None, "ok": True},
        {"url": "b.jpg", "alt": ""},
        {"alt": "nothing"},
        {"url": 7},
        12,
    ]
    listing = list_source(str(saved(tmp_path, entries)))
    assert listing.column == "url"
    first, second = listing.items
    assert first.url == "https://x.example/a.jpg"
    assert first.source.metadata == {"alt": "A", "width": "640", "tags": '["ö", 1]', "ok": "true"}
    assert second.source.address == str(tmp_path / "b.jpg")
    assert second.from_table
    assert [(one.address, one.reason) for one in listing.skipped] == [
        ("images.json, entry 3", "It names no picture."),
        ("images.json, entry 4", "It names no picture."),
        ("images.json, entry 5", "It is neither a text nor an object: 12."),
    ]


@pytest.mark.parametrize(
    "content",
    [
        ["a.png", "https://x.example/b.png"],
        {"images": ["a.png", "https://x.example/b.png"], "other": [1, 2]},
        {"version": 1, "gallery": ["a.png", "https://x.example/b.png"]},
        {"annotations": [], "images": [{"file_name": "a.png"}, {"file_name": "https://x.example/b.png"}]},
    ],
)
def test_lists_come_in_many_forms(content: object, tmp_path: Path) -> None:
    listing = read_json(saved(tmp_path, content))
    assert [item.source.address for item in listing.items] == [str(tmp_path / "a.png"), "https://x.example/b.png"]
    assert listing.skipped == ()


def test_the_key_can_be_named(tmp_path: Path) -> None:
    path = saved(tmp_path, [{"url": "a.png", "large": "b.png"}])
    listing = list_source(str(path), column="large")
    assert [item.source.title for item in listing.items] == ["b.png"]
    assert listing.items[0].source.metadata == {"url": "a.png"}
    with pytest.raises(SourceError, match=r"no column named 'small' \(it has: url, large\)"):
        read_json(path, column="small")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[1, 2", "is not JSON"),
        ("", "is not JSON"),
        ("[" * 200_000, "nested too deeply"),
        ("[1" + "0" * 5000 + "]", "is not JSON"),
        ("{}", "no list of pictures"),
        ('{"a": [], "b": []}', "no list of pictures"),
        ('"a.png"', "no list of pictures"),
        ('[{"name": "x"}]', "no column named like"),
    ],
)
def test_json_that_names_nothing_is_refused(content: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=problem):
        read_json(saved(tmp_path, content))


def test_text_that_is_not_unicode_stays_out_of_the_catalog(tmp_path: Path) -> None:
    path = saved(tmp_path, r'[{"path": "\ud800.png"}, {"path": "a.png", "note": "\ud800"}]')
    listing = read_json(path)
    assert [item.source.metadata for item in listing.items] == [{"note": "?"}]
    assert "not valid Unicode" in listing.skipped[0].reason


def test_a_text_names_one_picture_on_each_line(tmp_path: Path) -> None:
    path = saved(tmp_path, "\ufeff# ours\n\n https://x.example/a \r\nsub/b c.png\n  # not\nftp://x/y.png\n", "list.txt")
    listing = list_source(str(path))
    assert listing == read_list(path)
    assert [item.source.address for item in listing.items] == ["https://x.example/a", str(tmp_path / "sub/b c.png")]
    assert [one.address for one in listing.skipped] == ["list.txt, line 6"]
    assert listing.column is None


def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="more than 2 entries"):
        read_json(saved(tmp_path, ["a.png"] * 3), max_rows=2)
    with pytest.raises(SourceError, match="more than 2 entries"):
        read_list(saved(tmp_path, "a.png\n" * 3, "list.txt"), max_rows=2)


def test_a_table_is_read_as_one_where_a_column_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path, "what;bild\nx;a.png\n", "export.txt")
    assert [item.source.title for item in list_source(str(path), column="bild").items] == ["a.png"]
    with pytest.raises(SourceError, match="none of these"):
        list_source(str(path))


def test_options_that_mean_nothing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    for source in (tmp_path, tmp_path / "a.png", "https://x.example/a.png"):
        with pytest.raises(SourceError, match="has no columns"):
            list_source(str(source), column="path")
    with pytest.raises(SourceError, match="has no tables"):
        list_source(str(saved(tmp_path, "path\na.png\n", "t.csv")), table="pictures")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(SourceError, match="neither a folder nor a file"):
        list_source(str(tmp_path / "pipe.csv"))
