"""Several runs over the same items into one catalog: who does what, and what becomes of the work of one who died."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from pictrace.catalog import open_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.leases import Leases
from pictrace.catalog.records import Source
from pictrace.indexing import prepare
from pictrace.indexing.index import Indexing
from pictrace.indexing.sharing import AT_ONCE, Alone, Shared, key_of
from pictrace.sources.base import Item
from tests.postgres_server import PostgresServer, sql_on_server


class Held:
    """Leases in memory, of workers that share ``held``; nothing ends by itself."""

    def __init__(self, held: dict[int, str], name: str) -> None:
        self.held, self.name = held, name

    def claim(self, keys: Sequence[int]) -> frozenset[int]:
        return frozenset(key for key in keys if self.held.setdefault(key, self.name) == self.name)

    def prolong(self) -> None:
        pass

    def release(self, keys: Sequence[int] | None = None) -> None:
        for key in [one for one, name in self.held.items() if name == self.name and (keys is None or one in keys)]:
            del self.held[key]


def named(count: int) -> list[Item]:
    return [Item.of_bytes(b"%d" % number, Source("upload", f"{number}.png")) for number in range(count)]


def test_what_another_holds_comes_last_and_when_it_is_free() -> None:
    items, held = named(2 * AT_ONCE + 5), {}  # type: tuple[list[Item], dict[int, str]]
    other = Held(held, "other")
    other.claim([key_of(one) for one in items[: AT_ONCE + 3]])
    share = Shared(items, Held(held, "mine"), prolong_s=60)
    parts = share.parts()
    assert next(parts) == items[AT_ONCE + 3 : 2 * AT_ONCE]
    assert next(parts) == items[2 * AT_ONCE :]
    assert next(parts) == ()  # all that is left is the other's
    other.release()
    assert next(parts) == items[:AT_ONCE]
    for one in items[:AT_ONCE]:
        share.done(one)
    assert key_of(items[0]) in held  # it is not stored yet
    share.settle()
    assert key_of(items[0]) not in held
    assert next(parts) == items[AT_ONCE : AT_ONCE + 3]
    share.close()
    assert held == {}


def test_alone_there_is_one_part() -> None:
    items = named(3)
    assert list(Alone(items).parts()) == [items]


def test_a_key_is_the_same_on_every_machine() -> None:
    assert key_of(Item.of_bytes(b"", Source("upload", "a.png"))) == 3037026491282211224
    assert key_of(Item.of_bytes(b"", Source("file", "\udc80.png"))) < 2**63


# In a database ---------------------------------------------------------------------------------------


@pytest.fixture
def catalog(postgres_server: PostgresServer) -> Iterator[Catalog]:
    with closing(open_catalog(postgres_server.new_database(), must_exist=False)) as one:
        yield one


def leases(catalog: Catalog, lasting_s: float = 60) -> Leases:
    found = catalog.leases(lasting_s)
    assert found is not None
    return found


def test_a_lease_is_of_one_until_it_is_given_back(catalog: Catalog) -> None:
    first, second = leases(catalog), leases(catalog)
    assert first.claim([1, 2, 3, 2]) == {1, 2, 3}
    assert second.claim([3, 4]) == {4}
    assert first.claim([1, 4]) == {1}  # again, and longer
    first.release([3])
    assert second.claim([1, 3]) == {3}
    second.release([1])  # not its own
    assert second.claim([1]) == set()
    first.release()
    assert second.claim([1, 2, 3, 4]) == {1, 2, 3, 4}


def test_a_lease_that_ended_is_anybodys_and_who_comes_back_late_changes_nothing(catalog: Catalog) -> None:
    late, other = leases(catalog, lasting_s=0), leases(catalog)
    late.claim([1, 2])
    assert other.claim([1]) == {1}
    late.prolong()
    late.release()
    assert leases(catalog).claim([1, 2]) == {2}
    held = leases(catalog, lasting_s=60)
    held.claim([5])
    held.prolong()
    assert other.claim([5]) == set()


def test_a_catalog_of_before_gets_them_when_its_owner_opens_it(postgres_server: PostgresServer) -> None:
    location = postgres_server.new_database()
    open_catalog(location, must_exist=False).close()
    sql_on_server(location, "DROP TABLE pictrace.leases; UPDATE pictrace.identity SET version = 1")
    with closing(open_catalog(location)) as catalog:
        assert leases(catalog).claim([1]) == {1}


@pytest.fixture
def folder(tmp_path: Path) -> list[Item]:
    rng = np.random.default_rng(5)
    items = []
    for number in range(3 * AT_ONCE):
        path = tmp_path / f"{number}.png"
        path.write_bytes(cv2.imencode(".png", rng.integers(0, 255, (40, 60, 3), np.uint8))[1].tobytes())
        items.append(Item(Source("file", str(path)), path=path))
    return items


def test_two_runs_share_the_work_and_each_sees_all(
    catalog: Catalog, folder: list[Item], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, both = [], threading.Barrier(2)
    new_picture = prepare.new_picture

    def counted(*args: object, **named: object) -> object:
        made.append(threading.current_thread())
        return new_picture(*args, **named)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(prepare, "new_picture", counted)

    def run(_: int) -> tuple[int, int]:
        with closing(open_catalog(catalog.location)) as mine:
            indexing = Indexing(mine, folder, covers=(str(tmp_path),))
            both.wait()
            ended = indexing.run()
            assert not indexing.failures
            assert not indexing.reconciled.gone
            return ended.added, ended.known

    with ThreadPoolExecutor(2) as pool:
        (first, known), (second, also) = pool.map(run, range(2))
    assert first + second == len(folder) == len(made) == catalog.count()
    assert first + known == second + also == len(folder)
    assert min(first, second) >= AT_ONCE  # neither did it alone
    assert leases(catalog).claim([key_of(one) for one in folder]) == {key_of(one) for one in folder}


def test_the_part_of_one_who_died_is_done_by_the_other(catalog: Catalog, folder: list[Item]) -> None:
    leases(catalog, lasting_s=0.3).claim([key_of(one) for one in folder[:40]])  # and never stored one of them
    ended = Indexing(catalog, folder).run()
    assert ended.added == catalog.count() == len(folder)
