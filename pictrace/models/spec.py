"""What PicTrace must know of a network besides its weights."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pictrace.errors import ModelError
from pictrace.told import told

__all__ = ["Model", "Packed", "Preprocessing", "model_from_file", "sha256_of"]

MOST_JSON_BYTES = 65_536
EXAMPLE = '{"name": "my-network", "dimension": 2048}'


@dataclass(frozen=True)
class Preprocessing:
    """From a picture to what the network takes: (3, size_px, size_px) float32.

    Attributes
    ----------
    resize
        "crop" scales the short side to resize_px and cuts out the centre, "stretch" scales both sides to size_px. Then
        each channel is (level * scale - mean) / std, with levels of 0 to 255 and channels in the order ``colours``.
    """

    size_px: int = 224
    resize: str = "crop"
    resize_px: int = 256
    colours: str = "RGB"
    scale: float = 1 / 255
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)  # of ImageNet
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)

    def __post_init__(self) -> None:
        for name in ("size_px", "resize_px"):
            _check(
                16 <= getattr(self, name) <= 2048,
                name,
                getattr(self, name),
                told("a whole number from {least} to {most}", least=16, most=2048),
            )
        _check(self.resize in ("crop", "stretch"), "resize", self.resize, told('"crop" or "stretch"'))
        if self.resize == "crop":
            _check(
                self.resize_px >= self.size_px,
                "resize_px",
                self.resize_px,
                told("at least size_px, {number}", number=self.size_px),
            )
        _check(self.colours in ("RGB", "BGR"), "colours", self.colours, told('"RGB" or "BGR"'))
        numbers = (self.scale, *self.std)
        _check(all(math.isfinite(one) and one > 0 for one in numbers), "scale, std", numbers, told("positive"))
        _check(all(map(math.isfinite, self.mean)), "mean", self.mean, told("three numbers"))


@dataclass(frozen=True)
class Packed:
    """Weights that an installed package brings: its name as it is imported, and the file in it."""

    package: str
    file: str
    byte_count: int
    sha256: str

    @property
    def distribution(self) -> str:
        return self.package.replace("_", "-")


@dataclass(frozen=True)
class Model:
    """A network: which file it is (by its SHA-256), how pictures go in, which of its numbers are the embedding.

    Attributes
    ----------
    output
        The tensor to take; "" = the input of the last fully connected layer.
    pool
        What makes one row of a tensor (tokens, dimension): "first" (a class token) or "mean".
    unrelated
        The cosine similarity that pictures without anything in common have, which is similarity 0 to PicTrace.
    path
        Of a file that somebody brought.
    packed
        What the file is made of on this machine, in the place of a download.
    """

    name: str
    title: str
    dimension: int
    sha256: str
    byte_count: int
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    output: str = ""
    pool: str = ""
    unrelated: float = 0.0
    licence: str = "not named"
    addresses: tuple[str, ...] = ()
    file_name: str = ""
    path: Path | None = None
    packed: Packed | None = None

    def __post_init__(self) -> None:
        _check(
            bool(re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,39}", self.name)), "name", self.name, told("a-z, 0-9, - and .")
        )
        _check(
            1 <= self.dimension <= 16_384,
            "dimension",
            self.dimension,
            told("a whole number from {least} to {most}", least=1, most=16_384),
        )
        _check(self.pool in ("", "first", "mean"), "pool", self.pool, told('"first", "mean" or left out'))
        _check(-1 <= self.unrelated < 0.95, "unrelated", self.unrelated, told("a cosine from -1 to 0.95"))

    @functools.cached_property
    def key(self) -> str:
        """Names its features: other weights, another preparation or another output give another key."""
        shaping = (
            self.sha256,
            dataclasses.astuple(self.preprocessing),
            self.output,
            self.pool,
            self.dimension,
        )
        return f"{self.name}-{hashlib.sha256(repr(shaping).encode()).hexdigest()[:12]}"

    @property
    def megabytes(self) -> float:
        return self.byte_count / 1e6


def model_from_file(path: Path) -> Model:
    """A network that somebody brought: an ONNX file, and what to know of it in a JSON file of the same name.

    ModelError says which of them is missing or wrong.
    """
    described = path.with_suffix(".json")
    if not path.is_file():
        raise ModelError(
            told("There is no model at {path}. Name an ONNX file, or one of: pictrace model list.", path=path)
        )
    if not described.is_file():
        raise ModelError(
            told(
                "{name} needs a file {other} beside it that says how pictures go in, such as {example}. "
                "See docs/models.md.",
                name=path.name,
                other=described.name,
                example=EXAMPLE,
            )
        )
    try:
        with described.open("rb") as file:
            words: Any = json.loads(file.read(MOST_JSON_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(
            told(
                "{described} cannot be read as JSON ({error}). Write for example {example}.",
                described=described,
                error=error,
                example=EXAMPLE,
            )
        ) from error
    try:
        return _model(words, path)
    except ModelError as error:
        raise ModelError(told("{name}: {error}", name=described, error=error)) from error


def _model(words: Any, path: Path) -> Model:
    if not isinstance(words, dict):
        raise ModelError(told("It must hold one object, such as {example}.", example=EXAMPLE))
    ours = {"name": str, "title": str, "dimension": int, "output": str, "pool": str, "unrelated": float, "licence": str}
    shaping = {one.name: type(one.default) for one in dataclasses.fields(Preprocessing)}
    unknown = sorted(set(words) - set(ours) - set(shaping))
    if unknown:
        known = ", ".join([*ours, *shaping])
        raise ModelError(
            told(
                "It names {names}, which means nothing here. Known: {known}.",
                names=", ".join(map(repr, unknown[:3])),
                known=known,
            )
        )
    if "dimension" not in words:
        raise ModelError(
            told('It lacks "dimension", how many numbers the network gives for a picture: {example}.', example=EXAMPLE)
        )
    preparation = {name: _typed(name, words[name], kind) for name, kind in shaping.items() if name in words}
    chosen = {name: _typed(name, words[name], kind) for name, kind in ours.items() if name in words}
    name = chosen.pop("name", re.sub(r"[^a-z0-9._-]+", "-", path.stem.lower()).strip("-._")[:40] or "model")
    title = chosen.pop("title", name)
    try:
        size = path.stat().st_size
        digest = sha256_of(path)
    except OSError as error:
        raise ModelError(told("{path} cannot be read: {error}.", path=path, error=error.strerror or error)) from error
    shape = Preprocessing(**preparation)
    return Model(name, title, sha256=digest, byte_count=size, preprocessing=shape, path=path, **chosen)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, as 64 hexadecimal digits; OSError where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _typed(name: str, value: Any, kind: type) -> Any:
    """A value of the JSON as the type that it must have; whole numbers pass for fractions."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind is float and is_number:
        return float(value)
    if kind is int and is_number and value == int(value):
        return int(value)
    if kind is str and isinstance(value, str):
        return value[:200]
    if kind is tuple and isinstance(value, list) and len(value) == 3:
        return tuple(_typed(name, one, float) for one in value)
    wanted = {
        float: told("a number"),
        int: told("a whole number"),
        str: told("a text"),
        tuple: told("a list of three numbers"),
    }[kind]
    raise ModelError(
        told('"{name}" must be {wanted}, not {value}.', name=name, wanted=wanted, value=json.dumps(value)[:60])
    )


def _check(fine: bool, name: str, value: object, wanted: str) -> None:
    if not fine:
        raise ModelError(told('"{name}" must be {wanted}, not {value}.', name=name, wanted=wanted, value=repr(value)))
