"""Whose search is next."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from pictrace.errors import StoppedError
from pictrace.images.budget import GivenUp, never
from pictrace.service.turns import Turns

LONG_S = 60.0


class Queue:
    """Clients that wait, in the order in which they asked; served: those that had their turn, in theirs."""

    def __init__(self, places: int = 1) -> None:
        self.turns = Turns(places)
        self.served = list[str]()
        self._threads = list[threading.Thread]()

    def ask(self, *clients: str, given_up: GivenUp = never) -> None:
        for client in clients:
            count = len(self.turns.waiting)
            thread = threading.Thread(target=self._take, args=(client, given_up), daemon=True)
            self._threads.append(thread)
            thread.start()
            self.until(count + 1)

    def until(self, waiting: int) -> None:
        with self.turns.changed:
            assert self.turns.changed.wait_for(lambda: len(self.turns.waiting) == waiting, LONG_S)

    def _take(self, client: str, given_up: GivenUp) -> None:
        try:
            with self.turns.taken(client, given_up):
                self.served.append(client)
        except StoppedError:
            self.served.append(f"{client} left")

    def ended(self) -> list[str]:
        for one in self._threads:
            one.join(LONG_S)
            assert not one.is_alive()
        return self.served


@pytest.fixture
def queue() -> Iterator[Queue]:
    made = Queue()
    yield made
    assert not made.turns.waiting


def test_who_asks_for_many_waits_for_the_others_between(queue: Queue) -> None:
    with queue.turns.taken("z"):
        queue.ask("a", "a", "a", "b", "c", "b")
    assert queue.ended() == ["a", "b", "c", "a", "b", "a"]


def test_those_of_one_search_each_come_as_they_asked(queue: Queue) -> None:
    with queue.turns.taken("z"):
        queue.ask("d", "b", "c", "a")
    assert queue.ended() == ["d", "b", "c", "a"]


def test_newcomers_pass_nobody_over_for_good(queue: Queue) -> None:
    with queue.turns.taken("z"):
        queue.ask("a", "a", "b")
    queue.ended()  # the second one of a began the second round
    with queue.turns.taken("z"):
        queue.ask("c", "b", "d")
    assert queue.ended()[3:] == ["c", "b", "d"]  # who had no turn before is not ahead of who has waited longer


def test_a_turn_ends_with_what_fails(queue: Queue) -> None:
    with pytest.raises(ValueError, match="broken"), queue.turns.taken("a"):
        raise ValueError("broken")
    with queue.turns.taken("a"):
        pass


def test_who_leaves_holds_up_nobody(queue: Queue) -> None:
    left = threading.Event()
    with queue.turns.taken("z"):
        queue.ask("a", given_up=left.is_set)
        queue.ask("b")
        left.set()
        queue.until(1)
    assert queue.ended() == ["a left", "b"]


def test_as_many_at_once_as_there_are_places() -> None:
    queue = Queue(2)
    with queue.turns.taken("a"):
        with queue.turns.taken("a"):
            queue.ask("b")
            assert not queue.served
        assert queue.ended() == ["b"]
