"""Downloads from a real server on loopback that behaves well, badly and very badly."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gzip
import itertools
import random
import shutil
import socket
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import AddrInfoType, web

from pictrace.errors import DownloadError, RefusedError
from pictrace.web import http
from pictrace.web.fetch import Download, Fetched, NotModified, fetch, fetch_async, fetch_many
from pictrace.web.policy import DownloadPolicy, open_socket
from pictrace.web.validators import Validators
from tests.http_server import Handler, Server, broken, serve

PICTURE = random.Random(7).randbytes(300_000)  # noqa: S311 (repeatable, no secret)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"


def policy_for(server: Server, **settings: float) -> DownloadPolicy:
    """Short times; repeats come fast."""
    limits = {
        "max_bytes": 1_000_000, "connect_timeout_s": 1, "read_timeout_s": 1, "total_timeout_s": 5, "backoff_s": 0.001,
    }  # fmt: skip
    return DownloadPolicy(**{**limits, **settings}, allowed_hosts=frozenset({server.host}))  # type: ignore[arg-type]


def failure(url: str, policy: DownloadPolicy) -> DownloadError:
    """The error of a download that must fail, whose message must be fit to be shown."""
    with pytest.raises(DownloadError) as raised:
        fetch(url, policy)
    assert type(raised.value) in (DownloadError, RefusedError)
    assert str(raised.value).endswith(".")
    assert len(str(raised.value)) < 400
    return raised.value


def in_turn(*answers: Handler) -> Handler:
    """A handler for each request; the last one answers all further requests."""
    left = list(answers)

    async def respond(request: web.Request) -> web.StreamResponse:
        return await (left.pop(0) if len(left) > 1 else left[0])(request)

    return respond


def answer(status: int = 200, body: bytes = b"", **headers: str) -> Handler:
    async def respond(_: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, body=body, headers=named)

    return respond


# What works.


def test_a_picture_arrives_whole(server: Server) -> None:
    url = server.add(
        "/cat.png",
        PICTURE,
        Content_Type="Image/PNG; charset=binary",
        ETag='"abc"',
        Last_Modified="Wed, 21 Oct 2015 07:28:00 GMT",
    )
    assert fetch(f"{url}#part", policy_for(server)) == Download(
        url=f"{url}#part",
        final_url=url,
        data=PICTURE,
        content_type="image/png",
        etag='"abc"',
        last_modified="Wed, 21 Oct 2015 07:28:00 GMT",
        charset="binary",
    )


def test_headers_that_are_missing_or_broken_do_no_harm(server: Server) -> None:
    url = server.add("/a", broken(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nETag: \xe4\xff\r\n\r\nok"))
    found = fetch(url, policy_for(server))
    assert (found.data, found.content_type, found.last_modified) == (b"ok", "", "")
    assert found.etag == "??"


def test_a_request_tells_no_more_than_it_must(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    url = server.add("/hop", answer(302, Location="/cat", Set_Cookie="id=1; Path=/"))
    server.add("/cat", b"cat")
    fetch(url, policy_for(server))
    assert [path for path, _ in server.requests] == ["/hop", "/cat"]
    for _, headers in server.requests:
        assert set(headers) == {"Host", "User-Agent", "Accept", "Accept-Encoding"}
        assert headers["User-Agent"].startswith("PicTrace/")


def test_a_proxy_of_the_environment_is_not_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{proxy.host}")
        url = server.add("/cat", b"cat")
        assert fetch(url, policy_for(server)).data == b"cat"
        assert proxy.requests == []


def test_a_body_of_exactly_the_limit_is_accepted(server: Server) -> None:
    url = server.add("/a", bytes(1000))
    assert len(fetch(url, policy_for(server, max_bytes=1000)).data) == 1000
    assert "larger" in str(failure(url, policy_for(server, max_bytes=999)))


def test_a_compressed_body_is_decoded(server: Server) -> None:
    url = server.add("/a", gzip.compress(PICTURE), Content_Encoding="gzip")
    assert fetch(url, policy_for(server)).data == PICTURE


# Answers with a status.


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (204, "answered 204, no content."),
        (206, "answered 206, partial content."),
        (304, "answered 304, not modified."),
        (400, "answered 400, bad request."),
        (401, "It wants a login"),
        (403, "answered 403, forbidden."),
        (404, "answered 404, not found. Check the link."),
        (410, "answered 410, gone. Check the link."),
        (418, "answered 418"),
        (499, "answered 499. Check the link."),
        (501, "answered 501, not implemented. Try again later."),
        (520, "answered 520. Try again later."),
    ],
)
def test_a_status_is_named_and_not_asked_for_again(server: Server, status: int, said: str) -> None:
    url = server.add("/a", answer(status))
    assert said in str(failure(url, policy_for(server)))
    assert server.count("/a") == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_trouble_is_asked_for_again(server: Server, status: int) -> None:
    url = server.add("/a", in_turn(answer(status), answer(status), answer(200, b"cat")))
    assert fetch(url, policy_for(server, retries=2)).data == b"cat"
    assert server.count("/a") == 3


@pytest.mark.parametrize(("retries", "requests"), [(0, 1), (1, 2), (3, 4)])
def test_a_lasting_trouble_is_given_up(server: Server, retries: int, requests: int) -> None:
    url = server.add("/a", answer(429))
    assert "answered 429, too many requests. Try again later." in str(failure(url, policy_for(server, retries=retries)))
    assert server.count("/a") == requests


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that a download makes, without their length."""
    made: list[float] = []

    async def pause(seconds: float) -> None:  # not asyncio's own, which loops in other threads go by, too
        made.append(seconds)

    monkeypatch.setattr("pictrace.web.fetch._pause", pause)
    return made


