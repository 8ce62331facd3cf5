"""A folder that is indexed again: files gone, moved or overwritten are told, and taken out only where asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pictrace.catalog.records import FileSource, NewPicture, Source, digest, image_id
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.cli import main
from pictrace.images.encoding import encode_png
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.index import Indexing
from pictrace.indexing.refresh import Refresh
from pictrace.metrics.phash import PHash
from pictrace.service.jobs import AddJob, RefreshJob
from pictrace.sources.listing import list_source

MakeCatalog = Callable[..., SqliteCatalog]


def png(number: int) -> bytes:
    """A picture of coarse noise, another one for each number."""
    cells = np.random.default_rng(number).integers(0, 256, (5, 6, 3), np.uint8)
    return encode_png(np.kron(cells, np.ones((8, 8, 1), np.uint8)))


def pid(number: int) -> int:
    return image_id(digest(png(number)))


@pytest.fixture
def catalog(make_catalog: MakeCatalog) -> SqliteCatalog:
    return make_catalog()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pictures"
    made.mkdir()
    for number in range(3):
        (made / f"{number}.png").write_bytes(png(number))
    return made


def index(catalog: SqliteCatalog, source: Path, *, prune: bool = False) -> Indexing:
    listing = list_source(str(source))
    covers = () if listing.covers is None else (listing.covers,)
    run = Indexing(catalog, listing.items, (PHash(),), covers=covers, prune=prune)
    run.run()
    return run


def addresses(catalog: SqliteCatalog, number: int) -> list[str]:
    return [Path(one.address).name for one in catalog.pictures([pid(number)])[pid(number)].sources]


def test_a_file_that_is_gone_is_told_each_time_until_it_is_pruned(catalog: SqliteCatalog, folder: Path) -> None:
    assert index(catalog, folder).reconciled.summary == ""
    (folder / "1.png").unlink()
    for _ in range(2):
        found = index(catalog, folder).reconciled
        assert [Path(one.address).name for one in found.gone] == ["1.png"]
        assert (found.counts, catalog.count()) == ({"gone": 1, "moved": 0, "changed": 0}, 3)
    assert index(catalog, folder, prune=True).reconciled.removed == 1
    assert sorted(map(int, catalog.ids())) == sorted([pid(0), pid(2)])
    assert index(catalog, folder).reconciled.summary == ""


def test_a_file_that_comes_back_is_gone_no_longer(catalog: SqliteCatalog, folder: Path) -> None:
    index(catalog, folder)
    (folder / "1.png").rename(folder.parent / "1.png")
    index(catalog, folder)
    (folder.parent / "1.png").rename(folder / "1.png")
    assert index(catalog, folder, prune=True).reconciled.counts == {"gone": 0, "moved": 0, "changed": 0}
    assert catalog.count() == 3
    assert {one.state for one in catalog.files()} == {""}


def test_a_moved_file_bears_its_new_address_alone_with_what_was_known_of_it(
    catalog: SqliteCatalog, folder: Path
) -> None:
    table = folder.parent / "table.csv"
    table.write_text("path,place\npictures/1.png,Rome\n")
    index(catalog, folder)
    index(catalog, table)
    (folder / "sub").mkdir()
    (folder / "1.png").rename(folder / "sub" / "renamed.png")
    found = index(catalog, folder).reconciled
    assert [(Path(one.address).name, Path(to).name) for one, to in found.moved] == [("1.png", "renamed.png")]
    assert (found.gone, found.changed, catalog.count()) == ((), (), 3)
    record = catalog.pictures([pid(1)])[pid(1)]
    assert ([one.title for one in record.sources], record.metadata) == (["renamed.png"], {"place": ("Rome",)})


def test_a_file_moved_into_another_folder_is_found_by_its_content(catalog: SqliteCatalog, folder: Path) -> None:
    index(catalog, folder)
    other = folder.parent / "other"
    other.mkdir()
    (folder / "1.png").rename(other / "1.png")
    assert index(catalog, other).reconciled.counts == {"gone": 0, "moved": 1, "changed": 0}
    assert [one.address for one in catalog.files(pictures=[pid(1)])] == [str(other.resolve() / "1.png")]


@pytest.mark.parametrize("whole_folder", [True, False])
def test_what_was_overwritten_no_longer_bears_the_path(
    catalog: SqliteCatalog, folder: Path, *, whole_folder: bool
) -> None:
    index(catalog, folder)
    (folder / "1.png").write_bytes(png(7))
    found = index(catalog, folder if whole_folder else folder / "1.png").reconciled
    assert [(Path(one.address).name, one.picture_id) for one in found.changed] == [("1.png", pid(1))]
    assert (addresses(catalog, 1), addresses(catalog, 7)) == (["1.png#overwritten"], ["1.png"])
    assert catalog.pictures([pid(1)])[pid(1)].label == "1.png (overwritten)"
    assert index(catalog, folder).reconciled.summary == "", "it is told once"
    assert index(catalog, folder, prune=True).reconciled.removed == 1
    assert pid(1) not in catalog.ids()


def test_what_was_overwritten_and_restored_is_there_once(catalog: SqliteCatalog, folder: Path) -> None:
    index(catalog, folder)
    for number in (7, 1):
        (folder / "1.png").write_bytes(png(number))
        index(catalog, folder)
    assert (addresses(catalog, 1), addresses(catalog, 7)) == (["1.png"], ["1.png#overwritten"])


def test_names_that_were_exchanged_are_moves(catalog: SqliteCatalog, folder: Path) -> None:
    index(catalog, folder)
    (folder / "0.png").write_bytes(png(1))
    (folder / "1.png").write_bytes(png(0))
    assert index(catalog, folder).reconciled.counts == {"gone": 0, "moved": 2, "changed": 0}
    assert (addresses(catalog, 0), addresses(catalog, 1)) == (["1.png"], ["0.png"])


def test_a_copy_keeps_its_picture_when_the_other_file_is_pruned(catalog: SqliteCatalog, folder: Path) -> None:
    (folder / "copy.png").write_bytes(png(1))
    index(catalog, folder)
    (folder / "1.png").unlink()
    found = index(catalog, folder, prune=True).reconciled
    assert (len(found.gone), found.removed, addresses(catalog, 1)) == (1, 0, ["copy.png"])


def test_an_upload_keeps_a_picture_whose_file_is_gone(catalog: SqliteCatalog, folder: Path) -> None:
    index(catalog, folder)
    catalog.add_sources({pid(1): [Source("upload", "holiday.png")]})
    (folder / "1.png").unlink()
    assert index(catalog, folder, prune=True).reconciled.removed == 0
    assert addresses(catalog, 1) == ["holiday.png"]


def test_an_empty_place_of_a_disk_prunes_nothing(
    catalog: SqliteCatalog, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index(catalog, folder)
    for path in folder.iterdir():
        path.unlink()
    main(["index", str(folder), "--catalog", catalog.location, "--prune"])
    told = capsys.readouterr().out
    assert "3 gone" in told
    assert "Is its disk there?" in told
    assert catalog.count() == 3


def test_files_elsewhere_and_files_that_are_left_out_are_not_gone(catalog: SqliteCatalog, folder: Path) -> None:
    beside = folder.parent / "pictures2"
    beside.mkdir()
    (beside / "9.png").write_bytes(png(9))
    index(catalog, beside)
    index(catalog, folder)
    (beside / "9.png").unlink()
    (folder / ".pictraceignore").write_text("2.png")
    assert index(catalog, folder, prune=True).reconciled.summary == ""
    assert catalog.count() == 4


def test_the_command_tells_it_and_prunes(
    catalog: SqliteCatalog, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index(catalog, folder)
    (folder / "0.png").unlink()
    (folder / "1.png").rename(folder / "x.png")
    (folder / "2.png").write_bytes(png(7))
    assert main(["index", str(folder), "--catalog", catalog.location, "--prune", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [told[name] for name in ("added", "known", "gone", "moved", "changed", "removed")] == [1, 1, 1, 1, 1, 2]
    assert [Path(one).name for one in told["gone_files"]] == ["0.png"]
    assert [(Path(one["from"]).name, Path(one["to"]).name) for one in told["moved_files"]] == [("1.png", "x.png")]
    assert [one["picture"] for one in told["changed_files"]] == [pid(2)]


def test_refresh_looks_for_files_and_speaks_of_links_only_where_there_are_some(
    catalog: SqliteCatalog, folder: Path
) -> None:
    run = Refresh(catalog)
    run.run()
    assert run.summary == "The catalog has no links and no files to check"
    index(catalog, folder)
    (folder / "1.png").unlink()
    run = Refresh(catalog, prune=True)
    run.run()
    assert run.summary == "The catalog has no links to check; of the files, 2 are there, 1 gone"
    assert (run.removed, catalog.count()) == (1, 2)


def test_the_page_is_told_too_and_nothing_is_removed(catalog: SqliteCatalog, folder: Path) -> None:
    index(catalog, folder)
    (folder / "1.png").unlink()
    listing = list_source(str(folder))
    job = AddJob(catalog, listing.items, DecodeLimits(), covers=[str(listing.covers)])
    assert job.wait(30)
    assert job.summary.endswith("Of the files that were here: 1 gone.")
    refreshed = RefreshJob(catalog, DecodeLimits())
    assert refreshed.wait(30)
    assert (refreshed.summary, catalog.count()) == (
        "The catalog has no links to check; of the files, 2 are there, 1 gone.",
        3,
    )


def test_more_that_is_said_of_a_known_address_is_kept(catalog: SqliteCatalog) -> None:
    data = png(0)
    new = NewPicture(digest(data), "PNG", 48, 40, len(data), b"", (Source("file", "/a.png", "a.png", {"a": "1"}),))
    catalog.add([new])
    revision = catalog.revision()
    assert catalog.add_sources({new.id: [Source("file", "/a.png", "a.png", {"b": "2"})]}) == 0
    assert catalog.pictures([new.id])[new.id].metadata == {"a": ("1",), "b": ("2",)}
    assert catalog.revision() == revision + 1
    catalog.add_sources({new.id: [Source("file", "/a.png", "a.png", {"b": "2"})]})
    assert catalog.revision() == revision + 1, "nothing new was said"
    assert catalog.files(below="/a") == ()
    assert catalog.files(below="/") == (FileSource(new.id, "/a.png"),)
