"""Visitors of a page see the end of a server's path, unless its owner shows all of it."""

import pytest

from pictrace.catalog.records import PictureRecord, Source
from pictrace.service.addresses import shown_address, shown_record


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/srv/people/anna/holiday/beach.jpg", "…/holiday/beach.jpg"),
        ("/beach.jpg", "…/beach.jpg"),
        ("/srv/photos.zip!/2020/beach.jpg", "…/2020/beach.jpg"),
        (r"C:\Users\anna\holiday\beach.jpg", "…/holiday/beach.jpg"),
        ("https://example.org/a/b/c/beach.jpg", "https://example.org/a/b/c/beach.jpg"),
        ("s3://bucket/a/b/beach.jpg", "s3://bucket/a/b/beach.jpg"),
        ("holiday/2020/beach.jpg", "holiday/2020/beach.jpg"),
    ],
)
def test_only_the_end_of_a_path_is_told(address: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown_address(address) == shown
    monkeypatch.setenv("PICTRACE_SHOW_PATHS", "1")
    assert shown_address(address) == address


def test_a_record_keeps_all_but_its_folders() -> None:
    sources = (Source("file", "/srv/a/b/c.jpg", "A title", {"year": "2020"}), Source("link", "https://example.org/c"))
    record = PictureRecord(1, bytes(32), "JPEG", 3, 2, 100, "2026-01-01T00:00:00", sources)
    shown = shown_record(record)
    assert [one.address for one in shown.sources] == ["…/b/c.jpg", "https://example.org/c"]
    assert (shown.label, shown.metadata, shown.id) == (record.label, record.metadata, 1)
