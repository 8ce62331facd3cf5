"""The catalog page through Streamlit's own test harness, and what it stands on."""

import csv
import io
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import streamlit as st

from pictrace.app.catalog import downloads as downloads_view
from pictrace.app.shared.open_catalog import PRIVATE, CatalogState, opened
from pictrace.catalog.records import Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import CatalogError, SourceError
from pictrace.indexing.index import Indexing
from pictrace.indexing.rebuild import count_missing_features
from pictrace.indexing.run import Failure
from pictrace.metrics import get_metric
from pictrace.output.documents import failures_csv
from pictrace.service.jobs import AddJob, RebuildJob, RefreshJob
from pictrace.service.uploads import Upload, Uploads, listing_of
from pictrace.service.workspaces import SHARED
from pictrace.sources.base import Item
from tests.app.page import Page
from tests.http_server import serve

pytestmark = pytest.mark.slow  # each test drives a whole page


@pytest.fixture
def items(photographs: dict[str, bytes]) -> list[Item]:
    broken = Item.of_bytes(b"no picture", Source("upload", "broken.jpg", "broken.jpg"))
    return [Item.of_bytes(data, Source("upload", name, name)) for name, data in photographs.items()] + [broken]


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[SqliteCatalog]:
    with closing(SqliteCatalog(tmp_path / "c.sqlite")) as catalog:
        yield catalog


def test_the_shared_catalog_is_shown_and_cannot_be_changed() -> None:
    app = Page.open("catalog")
    assert "Sample catalog" in app.texts
    assert "this one stays as it is" in app.texts
    app.browsing.picked = int(opened(SHARED).catalog.ids()[0])
    app.again()
    assert "pixels" in app.texts
    assert "Remove" not in app.buttons
    app.press("Search with this")
    assert app.search.picture is not None


def test_the_list_can_be_searched_and_paged() -> None:
    app = Page.open("catalog")
    page = app.number_input(key="page_Gallery_2")
    assert page.max == 2
    page.set_value(2).run()
    app.checked()
    app.text_input(key="catalog_text").set_value("coffee").run()
    assert "4 pictures, newest first" in app.texts
    app.text_input(key="catalog_text").set_value("100%_nothing").run()
    assert "No picture matches." in app.texts


def test_the_numbers() -> None:
    app = Page.open("catalog")
    app.choose("catalog_part", "Numbers")
    assert app.numbers()["Pictures"] == str(opened(SHARED).catalog.count())
    assert not app.table_with("Missing")["Missing"].any()


def adding() -> Page:
    return Page.open("catalog").choose("catalog_part", "Add pictures")


def test_what_one_adds_is_ones_own(photographs: dict[str, bytes]) -> None:
    app = adding().upload_all({"cup.png": photographs["coffee.png"], "broken.jpg": b"no picture"}, key="add")
    assert "0 new, 1 already here, 1 unreadable" in app.texts  # of the sample catalog
    app.press("Add to a catalog of my own")
    app.finished_job(AddJob)
    app.again()
    assert "1 added, 0 already here, 1 failed." in app.texts
    assert app.table_with("Picture")["Picture"].tolist() == ["broken.jpg"]
    assert "My catalog" in app.texts
    assert opened(SHARED).catalog.count() == 34
    app.press("Done")
    private = app.private
    assert private.catalog.count() == 1
    app.choose("catalog_part", "Pictures")
    app.browsing.picked = int(private.catalog.ids()[0])
    app.run()
    app.press("Remove")
    assert "To be removed: cup.png." in app.texts
    assert "1 picture, newest first; 1 of this page hidden, to be removed" in app.texts
    app.press("Undo")
    assert "hidden" not in app.texts
    assert private.catalog.count() == 1
    assert "To be removed" not in app.texts
    app.press("Remove")
    app.press("Remove now")
    assert "The catalog is empty." in app.texts
    app.press("Sample catalog")
    assert "Sample catalog" in app.texts


def test_links_are_counted_before_they_are_fetched() -> None:
    app = adding()
    app.text_area(key="add_links").set_value("https://example.com/a.jpg\n\n https://example.org/b.jpg ").run()
    assert "2 links to fetch" in app.texts


