"""Disks and files that refuse: a clear error, and nothing lost."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from pictrace.catalog import _connections
from pictrace.catalog.other import kind_of
from pictrace.catalog.records import Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import CatalogError
from pictrace.images.encoding import encode_png
from pictrace.indexing.index import Indexing
from pictrace.indexing.merge import Merge
from pictrace.metrics import get_metric
from pictrace.sources.base import Item
from tests.paths import ROOT

pytestmark = pytest.mark.slow  # processes of their own

MakeCatalog = Callable[..., SqliteCatalog]
FAST = [get_metric("phash")]
NOBODY = 65534


def item(number: int) -> Item:
    noise = np.random.default_rng(number).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    return Item.of_bytes(encode_png(noise), Source("upload", f"{number}.png", metadata={"number": str(number)}))


def filled(catalog: SqliteCatalog, *numbers: int) -> SqliteCatalog:
    Indexing(catalog, [item(number) for number in numbers], FAST).run()
    return catalog


def no_more_room(catalog: SqliteCatalog) -> None:
    with catalog._connections.borrow() as db:  # the only connection, which the next write takes again
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages}")


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that other users can reach, too; those of pytest are for its own user."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def as_nobody(code: str, *arguments: str) -> str:
    """What a program prints that may write nothing of ours: as another user, where we may write all."""
    root = str(ROOT)
    # Everything is imported before the rights are given up, as the packages may be for us alone.
    before = (
        f"import os, sys; sys.path.insert(0, {root!r})\n"
        "from pathlib import Path\nimport numpy, json, sqlite3, urllib.parse\n"
        "from pictrace.catalog.sqlite import SqliteCatalog; from pictrace.catalog.cache import FeatureCache\n"
        "from pictrace.catalog.other import kind_of; from pictrace.errors import *\n"
        "from pictrace.metrics import all_metrics, get_metric; from pictrace.cli import main\n"
        "from pictrace.cli._discovery import all_commands\n"
        "all_metrics(); [command.load() for command in all_commands()]\n"
        f"if os.geteuid() == 0: os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        "assert os.geteuid() != 0\n"
    )
    command = [sys.executable, "-c", before + code, *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert result.returncode == 0, result.stderr
    return result.stdout


# No room ---------------------------------------------------------------------------------------------


def test_a_full_disk_ends_a_run_and_keeps_what_was_done(make_catalog: MakeCatalog) -> None:
    catalog = filled(make_catalog(), 1)
    other = filled(make_catalog("other.sqlite"), *range(2, 40))
    revision = catalog.revision()
    no_more_room(catalog)
    with pytest.raises(CatalogError, match=r"no room left to write .*what was saved stays"):
        Indexing(catalog, [item(number) for number in range(2, 40)], FAST, workers=1).run()
    with pytest.raises(CatalogError, match="no room left"):
        Merge(catalog, Path(other.location), trust_files=False, metrics=FAST).run()
    assert (catalog.count(), catalog.revision()) == (1, revision)
    assert catalog.intact()
    catalog.close()
    again = make_catalog()  # there is room again
    assert Merge(again, Path(other.location), trust_files=False, metrics=FAST).run().added == 38


def test_a_file_that_may_not_grow(make_catalog: MakeCatalog) -> None:
    """The system itself refuses the bytes, as it does on a disk that is full or broken."""
    catalog = filled(make_catalog(), 1)
    catalog.close()
    size = Path(catalog.location).stat().st_size
    code = (
        "import resource, sys\n"
        "from pictrace.catalog.sqlite import SqliteCatalog; from pictrace.errors import CatalogError\n"
        "catalog = SqliteCatalog(sys.argv[1])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))\n"
        "from pictrace.catalog.records import NewPicture, digest\n"
        "big = NewPicture(digest(b'big'), 'PNG', 1, 1, 1, b't', (), bytes(2_000_000))\n"
        "try: catalog.add([big])\n"
        "except CatalogError as error: print(error)\n"
        "print(catalog.count())"
    )
    command = [sys.executable, "-c", code, catalog.location, str(size)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    message, count = result.stdout.splitlines()
    assert "what was saved stays" in message
    assert count == "1"
    again = make_catalog()
    assert (again.count(), again.intact()) == (1, True)
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY  # only over there


def test_a_copy_for_which_there_is_no_room(make_catalog: MakeCatalog, tmp_path: Path) -> None:
    catalog = filled(make_catalog(), 1)
    with pytest.raises(CatalogError):
        catalog.copy_to(tmp_path / "none" / "copy.sqlite")
    (tmp_path / "taken.sqlite").write_bytes(b"somebody's")
    with pytest.raises(CatalogError):
        catalog.copy_to(tmp_path / "taken.sqlite")
    assert (tmp_path / "taken.sqlite").read_bytes() == b"somebody's"


# Read-only -------------------------------------------------------------------------------------------

READS = """
catalog = SqliteCatalog(sys.argv[1], must_exist=True)
assert not catalog.writable
print(catalog.count(), len(catalog.metadata_names()), catalog.page(text="1.png")[1])
cache = FeatureCache(catalog)
print(len(cache.all([get_metric("phash")]).batches["phash"].rows))
with catalog.at_one_moment() as frozen: print(frozen.count())
for write in (lambda: catalog.remove(catalog.ids().tolist()), lambda: catalog.drop_features("phash-b64-v1")):
    try: write()
    except CatalogError as error: print(error)
