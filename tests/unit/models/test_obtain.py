"""Getting a model over a real connection: whole or not at all, going on where it broke off."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
import shutil
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from pictrace import models
from pictrace.errors import DownloadError, ModelError, RefusedError
from pictrace.models import Model, find_model, model_path, obtain
from pictrace.web import files as download_file
from pictrace.web.policy import DownloadPolicy
from tests.http_server import Server, broken, serve

DATA = bytes(range(256)) * 4000  # 1 MB


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(models.MODELS_VARIABLE, str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def model(folder: Path, tiny_model_file: Path) -> Model:
    """Of the registry's kind; what it is made of is DATA."""
    found = find_model(str(tiny_model_file))
    digest = hashlib.sha256(DATA).hexdigest()
    return dataclasses.replace(found, path=None, file_name="m.onnx", sha256=digest, byte_count=len(DATA))


def policy(server: Server) -> DownloadPolicy:
    return DownloadPolicy(backoff_s=0.01, allowed_hosts=frozenset({server.host}))


def at(model: Model, *addresses: str) -> Model:
    return dataclasses.replace(model, addresses=addresses)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def ranged(etag: str = '"v1"', data: bytes = DATA, *, breaks: int = 0, seen: list[str] | None = None) -> Handler:
    """A server that knows ranges; the first ``breaks`` answers break off after 300,000 bytes."""
    left = [breaks]

    async def respond(request: web.Request) -> web.StreamResponse:
        wanted = request.headers.get("Range", "")
        if seen is not None:
            seen.append(wanted)
        start = int(wanted[6:-1]) if wanted and request.headers.get("If-Range") == etag else 0
        body = data[start:]
        response = web.StreamResponse(status=206 if start else 200, headers={"ETag": etag})
        response.content_length = len(body)
        if start:
            response.headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        await response.prepare(request)
        if left[0]:
            left[0] -= 1
            await response.write(body[:300_000])
            await asyncio.sleep(0.05)
            assert request.transport is not None
            request.transport.close()
            return response
        await response.write(body)
        return response

    return respond


def test_a_model_is_downloaded_verified_and_kept(model: Model, folder: Path) -> None:
    told: list[tuple[int, int]] = []
    with serve() as server:
        server.add("/cdn/m.onnx", ranged())
        address = server.add("/m.onnx", b"", status=302, Location="/cdn/m.onnx")
        chosen = at(model, address)
        found = obtain.obtain(chosen, policy=policy(server), progress=lambda *one: told.append(one))
        assert found == model_path(chosen) == folder / "m.onnx"
        assert found.read_bytes() == DATA
        assert told[-1] == (len(DATA), len(DATA))
        assert [done for done, _ in told] == sorted(done for done, _ in told)
        obtain.obtain(chosen, policy=policy(server))  # it is here: nobody is asked again
        assert server.count("/cdn/m.onnx") == 1
    assert {path.name for path in folder.iterdir()} == {"m.onnx", "m.onnx.lock"}


def test_it_goes_on_where_the_connection_broke(model: Model) -> None:
    seen: list[str] = []
    with serve() as server:
        address = server.add("/m.onnx", ranged(breaks=3, seen=seen))
        found = obtain.obtain(at(model, address), policy=policy(server))
    assert found.read_bytes() == DATA
    assert seen[0] == ""
    assert len(seen) == 4
    starts = [int(one[6:-1]) for one in seen[1:]]
    assert starts == sorted(starts)
    assert starts[0] > 0


def test_a_later_try_goes_on_and_another_file_begins_anew(model: Model, folder: Path) -> None:
    seen: list[str] = []
    with serve() as server:
        chosen = at(model, server.add("/m.onnx", ranged(seen=seen)))
        with pytest.raises(download_file.StoppedError, match="goes on from there"):
            obtain.obtain(chosen, policy=policy(server), stopped=_after(2))
        part = folder / "m.onnx.part"
        have = part.stat().st_size
        assert 0 < have < len(DATA)
        obtain.obtain(chosen, policy=policy(server))
        assert seen == ["", f"bytes={have}-"]
        assert (folder / "m.onnx").read_bytes() == DATA
        (folder / "m.onnx").unlink()
        part.write_bytes(b"x" * 1000)  # of another state, whose name was another
        part.with_name("m.onnx.part.json").write_text(json.dumps({"validator": '"v0"'}))
        obtain.obtain(chosen, policy=policy(server))
        assert seen[-1] == "bytes=1000-"
        assert (folder / "m.onnx").read_bytes() == DATA


def _after(pieces: int) -> Callable[[], bool]:
    left = [pieces]

    def stopped() -> bool:
        left[0] -= 1
        return left[0] < 0

    return stopped


def test_a_part_without_a_name_for_its_state_begins_anew(model: Model, folder: Path) -> None:
    folder.mkdir()
    (folder / "m.onnx.part").write_bytes(b"x" * 1000)
    seen: list[str] = []
    with serve() as server:
        obtain.obtain(at(model, server.add("/m.onnx", ranged(seen=seen))), policy=policy(server))
    assert seen == [""]
    assert (folder / "m.onnx").read_bytes() == DATA


