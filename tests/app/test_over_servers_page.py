"""The pages over several servers: the search with all its parts, silent servers by name, and what is elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from pictrace.app.shared.open_catalog import opened
from pictrace.catalog import open_catalog
from pictrace.catalog.records import Origin, Source
from pictrace.images.edits import crop
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import decode
from pictrace.indexing.index import Indexing
from pictrace.searching.presets import criteria_of
from pictrace.service.workspaces import SHARED
from pictrace.sources.base import Item
from tests.app.page import Page
from tests.servers import closed_port, serving


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory, photographs: dict[str, bytes]) -> Iterator[list[str]]:
    items = [Item.of_bytes(data, Source(Origin.UPLOAD, name)) for name, data in photographs.items()]
    folder = tmp_path_factory.mktemp("servers")
    with ExitStack() as stack:
        found = []
        for number in (0, 1):
            path = folder / f"{number}.sqlite"
            with closing(open_catalog(str(path), must_exist=False)) as catalog:
                Indexing(catalog, items[number::2]).run()
            found.append(stack.enter_context(serving(path)))
        yield found


@pytest.fixture(autouse=True)
def let_go(fresh_caches: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Connections end with the test."""
    monkeypatch.setenv("PICTRACE_CACHE", str(tmp_path))
    yield
    opened(SHARED).catalog.close()


def test_a_search_over_two_servers(
    addresses: list[str], photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PICTRACE_CATALOG", ",".join(addresses))
    app = Page.open().upload(encode_jpeg(crop(decode(photographs["chelsea.png"]), 0.7), quality=60))
    assert "Same picture: “chelsea.png" in app.texts
    assert "searched 6 pictures in" in app.texts
    assert "Best match, laid on it" in app.drawn
    table = app.ranked
    app.slide("w_orb", 0.5)
    assert app.ranked is table  # nothing was asked again
    best = table.ids[int(table.fused(criteria_of("balanced"))[0].argmax())]
    app.select(int(best))
    assert "evidence" in [one.key for one in app.segmented_control]
    assert "the original picture" not in app.texts
    for page in ("catalog", "duplicates", "tune"):
        assert "This catalog lies on other servers" in app.go_to(page).texts
    assert "Many searches" in app.texts
    assert "many_typed" in [one.key for one in app.text_area]


def test_a_silent_server_is_named(
    addresses: list[str], photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = closed_port()
    monkeypatch.setenv("PICTRACE_CATALOG", f"{addresses[0]},{dead}")
    name = dead.removeprefix("http://")
    app = Page.open()
    assert f"{name} is silent: it cannot be reached." in app.texts
    app.upload(encode_jpeg(decode(photographs["chelsea.png"])))
    assert "Not all of the catalog has answered." in app.texts
    assert f"{name} is silent (it cannot be reached): its pictures were not looked at." in app.texts


def test_no_server_at_all_is_no_empty_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    dead = closed_port()
    monkeypatch.setenv("PICTRACE_CATALOG", dead)
    app = Page.open()
    assert f"None of the servers answers ({dead.removeprefix('http://')}: it cannot be reached)" in app.texts
    assert "empty" not in app.texts
