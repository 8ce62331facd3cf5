"""What the network may ask of the app's server, and what every answer tells the browser."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pictrace.service.guard import REFUSED_UPLOAD, Guard, Guarded, Message, Receive, Scope, Send

UPLOAD = "/_stcore/upload_file/session/file"


async def inside(scope: Scope, receive: Receive, send: Send) -> None:
    """The app that is guarded: it answers whatever it is asked."""
    del receive
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"Referrer-Policy", b"unsafe-url")]})
    await send({"type": "http.response.body", "body": b"inside"})


def ask(
    settings: Guarded | None = None,
    path: str = "/",
    *,
    host: str | None = "localhost:8501",
    method: str = "GET",
    kind: str = "http",
    held: int = 0,
    **headers: str,
) -> tuple[int, dict[str, str], str]:
    """(status, headers, text) of the answer; of a websocket, 101 where it was accepted."""
    sent: list[Message] = []
    pairs = [(b"host", host.encode())] if host is not None else []
    pairs += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": kind, "path": path, "method": method, "headers": pairs}

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    guard = Guard(inside, lambda: settings or Guarded(), lambda: held)
    asyncio.run(guard(scope, receive, send))
    if kind == "websocket":
        return (101 if sent[0]["type"] == "websocket.accept" else 403), {}, ""
    told = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    assert len(told) == len(sent[0]["headers"])
    return sent[0]["status"], told, sent[1]["body"].decode()


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8501", "app.localhost", "127.0.0.1:8501", "[::1]:8501", "192.168.1.7", "LOCALHOST."],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_names_of_this_computer_and_addresses_are_served(host: str, kind: str) -> None:
    assert ask(host=host, kind=kind)[0] in {200, 101}


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.example#localhost",
        "localhost@evil.example",
        "localhost:x",
        "localhost/..",
        "",
        None,
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_a_name_that_was_made_to_lead_here_is_refused(host: str | None, kind: str) -> None:
    assert ask(host=host, kind=kind)[0] in {421, 403}


def test_the_owner_names_further_hosts() -> None:
    some = Guarded(hosts=("App.Example.org.", "*.intranet.example"))
    served = {host: ask(some, host=host)[0] for host in ("app.example.org", "a.intranet.example", "intranet.example")}
    assert served == {"app.example.org": 200, "a.intranet.example": 200, "intranet.example": 421}
    assert ask(Guarded(hosts=("*",)), host="evil.example")[0] == 200


def test_two_hosts_are_none() -> None:
    assert ask(Host="evil.example")[0] == 421


def test_every_answer_tells_the_browser_what_it_may_do() -> None:
    for answer in (ask(), ask(host="evil.example"), ask(path="/_stcore/metrics")):
        headers = answer[1]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["content-security-policy"].startswith("frame-ancestors 'self';")
    framed = ask(Guarded(framed_by="https://*.example.org"))[1]["content-security-policy"]
    assert framed.startswith("frame-ancestors https://*.example.org;")


def test_the_statistics_are_shut_unless_one_has_the_token() -> None:
    path, opener = "/app/_stcore/metrics", "long and random"
    opened = Guarded(metrics_token=opener)
    assert ask(path=path)[0] == 404
    assert ask(path=path, authorization="Bearer ")[0] == 404
    assert ask(opened, path)[0] == 404
    assert ask(opened, path, authorization="Bearer wrong")[0] == 404
    assert ask(opened, path, authorization="Bearer long and random")[0] == 200


def test_uploads_take_no_more_than_they_may() -> None:
    few = Guarded(upload_bytes=100)
    assert ask(few, UPLOAD, method="PUT", held=40, content_length="60")[0] == 200
    assert ask(few, UPLOAD, method="PUT", held=40, content_length="61")[0] == 507
    assert ask(few, UPLOAD, method="PUT")[0] == 411
    assert ask(few, UPLOAD, method="PUT", content_length="-1")[0] == 411
    assert ask(few, UPLOAD, method="DELETE", held=1000)[0] == 200


FORM = b'--limit\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n%s\r\n--limit--\r\n'


@pytest.mark.parametrize("cuts", [(), (3,), (40, 75), (77, 78, 500)])
def test_the_app_gets_a_note_in_place_of_an_upload_beyond_them(cuts: tuple[int, ...]) -> None:
    """In whatever pieces the request comes."""
    body = FORM % (b"picture" * 200)
    ends = [*cuts, len(body)]
    pieces = [body[start:end] for start, end in zip([0, *cuts], ends, strict=True)]
    heard: list[bytes] = []
    statuses: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        heard.append((await receive())["body"])
        assert dict(scope["headers"])[b"content-length"] == str(len(heard[0])).encode()
        assert (await receive())["type"] == "http.disconnect"
        await inside(scope, receive, send)

    async def receive() -> Message:
        if not pieces:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: Message) -> None:
        statuses.append(message.get("status", 0))

    head = [(b"host", b"localhost"), (b"content-length", str(len(body)).encode())]
    scope = {"type": "http", "path": UPLOAD, "method": "PUT", "headers": head}
    asyncio.run(Guard(app, lambda: Guarded(upload_bytes=100), lambda: 90)(scope, receive, send))
    assert heard == [FORM % REFUSED_UPLOAD]
    assert statuses[0] == 200


def test_uploads_under_way_count() -> None:
    async def both() -> list[int]:
        statuses: list[int] = []
        hold = asyncio.Event()

        async def slow(scope: Scope, receive: Receive, send: Send) -> None:
            hold.set() if scope["path"].endswith("second") else await hold.wait()
            await inside(scope, receive, send)

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
                hold.set()

        guard = Guard(slow, lambda: Guarded(upload_bytes=100), lambda: 0)
        head = [(b"host", b"localhost"), (b"content-length", b"60")]
        scopes = [
            {"type": "http", "path": UPLOAD + name, "method": "PUT", "headers": head} for name in ("first", "second")
        ]

        async def receive() -> Message:
            return {}

        await asyncio.gather(*(guard(scope, receive, send) for scope in scopes))
        await guard(scopes[0], receive, send)  # both have ended
        return statuses

    assert asyncio.run(both()) == [507, 200, 200]
