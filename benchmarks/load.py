"""Many people and programs at once: what each waits for, whether anybody is starved, and what memory it takes.

Each person is a session that speaks with the server as a browser does (Streamlit's websocket and messages), without
drawing: it moves sliders, looks for other pictures, and runs again what the page runs again by itself. Each program
searches by the JSON API with the Python client. After that, searches one after the other show whether memory grows.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.common import row
from benchmarks.session import Session
from benchmarks.sessions import Memory, family
from pictrace.client.asynchronous import AsyncClient
from pictrace.errors import PicTraceError
from tests.browser.driving import served

SLIDER, PAGE_SEARCH, API_SEARCH = "slider", "search on the page", "search by the API"


class Waits:
    """Seconds that each one waited, by what it asked for, and what went wrong."""

    def __init__(self) -> None:
        self.seconds: dict[str, dict[int, list[float]]] = {SLIDER: {}, PAGE_SEARCH: {}, API_SEARCH: {}}
        self.errors: list[str] = []

    def add(self, what: str, who: int, seconds: float) -> None:
        self.seconds[what].setdefault(who, []).append(seconds)

    def tell(self) -> None:
        row("what", "times", "median s", "p95 s", "longest s", "p95 of the one that waits most / of the median one")
        row(*["---"] * 6)
        for what, each in self.seconds.items():
            everything = [one for some in each.values() for one in some]
            if not everything:
                continue
            own = [p95(some) for some in each.values()]
            middle, unfair = statistics.median(everything), max(own) / statistics.median(own)
            row(what, len(everything), *(f"{one:.2f}" for one in (middle, p95(everything), max(everything), unfair)))
        print(f"errors: {len(self.errors)} {sorted(set(self.errors))[:5] or ''}")


class Shares:
    """How many cores the server, these sessions and everything else on the machine have kept busy since it was made."""

    def __init__(self) -> None:
        self._before = self._now()

    def tell(self) -> None:
        seconds, *kept = (after - before for before, after in zip(self._before, self._now(), strict=True))
        server, sessions, everything = (one / seconds for one in kept)
        others = max(0.0, everything - server - sessions)
        print(f"cores kept busy: {server:.2f} by the server, {sessions:.2f} by these sessions, {others:.2f} by others")

    @staticmethod
    def _now() -> tuple[float, ...]:
        mine = time.process_time()
        served = sum(_processor_s(Path(f"/proc/{pid}/stat")) for pid, _ in family())
        fields = [int(one) for one in Path("/proc/stat").read_text("ascii").splitlines()[0].split()[1:]]
        idle = fields[3] + fields[4]  # idle, and waiting for disks
        return time.monotonic(), served, mine, (sum(fields[:8]) - idle) / os.sysconf("SC_CLK_TCK")


def _processor_s(stat: Path) -> float:
    try:
        fields = stat.read_text("ascii").rsplit(")", 1)[1].split()
    except OSError:  # it has ended
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--catalog", type=Path, help="the built-in sample without it")
    options.add_argument("--sessions", type=int, default=20)
    options.add_argument("--clients", type=int, default=20)
    options.add_argument("--seconds", type=float, default=300)
    options.add_argument("--pause", type=float, default=4.0, help="mean seconds between two acts of a person")
    options.add_argument("--api-pause", type=float, default=20.0, help="mean seconds between two searches of a program")
    options.add_argument("--searches", type=int, default=500, help="how many follow one after the other")
    arguments = options.parse_args()
    os.environ["PICTRACE_API_RATE"] = "0"  # all programs have one address here
    if arguments.catalog:
        os.environ["PICTRACE_CATALOG"] = str(arguments.catalog.resolve())
    print(f"{os.cpu_count()} cores; load before: {os.getloadavg()[0]:.1f}; {vars(arguments)}")
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as address:
        asyncio.run(_measure(address, arguments))


async def _measure(address: str, options: argparse.Namespace) -> None:
    waits = Waits()
    async with AsyncClient(f"{address}/api/v1") as client:
        ids = [one.id for one in (await client.page(limit=200)).images]
        await client.search(ids[0])
        print(f"memory with no session: {Memory.now():.0f} MB")
        people = [await Session.open(address) for _ in range(options.sessions)]
        for one in people:
            await one.run(query=f"q=catalog:{ids[0]}")
        memory = Memory()
        print(f"memory with {len(people)} sessions that have searched: {memory.rest:.0f} MB", flush=True)
        end = time.monotonic() + options.seconds
        shares = Shares()
        with memory.watched():
            people_act = [_person(who, one, ids, waits, options.pause, end) for who, one in enumerate(people)]
            programs = [_program(who, client, ids, waits, options.api_pause, end) for who in range(options.clients)]
            await asyncio.gather(*people_act, *programs)
        waits.tell()
        shares.tell()
        print(f"load after: {os.getloadavg()[0]:.1f}; memory at most {memory.peak:.0f} MB", flush=True)
        await asyncio.sleep(5)
        before = Memory.now()
        for number in range(options.searches):
            await people[number % len(people)].run(query=f"q=catalog:{ids[number % len(ids)]}")
            if number % 100 == 99:
                print(f"{number + 1} searches later: {Memory.now() - before:+.0f} MB", flush=True)
        for one in people:
            await one.close()


async def _person(who: int, session: Session, ids: list[int], waits: Waits, pause: float, end: float) -> None:
    chance = random.Random(who)  # noqa: S311 (repeatable, no secret)
    for act in _acts(chance):
        await session.wait(chance.expovariate(1 / pause))
        if time.monotonic() > end:
            return
        if act == SLIDER:
            seconds = await session.run(moved=session.some_slider(chance))
        else:
            seconds = await session.run(query=f"q=catalog:{chance.choice(ids)}")
        waits.add(act, who, seconds)
        waits.errors += session.errors
        session.errors.clear()


def _acts(chance: random.Random) -> Iterator[str]:
    """Four sliders for a search."""
    while True:
        yield SLIDER if chance.random() < 0.8 else PAGE_SEARCH


async def _program(who: int, client: AsyncClient, ids: list[int], waits: Waits, pause: float, end: float) -> None:
    chance = random.Random(-1 - who)  # noqa: S311 (repeatable, no secret)
    while True:
        await asyncio.sleep(chance.expovariate(1 / pause))
        if time.monotonic() > end:
            return
        started = time.perf_counter()
        try:
            await client.search(chance.choice(ids), top=5)
        except PicTraceError as error:
            waits.errors.append(str(error))
        waits.add(API_SEARCH, who, time.perf_counter() - started)


if __name__ == "__main__":
    main()
