"""Uploads leave Streamlit's memory as soon as nothing on the page refers to them."""

import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from pictrace.service.guard import REFUSED_UPLOAD
from pictrace.service.jobs import AddJob
from tests.app.page import Page


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The ids of the files that Streamlit keeps."""
    found: set[str] = set()
    add, remove = MemoryUploadedFileManager.add_file, MemoryUploadedFileManager.remove_file

    def added(self: MemoryUploadedFileManager, session_id: str, file: UploadedFileRec) -> None:
        found.add(file.file_id)
        add(self, session_id, file)

    def removed(self: MemoryUploadedFileManager, session_id: str, file_id: str) -> None:
        found.discard(file_id)
        remove(self, session_id, file_id)

    monkeypatch.setattr(MemoryUploadedFileManager, "add_file", added)
    monkeypatch.setattr(MemoryUploadedFileManager, "remove_file", removed)
    return found


def test_what_is_searched_with_is_kept_once(photographs: dict[str, bytes], held: set[str]) -> None:
    app = Page.open().upload(photographs["coffee.png"])
    assert app.search.picture is not None
    assert app.search.picture.data == photographs["coffee.png"]
    assert not held


def test_what_is_added_waits_on_disk(photographs: dict[str, bytes], held: set[str]) -> None:
    app = Page.open("catalog").choose("catalog_part", "Add pictures")
    app.upload_all({"cup.png": photographs["coffee.png"]}, key="add")
    assert len(held) == 1
    app.press("Add to a catalog of my own")
    assert not held
    job = app.finished_job(AddJob)
    assert [item.data for item in job.items] == [None]
    assert job.progress.added == 1


def test_what_is_left_on_another_page_is_let_go(photographs: dict[str, bytes], held: set[str]) -> None:
    app = Page.open("catalog").choose("catalog_part", "Add pictures")
    app.upload_all({"cup.png": photographs["coffee.png"]}, key="add")
    app.choose("catalog_part", "Pictures")
    assert not held


def test_an_upload_that_there_was_no_room_for_is_told() -> None:
    app = Page.open().upload(REFUSED_UPLOAD, "cup.png")
    assert "cup.png: The uploads of all visitors take as much memory as they may." in app.texts
    app.go_to("compare").upload(REFUSED_UPLOAD, key="compare_a_upload")
    assert "take as much memory as they may" in app.texts
    app.go_to("catalog").choose("catalog_part", "Add pictures")
    app.upload_all({"cup.png": REFUSED_UPLOAD}, key="add")
    assert "1 file was not taken." in app.texts
    assert "Nothing chosen yet." in app.texts
