"""What runs in a process of its own: it decodes what it is sent, within the memory and the time that it is allowed.

It is started by pictrace.images.workers, and ends when that closes its input, or when it has been idle for long.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, NoReturn

import cv2
from PIL import AvifImagePlugin

from pictrace.errors import ImageError
from pictrace.images import complaints, heif
from pictrace.images.reading import DecodeLimits, open_image
from pictrace.images.wire import receive, send
from pictrace.told import as_document

try:
    import resource
except ImportError:  # on Windows; there the process that asks looks after this one
    resource = None  # type: ignore[assignment]  # mypy reads it as a module

__all__ = ["main"]

_STATM = os.open("/proc/self/statm", os.O_RDONLY) if Path("/proc/self/statm").exists() else None
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if _STATM is not None else 0
_MOST_BYTES = 1 << 40
_HEADER_BYTES = 48 * 1024**2
_KEPT_BYTES = 48 * 1024**2  # what a picture may leave behind, such as a library that was loaded for it


def main() -> NoReturn:
    """Answer requests until there are no more; never returns.

    It ends at once, with its pipes: one that still tidied up would look alive, and be killed for not answering.
    """
    settings = json.loads(sys.argv[1])
    # What libraries print must not get among the answers.
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with complaints.caught():
        _answer(settings, requests, answers)


def _answer(settings: dict[str, Any], requests: IO[bytes], answers: IO[bytes]) -> NoReturn:
    cv2.setNumThreads(1)
    AvifImagePlugin.DEFAULT_MAX_THREADS = heif.THREADS = 1
    if resource is not None:
        for what in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
            resource.setrlimit(what, (0, 0))
    at_rest = _data_bytes()
    send(answers, {"ready": True})
    idle = _Idle(settings["idle_s"])
    while True:
        idle.since = time.monotonic()
        try:
            request, data = receive(requests, _MOST_BYTES)
        except EOFError:
            os._exit(0)
        idle.since = None
        _Job(settings, answers, requests).run(request, data)
        del data
        if _data_bytes() > at_rest + _KEPT_BYTES:
            os._exit(0)


class _Idle:
    """Ends the process when it has waited for long. since: when that began, None while it works."""

    def __init__(self, most_s: float) -> None:
        self.since: float | None = None
        self._most_s = most_s
        threading.Thread(target=self._look, name="idle", daemon=True).start()

    def _look(self) -> None:
        while True:
            time.sleep(min(1.0, self._most_s))
            since = self.since
            if since is not None and time.monotonic() - since > self._most_s:
                os._exit(0)


class _Job:
    """One picture."""

    def __init__(self, settings: dict[str, Any], answers: IO[bytes], requests: IO[bytes]) -> None:
        self._settings, self._answers, self._requests = settings, answers, requests

    def run(self, request: dict[str, Any], data: bytes) -> None:
        """Tell what the header says, and send the working picture, if it is asked for."""
        self._limit_cpu()
        head, body = self._tried(request, data)
        # Whatever the picture took is free by now, and may be another's as soon as this is read.
        if head:
            send(self._answers, head, body)

    def _tried(self, request: dict[str, Any], data: bytes) -> tuple[dict[str, object], bytes | memoryview]:
        before = _data_bytes()
        try:
            self._limit_memory(before + _HEADER_BYTES + 3 * len(data))
            opened = open_image(data, DecodeLimits(request["max_bytes"], request["max_pixels"]))
            send(self._answers, {**asdict(opened.info), "memory_bytes": opened.memory_bytes})
            asked, _ = receive(self._requests, 0)
            if not asked["memory_bytes"]:
                return {}, b""
            self._limit_memory(before + asked["memory_bytes"])
            image = opened.working()
            made = {"height": image.shape[0], "width": image.shape[1], "notes": [*map(as_document, opened.notes)]}
            return made, image.data.cast("B")
        except Exception as error:  # the border of the process: whatever it is, the one that asked is told
            self._limit_memory(None)  # telling takes memory, too
            told = str(error) if isinstance(error, ImageError) else ""
            stack = "" if told else traceback.format_exc()
            return {
                "error": as_document(told),
                "kind": type(error).__name__,
                "stack": stack,
                "memory": _lacks_memory(error),
            }, b""
        finally:
            self._limit_memory(None)

    def _limit_cpu(self) -> None:
        if resource is not None and self._settings["limited"]:
            _, most = resource.getrlimit(resource.RLIMIT_CPU)
            # Whole seconds, of all that the process has done so far: the last one may have been begun before.
            resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + self._settings["cpu_s"], most))

    def _limit_memory(self, most_bytes: int | None) -> None:
        if resource is not None and self._settings["limited"]:
            _, most = resource.getrlimit(resource.RLIMIT_DATA)
            soft = resource.RLIM_INFINITY if most_bytes is None else most_bytes
            resource.setrlimit(resource.RLIMIT_DATA, (soft, most))


def _data_bytes() -> int:
    """What RLIMIT_DATA counts, and the stack (proc_pid_statm(5), data); 0 where the system does not tell."""
    return int(os.pread(_STATM, 200, 0).split()[5]) * _PAGE_BYTES if _STATM is not None else 0


def _lacks_memory(error: BaseException | None) -> bool:
    """Whether it comes of memory that the system did not give; libraries in C often say something else."""
    while error is not None:
        if isinstance(error, MemoryError) or (isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem):
            return True
        error = error.__cause__ or error.__context__
    return False
