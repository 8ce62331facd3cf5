"""Decodes pictures of strangers in a few processes of their own, each within a limit of memory and of time.

A decoder is a large program in C that reads what anybody made up. In here it may crash, hang or grow without end: that
is the failure of one picture. Processes are started when they are needed (a third of a second), see decoder_process.py,
and end when they have been idle.

Pixels come back by a pipe: the working picture has 0.8 MB at most, which take half a millisecond. Shared memory would
take a further process, which looks after its names.
"""

from __future__ import annotations

import atexit
import os
import queue
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from typing import Any

import numpy as np

from pictrace.errors import ImageError, PicTraceError
from pictrace.faults import logged
from pictrace.images.budget import LOOKED_AGAIN_S, Budget, GivenUp, never, stopped
from pictrace.images.decoder_process import COMMAND, DecoderProcess, DiedError, header_of, started
from pictrace.images.formats import sniff
from pictrace.images.pixels import WORKING_SIDE_PX, RGBImage
from pictrace.images.reading import DecodeLimits, ImageInfo, check_bytes
from pictrace.images.watchdog import Watchdog, resident_bytes
from pictrace.images.wire import receive, send
from pictrace.told import from_document, told

__all__ = ["Decoders", "default_decoders"]

MEMORY_BYTES = 224 * 1024**2
"""What all decodes together may take at any moment, and so one alone."""

_START_S = 60
_OVERHEAD_BYTES = 24 * 1024**2  # that decoders take whatever the size of the picture
_SLACK_BYTES = 32 * 1024**2  # between what the system limits and what the watchdog sees
_WORKING_BYTES = 3 * WORKING_SIDE_PX**2


@dataclass
class _Place:
    """One of the few that may decode at a time, with its process, where there is one."""

    decoder: DecoderProcess | None

    def end(self) -> None:
        if self.decoder is not None:
            self.decoder.end()
            self.decoder = None


@dataclass(frozen=True)
class _Job:
    data: bytes
    limits: DecodeLimits
    given_up: GivenUp
    wants_pixels: bool


@dataclass(frozen=True)
class _Answer:
    info: ImageInfo
    pixels: RGBImage


_MOST_NOTES, _MOST_NOTE = 5, 300
_NO_PIXELS = np.zeros((0, 0, 3), np.uint8)


class _ShortError(ImageError):
    """The memory that was expected to suffice did not."""