def test_the_wrong_bytes_are_deleted(model: Model, folder: Path) -> None:
    with serve() as server:
        address = server.add("/m.onnx", ranged(data=DATA[:-1] + b"?"))
        with pytest.raises(ModelError, match="its SHA-256 is"):
            obtain.obtain(at(model, address), policy=policy(server))
    assert {path.name for path in folder.iterdir()} == {"m.onnx.lock"}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (ranged(data=DATA + b"more"), "has 1,024,004 bytes"),
        (ranged(data=DATA[:5000]), "has 5,000 bytes"),
        (broken(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"), "broke off at 5"),
        (broken(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"), "compressed"),
        (broken(b"this is no HTTP"), "valid HTTP"),
        (broken(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"), "403"),
        (broken(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\n\r\nabc"), "another part"),
    ],
    ids=["too long", "too short", "ends early", "gzip", "no http", "403", "206 unasked"],
)
def test_servers_that_do_not_give_it(answer: Handler, why: str, model: Model, folder: Path) -> None:
    with serve() as server:
        with pytest.raises(DownloadError, match=why) as raised:
            obtain.obtain(at(model, server.add("/m.onnx", answer)), policy=policy(server))
        assert "--file PATH" in str(raised.value)
    assert not (folder / "m.onnx").exists()


def test_a_server_that_stalls_is_left(model: Model) -> None:
    start = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nabc" % len(DATA)
    with serve() as server:
        address = server.add("/m.onnx", broken(start, hang_s=20))
        with pytest.raises(DownloadError, match=r"sent nothing for 0\.2 s"):
            obtain.obtain(at(model, address), policy=dataclasses.replace(policy(server), read_timeout_s=0.2))


def test_the_whole_has_a_time(model: Model) -> None:
    start = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nabc" % len(DATA)
    with serve() as server:
        address = server.add("/m.onnx", broken(start, hang_s=20))
        with pytest.raises(DownloadError, match="goes on from there"):
            obtain.obtain(at(model, address), policy=dataclasses.replace(policy(server), total_timeout_s=0.3))


def test_the_next_address_is_tried(model: Model) -> None:
    with serve() as server:
        good = server.add("/good.onnx", ranged())
        found = obtain.obtain(at(model, server.url("/none.onnx"), good), policy=policy(server))
    assert found.read_bytes() == DATA


def test_a_redirect_in_a_circle_is_noticed(model: Model) -> None:
    with serve() as server:
        address = server.add("/a", b"", 302, Location="/b")
        server.add("/b", b"", 302, Location="/a")
        with pytest.raises(DownloadError, match="redirects in a circle"):
            obtain.obtain(at(model, address), policy=policy(server))
        assert (server.count("/a"), server.count("/b")) == (1, 1)


def test_private_addresses_are_refused_behind_redirects_too(model: Model) -> None:
    with serve() as server:
        with pytest.raises(RefusedError):
            obtain.obtain(at(model, server.add("/m.onnx", ranged())), policy=DownloadPolicy())
        address = server.add("/away.onnx", b"", status=302, Location="http://10.1.2.3/m.onnx")
        with pytest.raises(RefusedError, match="redirects to a link that is not followed"):
            obtain.obtain(at(model, address), policy=policy(server))
        assert server.count("/m.onnx") == 0


def test_a_full_disk_is_told_before_anything_is_fetched(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 1000))
    with serve() as server:
        with pytest.raises(ModelError, match="0 MB are free"):
            obtain.obtain(at(model, server.add("/m.onnx", ranged())), policy=policy(server))
        assert server.requests == []


def test_two_at_once_do_not_clash(model: Model, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obtain, "LOCK_TIMEOUT_S", 0.05)
    begun, go = threading.Event(), threading.Event()

    def hold(done: int, total: int) -> None:
        begun.set()
        go.wait(10)

    with serve() as server:
        chosen = at(model, server.add("/m.onnx", ranged()))
        first = threading.Thread(
            target=obtain.obtain, args=(chosen,), kwargs={"policy": policy(server), "progress": hold}
        )
        first.start()
        assert begun.wait(10)
        with pytest.raises(ModelError, match="being downloaded already"):
            obtain.obtain(chosen, policy=policy(server))
        go.set()
        first.join(10)
    assert (folder / "m.onnx").read_bytes() == DATA


def test_a_file_of_this_machine_is_verified_likewise(model: Model, folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "brought.onnx"
    source.write_bytes(DATA[:-1] + b"?")
    with pytest.raises(ModelError, match="its SHA-256 is"):
        obtain.obtain_from_file(model, source)
    source.write_bytes(DATA[:100])
    with pytest.raises(ModelError, match="has 100 bytes"):
        obtain.obtain_from_file(model, source)
    with pytest.raises(ModelError, match="cannot be read"):
        obtain.obtain_from_file(model, tmp_path / "none.onnx")
    assert not folder.exists()
    source.write_bytes(DATA)
    assert obtain.obtain_from_file(model, source).read_bytes() == DATA
    assert source.exists()


def test_a_folder_that_cannot_be_made(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(models.MODELS_VARIABLE, str(tmp_path / "file" / "models"))
    (tmp_path / "m.onnx").write_bytes(DATA)
    with pytest.raises(ModelError, match="cannot be written"):
        obtain.obtain_from_file(model, tmp_path / "m.onnx")
