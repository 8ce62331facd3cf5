"""A catalog that lies behind a link or in a bucket, copied when the server starts."""

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from aiohttp import web

from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import CatalogError
from pictrace.service.fetched import local_copy
from pictrace.service.workspaces import SHARED, Workspaces
from tests.http_server import Server, serve


class Remote:
    """A server's file that may change, with ETags."""

    def __init__(self) -> None:
        self.data, self.tag, self.sent = b"", '"one"', 0

    async def answer(self, request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == self.tag:
            return web.Response(status=304)
        self.sent += request.method == "GET"
        return web.Response(body=self.data, headers={"ETag": self.tag})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    monkeypatch.setenv("PICTRACE_CACHE", str(tmp_path / "cache"))
    with serve() as running:
        monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", running.host)
        yield running


@pytest.fixture
def catalog(tmp_path: Path) -> bytes:
    with closing(SqliteCatalog(tmp_path / "made.sqlite")) as made:
        made.copy_to(tmp_path / "whole.sqlite")
    return (tmp_path / "whole.sqlite").read_bytes()


def test_it_is_fetched_once_for_each_state_of_the_file(server: Server) -> None:
    remote = Remote()
    link = server.add("/some/sofas+2026.sqlite", remote.answer)
    remote.data = b"first"
    copy = Path(local_copy(link))
    assert (copy.name, copy.read_bytes()) == ("sofas-2026.sqlite", b"first")
    local_copy(link)
    assert remote.sent == 1
    remote.data, remote.tag = b"second", '"two"'
    assert Path(local_copy(link)).read_bytes() == b"second"


def test_where_it_cannot_be_reached_the_one_of_before_is_used(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    link = server.add("/c.sqlite", b"catalog")
    local_copy(link)
    server.add("/c.sqlite", b"", status=404)
    with caplog.at_level(logging.WARNING, "pictrace"):
        assert Path(local_copy(link)).read_bytes() == b"catalog"
    assert "404" in caplog.text
    with pytest.raises(CatalogError, match="could not be fetched"):
        local_copy(server.url("/none.sqlite"))


def test_what_opens_a_link_is_told_to_nobody(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    remote = Remote()
    link = server.add("/c.sqlite", remote.answer) + "?signature=hush"
    with caplog.at_level(logging.DEBUG, "pictrace"):
        local_copy(link)
        server.add("/c.sqlite", b"", status=404)
        local_copy(link)
        with pytest.raises(CatalogError) as raised:
            local_copy(server.url("/none.sqlite?signature=hush"))
    assert "none.sqlite" in str(raised.value)
    assert "hush" not in f"{raised.value} {raised.value.__cause__} {caplog.text}"


def test_what_is_fetched_is_never_changed(server: Server, catalog: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICTRACE_CATALOG", server.add("/shop.sqlite", catalog))
    monkeypatch.setenv("PICTRACE_CATALOG_WRITABLE", "1")
    opened = Workspaces().open(SHARED)
    assert (opened.title, opened.writable) == ("shop", False)


def test_from_a_bucket(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("botocore")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url(""))
    monkeypatch.setenv("PICTRACE_S3_ANONYMOUS", "1")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    remote = Remote()
    remote.data = b"in a bucket"
    server.add("/shop/catalogs/all.sqlite", remote.answer)
    for _ in range(2):
        copy = Path(local_copy("s3://shop/catalogs/all.sqlite"))
        assert (copy.name, copy.read_bytes()) == ("all.sqlite", b"in a bucket")
    assert remote.sent == 1