class Decoders:
    """A few processes that decode. For any thread.

    Parameters
    ----------
    count
        Processes, at most.
    memory_bytes
        What all decodes together may take, beside the 50 MB that a process takes at rest (half of them shared).
    cpu_s, wall_s
        What one picture may take of a processor (a second less, maybe), and how long it may last in all.
    idle_s
        How long a process waits for another picture before it ends.
    limited
        Whether the system is to hold the limits, where it can; False leaves them to the watchdog alone.
    command
        The Python that a process runs.
    """

    def __init__(
        self,
        count: int = 2,
        *,
        memory_bytes: int = MEMORY_BYTES,
        cpu_s: int = 5,
        wall_s: float = 30,
        idle_s: float = 120,
        limited: bool = True,
        command: str = COMMAND,
    ) -> None:
        self._settings = {"cpu_s": cpu_s, "idle_s": idle_s, "limited": limited}
        self._cpu_s, self._wall_s, self._command = cpu_s, wall_s, command
        self._memory = Budget(memory_bytes)
        self._watchdog = Watchdog()
        # The last one that worked is taken first, so that what is not needed becomes idle.
        self._places: queue.LifoQueue[DecoderProcess | None] = queue.LifoQueue()
        for _ in range(count):
            self._places.put(None)

    def begin(self) -> None:
        """Start a process ahead of the first picture; where that fails, the first picture will tell."""
        with suppress(ImageError, DiedError), self._place(never) as place:
            if place.decoder is None:
                place.decoder = self._started()

    def info(self, data: bytes, limits: DecodeLimits, given_up: GivenUp = never) -> ImageInfo:
        """What the header says; raises like ``load``."""
        return self._answer(data, limits, given_up, wants_pixels=False).info

    def load(self, data: bytes, limits: DecodeLimits, given_up: GivenUp = never) -> tuple[ImageInfo, RGBImage]:
        """What the header says, and the working picture, as ``Opened.working`` gives it.

        Parameters
        ----------
        data
            The bytes of a picture's file.
        limits
            What it may have.
        given_up
            Asked all the time; where it says so, the decode ends at once.

        Raises
        ------
        ImageError
            Where it is no picture, one beyond the limits, or one that its decoder dies of.
        StoppedError
            Where it was given up.
        """
        answer = self._answer(data, limits, given_up, wants_pixels=True)
        return answer.info, answer.pixels

    def close(self) -> None:
        """End all processes that are idle."""
        for decoder in [self._places.get() for _ in range(self._places.qsize())]:
            _Place(decoder).end()
            self._places.put(None)

    def _answer(self, data: bytes, limits: DecodeLimits, given_up: GivenUp, *, wants_pixels: bool) -> _Answer:
        check_bytes(data, limits)
        sniff(data)  # what is no picture at all bothers no process
        job = _Job(data, limits, given_up, wants_pixels)
        for allowed in (None, self._memory.most):
            try:
                return self._done(job, allowed)
            except _ShortError:
                pass  # what its size lets expect was too little for it: once more, with all that there is
        raise self._too_large()

    def _done(self, job: _Job, allowed: int | None) -> _Answer:
        """The job, in the next process that is free; in another one where that has ended as it was idle."""
        with self._place(job.given_up) as place:
            try:
                if place.decoder is None:
                    place.decoder = self._started()
                return self._ask(place.decoder, job, allowed)
            except DiedError as death:
                place.end()
                if death.begun or death.status or death.verdict:
                    raise self._failure(job, death, allowed) from death
            try:
                place.decoder = self._started()
                return self._ask(place.decoder, job, allowed)
            except DiedError as death:
                place.end()
                raise self._failure(job, death, allowed) from death

    @contextmanager
    def _place(self, given_up: GivenUp) -> Iterator[_Place]:
        """One of the few, as soon as one is free."""
        while True:
            try:
                place = _Place(self._places.get(timeout=LOOKED_AGAIN_S))
                break
            except queue.Empty:
                if given_up():
                    raise stopped() from None
        try:
            yield place
        except ImageError:
            raise  # an answer like others: the process is ready for the next
        except BaseException:
            place.end()
            raise
        finally:
            self._places.put(place.decoder)

    def _started(self) -> DecoderProcess:
        decoder = started(self._command, self._settings)
        with self._watched(decoder, never, 0, most_s=_START_S):
            receive(decoder.answers, 0)
        decoder.rest_bytes = resident_bytes(decoder.process.pid)
        return decoder

    def _ask(self, decoder: DecoderProcess, job: _Job, allowed: int | None) -> _Answer:
        limits = {"max_bytes": job.limits.max_bytes, "max_pixels": job.limits.max_pixels}
        with self._watched(decoder, job.given_up, _OVERHEAD_BYTES + 4 * len(job.data)):
            send(decoder.requests, limits, job.data)
            head, _ = receive(decoder.answers, 0)
            if "error" in head:
                raise self._told(head, self._memory.most, 0)
            info = header_of(head, job.limits)
            if not job.wants_pixels:
                send(decoder.requests, {"memory_bytes": 0})
                return _Answer(info, _NO_PIXELS)
            expected = _OVERHEAD_BYTES + int(head["memory_bytes"])
        allowed = min(self._memory.most, allowed or expected)
        with (
            self._memory.hold(allowed, job.given_up),
            self._watched(decoder, job.given_up, allowed, begun=True),
        ):
            send(decoder.requests, {"memory_bytes": allowed})
            head, pixels = receive(decoder.answers, _WORKING_BYTES)
            if "error" in head:
                raise self._told(head, allowed, expected)
            shape = (int(head["height"]), int(head["width"]), 3)
            info = replace(info, notes=tuple(_note(one) for one in head["notes"][:_MOST_NOTES]))
            return _Answer(info, np.frombuffer(bytearray(pixels), np.uint8).reshape(shape))

    @contextmanager
    def _watched(
        self,
        decoder: DecoderProcess,
        given_up: GivenUp,
        memory_bytes: int,
        *,
        most_s: float | None = None,
        begun: bool = False,
    ) -> Iterator[None]:
        """While this lasts, the decoder is held to its limits; DiedError where it ends, or talks nonsense."""
        most = decoder.rest_bytes + memory_bytes + _SLACK_BYTES if decoder.rest_bytes else sys.maxsize
        with self._watchdog.over(decoder.process, most_s or self._wall_s, most, given_up) as watch:
            try:
                yield
            except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
                raise DiedError(decoder.end(), watch.verdict, begun=begun) from error

    def _told(self, head: Mapping[str, Any], allowed: int, expected: int) -> ImageError:
        """What the process says of a picture that it could not decode.

        Libraries do not always say that memory was lacking, so what was expected counts, too.
        """
        if allowed == self._memory.most and (head.get("memory") or expected > allowed):
            return self._too_large()
        said = from_document(head["error"])
        if head.get("memory") or "memory" in said.lower():
            return _ShortError()
        if said:
            return ImageError(said)
        identity = logged("A picture could not be decoded", str(head.get("stack")))
        return ImageError(
            told(
                "a fault of its decoder ({kind}, logged as {identity}): save it again as PNG",
                kind=head.get("kind"),
                identity=identity,
            )
        )

    def _failure(self, job: _Job, death: DiedError, allowed: int | None) -> PicTraceError:
        if death.verdict == "stopped":
            return stopped()
        if death.verdict == "time" or death.status == -getattr(signal, "SIGXCPU", 0) != 0:
            return ImageError(
                told(
                    "decoding it takes more than {seconds} s of a processor: save it again, or smaller",
                    seconds=self._cpu_s,
                )
            )
        if death.verdict == "memory" or (death.begun and allowed is None):  # C code may end as it gets no memory
            return _ShortError() if allowed is None else self._too_large()
        identity = logged(
            f"The decoder of a picture ended with status {death.status} (SHA-256 {sha256(job.data).hexdigest()})",
            death,
        )
        return ImageError(told("its decoder crashed (logged as {identity}): save it again as PNG", identity=identity))

    def _too_large(self) -> ImageError:
        return ImageError(
            told(
                "decoding it takes more than the {most} MB of memory that there are for it: save it smaller, or as "
                "JPEG (the owner may raise PICTRACE_DECODE_MB)",
                most=self._memory.most // 1024**2,
            )
        )


def _note(document: object) -> str:
    """As the process tells it, if that is short enough to be one of ours."""
    said = from_document(document)
    return said if len(said) <= _MOST_NOTE else str(said)[:_MOST_NOTE]


def _memory_bytes() -> int:
    """What the owner allows, or the usual; less would not even decode what a camera takes."""
    told = os.environ.get("PICTRACE_DECODE_MB", "").strip()
    return max(64, int(told)) * 1024**2 if told.isascii() and told.isdigit() else MEMORY_BYTES


@cache
def default_decoders() -> Decoders:
    """Those of this process, which all its threads share."""
    decoders = Decoders(memory_bytes=_memory_bytes())
    atexit.register(decoders.close)
    return decoders


if hasattr(os, "register_at_fork"):  # a copy of this process would read our answers
    os.register_at_fork(after_in_child=default_decoders.cache_clear)
