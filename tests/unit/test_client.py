"""The client against the API in a process of its own."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from aiohttp import web

from pictrace.api.access import new_token
from pictrace.catalog.records import Origin, Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.client.asynchronous import AsyncClient
from pictrace.client.client import Client
from pictrace.errors import ApiError
from pictrace.indexing.index import Indexing
from pictrace.sources.base import Item
from tests.api_process import api_process
from tests.http_server import Server, broken
from tests.paths import ROOT

pytestmark = pytest.mark.slow  # a process of its own

TOKEN, ENTRY = new_token("client", writes=True)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, photographs: dict[str, bytes]) -> Iterator[str]:
    path = tmp_path_factory.mktemp("served") / "catalog.sqlite"
    names = ("chelsea.png", "rocket.jpg")
    with closing(SqliteCatalog(path)) as catalog:
        Indexing(catalog, [Item.of_bytes(photographs[name], Source(Origin.UPLOAD, name)) for name in names]).run()
    with api_process(path, {"PICTRACE_API_TOKENS": ENTRY}) as served:
        yield served


def test_the_client_does_all_that_the_api_does(address: str, photographs: dict[str, bytes], tmp_path: Path) -> None:
    cat = tmp_path / "cat.png"
    cat.write_bytes(photographs["chelsea.png"])
    with Client(address, TOKEN) as client:
        assert client.ready().status == "ready"
        found = client.search(cat, top=1, weights={"orb": 1.0}, settings={"orb": {"ratio": 0.8}})
        (best,) = found.matches
        assert (best.source, best.metrics["orb"].similarity, found.query.source) == ("chelsea.png", 1.0, "cat.png")
        assert found.criteria.settings == {"orb": {"ratio": 0.8}}
        assert client.search(best.id, region="percent:0,0,50,50").matches[0].id == best.id
        assert client.compare(cat, best.id).diagnosis.relation == "identical"
        assert client.compare(best.id, photographs["rocket.jpg"]).diagnosis.relation == "unrelated"
        assert client.compare(best.id, best.id).score == 1.0
        added = client.add(photographs["retina.jpg"], title="An eye", metadata={"kind": "eye"})
        assert added.added
        assert client.image(added.image.id) == added.image
        assert client.original(added.image.id) == photographs["retina.jpg"]
        assert client.thumbnail(added.image.id)[:3] == b"\xff\xd8\xff"
        assert [one.title for one in client.images(only={"kind": ["eye"]})] == ["An eye"]
        assert len({one.id for one in client.images()}) == client.page(limit=1).total == client.stats().images
        client.remove(added.image.id)
        job = client.add_source(links=["http://127.0.0.1/a.jpg"])
        states = list(client.follow(job.id))
        assert (states[-1].state, states[-1].progress.failed) == ("done", 1)
        assert client.job(job.id).state == "done"
        client.stop(job.id)
        with pytest.raises(ApiError) as gone:
            client.job(job.id)
        assert (gone.value.status, gone.value.kind, len(gone.value.request_id)) == (404, "not-found", 16)
        assert client.duplicates(level="scene").groups == []
        assert "orb" in {one.name for one in client.metrics().metrics}


def test_the_documents_example_works(
    address: str,
    photographs: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "cat.png").write_bytes(photographs["chelsea.png"])
    (tmp_path / "eye.jpg").write_bytes(photographs["retina.jpg"])
    monkeypatch.chdir(tmp_path)
    block = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text("utf-8"), re.DOTALL)
    assert block is not None
    exec(block[1].replace("http://127.0.0.1:8501/api/v1", address), {"TOKEN": TOKEN})  # noqa: S102 (our own document)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "This exact file is in the catalog."
    assert lines[1] == "1.00  chelsea.png"


def test_without_a_token_it_is_told(address: str) -> None:
    with Client(address) as client, pytest.raises(ApiError) as refused:
        client.stats()
    assert (refused.value.status, refused.value.kind) == (401, "token-needed")


def test_a_server_that_has_enough_to_do_is_asked_again(server: Server) -> None:
    waited: list[float] = []
    busy = b'{"type":"x#too-many-requests","title":"","status":429,"detail":"wait","request_id":"1"}'

    async def answer(_: web.Request) -> web.StreamResponse:
        if len(waited) < 2:
            return web.Response(body=busy, status=429, headers={"Retry-After": "7"})
        return web.json_response({"status": "ready", "version": "1"})

    server.add("/ready", answer)

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def asked(tries: int) -> str:
        waited.clear()
        async with AsyncClient(server.url(""), tries=tries, sleep=sleep) as client:
            return (await client.ready()).status

    assert asyncio.run(asked(3)) == "ready"
    assert waited == [7, 7]
    with pytest.raises(ApiError, match="wait"):
        asyncio.run(asked(2))


def test_what_breaks_off_is_asked_again(server: Server) -> None:
    break_off = broken(b"", reset=True)

    async def answer(request: web.Request) -> web.StreamResponse:
        if server.count("/sources") == 1:
            return await break_off(request)
        return web.Response(status=409, text="asked again")

    server.add("/sources", answer)
    server.add("/search", break_off)
    with Client(server.url("")) as client:
        with pytest.raises(ApiError, match="answered 409"):
            client.add_source(links=["http://127.0.0.1/a.jpg"])
        with pytest.raises(ApiError, match="does not answer"):
            client.search(1)
    assert (server.count("/sources"), server.count("/search")) == (2, 3)
    assert len({headers["Idempotency-Key"] for path, headers in server.requests if path == "/sources"}) == 1


@pytest.mark.parametrize("body", [b"<html>", b'{"status": 5}'])
def test_what_is_no_api_is_told(server: Server, body: bytes) -> None:
    server.add("/ready", body)
    with Client(server.url("")) as client, pytest.raises(ApiError, match="none of PicTrace's"):
        client.ready()
    with Client("http://127.0.0.1:1/api/v1") as client, pytest.raises(ApiError, match="does not answer"):
        client.ready()
