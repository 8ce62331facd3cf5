"""Where the files of models lie on this machine, and whether they are what they should be."""

from __future__ import annotations

import functools
import importlib.util
import os
from pathlib import Path

from pictrace.errors import ModelError
from pictrace.folders import cache_folder
from pictrace.models.spec import Model, Packed, sha256_of
from pictrace.told import told

__all__ = ["MODELS_VARIABLE", "check_file", "is_here", "model_path", "models_folder", "packed_path"]

MODELS_VARIABLE = "PICTRACE_MODELS"


def models_folder() -> Path:
    """The folder of all models that were got: PICTRACE_MODELS, else one in the cache folder. It need not exist."""
    named = os.environ.get(MODELS_VARIABLE)
    return Path(named) if named else _made_folder()


def _made_folder() -> Path:
    """The folder of files that are made here, which need a place that can be written."""
    return _cached(os.environ.get("PICTRACE_CACHE", "")) / "models"


@functools.lru_cache(maxsize=8)
def _cached(_named: str) -> Path:
    return cache_folder()  # tries whether it can write there: not at every look


def model_path(model: Model) -> Path:
    """Where a model's file lies, or would lie."""
    return model.path or (_made_folder() if model.packed else models_folder()) / model.file_name


def packed_path(packed: Packed) -> Path | None:
    """Where the weights of a package lie, which is not imported for that; None where it is not installed."""
    known = _found.get(packed)
    if known is not None and known.is_file():
        return known
    found = importlib.util.find_spec(packed.package)
    folders = found.submodule_search_locations if found is not None else None
    path = next((path for path in (Path(one, packed.file) for one in folders or ()) if path.is_file()), None)
    if path is not None:
        _found[packed] = path
    return path


_found = dict[Packed, Path]()  # looking for a package takes half a millisecond, and a page asks six times


def is_here(model: Model) -> bool:
    """Whether a file of the right size lies there, or can be made; what it holds is checked when it is loaded."""
    if model.packed is not None and packed_path(model.packed) is not None:
        return True
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
                told(
                    "{path} has {size:,} bytes, but {title} has {bytes:,}. Get it again, whole.",
                    path=path,
                    size=size,
                    title=model.title,
                    bytes=model.byte_count,
                )
            )
        found = sha256_of(path)
    except OSError as error:
        raise ModelError(
            told("{path} cannot be read: {error}. Name another file.", path=path, error=error.strerror or error)
        ) from error
    if found != model.sha256:
        raise ModelError(
            told(
                "{path} is not {title}: its SHA-256 is {found}…, not {wanted}…. It was not used. Get it "
                "again, from a place that you trust.",
                path=path,
                title=model.title,
                found=found[:16],
                wanted=model.sha256[:16],
            )
        )
