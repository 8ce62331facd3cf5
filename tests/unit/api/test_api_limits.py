"""How much may be asked for, and what is let go of."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from pictrace.api.bodies import read_body
from pictrace.api.limits import HeldBytes, Rate
from pictrace.api.problems import ProblemError
from pictrace.api.repeats import KEPT_S, Repeats
from pictrace.api.work import ClientGoneError, Work
from pictrace.images.budget import given_up_here


def request(pieces: list[bytes], gone: asyncio.Event | None = None, length: str = "") -> Request:
    messages = [{"type": "http.request", "body": one, "more_body": True} for one in pieces]
    messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> dict[str, object]:
        if messages:
            return messages.pop(0)
        await (gone or asyncio.Event()).wait()
        return {"type": "http.disconnect"}

    named = [(b"content-length", length.encode())] if length else []
    return Request({"type": "http", "method": "POST", "path": "/", "headers": named}, receive)


async def body_of(asked: Request, most: int, held: HeldBytes) -> bytes:
    async with read_body(asked, most, held) as data:
        return data


@pytest.mark.parametrize("claimed", ["", "3", "lies", "²"])
def test_a_body_is_counted_whatever_its_length_is_said_to_be(claimed: str) -> None:
    held = HeldBytes(lambda: 100)
    assert asyncio.run(body_of(request([b"12345", b"67890"], length=claimed), 10, held)) == b"1234567890"
    with pytest.raises(ProblemError) as refused:
        asyncio.run(body_of(request([b"12345", b"678901"], length=claimed), 10, held))
    assert (refused.value.kind, held.held) == ("too-large", 0)


def test_a_length_beyond_the_limit_is_believed_at_once() -> None:
    asked = request([b"1"], length="11")
    with pytest.raises(ProblemError):
        asyncio.run(body_of(asked, 10, HeldBytes(lambda: 100)))


def test_all_bodies_together_have_a_limit() -> None:
    held = HeldBytes(lambda: 12)
    with held.counting() as more:
        more(8)
        with held.counting() as others:
            others(4)
            with pytest.raises(ProblemError) as refused:
                others(1)
        assert (refused.value.kind, held.held) == ("too-many-requests", 8)
    assert held.held == 0


def test_more_requests_than_the_rate_are_refused_until_time_has_passed() -> None:
    times: Iterator[float] = iter([0, 0, 0, 0, 20, 20])
    rate = Rate(lambda: 3, lambda: next(times))
    for _ in range(3):
        rate.spend("a")
    with pytest.raises(ProblemError) as refused:
        rate.spend("a")
    assert refused.value.retry_after_s == 20
    rate.spend("a")
    rate.spend("b")


def test_the_rate_is_answered_with_when_to_come_back(local: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICTRACE_API_RATE", "1")
    assert local.get("/stats").status_code == 200
    refused = local.get("/stats")
    assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (429, True)
    assert local.get("/health").status_code == 200


def test_a_picture_beyond_the_limit_is_refused(local: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICTRACE_MAX_BYTES", "1000")
    body = bytes(2**20 + 1001)
    answer = local.post("/search", content=body, headers={"content-type": "image/png"})
    assert (answer.status_code, answer.json()["type"].partition("#")[2]) == (413, "too-large")


def test_the_queue_has_an_end_and_what_nobody_waits_for_stops() -> None:
    async def scene() -> tuple[str, list[bool]]:
        work, begun, seen = Work("test", 1, 1), threading.Event(), list[bool]()
        leaving = asyncio.Event()

        def long() -> None:
            begun.set()
            given_up = given_up_here()
            seen.append(given_up())
            while not given_up():
                threading.Event().wait(0.01)
            seen.append(given_up())

        async def asked(gone: asyncio.Event) -> None:
            one = request([], gone)
            await one.body()
            await work.run(one, long)

        first = asyncio.ensure_future(asked(leaving))
        waiting = asyncio.ensure_future(asked(leaving))
        await asyncio.to_thread(begun.wait)
        with pytest.raises(ProblemError) as refused:
            await asked(asyncio.Event())
        leaving.set()
        for one in (first, waiting):
            with pytest.raises(ClientGoneError):
                await one
        await asyncio.to_thread(work.close)
        return refused.value.kind, seen

    kind, seen = asyncio.run(scene())
    assert kind == "too-many-requests"
    assert seen[:1] == [False]


def test_keys_are_forgotten_after_a_day() -> None:
    now = [0.0]
    repeats = Repeats(lambda: now[0])
    assert repeats.begin("a", "key", b"1") is None
    with pytest.raises(ProblemError):
        repeats.begin("a", "key", b"1")
    assert repeats.begin("b", "key", b"2") is None  # somebody else's
    repeats.end("b", "key", None)
    assert repeats.begin("b", "key", b"3") is None
    now[0] = KEPT_S + 1
    assert repeats.begin("a", "key", b"4") is None
