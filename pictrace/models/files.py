"""Where the files of models lie on this machine, and whether they are what they should be."""

from __future__ import annotations

import functools
import os
from pathlib import Path

from pictrace.errors import ModelError
from pictrace.folders import cache_folder
from pictrace.models.spec import Model, sha256_of

__all__ = ["MODELS_VARIABLE", "check_file", "is_here", "model_path", "models_folder"]

MODELS_VARIABLE = "PICTRACE_MODELS"


def models_folder() -> Path:
    """The folder of all models that were got: PICTRACE_MODELS, else one in the cache folder. It need not exist."""
    named = os.environ.get(MODELS_VARIABLE)
    return Path(named) if named else _cached(os.environ.get("PICTRACE_CACHE", "")) / "models"


@functools.lru_cache(maxsize=8)
def _cached(_named: str) -> Path:
    return cache_folder()  # tries whether it can write there: not at every look


def model_path(model: Model) -> Path:
    """Where a model's file lies, or would lie."""
    return model.path or models_folder() / model.file_name


def is_here(model: Model) -> bool:
    """Whether a file of the right size lies there; what it holds is checked when it is loaded."""
    try:
        return model_path(model).stat().st_size == model.byte_count
    except OSError:
        return False


def check_file(path: Path, model: Model) -> None:
    """Raise ModelError unless these are the very bytes of the model."""
    try:
        size = path.stat().st_size
        if size != model.byte_count:
            raise ModelError(
                f"{path} has {size:,} bytes, but {model.title} has {model.byte_count:,}. Get it again, whole."
            )
        found = sha256_of(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}. Name another file.") from error
    if found != model.sha256:
        raise ModelError(
            f"{path} is not {model.title}: its SHA-256 is {found[:16]}…, not {model.sha256[:16]}…. "
            "It was not used. Get it again, from a place that you trust."
        )
