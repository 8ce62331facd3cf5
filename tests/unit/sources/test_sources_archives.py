"""ZIP archives, honest and hostile: real files, and some made by hand."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import SourceError
from pictrace.indexing.index import Indexing
from pictrace.metrics import get_metric
from pictrace.sources._zip_layout import count_entries
from pictrace.sources.archives import ArchiveLimits, read_zip
from pictrace.sources.base import Item, Listing
from pictrace.sources.listing import list_source

MIB = 1024**2


def zipped(entries: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return file.getvalue()


def patched(data: bytes, signature: bytes, offset: int, form: str, value: int, nth: int = 0) -> bytes:
    """The archive with one field of its nth header of that signature changed."""
    changed, place = bytearray(data), -1
    for _ in range(nth + 1):
        place = data.index(signature, place + 1)
    struct.pack_into(form, changed, place + offset, value)
    return bytes(changed)


CENTRAL, LOCAL, END = b"PK\1\2", b"PK\3\4", b"PK\5\6"


def loaded(item: Item) -> bytes:
    assert item.load is not None
    return item.load()


def reasons(listing: Listing) -> dict[str, str]:
    return {one.address.partition("!/")[2]: one.reason for one in listing.skipped}


# Honest --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_entries_are_items_that_load_when_they_are_wanted(method: int, tmp_path: Path) -> None:
    entries = {"b.png": b"b" * 100, "sub/ä.JPG": bytes(range(256)) * 1000, "sub/": b""}
    (tmp_path / "my.zip").write_bytes(zipped(entries, method))
    listing = list_source(str(tmp_path / "my.zip"))
    assert [item.source.address for item in listing.items] == ["my.zip!/b.png", "my.zip!/sub/ä.JPG"]
    assert {item.source.kind for item in listing.items} == {"archive"}
    assert [item.source.title for item in listing.items] == ["b.png", "ä.JPG"]
    assert all(item.keep_original and item.path is None and item.data is None for item in listing.items)
    assert [loaded(item) for item in listing.items] == [entries["b.png"], entries["sub/ä.JPG"]]
    assert listing.skipped == ()


def test_bytes_are_an_archive_too() -> None:
    (item,) = read_zip(zipped({"a.png": b"a"}), name="upload.zip").items
    assert (item.source.address, loaded(item)) == ("upload.zip!/a.png", b"a")


def test_archives_are_recognised_by_what_they_hold(tmp_path: Path) -> None:
    (tmp_path / "photos.cbz").write_bytes(zipped({"a.png": b"a"}))
    assert len(list_source(str(tmp_path / "photos.cbz")).items) == 1
    (tmp_path / "empty.zip").write_bytes(zipped({}))
    assert list_source(str(tmp_path / "empty.zip")) == Listing(())
    with pytest.raises(SourceError, match="has no columns"):
        list_source(str(tmp_path / "empty.zip"), column="path")


def test_an_archive_goes_into_a_catalog_with_its_originals(photographs: dict[str, bytes], tmp_path: Path) -> None:
    data = photographs["coffee.png"]
    (tmp_path / "my.zip").write_bytes(zipped({"coffee.png": data, "broken.png": b"no picture", "copy.png": data}))
    catalog = SqliteCatalog(tmp_path / "catalog.sqlite")
    try:
        run = Indexing(catalog, list_source(str(tmp_path / "my.zip")).items, [get_metric("phash")])
        progress = run.run()
        assert (progress.added, progress.known, progress.failed) == (1, 1, 1)
        assert [one.source.address for one in run.failures] == ["my.zip!/broken.png"]
        (picture_id,) = catalog.ids().tolist()
        assert catalog.original(picture_id) == data
    finally:
        catalog.close()


def test_many_threads_may_load_at_once(tmp_path: Path) -> None:
    entries = {f"{number}.png": bytes([number]) * 200_000 for number in range(40)}
    listing = read_zip(zipped(entries))
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(loaded, listing.items)) == list(entries.values())


def test_what_is_left_out_is_listed_with_its_reason() -> None:
    data = zipped(
        {
            "a.png": b"a",
            "__MACOSX/._a.png": b"",
            "@eaDir/b.png/SYNO_M.jpg": b"",
            "__MACOSX/._b.png": b"",
            ".hidden/b.png": b"",
            "sub/.b.png": b"",
            "notes.txt": b"",
            "more.zip": zipped({"c.png": b"c"}),
            "sub/more.TAR": b"",
            "": b"",
        }
    )
    listing = read_zip(data)
    assert [item.source.title for item in listing.items] == ["a.png"]
    hidden, archive = "It is a hidden file.", "It is an archive within the archive. Unpack it, and add it by itself."
    assert reasons(listing) == {
        "__MACOSX/._a.png": "It is left out as notes of an operating system, as 1 other like it. "
        "On the command line, --include GLOB takes it.",
        "@eaDir/b.png/SYNO_M.jpg": "It is left out as thumbnails of other programs. "
        "On the command line, --include GLOB takes it.",
        ".hidden/b.png": hidden,
        "sub/.b.png": hidden,
        "notes.txt": "Its name does not end like a picture's.",
        "more.zip": archive,
        "sub/more.TAR": archive,
        "": "Its name does not end like a picture's.",
    }


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_methods_are_listed(method: int) -> None:
    assert "Make the archive with Deflate" in reasons(read_zip(zipped({"a.png": b"a" * 100}, method)))["a.png"]


# Hostile -------------------------------------------------------------------------------------------


def test_names_are_labels_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["../../evil.png", "/etc/evil.png", "C:\\evil.png", "..\\..\\evil.png", "a/../../evil.png", "\\\\x\\e.png"]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.zip").write_bytes(zipped(dict.fromkeys(names, b"evil")))
    listing = list_source("my.zip")
    assert [item.source.address for item in listing.items] == [f"my.zip!/{name}" for name in names]
    assert [item.source.title for item in listing.items] == ["evil.png"] * 5 + ["e.png"]
    assert {loaded(item) for item in listing.items} == {b"evil"}
    assert [path.name for path in tmp_path.parent.rglob("*evil*.png")] == []
    assert [path.name for path in tmp_path.iterdir()] == ["my.zip"]


@pytest.mark.parametrize("claimed", [None, 10, 0xFFFFFFF0])
def test_a_bomb_is_stopped_by_what_it_really_inflates_to(claimed: int | None) -> None:
    data = zipped({"a.png": bytes(40 * MIB)})
    if claimed is not None:
        data = patched(patched(data, CENTRAL, 24, "<L", claimed), LOCAL, 22, "<L", claimed)
    (item,) = read_zip(data).items
    with pytest.raises(SourceError, match=r"200 times|damaged"):
        loaded(item)
    if claimed != 10:  # zipfile stops there by itself, and finds another checksum
        (item,) = read_zip(data, limits=ArchiveLimits(max_ratio=100_000)).items
        with pytest.raises(SourceError, match="larger than 32 MB"):
            loaded(item)


def test_small_plain_pictures_are_no_bombs() -> None:
    (item,) = read_zip(zipped({"a.bmp": bytes(MIB)})).items
    assert len(loaded(item)) == MIB


def test_all_entries_together_have_a_limit() -> None:
    listing = read_zip(
        zipped({f"{n}.png": bytes(1000) for n in range(4)}), limits=ArchiveLimits(max_total_bytes=2500), name="x.zip"
    )
    assert [len(loaded(item)) for item in listing.items[:2]] == [1000, 1000]
    for item in listing.items[2:]:
        with pytest.raises(SourceError, match=r"x\.zip inflates to more than"):
            loaded(item)


@pytest.mark.parametrize("value", [0, -1])
def test_limits_check_themselves(value: int) -> None:
    with pytest.raises(ValueError, match="max_ratio must be positive"):
        ArchiveLimits(max_ratio=value)


def test_entries_that_share_bytes_are_left_out() -> None:
    data = zipped({"a.png": b"a" * 100, "b.png": b"b" * 100, "c.png": b"c" * 100}, zipfile.ZIP_STORED)
    first, second, third = (data.index(LOCAL, place) for place in (0, 100, 200))
    assert first < second < third
    same = read_zip(patched(data, CENTRAL, 42, "<L", first, nth=1))
    assert [loaded(item) for item in same.items] == [b"c" * 100]
    assert set(reasons(same)) == {"a.png", "b.png"}
    assert "shares its bytes" in reasons(same)["a.png"]
    quoting = read_zip(patched(data, CENTRAL, 20, "<L", 150))  # the first claims the second's header as its data
    assert set(reasons(quoting)) == {"a.png", "b.png"}


def test_encrypted_entries_are_listed() -> None:
    data = zipped({"a.png": b"a", "b.png": b"b"})
    data = patched(patched(data, CENTRAL, 8, "<H", 1), LOCAL, 6, "<H", 1)
    listing = read_zip(data)
    assert [loaded(item) for item in listing.items] == [b"b"]
    assert "encrypted" in reasons(listing)["a.png"]


def test_damaged_entries_are_told() -> None:
    data = zipped({"a.png": b"a" * 100, "b.png": b"b" * 100}, zipfile.ZIP_STORED)
    flipped = bytearray(data)
    flipped[data.index(b"aaaa")] ^= 1
    first, second = read_zip(bytes(flipped)).items
    with pytest.raises(SourceError, match=r"damaged .*CRC"):
        loaded(first)
    assert loaded(second) == b"b" * 100
    deflated = bytearray(zipped({"a.png": bytes(range(256)) * 10}))
    deflated[40:60] = b"\xff" * 20
    with pytest.raises(SourceError, match="damaged"):
        loaded(read_zip(bytes(deflated)).items[0])


@pytest.mark.parametrize(
    ("offset", "value"), [(42, 7), (42, 5000), (20, 5000)], ids=["inside", "beyond the file", "longer than the file"]
)
def test_entries_that_are_not_where_they_should_be_are_listed(offset: int, value: int) -> None:
    data = zipped({"a.png": b"a" * 100, "b.png": b"b" * 100}, zipfile.ZIP_STORED)
    listing = read_zip(patched(data, CENTRAL, offset, "<L", value))
    assert [loaded(item) for item in listing.items] == [b"b" * 100]
    assert "not where the archive says" in reasons(listing)["a.png"]


def test_another_name_in_the_local_header_is_damage() -> None:
    data = zipped({"a.png": b"a"}).replace(b"a.png", b"x.png", 1)
    with pytest.raises(SourceError, match="damaged"):
        loaded(read_zip(data).items[0])


def test_too_many_entries_are_refused_whatever_the_count_claims() -> None:
    data = zipped({f"{n}.png": b"" for n in range(30)})
    for archive in (data, patched(data, END, 10, "<H", 1), data + b"rest"):
        with pytest.raises(SourceError, match="more than 29 entries"):
            read_zip(archive, limits=ArchiveLimits(max_entries=29))
    assert len(read_zip(data, limits=ArchiveLimits(max_entries=30)).items) == 30
    assert count_entries(io.BytesIO(data), 30) == 30
    assert count_entries(io.BytesIO(data), 1) == 2  # its directory is too large to be read


def test_large_archives_have_another_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 10)  # from where on zipfile writes it
    data = zipped({f"{n}.png": b"%d" % n for n in range(30)})
    assert b"PK\6\6" in data
    data = patched(data, END, 12, "<L", 0xFFFFFFFF)  # the size of the directory stands in the other one only
    assert count_entries(io.BytesIO(data), 30) == 30
    with pytest.raises(SourceError, match="more than 29 entries"):
        read_zip(data, limits=ArchiveLimits(max_entries=29))
    assert [loaded(item) for item in read_zip(data).items] == [b"%d" % n for n in range(30)]


@pytest.mark.parametrize("cut", [0, 4, 60, 150, -1])
def test_what_is_no_archive_is_said(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "my.zip"
    path.write_bytes(zipped({"a.png": b"a" * 100}, zipfile.ZIP_STORED)[:cut])
    with pytest.raises(SourceError, match=r"my\.zip is damaged or no ZIP archive"):
        list_source(str(path))
    with pytest.raises(SourceError, match="cannot be read"):
        read_zip(tmp_path / "none.zip")