LEADING_INSIDE = (
    "http://127.0.0.1/a.jpg",
    "http://localhost/a.jpg",
    "http://nas/a.jpg",
    "http://[::1]/a.jpg",
    "http://0x7f.1/a.jpg",
)


def test_a_catalog_of_ones_own_may_be_compact(photographs: dict[str, bytes]) -> None:
    app = adding().upload(photographs["retina.jpg"], "eye.jpg", key="add")
    app.checkbox(key="add_compact").check().run()
    app.press("Add to a catalog of my own")
    app.finished_job(AddJob)
    app.again()
    assert "This catalog is compact. Not comparable in it: Colours (histogram)" in app.texts


def test_links_that_lead_inside_are_refused_before_anything_is_added() -> None:
    app = adding()
    app.text_area(key="add_links").set_value("\n".join([*LEADING_INSIDE, "https://example.org/b.jpg"])).run()
    assert "1 link to fetch, 5 links refused" in app.texts
    assert "127.0.0.1, a loopback address; only the public internet is fetched from" in app.texts
    app.text_area(key="add_links").set_value("\n".join(LEADING_INSIDE)).run()
    assert "to fetch" not in app.texts
    assert "Add to a catalog of my own" not in app.buttons


def test_what_fails_wholly_says_so_and_leaves_no_empty_catalog() -> None:
    with serve() as server:
        port = server.port
    app = adding()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PICTRACE_ALLOWED_HOSTS", f"127.0.0.1:{port}")  # where nobody answers any more
        app.text_area(key="add_links").set_value(f"http://127.0.0.1:{port}/a.jpg").run()
        app.press("Add to a catalog of my own")
        app.finished_job(AddJob)
        app.again()
    assert [one.value for one in app.error] == ["0 added, 0 already here, 1 failed."]
    assert not app.success
    assert "Sample catalog" in app.texts  # an empty one has not taken its place
    app.press("Done")
    assert app.catalogs.private is None
    assert "Sample catalog" in app.texts


def test_objects_of_s3_are_left_out_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PICTRACE_S3", raising=False)
    app = adding()
    app.text_area(key="add_links").set_value("s3://bucket/a.jpg\nhttps://example.org/b.jpg").run()
    assert "1 link to fetch" in app.texts
    assert "1 entry cannot be added" in app.texts


