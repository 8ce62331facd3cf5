"""The network in the box: its file, made once out of the weights that a package brings."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from pictrace.errors import ModelError
from pictrace.models.cut import write_cut
from pictrace.models.files import check_file, model_path, packed_path
from pictrace.models.lite0 import EMBEDDING
from pictrace.models.lite0_int8 import lite0_graph
from pictrace.models.spec import Model, Packed
from pictrace.models.torch_file import read_weights
from pictrace.told import told

__all__ = ["ready_file"]


def ready_file(model: Model) -> Path:
    """A model's file, verified; made first where it can be made and is missing or damaged. ModelError else."""
    path = model_path(model)
    if model.packed is not None:
        try:
            check_file(path, model)
        except ModelError:
            _make(model, model.packed, path)
        return path
    check_file(path, model)
    return path


def _make(model: Model, packed: Packed, path: Path) -> None:
    """Write it beside its place and move it there whole: two processes that do so at once do no harm."""
    graph = lite0_graph(read_weights(_verified(packed)))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)
        os.close(handle)
        part = Path(name)
        try:
            write_cut(graph, EMBEDDING, part, shape=graph.outputs[0].shape)
            check_file(part, model)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise ModelError(
            told("{path} cannot be written: {error}. Free some disk space.", path=path, error=error.strerror or error)
        ) from error


def _verified(packed: Packed) -> bytes:
    """The very bytes of the weights: nothing of them is looked at before their SHA-256 is right."""
    path = packed_path(packed)
    advice = told("Install {package} again.", package=packed.distribution)
    if path is None:
        raise ModelError(
            told("The weights of {package} are not installed. {advice}", package=packed.package, advice=advice)
        )
    try:
        with path.open("rb") as file:
            data = file.read(packed.byte_count + 1)
    except OSError as error:
        raise ModelError(
            told("{path} cannot be read: {error}. {advice}", path=path, error=error.strerror or error, advice=advice)
        ) from error
    if len(data) != packed.byte_count or hashlib.sha256(data).hexdigest() != packed.sha256:
        raise ModelError(
            told("{path} holds other weights than it should. They were not used. {advice}", path=path, advice=advice)
        )
    return data
