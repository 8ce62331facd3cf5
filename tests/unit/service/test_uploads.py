"""What somebody uploads: kept while it is needed, and not trusted."""

from pathlib import Path

import pytest

from pictrace.service.uploads import Upload, Uploads, listing_of


def test_an_upload_is_kept_once_and_goes_with_its_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    uploads = Uploads()
    first = uploads.take("1", "../../etc/my list.CSV", memoryview(b"url\nhttps://example.org/a.jpg\n"))
    assert uploads.take("1", "other.csv", memoryview(b"")) is first
    assert first.path.is_relative_to(tmp_path)
    assert first.path.name == "my_list.csv"
    assert [item.url for item in uploads.listing(first).items] == ["https://example.org/a.jpg"]
    assert uploads.listing(first) is uploads.listing(first)
    del uploads
    assert not list(tmp_path.iterdir())


def test_a_table_cannot_read_files_of_the_server(
    photographs: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "allowed").mkdir()
    (tmp_path / "allowed" / "cup.png").write_bytes(photographs["coffee.png"])
    table = f"path,kind\n/etc/passwd,x\n{tmp_path}/allowed/cup.png,y\nhttps://example.org/a.jpg,z\n../up.png,w\n"
    uploads = Uploads()
    upload = uploads.take("1", "t.csv", memoryview(table.encode()))
    listing = listing_of(upload)
    assert [item.url for item in listing.items] == ["https://example.org/a.jpg"]
    assert listing.column == "path"
    assert len(listing.skipped) == 3
    assert all("not read for a table" in one.reason for one in listing.skipped)
    monkeypatch.setenv("PICTRACE_FOLDERS", str(tmp_path / "allowed"))
    allowed = listing_of(upload)
    assert [item.path for item in allowed.items if item.path] == [tmp_path / "allowed" / "cup.png"]
    outside = f"path\n{tmp_path}/allowed/../secret.png\n"
    assert listing_of(uploads.take("2", "t.csv", memoryview(outside.encode()))).items == ()


def test_a_long_table_is_neither_copied_nor_told_row_by_row(tmp_path: Path) -> None:
    table = tmp_path / "long.csv"
    rows = [f"https://example.org/{one}.jpg\n/etc/{one}.jpg\n" for one in range(1500)]
    table.write_text("".join(["url\n", *rows]))
    listing = listing_of(Upload("1", "long.csv", table))
    assert not isinstance(listing.items, tuple), "items are made when they are read"
    assert len(listing.items) == 1500
    assert [listing.items[place].url for place in (0, -1)] == [f"https://example.org/{one}.jpg" for one in (0, 1499)]
    assert len(listing.skipped) == 1001
    assert listing.skipped[-1].address == "500 more"