def test_a_writable_shared_catalog_takes_what_is_added(
    photographs: dict[str, bytes], catalog: SqliteCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PICTRACE_CATALOG", catalog.location)
    monkeypatch.setenv("PICTRACE_CATALOG_WRITABLE", "1")
    app = adding().upload(photographs["coffee.png"], "cup.png", key="add")
    app.press("Add to this catalog")
    app.finished_job(AddJob)
    assert catalog.count() == 1
    assert app.catalogs.private is None


# Beneath the page --------------------------------------------------------------------------------


def test_pages_of_a_catalog(catalog: SqliteCatalog, items: list[Item]) -> None:
    Indexing(catalog, items[:3]).run()
    Indexing(catalog, items[3:]).run()
    everything, total = catalog.page(limit=100)
    assert total == len(items) - 1
    assert set(everything) == set(catalog.ids().tolist())
    pages = [catalog.page(offset=start, limit=2)[0] for start in range(0, total, 2)]
    assert tuple(one for page in pages for one in page) == everything
    assert catalog.page(text="COFFEE")[1] == 1
    assert catalog.page(text="%")[1] == 0
    assert catalog.page(text="_")[1] == 0
    assert catalog.page(text="'; DROP TABLE pictures; --")[1] == 0
    later = {record.label for record in catalog.pictures(everything[: total - 3]).values()}
    assert later == {item.source.label for item in items[3:-1]}


def test_facts_of_a_catalog(catalog: SqliteCatalog, items: list[Item], photographs: dict[str, bytes]) -> None:
    assert catalog.facts().byte_count == 0
    Indexing(catalog, items).run()
    catalog.add_sources({int(catalog.ids()[0]): [Source("link", "https://example.org/twice.png")]})
    facts = catalog.facts()
    assert sum(facts.formats.values()) == sum(facts.megapixels.values()) == len(photographs)
    assert facts.byte_count == sum(len(data) for data in photographs.values())
    assert facts.repeated == 1


def test_a_copy_is_whole_while_others_write(catalog: SqliteCatalog, items: list[Item], tmp_path: Path) -> None:
    Indexing(catalog, items[:3]).run()
    with closing(sqlite3.connect(catalog.location, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        catalog.copy_to(tmp_path / "copy.sqlite")
        other.execute("ROLLBACK")
    with closing(SqliteCatalog(tmp_path / "copy.sqlite", must_exist=True)) as copy:
        assert copy.intact()
        assert copy.ids().tolist() == catalog.ids().tolist()
        assert copy.feature_counts() == catalog.feature_counts()


def test_the_list_is_a_table_that_cannot_run(catalog: SqliteCatalog, items: list[Item]) -> None:
    Indexing(catalog, [*items[:2], Item.of_bytes(items[2].data or b"", Source("upload", "=1+1"))]).run()
    rows = list(csv.DictReader(io.StringIO(downloads_view._list_of(catalog).decode("utf-8"))))
    assert len(rows) == 3
    assert {row["source"] for row in rows} >= {"'=1+1"}
    failure = Failure(Source("upload", "@sum"), "why")
    assert failures_csv([failure]).splitlines()[1] == "upload,'@sum,why"


def test_a_private_workspace_is_made_once_and_opens_with_its_first_picture(photographs: dict[str, bytes]) -> None:
    state = CatalogState()
    assert state.workspace() is opened(SHARED)
    first = state.workspace_to_add_to()
    assert first is state.workspace_to_add_to()
    assert state.workspace() is opened(SHARED)
    Indexing(first.catalog, [Item.of_bytes(photographs["coffee.png"], Source("upload", "cup.png"))], []).run()
    assert first is state.workspace_to_add_to()
    assert first is state.workspace()
    assert state.choice == PRIVATE
    first.catalog.close()


# Archives and tables -----------------------------------------------------------------------------


def zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def test_an_uploaded_archive_is_added(photographs: dict[str, bytes]) -> None:
    app = adding()
    data = zipped(
        {"a/cup.png": photographs["coffee.png"], "b/notes.txt": b"text", "../cat.png": photographs["chelsea.png"]}
    )
    app.upload(data, "holiday.zip", key="add_listing")
    assert "0 new, 2 already here, 0 unreadable" in app.texts  # the archive is looked into, without adding
    assert app.table_with("Entry")["Entry"].tolist() == ["holiday.zip!/b/notes.txt"]
    app.press("Add to a catalog of my own")
    job = app.finished_job(AddJob)
    assert job.progress.added == 2
    private = app.private
    addresses = {s.address for one in private.catalog.pictures(private.catalog.ids()).values() for s in one.sources}
    assert addresses == {"holiday.zip!/a/cup.png", "holiday.zip!/../cat.png"}


def uploaded(name: str, data: bytes) -> Upload:
    return KEPT.take(f"{name} {hash(data)}", name, memoryview(data))


KEPT = Uploads()


@pytest.mark.parametrize(("name", "data"), [("x.zip", b"no archive"), ("x.csv", b"a,b\n1,2\n"), ("x.exe", b"MZ")])
def test_a_listing_that_is_none_says_why(name: str, data: bytes) -> None:
    with pytest.raises(SourceError):
        listing_of(uploaded(name, data))
    app = adding()
    if name != "x.exe":  # the uploader itself refuses that one
        app.upload(data, name, key="add_listing")
        assert app.table_with("Entry")["Entry"].tolist() == [name]


PAGE = b"""<img src="/cup.png" alt="a cup"><img src="/logo.png"><img src="/gone.png" alt="gone">"""


def test_the_pictures_of_a_web_page_are_picked_and_added(
    photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve() as server:
        server.add("/gallery", PAGE, content_type="text/html")
        server.add("/cup.png", photographs["coffee.png"], content_type="image/png")
        monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", server.host)
        app = adding()
        app.text_input(key="page_address").set_value(server.url("/gallery"))
        app.press("Find pictures")
        assert not app.exception
        assert [link.alt for link in app.adding.found_links if not link.left_out] == ["a cup", "gone"]
        assert server.count("/cup.png") == 0
        assert "2 links to fetch" in app.texts
        app.press("Add to a catalog of my own")
        job = app.finished_job(AddJob)
        assert (job.progress.added, job.progress.failed) == (1, 1)


def test_a_web_page_that_must_not_be_read_is_refused() -> None:
    app = adding()
    app.text_input(key="page_address").set_value("http://127.0.0.1:9/gallery")
    app.press("Find pictures")
    assert "127.0.0.1" in app.texts
    assert app.adding.found_links == ()


# What one hands in, and what one opens ------------------------------------------------------------


def test_the_guessed_column_is_shown_and_can_be_corrected() -> None:
    app = adding()
    table = "url,shown_at\nhttps://example.org/a.jpg,https://example.org/page\n"
    app.upload(table.encode(), "list.csv", key="add_listing")
    choice = next(one for one in app.selectbox if one.label.startswith("Column of"))
    assert choice.value == "url"
    assert list(choice.options) == ["url", "shown_at"]
    choice.set_value("shown_at").run()
    assert not app.exception
    app.press("Add to a catalog of my own")
    job = app.job
    assert isinstance(job, AddJob)
    assert [item.url for item in job.items] == ["https://example.org/page"]
    job.stop()
    assert job.wait(30)


def test_a_guessed_encoding_is_shown_and_can_be_corrected() -> None:
    app = adding()
    app.upload("title,url\nŁódź,https://example.org/a.jpg\n".encode("cp1250"), "list.csv", key="add_listing")
    choice = next(one for one in app.selectbox if one.label.startswith("Encoding of"))
    assert choice.value == "cp1252"
    choice.set_value("cp1250").run()
    assert not app.exception
    app.press("Add to a catalog of my own")
    job = app.job
    assert isinstance(job, AddJob)
    assert [item.source.metadata for item in job.items] == [{"title": "Łódź"}]
    job.stop()
    assert job.wait(30)


def test_a_table_without_a_usual_column_asks_for_one(photographs: dict[str, bytes]) -> None:
    app = adding()
    app.upload(b"what,where\na,b\n", "list.csv", key="add_listing")
    choice = next(one for one in app.selectbox if one.label.startswith("Column of"))
    assert choice.value is None
    assert "Choose one above" in app.table_with("Entry")["Reason"][0]
    choice.set_value("where").run()
    assert "not read for a table" in app.table_with("Entry")["Reason"][0]


def test_an_uploaded_database_of_blobs_is_added(photographs: dict[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE people (name TEXT)")
        db.execute("CREATE TABLE goods (id INTEGER PRIMARY KEY, picture BLOB, spare BLOB, category TEXT)")
        rows = [(photographs["coffee.png"], b"none", "cups"), (photographs["rocket.jpg"], b"none", "rockets")]
        db.executemany("INSERT INTO goods (picture, spare, category) VALUES (?, ?, ?)", rows)
    app = adding()
    app.upload(path.read_bytes(), "shop.db", key="add_listing")
    tables = next(one for one in app.selectbox if one.label.startswith("Table of"))
    assert list(tables.options) == ["goods, 2 rows", "people, 0 rows"]
    app.press("Add to a catalog of my own")
    job = app.finished_job(AddJob)
    assert job.progress.added == 2
    private = app.private
    found = private.catalog.pictures(private.catalog.ids()).values()
    assert {source.metadata["category"] for one in found for source in one.sources} == {"cups", "rockets"}


def test_pictures_of_a_folder_that_the_owner_named(
    photographs: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cup.png").write_bytes(photographs["coffee.png"])
    monkeypatch.setenv("PICTRACE_FOLDERS", str(tmp_path))
    app = adding()
    app.choose("add_server_folder", tmp_path.resolve().as_posix())
    assert "1 to read" in app.texts
    app.press("Add to a catalog of my own")
    job = app.finished_job(AddJob)
    assert job.progress.added == 1


def test_a_catalog_in_the_owners_folder_is_opened_and_no_other(
    catalog: SqliteCatalog, items: list[Item], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Indexing(catalog, items[:2]).run()
    monkeypatch.setenv("PICTRACE_FOLDERS", str(tmp_path))
    app = Page.open("catalog")
    app.press("c")
    assert app.heading == "c"
    assert "2 pictures" in app.texts
    assert "this one stays as it is" in app.texts
    app.press("Sample catalog")
    assert app.heading == "Sample catalog"
    monkeypatch.setenv("PICTRACE_FOLDERS", "")
    with pytest.raises(CatalogError, match="not in a folder"):
        opened(catalog.location)


def test_a_disk_that_is_lost_is_warned_of_once(catalog: SqliteCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICTRACE_CATALOG", catalog.location)
    monkeypatch.setenv("PICTRACE_CATALOG_WRITABLE", "1")
    monkeypatch.setenv("PICTRACE_FLEETING", "1")
    app = Page.open("catalog")
    assert "is lost when this server restarts" in app.texts
    app.press("OK")
    assert not app.warning


def test_the_catalog_as_a_table(
    catalog: SqliteCatalog, photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source("upload", "cup.png", "cup.png", {"category": "cups", "Size": "large"})
    Indexing(catalog, [Item.of_bytes(photographs["coffee.png"], source)]).run()
    monkeypatch.setenv("PICTRACE_CATALOG", catalog.location)
    app = Page.open("catalog")
    app.choose("catalog_look", "Table")
    row = app.table_with("Title").iloc[0]
    assert (row["Title"], row["category"], row["Size"], row["Size (metadata)"]) == (
        "cup.png",
        "cups",
        "600 × 400",
        "large",
    )
    assert row["Picture"].startswith("data:image/jpeg;base64,")


def test_links_are_refreshed_on_the_page(
    photographs: dict[str, bytes], catalog: SqliteCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PICTRACE_CATALOG", catalog.location)
    monkeypatch.setenv("PICTRACE_CATALOG_WRITABLE", "1")
    with serve() as server:
        monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", server.host)
        for name in ("coffee.png", "chelsea.png", "rocket.jpg"):
            server.add(f"/{name}", photographs[name])
        Indexing(
            catalog, [Item.of_link(server.url(f"/{one}")) for one in ("coffee.png", "chelsea.png", "rocket.jpg")]
        ).run()
        server.add("/chelsea.png", photographs["camera.png"])
        server.add("/rocket.jpg", b"gone", status=404)
        app = Page.open("catalog")
        app.choose("catalog_part", "Links")
        assert [one.value for one in app.metric] == ["3", "3", "0", "0", "0"]
        app.press("Refresh links")
        app.finished_job(RefreshJob)
        app.run()
        assert "1 unchanged, 1 changed, 1 gone, 0 failed." in app.texts
        table = app.table_with("Link")
        assert dict(zip(table["Link"], table["State"], strict=True)) == {
            server.url("/chelsea.png"): "Changed",
            server.url("/rocket.jpg"): "Gone",
        }
    assert catalog.count() == 4
    app.press("Remove them")
    assert catalog.count() == 3
    app.press("Done")
    assert app.job is None


def catalog_of(photographs: dict[str, bytes], path: Path) -> SqliteCatalog:
    made = SqliteCatalog(path)
    kinds = {"astronaut.png": "people", "chelsea.png": "animals", "coffee.png": "things", "camera.png": "people"}
    items = [
        Item.of_bytes(photographs[name], Source("upload", name, name, {"category": kind}))
        for name, kind in kinds.items()
    ]
    Indexing(made, items).run()
    return made


def test_an_uploaded_catalog_becomes_ones_own(photographs: dict[str, bytes], tmp_path: Path) -> None:
    with closing(catalog_of(photographs, tmp_path / "mine.sqlite")) as mine:
        mine.add_sources({int(mine.ids()[0]): [Source("file", "/etc/passwd")]})
        mine.copy_to(tmp_path / "copy.sqlite")
        ids = mine.ids().tolist()
    app = adding()
    app.upload((tmp_path / "copy.sqlite").read_bytes(), "mine.sqlite", key="add_listing")
    assert "mine.sqlite: a PicTrace catalog of 4 pictures" in app.texts
    app.press("Add to a catalog of my own")
    app.finished_job(AddJob)
    app.run()
    assert "4 added, 0 already here, 0 failed." in app.texts
    private = app.private
    assert private.catalog.ids().tolist() == ids
    assert not count_missing_features(private.catalog)
    kinds = {source.kind for one in private.catalog.pictures(ids).values() for source in one.sources}
    assert "file" not in kinds  # so that no file of this server is ever read for it


def test_a_damaged_catalog_says_so(photographs: dict[str, bytes], tmp_path: Path) -> None:
    with closing(catalog_of(photographs, tmp_path / "mine.sqlite")) as mine:
        mine.copy_to(tmp_path / "copy.sqlite")
    data = bytearray((tmp_path / "copy.sqlite").read_bytes())
    data[20_000:60_000] = bytes(40_000)
    app = adding()
    app.upload(bytes(data), "mine.sqlite", key="add_listing")
    assert app.table_with("Entry")["Entry"].tolist() == ["mine.sqlite"]
    assert "pictrace-" not in app.table_with("Entry")["Reason"][0]  # where it lies on the server
    assert "Nothing chosen yet." in app.texts


def test_pictures_are_chosen_by_metadata_on_both_pages(
    photographs: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(catalog_of(photographs, tmp_path / "mine.sqlite")) as mine:
        monkeypatch.setenv("PICTRACE_CATALOG", mine.location)
        app = Page.open("catalog")
        app.choose("only_category", ["people"])
        assert "2 pictures, newest first" in app.texts
        app.go_to("search")
        assert app.multiselect(key="only_category").value == ["people"]
        app.upload(photographs["chelsea.png"], "cat.png")
        table = app.ranked
        assert len(table.ids) == 2
        app.choose("only_category", ["people", "animals"])
        table = app.ranked
        assert len(table.ids) == 3
        assert "--only category=people --only category=animals" in app.code[0].value
        app.choose("only_category", [])
        assert len(app.ranked.ids) == 4


def test_missing_features_are_made_on_the_page(
    photographs: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(catalog_of(photographs, tmp_path / "mine.sqlite")) as mine:
        key = get_metric("phash").feature_key
        assert mine.drop_features(key) == 4
        monkeypatch.setenv("PICTRACE_CATALOG", mine.location)
        monkeypatch.setenv("PICTRACE_CATALOG_WRITABLE", "1")
        app = Page.open("catalog")
        app.choose("catalog_part", "Numbers")
        app.press("Make the missing features")
        app.finished_job(RebuildJob)
        app.run()
        assert "Features made of 4 pictures, 0 failed." in app.texts
        assert mine.feature_counts()[key] == 4


def test_everything_can_be_taken_along(photographs: dict[str, bytes], tmp_path: Path) -> None:
    with closing(catalog_of(photographs, tmp_path / "mine.sqlite")) as mine:
        arrays = np.load(io.BytesIO(downloads_view._features_of(mine)), allow_pickle=False)
        key = get_metric("orb").feature_key
        assert arrays[f"{key}/ids"].tolist() == mine.ids().tolist()
        rows = list(csv.DictReader(io.StringIO(downloads_view._list_of(mine).decode("utf-8"))))
        assert sorted(row["category"] for row in rows) == ["animals", "people", "people", "things"]
        (tmp_path / "again.sqlite").write_bytes(downloads_view._copy_of(mine))
    with closing(SqliteCatalog(tmp_path / "again.sqlite", must_exist=True)) as again:
        assert again.count() == 4


def test_the_query_is_added_by_one_click(
    photographs: dict[str, bytes], catalog: SqliteCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PICTRACE_CATALOG", catalog.location)
    monkeypatch.setenv("PICTRACE_CATALOG_WRITABLE", "1")
    app = Page.open()
    app.upload(photographs["coffee.png"], "cup.png")
    app.press("Add it to the catalog")
    assert catalog.count() == 1
    assert "This exact file is in the catalog." in app.texts
    assert "Add it to the catalog" not in app.buttons
    monkeypatch.setenv("PICTRACE_CATALOG_WRITABLE", "0")
    st.cache_resource.clear()
    app = Page.open()
    app.upload(photographs["chelsea.png"], "cat.png")
    assert "Add it to the catalog" not in app.buttons
