"""A network ready to use: loaded, cut, checked; one of them at a time in a process."""

from __future__ import annotations

import mmap
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pictrace.errors import ModelError
from pictrace.images.pixels import RGBImage
from pictrace.kernels import run_chunks
from pictrace.models.boxed import ready_file
from pictrace.models.cut import embedding_tensor, write_cut
from pictrace.models.files import model_path
from pictrace.models.graph import FLOAT32, Graph, read_graph
from pictrace.models.prepare import seen, tensor_of
from pictrace.models.runtime import Runtime, first_line, load_runtime, runtime_name
from pictrace.models.spec import Model
from pictrace.told import told

__all__ = ["Network", "load_problem", "network_of", "release"]


class Network:
    """Safe for threads; no more run at once than there are cores for, so that memory stays bounded."""

    def __init__(self, model: Model) -> None:
        """Load the model's file; ModelError where it is not the model, or none that can be used."""
        self.model = model
        self._runtime = _loaded(model)
        self._places = threading.Semaphore(self._runtime.places)
        self._check()

    @property
    def runtime(self) -> str:
        """What runs it."""
        return self._runtime.name

    def embed(self, squares: Sequence[RGBImage]) -> NDArray[np.float32]:
        """Embeddings of pictures as ``seen`` gives them: (n, dimension) float32, not scaled to any length.

        One picture a run: batches of eight are no faster and take 80 MB more a thread (EfficientNet-Lite0 in float32).
        """
        found = np.empty((len(squares), self.model.dimension), np.float32)

        def fill(first: int, last: int) -> None:
            for place in range(first, last):
                found[place] = self._run(tensor_of(squares[place], self.model.preprocessing))

        run_chunks(fill, len(squares), min_chunk=1)
        return found

    def see(self, image: RGBImage) -> RGBImage:
        """The part of a picture that the network sees."""
        return seen(image, self.model.preprocessing)

    def _run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        model = self.model
        with self._places:
            try:
                result = self._runtime.run(tensor[np.newaxis])
            except Exception as error:
                # As in load_runtime: what a network does to its runtime is open-ended.
                raise ModelError(
                    told(
                        "{title} cannot be run by {runtime}: {error}.",
                        title=model.title,
                        runtime=self.runtime,
                        error=first_line(error),
                    )
                ) from error
        if model.pool and result.ndim == 3:
            result = result[:, 0] if model.pool == "first" else result.mean(axis=1)
        if result.shape[:1] != (1,) or result.size != model.dimension:
            raise ModelError(
                told(
                    '{title} gives {shape} numbers a picture, not {dimension}: name another "output" or '
                    '"dimension", or a "pool" for tokens, in its JSON file.',
                    title=model.title,
                    shape=" x ".join(map(str, result.shape[1:])) or 0,
                    dimension=model.dimension,
                )
            )
        row = result.reshape(-1).astype(np.float32)
        if not np.isfinite(row).all():
            raise ModelError(
                told(
                    "{title} gives numbers that are not finite. Check its preparation, or export it again.",
                    title=model.title,
                )
            )
        return row

    def _check(self) -> None:
        """Two pictures, and the first again: finite, repeatable and different."""
        side = self.model.preprocessing.size_px
        ramp = np.linspace(0, 255, side).astype(np.uint8)
        first = np.stack([np.broadcast_to(ramp, (side, side)), np.broadcast_to(ramp[:, None], (side, side))] * 2, -1)
        squares = [np.ascontiguousarray(first[..., :3]), np.ascontiguousarray(255 - first[::-1, ..., 1:])]
        squares[1][side // 4 : side // 2, side // 4 : side // 2] = (230, 20, 60)
        both = self.embed(squares)
        if not np.array_equal(both[:1], self.embed(squares[:1])):
            raise ModelError(
                told(
                    "{title} gives other numbers each time. Export it for inference, without dropout.",
                    title=self.model.title,
                )
            )
        length = float(np.linalg.norm(both, axis=1).min())
        if length == 0 or np.array_equal(both[0], both[1]):
            raise ModelError(
                told("{title} gives the same numbers for every picture. Check its output.", title=self.model.title)
            )


def _loaded(model: Model) -> Runtime:
    """Check the very bytes, write the part that is needed anew, and have that loaded."""
    path, name = ready_file(model), runtime_name()
    with tempfile.TemporaryDirectory(prefix="pictrace-model-") as folder:
        part = Path(folder, "part.onnx")
        input_name = _write_part(model, path, part, name)  # the file's bytes are let go before the runtime has its own
        return load_runtime(name, part, input_name)


def _write_part(model: Model, path: Path, part: Path, runtime: str) -> str:
    """Read a network with care, and write what its embedding needs; the name of its input."""
    graph = read_graph(_mapped(path))
    _check_input(graph, model)
    try:
        # OpenCV insists on a declared shape, and pays no heed to it.
        write_cut(graph, embedding_tensor(graph, model.output), part, shape=() if runtime == "opencv" else None)
    except OSError as error:
        reason = error.strerror or error
        raise ModelError(
            told("{title} cannot be loaded: {reason}. Free some disk space.", title=model.title, reason=reason)
        ) from error
    return graph.pictures.name


def _mapped(path: Path) -> memoryview:
    """A file's bytes, read where they lie; the file is closed when nobody looks at them any more."""
    try:
        with path.open("rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:  # ValueError: it is empty
        raise ModelError(told("{path} cannot be read ({error}). Get it again.", path=path, error=error)) from error


def _check_input(graph: Graph, model: Model) -> None:
    value, side = graph.pictures, model.preprocessing.size_px
    if value.element != FLOAT32:
        raise ModelError(
            told("{title} does not take float32 pictures. Export it with float32 inputs.", title=model.title)
        )
    wanted = (None, 3, side, side)
    fits = value.shape is None or (
        len(value.shape) == 4
        and value.shape[0] in (None, 1)
        and all(have in (None, want) for have, want in zip(value.shape[1:], wanted[1:], strict=True))
    )
    if not fits:
        shape = " x ".join("any" if one is None else str(one) for one in value.shape or ())
        raise ModelError(
            told(
                "{title} takes {shape}, not any x 3 x {side} x {side}. Correct size_px in its JSON file.",
                title=model.title,
                shape=shape,
                side=side,
            )
        )


_guard = threading.Lock()
_present: Network | None = None
_problems: dict[tuple[object, ...], str] = {}


def network_of(model: Model) -> Network:
    """The model, loaded at the first call and kept until another one is asked for; ModelError where it cannot be.

    What went wrong is remembered, and told again, until the file or the runtime changes.
    """
    global _present
    with _guard:
        if _present is not None and _present.model.key == model.key and _present.runtime == runtime_name():
            return _present
        stamp = _stamp(model)
        if stamp in _problems:
            raise ModelError(_problems[stamp])
        _present = None  # two of them would not fit into a small machine's memory
        try:
            _present = Network(model)
        except ModelError as error:
            _problems.clear()
            _problems[stamp] = str(error)
            raise
        return _present


def load_problem(model: Model) -> str:
    """Why the model could not be loaded, as far as that was tried; "" else."""
    return _problems.get(_stamp(model), "")


def release() -> None:
    """Let the loaded network go."""
    global _present
    with _guard:
        _present = None
        _problems.clear()


def _stamp(model: Model) -> tuple[object, ...]:
    try:
        status = model_path(model).stat()
    except OSError:
        return (model.key, runtime_name())
    return (model.key, runtime_name(), status.st_size, status.st_mtime_ns)
