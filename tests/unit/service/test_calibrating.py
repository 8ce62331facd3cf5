"""What chance gives, found out in the background of a server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator

import pytest

from pictrace.calibration.shipped import shipped
from pictrace.calibration.sources import Background
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.service.calibrating import Calibrating

LONG_S = 60.0


@pytest.fixture
def cache(make_catalog: Callable[..., SqliteCatalog]) -> FeatureCache:
    return FeatureCache(make_catalog())


def ended(calibrating: Calibrating) -> bool:
    work = calibrating._work
    return work is not None and work.wait(LONG_S)


def test_a_small_catalog_needs_none(cache: FeatureCache) -> None:
    calibrating = Calibrating(cache)
    calibrating.begin()
    assert not calibrating.running
    assert calibrating.sources() == (shipped(),)


def test_it_is_made_once_and_ends_when_asked(cache: FeatureCache, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on, made = threading.Event(), threading.Event(), []

    def make(self: Background) -> Generator[tuple[int, int], None, None]:
        made.append(self)
        yield 1, 10
        begun.set()
        go_on.wait(LONG_S)
        yield 2, 10
        yield 3, 10

    monkeypatch.setattr(Background, "wanted", True)
    monkeypatch.setattr(Background, "make", make)
    calibrating = Calibrating(cache)
    calibrating.begin()
    assert begun.wait(LONG_S)
    calibrating.begin()
    assert (calibrating.running, calibrating.done, calibrating.total) == (True, 1, 10)
    calibrating.stop()
    go_on.set()
    assert ended(calibrating)
    assert calibrating.done == 2
    calibrating.begin()  # stopped by somebody: not begun again by itself
    assert len(made) == 1


def test_what_was_made_is_made_again_once_the_catalog_has_grown(
    cache: FeatureCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def once(self: Background) -> Generator[tuple[int, int], None, None]:
        made.append(self)
        yield 1, 1

    monkeypatch.setattr(Background, "wanted", True)
    monkeypatch.setattr(Background, "make", once)
    calibrating = Calibrating(cache)
    for pictures in (3, 3, 4):
        monkeypatch.setattr(type(cache.catalog), "count", lambda self, pictures=pictures: pictures)
        calibrating.begin()
        assert ended(calibrating)
    assert len(made) == 2
