"""What a server does in the background gives way to answers between its steps."""

from __future__ import annotations

from collections.abc import Callable, Generator
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from pictrace.calibration.sources import Background
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import StoppedError
from pictrace.precedence import OURS, answering
from pictrace.searching.table import Criteria
from pictrace.service import background
from pictrace.service.calibrating import Calibrating
from pictrace.service.full_check import FullCheck
from pictrace.service.jobs import AddJob
from pictrace.service.many_searches import ManySearches
from pictrace.service.pictures import upload_limits
from pictrace.service.tuning import SHOWN, Learning
from pictrace.service.workspaces import Workspace
from pictrace.sources.base import Item

if TYPE_CHECKING:
    from pictrace.evaluation.cube import Cube
    from pictrace.service.answer import Answer

LONG_S = 60.0


def adding(catalog: SqliteCatalog, items: list[Item]) -> background.Background:
    return AddJob(catalog, items, upload_limits())


def searching(catalog: SqliteCatalog, items: list[Item]) -> background.Background:
    workspace = Workspace(catalog, FeatureCache(catalog), "mine")
    return ManySearches(workspace, items, Criteria(weights={"phash": 1.0}), orientations=False, alarms=0.005)


def calibrating(catalog: SqliteCatalog, items: list[Item]) -> background.Background:
    made = Calibrating(FeatureCache(catalog))
    made.begin()
    assert made._work is not None
    return made._work


def checking(catalog: SqliteCatalog, items: list[Item]) -> background.Background:
    answer = SimpleNamespace(query=SimpleNamespace(timing_ms={}))
    return FullCheck(cast("Answer", answer), FeatureCache(catalog), None)


def learning(catalog: SqliteCatalog, items: list[Item]) -> background.Background:
    return Learning(cast("Cube", None), SHOWN[0])


def counted(*_: object, progress: Callable[[int, int], None] | None = None, **named: object) -> object:
    """One step of what is told how far it has come."""
    step = progress or named["step"]
    assert callable(step)
    step(1, 1)
    raise StoppedError("after one step")


@pytest.mark.parametrize("begin", [adding, searching, calibrating, checking, learning])
def test_it_waits_between_its_steps(
    make_catalog: Callable[..., SqliteCatalog],
    monkeypatch: pytest.MonkeyPatch,
    begin: Callable[[SqliteCatalog, list[Item]], background.Background],
) -> None:
    def steps(self: Background) -> Generator[tuple[int, int], None, None]:
        yield 1, 1

    monkeypatch.setattr("pictrace.service.full_check.score_either", counted)
    monkeypatch.setattr("pictrace.service.tuning.learn", counted)
    monkeypatch.setattr(Background, "wanted", True)
    monkeypatch.setattr(Background, "make", steps)
    before = OURS.pauses
    with answering():
        job = begin(make_catalog(), [Item.of_bytes(b"no picture", Source("upload", "a.jpg", "a.jpg"))])
        with OURS.changed:
            assert OURS.changed.wait_for(lambda: OURS.pauses > before, LONG_S)
    assert job.wait(LONG_S)
