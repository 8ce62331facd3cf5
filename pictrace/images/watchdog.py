"""Looks after processes while they work: one that takes too long or too much memory, or is not wanted any more, is
killed.

On Linux the system holds the limits of memory, and wherever there is RLIMIT_CPU those of computing; this is what
holds them elsewhere, and what ends a process that waits for ever.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pictrace.images.budget import GivenUp

__all__ = ["Watch", "Watchdog", "resident_bytes"]

_LOOK_EVERY_S = 0.02
_PROC = Path("/proc")


@dataclass
class Watch:
    """One process at work. verdict: why it was killed; "" as long as it was not."""

    process: subprocess.Popen[bytes]
    ends_at: float
    most_bytes: int
    given_up: GivenUp
    verdict: str = ""

    def look(self) -> None:
        """Kill it where it has earned that."""
        if self.given_up():
            self.verdict = "stopped"
        elif time.monotonic() > self.ends_at:
            self.verdict = "time"
        elif resident_bytes(self.process.pid) > self.most_bytes:
            self.verdict = "memory"
        if self.verdict:
            self.process.kill()


class Watchdog:
    """One thread that looks at all that work; it sleeps while nothing does."""

    def __init__(self) -> None:
        self._watched: list[Watch] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @contextmanager
    def over(
        self, process: subprocess.Popen[bytes], most_s: float, most_bytes: int, given_up: GivenUp
    ) -> Iterator[Watch]:
        """While this lasts, the process may take so many seconds, and so many bytes of memory in all."""
        watch = Watch(process, time.monotonic() + most_s, most_bytes, given_up)
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="decoding watchdog", daemon=True)
                self._thread.start()
            self._watched.append(watch)
            self._changed.notify()
        try:
            yield watch
        finally:
            with self._changed:
                self._watched.remove(watch)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._watched)
                for watch in self._watched:
                    if not watch.verdict:
                        watch.look()
            time.sleep(_LOOK_EVERY_S)


def resident_bytes(pid: int) -> int:
    """The memory that a process occupies; 0 where it has ended."""
    if _PROC.exists():
        try:
            pages = (_PROC / str(pid) / "statm").read_text().split()[1]
        except (OSError, IndexError):
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    import psutil  # it is there where there is no /proc

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
