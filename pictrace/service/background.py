"""Work in a thread of its own, while the page stays at hand. No streamlit here."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pictrace.errors import PicTraceError
from pictrace.faults import as_own
from pictrace.precedence import waiting_for_background
from pictrace.told import told

__all__ = ["Background", "Later"]


class Background:
    """Work that has begun: whether it still runs, an end that can be asked for, a problem that it may end with."""

    def __init__(self, work: Callable[[], object], name: str) -> None:
        self.problem = ""
        self._asked_to_stop = threading.Event()
        self._work = work
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            with as_own(PicTraceError, told("This work")):
                self._work()
        except PicTraceError as error:
            self.problem = str(error)

    def stop(self) -> None:
        """End soon; what is done is kept."""
        self._asked_to_stop.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Whether it has ended by then; without a time, after its end."""
        with waiting_for_background():
            self._thread.join(timeout_s)
        return not self.running

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    @property
    def stopped(self) -> bool:
        """Whether somebody asked for its end."""
        return self._asked_to_stop.is_set()


class Later:
    """Work that is begun when it is first wanted. For any thread."""

    def __init__(self, work: Callable[[], object], name: str) -> None:
        self._work, self._name = work, name
        self._lock = threading.Lock()
        self._begun: Background | None = None
        self._timer: threading.Timer | None = None

    def begin_after(self, seconds: float) -> None:
        """Begin it in a while, unless somebody wants it before."""
        with self._lock:
            if self._begun is None and self._timer is None:
                self._timer = threading.Timer(seconds, self.begin)
                self._timer.daemon = True
                self._timer.start()

    def begin(self) -> Background:
        """Begin it, unless it has begun."""
        with self._lock:
            if self._begun is None:
                self._begun = Background(self._work, self._name)
            return self._begun
