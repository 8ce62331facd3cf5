"""Starts the process that decodes, with few variables of the environment, and checks what it says of a header."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pictrace.errors import ImageError
from pictrace.images.formats import FORMATS
from pictrace.images.reading import DecodeLimits, ImageInfo
from pictrace.told import told

__all__ = ["COMMAND", "DecoderProcess", "DiedError", "header_of", "started"]

COMMAND = "from pictrace.images.decoder import main; main()"

_PASSED_ON = (
    "PATH",
    "SYSTEMROOT",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "TMPDIR",
    "TEMP",
    "TMP",
    "PILLOW_BLOCK_SIZE",
)
_FRUGAL = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(1024**2),  # larger blocks go back to the system when they are freed
    "MALLOC_TRIM_THRESHOLD_": str(4 * 1024**2),
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


@dataclass
class DecoderProcess:
    """A process that waits for pictures. rest_bytes: what it occupied as it was ready."""

    process: subprocess.Popen[bytes]
    requests: IO[bytes]
    answers: IO[bytes]
    rest_bytes: int = 0

    def end(self) -> int:
        """Kill it, where it still is; its exit status."""
        self.process.kill()
        for stream in (self.answers, self.requests):
            with contextlib.suppress(OSError):  # what it never read
                stream.close()
        return self.process.wait()


class DiedError(Exception):
    """A decoder has ended, with this status, killed for what the verdict says.

    begun: it had told what the header holds.
    """

    def __init__(self, status: int, verdict: str, *, begun: bool) -> None:
        super().__init__(f"status {status}")
        self.status, self.verdict, self.begun = status, verdict, begun


def started(command: str, settings: Mapping[str, object]) -> DecoderProcess:
    """A process that runs this Python; ImageError where the system gives none.

    Neither an app's script nor a library user's main module is run again in it.
    """
    paths = os.pathsep.join(one or str(Path.cwd()) for one in sys.path)
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    try:
        process = subprocess.Popen(  # noqa: S603 (a command of our own)
            [sys.executable, "-s", "-c", command, json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**passed_on, **_FRUGAL, "PYTHONPATH": paths},
            start_new_session=True,  # Ctrl-C in a terminal is for us to hear
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise ImageError(
            told("no process can be started to decode it ({reason}): try again later", reason=error.strerror)
        ) from error
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 (they are pipes)
    return DecoderProcess(process, process.stdin, process.stdout)


def header_of(head: Mapping[str, Any], limits: DecodeLimits) -> ImageInfo:
    """What it says of a header, checked: ValueError where no header can say so."""
    info = ImageInfo(str(head["format"]), int(head["width"]), int(head["height"]), head["quality"])
    known = info.format in FORMATS and (info.quality is None or isinstance(info.quality, int))
    if not known or min(info.width, info.height) <= 0 or info.width * info.height > limits.max_stored_pixels:
        raise ValueError("a header that cannot be")
    return info
