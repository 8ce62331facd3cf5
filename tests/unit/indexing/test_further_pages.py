"""Pages of documents and frames of animations are pictures of their own, wherever the file comes from."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pictrace.catalog.records import Source, digest, image_id
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.cli import main
from pictrace.errors import ImageError
from pictrace.images import pages
from pictrace.images.pages import count_pages, further_pages, page_at, page_of, without_page
from pictrace.images.reading import DecodeLimits, load, open_image
from pictrace.indexing.index import Indexing
from pictrace.indexing.prepare import original_bytes
from pictrace.indexing.refresh import Refresh
from pictrace.metrics.phash import PHash
from pictrace.sources.base import Item
from pictrace.sources.listing import list_source
from tests.http_server import Server

MakeCatalog = Callable[..., SqliteCatalog]

FAST = (PHash(),)
LIMITS = DecodeLimits()


def drawn(number: int, mode: str = "RGB") -> Image.Image:
    cells = np.random.default_rng(number).integers(0, 256, (5, 6, 3), np.uint8)
    return Image.fromarray(np.kron(cells, np.ones((10, 10, 1), np.uint8))).convert(mode)


def saved(form: str, pictures: Sequence[Image.Image], **options: Any) -> bytes:
    file = io.BytesIO()
    pictures[0].save(file, form, save_all=True, append_images=pictures[1:], **options)
    return file.getvalue()


def tiff(*numbers: int, **options: Any) -> bytes:
    return saved("TIFF", [drawn(one) for one in numbers], **options)


@pytest.fixture
def catalog(make_catalog: MakeCatalog) -> SqliteCatalog:
    return make_catalog()


def index(catalog: SqliteCatalog, items: Sequence[Item], **options: Any) -> Indexing:
    run = Indexing(catalog, items, FAST, **options)
    run.run()
    return run


def by_title(catalog: SqliteCatalog) -> dict[str, int]:
    return {record.sources[-1].title: one for one, record in catalog.pictures(map(int, catalog.ids())).items()}


@pytest.mark.parametrize(
    "options",
    [{}, {"compression": "tiff_lzw"}, {"compression": "tiff_deflate"}, {"compression": "packbits"}, {"big_tiff": True}],
)
def test_a_page_that_is_cut_out_has_the_pixels_of_the_page(options: dict[str, Any]) -> None:
    data = tiff(0, 1, 2, **options)
    cut = list(further_pages(data, 60, 50))
    assert ([one.name for one in cut], count_pages(data)) == (["page=2", "page=3"], (3, "page"))
    for number, page in enumerate(cut, start=1):
        assert isinstance(page.data, bytes)
        np.testing.assert_array_equal(load(page.data), np.asarray(drawn(number)))
        assert page_at(data, page.name) == page.data
        assert count_pages(page.data) == (1, "page")


def test_a_page_of_a_fax_is_cut_out() -> None:
    data = saved("TIFF", [drawn(one, "1") for one in range(2)], compression="group4")
    (page,) = further_pages(data, 60, 50)
    assert isinstance(page.data, bytes)
    np.testing.assert_array_equal(load(page.data)[..., 0], np.asarray(drawn(1, "1").convert("L")))


def test_smaller_copies_and_masks_are_no_pages() -> None:
    assert count_pages(tiff(0, 1, tiffinfo={254: 2})) == (2, "page")
    for purpose in (1, 4, 5):
        assert count_pages(tiff(0, 1, tiffinfo={254: purpose})) == (1, "page")


def test_directories_that_repeat_each_other_cost_little() -> None:
    """One of 4,000 fields, each as long as the file, which 9,000 others overlap."""
    field = struct.pack("<HHII", 1, 1, 1_000_000, 0)
    body = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 4000) + field * 4000 + bytes(4) + bytes(1_000_000)
    with pytest.raises(ImageError):
        page_at(body, "page=2")
    chained = bytearray(b"II*\0" + struct.pack("<I", 8))
    for place in range(9000):
        chained += struct.pack("<HHHII", 1, 256, 4, 1, 1) + struct.pack("<I", 8 + 18 * (place + 1))
    assert count_pages(bytes(chained)) == (9000, "page")


@pytest.mark.parametrize(("form", "options"), [("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {})])
def test_a_frame_has_the_pixels_of_the_frame(form: str, options: dict[str, Any]) -> None:
    data = saved(form, [drawn(one) for one in range(5)], **options)
    frames = list(further_pages(data, 60, 50))
    assert ([one.name for one in frames], count_pages(data)) == (["frame=3", "frame=5"], (5, "frame"))
    for number, frame in zip((2, 4), frames, strict=True):
        assert isinstance(frame.data, bytes)
        opened = open_image(frame.data)
        assert (opened.info.format, opened.info.width, opened.info.height) == (form, 60, 50)
        np.testing.assert_array_equal(opened.working(), np.asarray(drawn(number)))
        assert page_at(data, frame.name) == frame.data


def test_what_names_a_page() -> None:
    assert (without_page("/a/scan.tif#page=12"), page_of("/a/scan.tif#page=12")) == ("/a/scan.tif", "page=12")
    assert (without_page("/a/b#page=0"), page_of("/a/b#frame=x")) == ("/a/b#page=0", "")
    data = tiff(0, 1)
    for name in ("page=3", "frame=2", "page=999"):
        with pytest.raises(ImageError, match="has no"):
            page_at(data, name)


def test_a_frame_far_behind_costs_no_more_than_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    from pictrace.images import frames

    data = saved("GIF", [drawn(one) for one in range(9)])
    monkeypatch.setattr(frames, "MAX_WORK_PIXELS", 60 * 50 * 4)
    assert [one.name for one in further_pages(data, 60, 50)] == ["frame=2", "frame=4"]
    with pytest.raises(ImageError, match="behind too many others"):
        open_image(page_at(data, "frame=5"))


def test_pages_of_files_in_folders_tables_archives_and_uploads(catalog: SqliteCatalog, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "scan.tif").write_bytes(tiff(0, 1, 2))
    (folder / "table.csv").write_text("path,place\ntable.tif,Rome\n")
    (folder / "table.tif").write_bytes(tiff(3, 4))
    with zipfile.ZipFile(folder / "some.zip", "w") as archive:
        archive.writestr("in.tif", tiff(5, 6))
    items = [
        Item.of_file(folder / "scan.tif"),
        *list_source(str(folder / "table.csv")).items,
        *list_source(str(folder / "some.zip")).items,
        Item.of_bytes(tiff(7, 8), Source("upload", "up.tif", "up.tif")),
    ]
    run = index(catalog, items)
    assert (run.progress.added, run.progress.further, run.progress.total, run.failures) == (9, 5, 9, [])
    assert run.progress.further_told == "5 of them are further pages or frames"
    found = by_title(catalog)
    assert sorted(found) == sorted(
        [
            *("scan.tif", "scan.tif, page 2", "scan.tif, page 3", "table.tif", "table.tif, page 2"),
            *("in.tif", "in.tif, page 2", "up.tif", "up.tif, page 2"),
        ]
    )
    assert found["scan.tif"] == image_id(digest(tiff(0, 1, 2))), "the first page is the file"
    record = catalog.pictures([found["table.tif, page 2"]])[found["table.tif, page 2"]]
    assert (record.sources[0].address, record.metadata) == (
        f"{(folder / 'table.tif').resolve()}#page=2",
        {"place": ("Rome",)},
    )
    for title, number in (("scan.tif, page 3", 2), ("in.tif, page 2", 6), ("up.tif, page 2", 8)):
        data = original_bytes(catalog, found[title], LIMITS)
        np.testing.assert_array_equal(load(data), np.asarray(drawn(number)))
    again = index(catalog, items)
    assert (again.progress.added, again.progress.known, catalog.count()) == (0, 9, 9)


def test_frames_that_look_like_one_before_are_left_out(catalog: SqliteCatalog) -> None:
    still = saved("GIF", [drawn(0), drawn(0, "L").convert("RGB"), drawn(0)], duration=[10, 20, 30])
    items = [Item.of_bytes(still, Source("upload", "still.gif", "still.gif"))]
    assert count_pages(still)[0] == 3
    index(catalog, items)
    assert "still.gif, frame 3" not in by_title(catalog)
    moving = saved("GIF", [drawn(one) for one in range(3)])
    run = index(catalog, [Item.of_bytes(moving, Source("upload", "moving.gif", "moving.gif"))])
    assert (run.progress.added, run.progress.further) == (3, 2)
    again = index(catalog, [Item.of_bytes(moving, Source("upload", "moving.gif", "moving.gif"))])
    assert (again.progress.added, again.progress.known) == (0, 3)


def test_more_pages_than_are_read_are_told(catalog: SqliteCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    from pictrace.indexing import further

    for module in (pages, further):
        monkeypatch.setattr(module, "MAX_PAGES", 2)
    run = index(catalog, [Item.of_bytes(tiff(0, 1, 2), Source("upload", "long.tif"))])
    assert run.progress.added == 2
    assert [one.reason for one in run.failures] == [
        "It has 3 pages, of which the first 2 are read. Split it into smaller files."
    ]


def test_a_page_that_is_gone_from_its_file_has_changed(catalog: SqliteCatalog, tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    path.write_bytes(tiff(0, 1, 2))
    index(catalog, [Item.of_file(path)])
    path.write_bytes(tiff(0, 1))
    run = index(catalog, [Item.of_file(path)], covers=[str(path.resolve())], prune=True)
    assert (run.reconciled.counts["changed"], run.reconciled.removed) == (2, 2)
    assert sorted(by_title(catalog)) == ["scan.tif", "scan.tif, page 2"]
    path.unlink()
    refreshed = Refresh(catalog, prune=True)
    refreshed.run()
    assert (len(refreshed.files.gone), refreshed.removed) == (2, 2)


def test_pages_behind_a_link_change_with_it(
    catalog: SqliteCatalog, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", server.host)
    link = server.add("/scan.tif", tiff(0, 1, 2))
    run = index(catalog, [Item.of_link(link)])
    assert (run.progress.added, run.failures) == (3, [])
    assert sorted(one.source.address for one in catalog.links()) == [link, f"{link}#page=2", f"{link}#page=3"]
    unchanged = Refresh(catalog, metrics=FAST)
    unchanged.run()
    assert (unchanged.progress.total, unchanged.progress.unchanged) == (1, 1)
    server.add("/scan.tif", tiff(0, 9))
    changed = Refresh(catalog, metrics=FAST, prune=True)
    changed.run()
    assert (changed.progress.changed, changed.removed, catalog.count()) == (1, 3, 2)


def test_a_query_of_several_pages_is_told_and_each_can_be_named(
    catalog: SqliteCatalog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.tif").write_bytes(tiff(0, 1))
    (tmp_path / "b.png").write_bytes(saved("PNG", [drawn(1)]))
    a, b = str(tmp_path / "a.tif"), str(tmp_path / "b.png")
    main(["compare", a, b])
    assert f"{a}: It has 2 pages; the first is looked for." in capsys.readouterr().err
    assert main(["compare", f"{a}#page=2", b]) == 0
    said = capsys.readouterr()
    assert "unchanged" in said.out or "same picture" in said.out.lower()
    (no_network,) = said.err.splitlines()  # which the tests go without
    assert "look-alikes are left out" in no_network
