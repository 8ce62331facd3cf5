"""A progress line for terminals."""

from __future__ import annotations

import sys
import time

from pictrace.indexing import Pace

__all__ = ["Bar"]


class Bar:
    """A progress line on a terminal; silence elsewhere."""

    def __init__(self, what: str) -> None:
        self._what, self._shown, self._live = what, 0.0, sys.stderr.isatty()

    def show(self, progress: Pace) -> None:
        now = time.monotonic()
        if not self._live or (now - self._shown < 0.1 and progress.done < progress.total):
            return
        self._shown = now
        width = 30
        filled = width * progress.done // max(1, progress.total)
        print(
            f"\r[{'#' * filled}{'.' * (width - filled)}] {progress.done} of {progress.total} {self._what}, "
            f"{progress.rate:.0f} a second, {progress.left_s:.0f} s left   ",
            end="",
            file=sys.stderr,
            flush=True,
        )

    def end(self) -> None:
        if self._live and self._shown:
            print(file=sys.stderr)
            self._shown = 0.0
