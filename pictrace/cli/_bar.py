"""A progress line for terminals."""

from __future__ import annotations

import sys
import time

from pictrace.indexing.run import Pace

__all__ = ["Bar", "BytesBar"]

EVERY_S = 0.1
WIDTH = 30


class Bar:
    """A progress line on a terminal; silence elsewhere."""

    def __init__(self, what: str) -> None:
        self._what, self._shown, self._live = what, 0.0, sys.stderr.isatty()

    def show(self, progress: Pace) -> None:
        now = time.monotonic()
        if not self._live or (now - self._shown < EVERY_S and progress.done < progress.total):
            return
        self._shown = now
        told = f"{progress.done} of {progress.total} {self._what}, {progress.rate:.0f} a second"
        _draw(progress.done, progress.total, f"{told}, {progress.left_s:.0f} s left")

    def end(self) -> None:
        if self._live and self._shown:
            print(file=sys.stderr)
            self._shown = 0.0


class BytesBar:
    """The same for a download."""

    def __init__(self, what: str) -> None:
        self._what, self._shown, self._live = what, 0.0, sys.stderr.isatty()
        self._began: tuple[float, int] | None = None

    def show(self, done: int, total: int) -> None:
        now = time.monotonic()
        began, before = self._began = self._began or (now, done)
        if not self._live or (now - self._shown < EVERY_S and done < total):
            return
        self._shown = now
        rate = (done - before) / max(1e-3, now - began)
        left = f"{(total - done) / rate:.0f} s left" if rate else "beginning"
        _draw(done, total, f"{done / 1e6:.1f} of {total / 1e6:.1f} MB of {self._what}, {rate / 1e6:.1f} MB/s, {left}")

    def end(self) -> None:
        if self._live and self._shown:
            print(file=sys.stderr)


def _draw(done: int, total: int, told: str) -> None:
    filled = WIDTH * done // max(1, total)
    print(f"\r[{'#' * filled}{'.' * (WIDTH - filled)}] {told}   ", end="", file=sys.stderr, flush=True)
