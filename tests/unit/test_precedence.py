"""Work in the background gives way to answers: when, for how long at the most, and to which."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from pictrace import precedence
from pictrace.precedence import Precedence
from pictrace.service.background import Background

LONG_S = 60.0


@contextmanager
def working(work: Callable[[], object]) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield thread
    thread.join(LONG_S)
    assert not thread.is_alive()


def paused(order: Precedence, times: int = 1) -> bool:
    """Whether work began to wait so often, now or soon."""
    with order.changed:
        return order.changed.wait_for(lambda: order.pauses >= times, LONG_S)


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> Precedence:
    """One whose pauses last until the answer is there."""
    monkeypatch.setattr(precedence, "MOST_S", LONG_S)
    monkeypatch.setattr(precedence, "FIRST_S", LONG_S)
    return Precedence()


def test_work_goes_on_where_nobody_waits(order: Precedence) -> None:
    order.give_way()
    assert order.pauses == 0


def test_work_waits_until_the_last_answer_is_there(order: Precedence) -> None:
    answers_then = list[int]()

    def work() -> None:
        order.give_way()
        answers_then.append(order.answers)

    with ExitStack() as answer:
        answer.enter_context(order.answering())
        with working(work):
            assert paused(order)
            with order.answering():
                pass
            assert order.answers == 1  # of one within another, the outer one counts
            assert not answers_then
            answer.close()
    assert answers_then == [0]


def test_an_answer_that_fails_ends_too(order: Precedence) -> None:
    with pytest.raises(ValueError, match="broken"), order.answering():
        raise ValueError("broken")
    assert order.answers == 0


def test_what_an_answer_does_itself_is_not_held_up(order: Precedence) -> None:
    with order.answering():
        order.give_way()
    assert order.pauses == 0


def test_work_goes_on_under_answers_without_end() -> None:
    now = iter([0.0, 0.0, 0.001, 0.001, 0.004, 0.004])  # three steps, the first of which counts for FIRST_S
    waited = list[float]()

    class Waits(Precedence):
        def _pause(self, seconds: float) -> None:
            waited.append(seconds)

    order = Waits(clock=lambda: next(now))

    def work() -> None:
        for _ in range(3):
            order.give_way()

    with order.answering(), working(work):
        pass
    assert waited == pytest.approx([4 * 0.25, 4 * 0.001, 4 * 0.003])


def test_a_pause_ends_by_itself() -> None:
    order = Precedence(clock=iter([0.0, 0.0, 0.001, 0.001]).__next__)

    def work() -> None:
        order.give_way()
        order.give_way()

    with order.answering():
        with working(work):
            pass
        assert order.pauses == 2


def test_no_pause_is_long_where_a_step_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedence, "MOST_S", 0.001)
    order = Precedence(clock=iter([0.0, 0.0, 3600.0, 3600.0]).__next__)

    def work() -> None:
        order.give_way()
        order.give_way()

    with order.answering():
        with working(work):
            pass
        assert order.pauses == 2


def test_work_that_an_answer_needs_does_not_give_way_to_it(order: Precedence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pictrace.service.background.waiting_for_background", order.waiting_for_background)
    go_on = threading.Event()

    def work() -> None:
        go_on.wait(LONG_S)
        order.give_way()

    with order.answering():
        made = Background(work, "needed")
        go_on.set()
        assert made.wait(LONG_S / 2)
        assert order.answers == 1