def test_pauses_double_with_some_chance(server: Server, pauses: list[float]) -> None:
    url = server.add("/a", answer(503))
    for _ in range(3):
        failure(url, policy_for(server, retries=3, total_timeout_s=30, backoff_s=0.5))
    for number, pause in enumerate(pauses):
        assert 0.25 * 2 ** (number % 3) <= pause <= 0.5 * 2 ** (number % 3)
    assert len(set(pauses)) == len(pauses) == 9


@pytest.mark.parametrize(("status", "told"), [(429, "7"), (503, "7"), (429, "date")])
def test_retry_after_is_honoured(server: Server, pauses: list[float], status: int, told: str) -> None:
    if told == "date":
        told = format_datetime(datetime.now(UTC) + timedelta(seconds=8), usegmt=True)
    url = server.add("/a", in_turn(answer(status, Retry_After=told), answer(200, b"cat")))
    assert fetch(url, policy_for(server, total_timeout_s=30)).data == b"cat"
    assert len(pauses) == 1
    assert 6 < pauses[0] <= 8


@pytest.mark.parametrize("told", ["3600", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_retry_after_beyond_the_total_time_ends_it_at_once(server: Server, pauses: list[float], told: str) -> None:
    url = server.add("/a", answer(503, Retry_After=told))
    assert "answered 503" in str(failure(url, policy_for(server)))
    assert server.count("/a") == 1
    assert pauses == []


@pytest.mark.parametrize("told", ["", "soon", "-5", "1.5", "٣", "Wed, 21 Oct 2015 07:28:00 GMT", "nan"])
def test_a_senseless_retry_after_is_ignored(server: Server, pauses: list[float], told: str) -> None:
    url = server.add("/a", in_turn(answer(503, Retry_After=told), answer(200, b"cat")))
    assert fetch(url, policy_for(server)).data == b"cat"
    assert pauses[0] <= 0.001


@pytest.mark.parametrize(
    ("status", "retries"), [(204, 2), (302, 2), (401, 2), (404, 2), (410, 2), (429, 1), (503, 0), (520, 2)]
)
def test_an_error_carries_its_status(server: Server, status: int, retries: int) -> None:
    url = server.add("/a", answer(status))
    hop = server.add("/hop", answer(302, Location="/a"))
    assert failure(url, policy_for(server, retries=retries)).status == status
    assert failure(hop, policy_for(server, retries=retries)).status == status


def test_an_error_without_an_answer_has_no_status(server: Server) -> None:
    with serve() as closed:
        pass
    assert failure(closed.url("/"), policy_for(closed)).status is None
    assert failure("http://10.0.0.1/", DownloadPolicy()).status is None
    assert failure(server.add("/a", bytes(1000)), policy_for(server, max_bytes=999)).status is None


@pytest.mark.parametrize(
    ("status", "body", "picture", "page"),
    [
        (200, bytes(2000), "Use a smaller picture.", "Save the page's pictures and add them instead."),
        (401, b"", "login; save the picture and upload it", "login; save the page's pictures and add them"),
        (403, b"", "not give this picture to programs", "not give this page to programs; save the page's"),
    ],
)
def test_advice_fits_what_was_wanted(server: Server, status: int, body: bytes, picture: str, page: str) -> None:
    url = server.add("/a", answer(status, body))
    limits = policy_for(server, max_bytes=1000)
    assert picture in str(failure(url, limits))
    told = str(failure(url, dataclasses.replace(limits, wanted="page")))
    assert page in told
    assert "smaller picture" not in told


@pytest.mark.parametrize(
    ("header", "kind", "charset"),
    [
        ("text/html", "text/html", ""),
        ("Text/HTML;charset=Shift_JIS", "text/html", "shift_jis"),
        ('text/html; v=1; charset = "UTF-8"; x', "text/html", "utf-8"),
        ("text/html; charset=;", "text/html", ""),
        ("text/html; xcharset=a", "text/html", ""),
        ("text/html; charset=" + "a" * 500, "text/html", "a" * 40),
        ("", "", ""),
    ],
)
def test_the_charset_is_read_from_the_content_type(server: Server, header: str, kind: str, charset: str) -> None:
    sent = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: " + header.encode() + b"\r\n\r\nok"
    found = fetch(server.add("/a", broken(sent)), policy_for(server))
    assert (found.content_type, found.charset) == (kind, charset)


# Asking for what changed.

DATE = "Wed, 21 Oct 2015 07:28:00 GMT"


def versioned(body: bytes, **headers: str) -> Handler:
    """A handler that answers 304 to whoever sends back one of its validators."""

    async def respond(request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        asked = {request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")}
        if asked & {named.get("ETag", "-"), named.get("Last-Modified", "-")}:
            return web.Response(status=304)
        return web.Response(body=body, headers=named)

    return respond


@pytest.mark.parametrize(
    "headers", [{"ETag": 'W/"abc"'}, {"Last_Modified": DATE}, {"ETag": '""', "Last_Modified": DATE}]
)
def test_what_did_not_change_is_not_sent_again(server: Server, headers: dict[str, str]) -> None:
    url = server.add("/a", versioned(b"cat", **headers))
    first = fetch(url, policy_for(server))
    found = fetch(f"{url}#part", policy_for(server), validators=first.validators)
    assert found == NotModified(f"{url}#part", url, first.validators)
    server.add("/a", versioned(b"dog", ETag='"new"', Last_Modified="Thu, 22 Oct 2015 07:28:00 GMT"))
    changed = fetch(url, policy_for(server), validators=first.validators)
    assert isinstance(changed, Download)
    assert changed.data == b"dog"
    assert changed.validators == Validators(url, '"new"', "Thu, 22 Oct 2015 07:28:00 GMT")


def test_a_304_may_bring_new_validators(server: Server) -> None:
    url = server.add("/a", answer(304, ETag='"b"'))
    found = fetch(url, policy_for(server), validators=Validators(url, '"a"', DATE))
    assert found == NotModified(url, url, Validators(url, '"b"', DATE))


@pytest.mark.parametrize(("status", "expected"), [(404, 404), (500, 500), (412, 412)])
def test_other_answers_to_a_question_are_errors_as_ever(server: Server, status: int, expected: int) -> None:
    url = server.add("/a", answer(status))
    with pytest.raises(DownloadError) as raised:
        fetch(url, policy_for(server, retries=1), validators=Validators(url, '"a"'))
    assert raised.value.status == expected


def test_validators_are_sent_to_the_address_that_gave_them_alone(server: Server) -> None:
    url = server.add("/hop", answer(302, Location="/one"))
    server.add("/one", versioned(b"cat", ETag='"1"'))
    server.add("/two", versioned(b"dog", ETag='"1"'))  # another address may count its versions in the same way
    known = fetch(url, policy_for(server)).validators
    assert known.address == server.url("/one")
    server.requests.clear()
    assert isinstance(fetch(url, policy_for(server), validators=known), NotModified)
    assert [(path, "If-None-Match" in headers) for path, headers in server.requests] == [
        ("/hop", False),
        ("/one", True),
    ]
    server.add("/hop", answer(302, Location="/two"))
    found = fetch(url, policy_for(server), validators=known)
    assert isinstance(found, Download)
    assert found.data == b"dog"


@pytest.mark.parametrize(
    "etag",
    ["", "*", "abc", '"a", "b"', '"a"b"', '"a"\r\nX-Injected: 1', '"a\n"', '"ä"', '"\ud800"', '"' + "a" * 2000 + '"'],
)
def test_validators_that_mean_something_else_are_not_sent(server: Server, etag: str) -> None:
    url = server.add("/a", b"cat")
    for known in (Validators(url, etag, ""), Validators(url, "", etag), Validators(url, "", f"{DATE}\n")):
        found = fetch(url, policy_for(server), validators=known)
        assert isinstance(found, Download)
    for _, headers in server.requests:
        assert set(headers) == {"Host", "User-Agent", "Accept", "Accept-Encoding"}


def test_a_304_that_nobody_asked_for_is_an_error(server: Server) -> None:
    url = server.add("/a", answer(304))
    with pytest.raises(DownloadError) as raised:
        fetch(url, policy_for(server), validators=Validators(url, "*", ""))
    assert raised.value.status == 304


# Redirects.


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/dir/cat.jpg", "{base}/dir/cat.jpg", "//{host}/dir/cat.jpg", "dir/cat.jpg#x"])
def test_a_redirect_is_followed(server: Server, status: int, location: str) -> None:
    location = location.format(base=server.url(""), host=server.host)
    url = server.add("/a", answer(status, Location=location))
    server.add("/dir/cat.jpg", b"cat")
    found = fetch(url, policy_for(server))
    assert (found.url, found.final_url, found.data) == (url, server.url("/dir/cat.jpg"), b"cat")


def test_a_redirect_with_spaces_and_letters_of_the_world_is_followed(server: Server) -> None:
    location = "/my cät.jpg".encode()
    url = server.add("/a", broken(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"))
    server.add("/my cät.jpg", b"cat")
    assert fetch(url, policy_for(server)).final_url == server.url("/my%20c%C3%A4t.jpg")


def test_as_many_redirects_as_allowed_and_no_more(server: Server) -> None:
    for number in range(3):
        server.add(f"/{number}", answer(302, Location=f"/{number + 1}"))
    server.add("/3", b"cat")
    assert fetch(server.url("/0"), policy_for(server, max_redirects=3)).data == b"cat"
    assert "redirects over 2 times" in str(failure(server.url("/0"), policy_for(server, max_redirects=2)))
    assert "redirects over 0 times" in str(failure(server.url("/0"), policy_for(server, max_redirects=0)))


def test_a_redirect_in_a_circle_is_noticed(server: Server) -> None:
    server.add("/a", answer(302, Location="/b"))
    server.add("/b", answer(302, Location="/a#again"))
    assert "in a circle" in str(failure(server.url("/a"), policy_for(server)))
    assert [path for path, _ in server.requests] == ["/a", "/b"]


@pytest.mark.parametrize("headers", [{}, {"Location": ""}])
def test_a_redirect_to_nowhere_is_an_error(server: Server, headers: dict[str, str]) -> None:
    url = server.add("/a", answer(302, b"", **headers))
    assert "answered 302, found, but not where to." in str(failure(url, policy_for(server)))


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:{port}/",
        "http://127.1/",
        "http://0x7f000001/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "//192.168.0.1/",
        "http://127.0.0.1/",
        "http://127.0.0.1:22/",
        "http://me:secret@{host}/",
        "file:///etc/passwd",
        "ftp://{host}/",
        "data:image/png;base64,AAAA",
        "http://[::1",
        "/a\tb",
        "/\xe4",
    ],
)
def test_a_redirect_is_checked_like_a_link(server: Server, location: str) -> None:
    location = location.format(host=server.host, port=server.port)
    answered = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location.encode("latin-1") + b"\r\n\r\n"
    url = server.add("/a", broken(answered))
    error = failure(url, policy_for(server))
    assert isinstance(error, RefusedError)
    assert str(error).startswith(f"{url} redirects to a link that is not followed.")
    assert "secret" not in str(error)
    assert len(server.requests) == 1


# Bodies that lie.


def test_an_endless_body_stops_at_the_limit(server: Server) -> None:
    sent = []

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            for _ in range(2000):
                await response.write(bytes(100_000))
                sent.append(100_000)
        return response

    url = server.add("/a", endless)
    assert "is larger than 0.954 MB" in str(failure(url, policy_for(server)))
    assert sum(sent) < 50_000_000  # what fits the buffers of both systems, not the whole 200 MB


def test_a_length_beyond_the_limit_ends_it_before_the_body(server: Server) -> None:
    url = server.add("/a", broken(OK + b"Content-Length: 99999999\r\n\r\n", hang_s=5))
    assert "larger" in str(failure(url, policy_for(server)))  # who waited for it would be told that nothing came


def test_a_body_longer_than_announced_counts_as_announced(server: Server) -> None:
    url = server.add("/a", broken(OK + b"Content-Length: 3\r\n\r\ncat" + bytes(5000)))
    with contextlib.suppress(DownloadError):  # where the surplus comes with the first piece, it is no valid HTTP
        assert fetch(url, policy_for(server)).data == b"cat"
    url = server.add("/b", answer(200, b"cat"))
    assert fetch(url, policy_for(server)).data == b"cat"


@pytest.mark.parametrize(
    "sent",
    [
        OK + b"Content-Length: 1000\r\n\r\ncat",
        OK + b"Content-Length: 1000\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nkitte",
        OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\ncat\r\n",
        OK + b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\nno gzip !",
    ],
    ids=["length", "length without body", "within a chunk", "between chunks", "no gzip"],
)
def test_a_truncated_or_garbled_body_is_an_error(server: Server, sent: bytes) -> None:
    url = server.add("/a", broken(sent))
    assert "broke off before its end, or is garbled" in str(failure(url, policy_for(server)))
    assert server.count("/a") == 1


@pytest.mark.parametrize(
    "sent",
    [
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"\x00\x01\x02\x03\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        OK + b"Content-Length: -5\r\n\r\n",
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\ncat",
        OK + b"X: " + b"x" * 100_000 + b"\r\n\r\n",
        OK + b"X: x\r\n" * 10_000 + b"\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\ncat\r\n",
        OK + b"Content-Encoding: deflate\r\nContent-Length: 4\r\n\r\n\x78\x9c\x01\x02",
    ],
    ids=["ssh", "binary", "status", "length", "lengths", "long header", "many headers", "chunks", "deflate"],
)
def test_what_is_no_http_is_an_error(server: Server, sent: bytes) -> None:
    url = server.add("/a", broken(sent))
    assert "did not answer in valid HTTP" in str(failure(url, policy_for(server)))


def test_a_gzip_bomb_stops_at_the_limit(server: Server) -> None:
    bomb = gzip.compress(bytes(100_000_000), 9)
    assert len(bomb) < 200_000
    url = server.add("/a", bomb, Content_Encoding="gzip")
    assert "larger" in str(failure(url, policy_for(server)))


# Servers that are slow or break the connection.


def test_a_server_that_is_silent_is_left_after_the_read_time(server: Server) -> None:
    url = server.add("/a", broken(b"", hang_s=2))
    assert "sent nothing for 0.15 s" in str(failure(url, policy_for(server, read_timeout_s=0.15)))
    assert server.count("/a") == 1


def test_a_server_that_falls_silent_in_the_body_is_left_after_the_read_time(server: Server) -> None:
    url = server.add("/a", broken(OK + b"Content-Length: 9\r\n\r\ncat", hang_s=2))
    assert "sent nothing for 0.15 s" in str(failure(url, policy_for(server, read_timeout_s=0.15)))


@pytest.mark.parametrize("where", ["headers", "body"])
def test_a_server_that_drips_is_left_after_the_total_time(server: Server, where: str) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.write(OK if where == "headers" else OK + b"Content-Length: 9999\r\n\r\n")
            while not request.transport.is_closing():
                request.transport.write(b"X: x\r\n" if where == "headers" else b"x")
                await asyncio.sleep(0.03)
        return web.Response()

    url = server.add("/a", drip)
    limits = policy_for(server, read_timeout_s=0.2, total_timeout_s=0.4)
    assert "took over 0.4 s" in str(failure(url, limits))
    assert server.count("/a") == 1


@pytest.mark.parametrize("reset", [False, True])
def test_a_lost_connection_is_tried_again_as_often_as_allowed(server: Server, reset: bool) -> None:
    url = server.add("/a", broken(b"", reset=reset))
    assert "broke the connection off" in str(failure(url, policy_for(server, retries=2)))
    assert server.count("/a") == 3
    url = server.add("/b", in_turn(broken(b"", reset=reset), answer(200, b"cat")))
    assert fetch(url, policy_for(server)).data == b"cat"


def test_a_kept_connection_that_the_server_closed_is_replaced_at_once(server: Server) -> None:
    kept = b"HTTP/1.1 302 Found\r\nLocation: /cat\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"
    server.add("/cat", b"cat")
    for number in range(10):
        url = server.add(f"/{number}", broken(kept, reset=number % 2 == 0))
        assert fetch(url, policy_for(server, retries=0)).data == b"cat"


def test_a_reset_in_the_body_is_an_error(server: Server) -> None:
    url = server.add("/a", broken(OK + b"Content-Length: 9\r\n\r\ncat", reset=True, hang_s=0.05))
    failure(url, policy_for(server))


def test_a_closed_port_is_an_error_at_once(pauses: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        host = f"127.0.0.1:{taken.getsockname()[1]}"
    error = failure(f"http://{host}/", DownloadPolicy(allowed_hosts=frozenset({host})))
    assert not isinstance(error, RefusedError)
    assert str(error).startswith("127.0.0.1 could not be reached (connection refused).")
    assert pauses == []


def test_a_host_that_takes_no_connection_is_tried_again_as_often_as_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    dialled = []

    def counted(policy: DownloadPolicy, info: AddrInfoType) -> socket.socket:
        dialled.append(info[4])
        return open_socket(policy, info)

    monkeypatch.setattr(http, "open_socket", counted)
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):  # a queue that is full lets further callers wait
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(full.getsockname())
        host = f"127.0.0.1:{full.getsockname()[1]}"
        policy = DownloadPolicy(connect_timeout_s=0.1, retries=2, backoff_s=0.001, allowed_hosts=frozenset({host}))
        assert "did not connect within 0.1 s" in str(failure(f"http://{host}/", policy))
    assert len(dialled) == 3


def test_a_name_that_is_not_known_is_an_error_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def getaddrinfo(host: str, *_: object, **__: object) -> list[object]:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    error = failure("http://nowhere.example/cat.jpg", DownloadPolicy())
    assert str(error).startswith("The host nowhere.example was not found.")
    assert asked == ["nowhere.example"]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_a_certificate_counts_only_where_somebody_vouches_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    made += " -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*made.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with serve(context) as server:
        url = server.add("/cat.jpg", b"cat")
        assert "No secure connection to 127.0.0.1" in str(failure(url, policy_for(server)))
        assert server.requests == []
        monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", ssl.create_default_context(cafile=certificate))
        assert fetch(url, policy_for(server)).data == b"cat"


@pytest.mark.parametrize("trouble", [RuntimeError("x"), ValueError("x"), KeyError("x"), OSError("x"), EOFError()])
def test_foreign_exceptions_become_download_errors(trouble: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def get(*_: object, **__: object) -> None:
        raise trouble

    monkeypatch.setattr(aiohttp.ClientSession, "get", get)
    error = failure("http://example.org/", DownloadPolicy())
    assert type(trouble).__name__ in str(error)
    assert error.__cause__ is trouble


def test_cancelling_a_download_cancels_it(server: Server) -> None:
    url = server.add("/a", broken(OK, hang_s=2))

    async def begin_and_cancel() -> None:
        task = asyncio.create_task(fetch_async(url, policy_for(server)))
        while not server.requests:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(begin_and_cancel())


# Many links.


class Gauge:
    """A handler that counts how many requests it serves at once: the first of them wait until there are `expected`."""

    def __init__(self, expected: int) -> None:
        self.now = self.most = 0
        self.expected = expected
        self.met = asyncio.Event()

    async def __call__(self, _: web.Request) -> web.StreamResponse:
        self.now += 1
        self.most = max(self.most, self.now)
        if self.now >= self.expected:
            self.met.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.met.wait(), 5)
        self.met.set()
        await asyncio.sleep(0.01)
        self.now -= 1
        return web.Response(body=b"cat")


async def gathered(urls: list[str], policy: DownloadPolicy) -> list[tuple[str, Fetched | DownloadError]]:
    return [pair async for pair in fetch_many(urls, policy)]


def test_a_hundred_links_of_which_five_fail(server: Server) -> None:
    urls = [server.add(f"/{number}", f"cat {number}".encode()) for number in range(95)]
    bad = [
        server.url("/missing"),
        server.add("/short", broken(OK + b"Content-Length: 1000\r\n\r\ncat")),
        server.add("/hop", answer(302, Location="file:///etc/passwd")),
        "http://10.0.0.1/cat.jpg",
        "not a link",
    ]
    asked = urls + bad
    random.Random(3).shuffle(asked)  # noqa: S311 (repeatable, no secret)
    found = asyncio.run(gathered(asked, policy_for(server)))
    assert sorted(url for url, _ in found) == sorted(asked)
    results = dict(found)
    for number, url in enumerate(urls):
        result = results[url]
        assert isinstance(result, Download)
        assert (result.url, result.data) == (url, f"cat {number}".encode())
    assert [type(results[url]) for url in bad] == [DownloadError] * 2 + [RefusedError] * 3


def test_a_thousand_links_of_which_five_in_a_hundred_fail_and_some_are_known(server: Server) -> None:
    urls = [server.add(f"/{number}", versioned(f"{number}".encode(), ETag=f'"{number}"')) for number in range(1000)]
    known = {url: Validators(url, f'"{number}"') for number, url in enumerate(urls) if number % 4 == 1}
    bad = {url for number, url in enumerate(urls) if number % 20 == 0}
    troubles = [answer(404), broken(OK + b"Content-Length: 9\r\n\r\ncat"), answer(302, Location="http://10.0.0.1/")]
    for number, url in enumerate(sorted(bad)):
        server.handlers[url.removeprefix(server.url(""))] = troubles[number % 3]

    async def all_of_them() -> dict[str, Fetched | DownloadError]:
        return {url: result async for url, result in fetch_many(urls, policy_for(server), validators=known)}

    results = asyncio.run(all_of_them())
    assert results.keys() == set(urls)
    for number, url in enumerate(urls):
        result = results[url]
        if url in bad:
            assert isinstance(result, DownloadError)
        elif url in known:
            assert result == NotModified(url, url, known[url])
        else:
            assert isinstance(result, Download)
            assert result.data == f"{number}".encode()


def test_a_link_that_is_given_twice_comes_back_twice(server: Server) -> None:
    url = server.add("/a", b"cat")
    found = asyncio.run(gathered([url, url, "bad", "bad"], policy_for(server)))
    assert sorted(url for url, _ in found) == sorted([url, url, "bad", "bad"])


def test_no_links_give_no_results() -> None:
    assert asyncio.run(gathered([], DownloadPolicy())) == []


@pytest.mark.parametrize(
    ("concurrency", "per_host", "expected"), [(1, 4, 1), (3, 8, 3), (16, 4, 4), (16, 1, 1), (16, 16, 16)]
)
def test_links_of_one_host_keep_the_limits(server: Server, concurrency: int, per_host: int, expected: int) -> None:
    gauge = Gauge(expected)
    urls = [server.add(f"/{number}", gauge) for number in range(2 * expected + 10)]
    found = asyncio.run(gathered(urls, policy_for(server, concurrency=concurrency, per_host=per_host)))
    assert all(isinstance(result, Download) for _, result in found)
    assert gauge.most == expected


@pytest.mark.parametrize("limit", ["concurrency", "per_host"])
def test_waiting_for_a_place_is_no_part_of_the_total_time(server: Server, limit: str) -> None:
    urls = [server.add(f"/{number}", broken(OK + b"Content-Length: 3\r\n\r\ncat", hang_s=0.25)) for number in range(6)]
    policy = policy_for(server, total_timeout_s=1.2, **{limit: 1})
    assert [type(result) for _, result in asyncio.run(gathered(urls, policy))] == [Download] * 6


def test_redirects_into_one_host_keep_its_limit(server: Server) -> None:
    gauge = Gauge(3)
    server.add("/cat", gauge)
    with contextlib.ExitStack() as stack:
        others = [stack.enter_context(serve()) for _ in range(4)]
        urls = [other.add(f"/{n}", answer(302, Location=server.url("/cat"))) for other in others for n in range(3)]
        hosts = frozenset({server.host, *(other.host for other in others)})
        found = asyncio.run(gathered(urls, DownloadPolicy(per_host=3, allowed_hosts=hosts)))
    assert [type(result) for _, result in found] == [Download] * 12
    assert gauge.most == 3


def test_one_slow_host_does_not_hold_up_the_others(server: Server) -> None:
    with serve() as slow:
        late = [slow.add(f"/{n}", broken(OK + b"Content-Length: 3\r\n\r\ncat", hang_s=0.05)) for n in range(6)]
        fast = [server.add(f"/{n}", b"cat") for n in range(6)]
        policy = DownloadPolicy(concurrency=4, per_host=1, allowed_hosts=frozenset({slow.host, server.host}))
        slow.handlers["/0"] = in_turn(broken(b"", hang_s=0.2), answer(200, b"cat"))
        order = [url for url, _ in asyncio.run(gathered(late + fast, policy))]
    assert sorted(order[:6]) == sorted(fast)


def test_results_come_one_by_one_and_the_rest_is_dropped(server: Server) -> None:
    # An endless list: it must not be read to its end before the first result, and leaving must end all work.
    server.add("/a", b"cat")
    taken = itertools.count()

    async def first_three() -> int:
        urls = (server.url(f"/a?{number}") for number in taken)
        async with contextlib.aclosing(fetch_many(urls, policy_for(server))) as results:  # type: ignore[type-var]
            found = 0
            async for _, result in results:
                assert isinstance(result, Download)
                found += 1
                if found == 3:
                    break
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return found

    assert asyncio.run(first_three()) == 3
    assert len(server.requests) < 40


def test_cancelling_many_downloads_cancels_all(server: Server) -> None:
    urls = [server.add(f"/{number}", broken(OK, hang_s=2)) for number in range(10)]

    async def begin_and_cancel() -> None:
        task = asyncio.create_task(gathered(urls, policy_for(server)))
        while len(server.requests) < 4:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(begin_and_cancel())


def test_each_thread_may_download_at_once(server: Server) -> None:
    urls = [server.add(f"/{number}", f"{number}".encode()) for number in range(8)]

    async def all_at_once() -> list[Download]:
        return await asyncio.gather(*(asyncio.to_thread(fetch, url, policy_for(server)) for url in urls))

    assert [found.data for found in asyncio.run(all_at_once())] == [f"{number}".encode() for number in range(8)]
