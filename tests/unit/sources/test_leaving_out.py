"""What is left out of folders and archives by default, by globs and by ignore files, and how it is told."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from pictrace.errors import SourceError
from pictrace.sources.archives import read_zip
from pictrace.sources.base import Listing
from pictrace.sources.leaving_out import Globs, rubbish
from pictrace.sources.listing import list_source

RUBBISH = (
    *("@eaDir/a.jpg/SYNO_M.jpg", "sub/@eaDir/b.jpg", ".thumbnails/1.png", "Thumbs.db", "sub/.@__thumb/s.jpg"),
    *("#recycle/c.jpg", "sub/.Trash-1000/files/d.jpg", ".Trashes/e.jpg", "$RECYCLE.BIN/f.jpg", "@Recycle/g.jpg"),
    *("._a.jpg", "__MACOSX/._h.jpg", "lost+found/i.jpg", "sub/.DS_Store", "desktop.ini"),
)
KEPT = ("a.jpg", "recycle/b.jpg", "sub/.hidden.jpg", "sub/_c.jpg")


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def named(listing: Listing, folder: Path) -> list[str]:
    return [Path(item.source.address).relative_to(folder).as_posix() for item in listing.items]


def test_rubbish_of_systems_is_left_out_and_told_once_a_kind(tmp_path: Path) -> None:
    listing = list_source(str(touch(tmp_path, *RUBBISH, *KEPT)))
    assert sorted(named(listing, tmp_path)) == sorted(KEPT)
    told = [one.reason.split(".")[0] for one in listing.skipped]
    assert sorted(told) == [
        "It is left out as notes of an operating system, as 4 others like it",
        "It is left out as thumbnails of other programs, as 4 others like it",
        "It is left out as what was deleted, as 4 others like it",
    ]
    assert all(Path(one.address).exists() for one in listing.skipped)


def test_archives_are_treated_alike() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in (*RUBBISH, "a.jpg", "sub\\b.jpg"):
            archive.writestr(name, b"")
    listing = read_zip(made.getvalue())
    assert [item.source.title for item in listing.items] == ["a.jpg", "b.jpg"]
    assert len(listing.skipped) == 3
    again = read_zip(made.getvalue(), globs=Globs(["sub/"], ["._a.jpg", "\\#recycle/"]))  # a # begins a comment
    assert [item.source.title for item in again.items] == ["c.jpg", "._a.jpg", "a.jpg"]


def test_a_folder_that_is_named_itself_is_read(tmp_path: Path) -> None:
    touch(tmp_path, "#recycle/a.jpg")
    assert named(list_source(str(tmp_path / "#recycle")), tmp_path) == ["#recycle/a.jpg"]


def test_globs_leave_out_and_take_back(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "b.png", "drafts/c.jpg", "drafts/d.png", "deep/drafts/e.jpg", "@eaDir/f.jpg")
    source = str(tmp_path)
    assert named(list_source(source, exclude=["drafts/"]), tmp_path) == ["a.jpg", "b.png"]
    assert named(list_source(source, exclude=["/drafts"]), tmp_path) == ["a.jpg", "b.png", "deep/drafts/e.jpg"]
    both = list_source(source, exclude=["drafts/", "*.png"], include=["drafts/d.png", "@eaDir"])
    assert named(both, tmp_path) == ["a.jpg", "@eaDir/f.jpg", "drafts/d.png"]
    assert [one.reason.split(".")[0] for one in both.skipped] == [
        "It is left out as what --exclude names, as 2 others like it"
    ]


def test_ignore_files_speak_of_what_lies_beside_and_below_them(tmp_path: Path) -> None:
    touch(tmp_path, "a.tmp.png", "b.png", "sub/a.tmp.png", "sub/keep.tmp.png", "sub/only.png", "other/only.png")
    (tmp_path / ".pictraceignore").write_text("# drafts\n\n*.tmp.png\n")
    (tmp_path / "sub/.pictraceignore").write_text("!keep.*\n/only.png\n")
    listing = list_source(str(tmp_path))
    assert named(listing, tmp_path) == ["b.png", "other/only.png", "sub/keep.tmp.png"]
    (told,) = listing.skipped
    assert told.address == str(tmp_path / "a.tmp.png")
    assert told.reason.startswith("It is left out as what .pictraceignore names, as 2 others like it.")
    assert "sub/only.png" in named(list_source(str(tmp_path), include=["only.png"]), tmp_path)


def test_globs_that_cannot_be_read_or_used_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "a.png")
    with pytest.raises(SourceError, match="--exclude holds a glob that cannot be read"):
        list_source(str(tmp_path), exclude=["!"])
    with pytest.raises(SourceError, match=r"has no files of its own, so none is named '\*\.png'"):
        list_source(str(tmp_path / "a.png"), exclude=["*.png"])
    (tmp_path / ".pictraceignore").write_bytes(b"x" * 300_000)
    with pytest.raises(SourceError, match="has more than 256 KB"):
        list_source(str(tmp_path))


@pytest.mark.parametrize("name", ["a.jpg", "Trash.jpg", "thumbs.png", "system", "@eaDirs", "_.jpg"])
def test_names_alike_are_no_rubbish(name: str) -> None:
    assert rubbish(name) is None
