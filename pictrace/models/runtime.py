"""What runs a network: ONNX Runtime where it is installed, else OpenCV's own, which needs nothing more.

Both compute on the processor only, and both are imported when the first network is loaded.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pictrace.errors import ModelError
from pictrace.told import joined, told

__all__ = ["RUNTIME_COMMAND", "RUNTIME_VARIABLE", "Runtime", "load_runtime", "runtime_name"]

RUNTIME_VARIABLE = "PICTRACE_RUNTIME"
RUNTIME_COMMAND = "pip install onnxruntime"
MOST_PLACES = 8
SILENT = 4  # ONNX Runtime's level of messages: what is wrong is told by its exceptions


class Runtime(Protocol):
    """A loaded network."""

    name: str
    places: int
    """Calls of run that may be under way at once."""

    def run(self, batch: NDArray[np.float32]) -> NDArray[Any]:
        """(1, 3, side, side) float32 to the embedding's tensor."""


def runtime_name() -> str:
    """Which runtime loads the next network, "onnxruntime" or "opencv"; PICTRACE_RUNTIME=opencv forces the latter."""
    forced = os.environ.get(RUNTIME_VARIABLE, "").lower() == "opencv"
    return "opencv" if forced or importlib.util.find_spec("onnxruntime") is None else "onnxruntime"


def load_runtime(name: str, path: Path, input_name: str) -> Runtime:
    """The network of an ONNX file whose one input is called so; ModelError where it cannot be loaded."""
    kind: type[OnnxRuntime | OpenCv] = OnnxRuntime if name == "onnxruntime" else OpenCv
    try:
        return kind(path, input_name)
    except Exception as error:
        if _was_interrupted(error):
            raise KeyboardInterrupt from error
        # Both raise kinds of their own for what strangers' files hold; the base class is all that they share.
        failure = told("The network cannot be loaded by {name}: {error}.", name=name, error=first_line(error))
        if name != "onnxruntime":
            failure = joined(failure, told("ONNX Runtime knows more: {command}.", command=RUNTIME_COMMAND))
        raise ModelError(failure) from error


def _was_interrupted(error: BaseException) -> bool:
    """Whether somebody pressed Ctrl+C while the runtime was imported, which tells of it as of a fault of its own."""
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        if isinstance(at, KeyboardInterrupt):
            return True
        seen.add(id(at))
        at = at.__cause__ or at.__context__
    return False


def first_line(error: Exception) -> str:
    """The first line of an exception from elsewhere, cut to what one reads."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200].rstrip(".")


class OnnxRuntime:
    """ONNX Runtime: each run on the thread that calls it, as many side by side as there are cores.

    Indexing has a picture a thread anyway; threads of the runtime's own would wait for one another, 6 % of the time.
    """

    name = "onnxruntime"
    places = min(os.cpu_count() or 1, MOST_PLACES)

    def __init__(self, path: Path, input_name: str) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = SILENT
        # Its fallback would print to standard output, and try the same once more.
        self._session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"], enable_fallback=0
        )
        self._input = input_name

    def run(self, batch: NDArray[np.float32]) -> NDArray[Any]:
        return np.asarray(self._session.run(None, {self._input: batch})[0])


class OpenCv:
    """OpenCV's ``dnn`` module, which shares one run among its own threads."""

    name = "opencv"
    places = 1

    def __init__(self, path: Path, input_name: str) -> None:
        import cv2

        self._network = cv2.dnn.readNetFromONNX(str(path))
        self._input = input_name

    def run(self, batch: NDArray[np.float32]) -> NDArray[Any]:
        self._network.setInput(batch, self._input)
        return np.asarray(self._network.forward()).copy()  # its memory is used again by the next call
