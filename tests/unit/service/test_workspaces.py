"""Open catalogs, without a page: each is opened once, whoever asks, and private ones by their token alone."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pictrace.catalog import open_catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import CatalogError
from pictrace.service import workspaces as module
from pictrace.service.background import Later
from pictrace.service.workspaces import SAMPLE, SHARED, Workspace, Workspaces, delete_private, new_private, open_private
from tests.watching import Watch


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the owner's with six catalogs."""
    for number in range(6):
        open_catalog(str(tmp_path / f"c{number}.sqlite"), must_exist=False).close()
    monkeypatch.setenv("PICTRACE_FOLDERS", str(tmp_path))
    return tmp_path


def test_a_visitor_has_the_server_connect_to_no_database(
    folder: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)  # so that the address, taken for a relative path, lies in the owner's folder
    watch.on(module, "open_catalog")
    for address in ("postgresql://me:secret@10.0.0.1/db", "POSTGRES://10.0.0.1/db"):
        with pytest.raises(CatalogError, match="opens no catalog in PostgreSQL") as raised:
            Workspaces().open(address)
        assert "secret" not in str(raised.value)
    assert watch.calls == []


def test_a_catalog_is_opened_once_by_any_number_of_threads(folder: Path, watch: Watch) -> None:
    watch.on(module, "open_catalog")
    workspaces, location = Workspaces(), str(folder / "c0.sqlite")
    assert not workspaces.is_open(location)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(workspaces.open, [location] * 24))
    assert len({id(one) for one in found}) == 1
    assert watch.calls == ["open_catalog"]
    assert workspaces.is_open(location)
    assert (found[0].title, found[0].writable, found[0].token) == ("c0", False, "")


def test_the_shared_one_is_the_owners_or_the_sample(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspaces = Workspaces()
    assert workspaces.open(SHARED) is workspaces.open(SAMPLE)
    assert workspaces.is_open(SHARED)
    monkeypatch.setenv("PICTRACE_CATALOG", str(folder / "c1.sqlite"))
    monkeypatch.setenv("PICTRACE_CATALOG_WRITABLE", "1")
    assert not workspaces.is_open(SHARED)
    shared = workspaces.open(SHARED)
    assert (shared.title, shared.writable, shared.completed) == ("c1", True, True)
    assert workspaces.open(SAMPLE) is not shared


def test_what_a_catalog_needs_is_made_when_it_is_wanted_and_once(folder: Path) -> None:
    made: list[str] = []
    catalog = open_catalog(str(folder / "c0.sqlite"))
    workspace = Workspace(catalog, FeatureCache(catalog), "c0", preparing=Later(lambda: made.append("made"), "test"))
    assert made == []
    workspace.prepare()
    workspace.wait()
    workspace.wait()
    assert made == ["made"]


def test_what_is_wanted_later_begins_by_itself_or_sooner_and_once() -> None:
    begun, made = threading.Event(), []
    soon = Later(begun.set, "test")
    soon.begin_after(0.01)
    assert begun.wait(10)
    late = Later(lambda: made.append("made"), "test")
    late.begin_after(0.05)
    late.begin().wait()
    late.begin_after(0)
    late.begin().wait()
    assert made == ["made"]


def test_what_could_not_be_made_is_told_by_whoever_waits_for_it(folder: Path) -> None:
    def fail() -> None:
        raise CatalogError("The disk is full.")

    catalog = open_catalog(str(folder / "c0.sqlite"))
    workspace = Workspace(catalog, FeatureCache(catalog), "c0", preparing=Later(fail, "test"))
    workspace.prepare()
    with pytest.raises(CatalogError, match="The disk is full"):
        workspace.wait()


def test_what_fails_is_tried_again(folder: Path) -> None:
    workspaces, location = Workspaces(), str(folder / "later.sqlite")
    with pytest.raises(CatalogError, match="no catalog at"):
        workspaces.open(location)
    open_catalog(location, must_exist=False).close()
    assert workspaces.open(location).title == "later"


def test_only_some_are_kept_open(folder: Path) -> None:
    workspaces = Workspaces()
    places = [str(folder / f"c{number}.sqlite") for number in range(6)]
    for place in [*places, places[3]]:
        workspaces.open(place)
    assert [workspaces.is_open(place) for place in places] == [False, False, True, True, True, True]


def test_no_other_folder_is_read(folder: Path, make_catalog: Callable[..., SqliteCatalog]) -> None:
    elsewhere = folder.parent / "elsewhere.sqlite"
    open_catalog(str(elsewhere), must_exist=False).close()
    link = folder / "link.sqlite"
    link.symlink_to(elsewhere)
    for place in (elsewhere, link, folder / ".." / "elsewhere.sqlite"):
        with pytest.raises(CatalogError, match="not in a folder"):
            Workspaces().open(str(place))


def test_a_private_one_is_opened_by_its_token_alone() -> None:
    mine = new_private()
    assert (mine.writable, mine.completed) == (True, True)
    assert oct(Path(mine.catalog.location).parent.stat().st_mode & 0o777) == "0o700"
    again = open_private(mine.token)
    assert again is not None
    assert again.catalog.identity == mine.catalog.identity
    again.catalog.close()
    for token in ("", "../../etc/passwd", "0" * 32, mine.token.upper() + "x"):
        assert open_private(token) is None
        delete_private(token)
    mine.catalog.close()
    delete_private(mine.token)
    assert open_private(mine.token) is None


def test_old_private_catalogs_are_deleted_when_a_new_one_is_made(own_cache: Path) -> None:
    folder = own_cache / "private"
    folder.mkdir(exist_ok=True)
    old, recent = folder / "old.sqlite", folder / "recent.sqlite"
    for path in (old, recent):
        path.write_bytes(b"x")
    long_ago = time.time() - 2 * module.KEPT_S
    os.utime(old, (long_ago, long_ago))
    mine = new_private()
    assert not old.exists()
    assert recent.exists()
    recent.unlink()
    mine.catalog.close()
    delete_private(mine.token)


@pytest.mark.parametrize("how", ["exchanged", "overwritten"])
def test_a_catalog_that_was_replaced_is_opened_anew(how: str, folder: Path) -> None:
    workspaces, location = Workspaces(), str(folder / "c0.sqlite")
    before = workspaces.open(location)
    identity = before.catalog.identity
    if how == "exchanged":
        (folder / "c1.sqlite").replace(location)
    else:
        Path(location).write_bytes((folder / "c1.sqlite").read_bytes())
    after = workspaces.open(location)
    assert after is not before
    assert after.catalog.identity != identity
    assert workspaces.open(location) is after
    with pytest.raises(CatalogError):
        before.catalog.count()


def test_a_catalog_that_is_gone_is_told(folder: Path) -> None:
    workspaces, location = Workspaces(), str(folder / "c0.sqlite")
    workspaces.open(location)
    Path(location).unlink()
    with pytest.raises(CatalogError, match="There is no catalog at"):
        workspaces.open(location)