print(catalog.count(), catalog.intact(), main(["info", "--catalog", sys.argv[1]]), kind_of(Path(sys.argv[1])).kind)
"""


@pytest.mark.parametrize("journal", ["wal", "delete"])
@pytest.mark.parametrize("folder_mode", [0o555, 0o777], ids=["read-only folder", "read-only file"])
def test_a_read_only_catalog_is_read(
    folder_mode: int, journal: str, open_to_all: Path, make_catalog: MakeCatalog
) -> None:
    catalog = filled(make_catalog(), 1, 2, 3)
    catalog.close()
    folder = open_to_all / "shared"
    folder.mkdir()
    path = folder / "catalog # 1?.sqlite"
    shutil.copy(catalog.location, path)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute(f"PRAGMA journal_mode = {journal}").fetchone() == (journal,)
    path.chmod(0o444)
    folder.chmod(folder_mode)
    before = path.read_bytes()
    try:
        lines = as_nobody(READS, str(path)).splitlines()
    finally:
        folder.chmod(0o755)
    assert lines[:3] == ["3 1 1", "3", "3"]
    assert all("cannot be written" in line and "permissions" in line for line in lines[3:5])
    assert lines[5].startswith("3 pictures")
    assert lines[-1] == "3 True 0 catalog"
    assert path.read_bytes() == before


def test_a_catalog_that_its_owner_goes_on_writing_is_followed(open_to_all: Path) -> None:
    """What is read for immutable is looked at again when the file has changed."""
    folder = open_to_all / "shared"
    folder.mkdir()
    with closing(SqliteCatalog(folder / "catalog.sqlite")) as catalog:
        filled(catalog, 1)
    folder.chmod(0o755)
    code = "catalog = SqliteCatalog(sys.argv[1])\nprint(catalog.count(), flush=True)\ninput()\nprint(catalog.count())\n"
    root = str(ROOT)
    before = (
        f"import os, sys, urllib.parse; sys.path.insert(0, {root!r})\nfrom pictrace.catalog import SqliteCatalog\n"
        f"if os.geteuid() == 0: os.setgid({NOBODY}); os.setuid({NOBODY})\n"
    )
    if os.geteuid() != 0:
        pytest.skip("only root has another user at hand, who may not write what root may")
    command = [sys.executable, "-c", before + code, str(folder / "catalog.sqlite")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        with closing(SqliteCatalog(folder / "catalog.sqlite")) as catalog:
            filled(catalog, 2, 3)
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "3\n"


def test_what_was_written_last_is_not_left_out_silently(open_to_all: Path, make_catalog: MakeCatalog) -> None:
    """A catalog that was copied while it was in use, to where nothing can be written."""
    catalog = filled(make_catalog(), 1, 2)
    folder = open_to_all / "shared"
    folder.mkdir()
    for end in ("", "-wal"):
        shutil.copy(f"{catalog.location}{end}", folder / f"catalog.sqlite{end}")
    assert (folder / "catalog.sqlite-wal").stat().st_size
    for one in folder.iterdir():
        one.chmod(0o444)
    folder.chmod(0o555)
    code = (
        "for opened in (lambda: SqliteCatalog(sys.argv[1]), lambda: kind_of(Path(sys.argv[1]))):\n"
        "    try: print(opened())\n"
        "    except CatalogError as error: print(error)\n"
    )
    try:
        lines = as_nobody(code, str(folder / "catalog.sqlite")).splitlines()
    finally:
        folder.chmod(0o755)
    assert all("catalog.sqlite-wal" in line and "Copy both files" in line for line in lines)
    assert len(lines) == 2


@pytest.mark.parametrize("what", ["new", "older", "unreadable", "behind a door"])
def test_what_cannot_be_made_or_read_says_so(what: str, open_to_all: Path, make_catalog: MakeCatalog) -> None:
    folder = open_to_all / "shared"
    folder.mkdir()
    path = folder / "catalog.sqlite"
    if what != "new":
        catalog = filled(make_catalog(), 1)
        catalog.close()
        shutil.copy(catalog.location, path)
        path.chmod(0o000 if what == "unreadable" else 0o444)
    if what == "older":
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("DROP TABLE identity")
            db.execute("PRAGMA user_version = 1")
    folder.chmod(0o500 if what == "behind a door" else 0o555)
    code = "try: SqliteCatalog(sys.argv[1])\nexcept CatalogError as error: print(error)"
    try:
        (line,) = as_nobody(code, str(path)).splitlines()
    finally:
        folder.chmod(0o755)
    told = {
        "new": "cannot be opened",
        "older": "older PicTrace",
        "unreadable": "cannot be opened",
        "behind a door": "cannot be read",
    }
    assert told[what] in line
    assert str(path) in line


# In use ----------------------------------------------------------------------------------------------

HOLD = (
    "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
    "db.execute(sys.argv[2]).fetchall(); db.execute('BEGIN EXCLUSIVE')\n"
    "print('held', flush=True); input(); db.execute('ROLLBACK')"
)


@pytest.mark.parametrize("locking", ["NORMAL", "EXCLUSIVE"])
def test_a_file_that_another_program_holds(
    locking: str, make_catalog: MakeCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_connections, "BUSY_TIMEOUT_S", 0.05)
    catalog = filled(make_catalog(), 1)
    catalog.close()
    command = [sys.executable, "-c", HOLD, catalog.location, f"PRAGMA locking_mode = {locking}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        if locking == "EXCLUSIVE":  # not even reading
            with pytest.raises(CatalogError, match="by another program"):
                SqliteCatalog(catalog.location)
        else:
            held = make_catalog(must_exist=True)
            assert held.count() == 1
            for write in (lambda: filled(held, 2), lambda: held.drop_features("phash-b64-v1")):
                with pytest.raises(CatalogError, match="by another program"):
                    write()
            held.close()
        process.stdin.write("\n")
        process.stdin.flush()
    again = make_catalog(must_exist=True)
    assert (again.count(), again.intact()) == (1, True)
    assert filled(again, 2).count() == 2
    assert kind_of(Path(again.location)).pictures == 2
