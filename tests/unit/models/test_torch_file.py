"""Weights as PyTorch wrote them: read as they lie, and nothing else that a pickle may ask for."""

from __future__ import annotations

import collections
import io
import os
import pickle
import struct
import sys
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pictrace.errors import ModelError
from pictrace.models.torch_file import MAGIC, VERSION, read_weights

Described = tuple[str, int, tuple[int, ...], tuple[int, ...]]  # storage, offset, shape, strides
NUMBERS = {"a": np.arange(24, dtype="<f4"), "b": np.array([7, 8, 9], "<i8")}
TENSORS: Mapping[str, Described] = {
    "plain": ("a", 0, (4, 6), (6, 1)),
    "transposed": ("a", 0, (6, 4), (1, 6)),
    "part": ("a", 6, (2, 3), (6, 2)),
    "count": ("b", 2, (), ()),
}


class _Stored:
    def __init__(self, key: str) -> None:
        self.key = key


class _Rebuilt:
    def __init__(self, *parts: object) -> None:
        self.parts = parts

    def __reduce__(self) -> tuple[Any, ...]:
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.parts


@pytest.fixture(autouse=True)
def torch(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """As much of PyTorch as pickling its names takes."""
    made, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for name in ("FloatStorage", "LongStorage"):
        setattr(made, name, type(name, (), {"__module__": "torch"}))

    def rebuild() -> None: ...

    rebuild.__module__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    setattr(utils, "_rebuild_tensor_v2", rebuild)  # noqa: B010 - a module made here has no such name to mypy
    monkeypatch.setitem(sys.modules, "torch", made)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)
    return made


def written(
    tensors: Mapping[str, Described] = TENSORS,
    numbers: Mapping[str, NDArray[Any]] = NUMBERS,
    *,
    extra: object = None,
    keys: Sequence[str] | None = None,
    kind: object = None,
) -> bytes:
    file = io.BytesIO()

    class Pickler(pickle.Pickler):
        def persistent_id(self, one: object) -> object:
            if not isinstance(one, _Stored):
                return None
            name = "FloatStorage" if numbers[one.key].dtype.kind == "f" else "LongStorage"
            return "storage", kind or getattr(sys.modules["torch"], name), one.key, "cpu", len(numbers[one.key]), None

    for header in (MAGIC, VERSION, {"little_endian": True}):
        pickle.dump(header, file, protocol=2)
    held: dict[str, object] = collections.OrderedDict()
    for name, (key, *how) in tensors.items():
        held[name] = _Rebuilt(_Stored(key), *how, False, collections.OrderedDict())
    if extra is not None:
        held["extra"] = extra
    Pickler(file, protocol=2).dump(held)
    pickle.dump(list(numbers) if keys is None else keys, file, protocol=2)
    for one in numbers.values():
        file.write(struct.pack("<q", len(one)) + one.tobytes())
    return file.getvalue()


def test_tensors_are_read_as_they_lie() -> None:
    found = read_weights(written())
    rows = NUMBERS["a"].reshape(4, 6)
    np.testing.assert_array_equal(found["plain"], rows)
    np.testing.assert_array_equal(found["transposed"], rows.T)
    np.testing.assert_array_equal(found["part"], rows[1:3, ::2])
    assert found["count"] == 9
    assert list(found) == list(TENSORS)


class _Acts:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.path,)


@pytest.mark.parametrize(
    "name", ["os.system", "builtins.eval", "builtins.getattr", "torch.load", "collections.Counter"]
)
def test_no_other_name_is_looked_up(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    asked = f"c{module}\n{attribute}\n.".encode()  # the opcode GLOBAL
    whole = written()
    for place in range(5):  # in the place of each of the pickles
        file = io.BytesIO(whole)
        for _ in range(place):
            _skip(file)
        with pytest.raises(ModelError, match=rf"asks for {name}"):
            read_weights(whole[: file.tell()] + asked)


def _skip(file: io.BytesIO) -> None:
    class Skipping(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            return collections.OrderedDict if name == "OrderedDict" else lambda *_: None

        def persistent_load(self, pid: Any) -> object:
            return None

    Skipping(file).load()


def test_what_would_act_does_not(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"asks for posix\.mkdir|asks for nt\.mkdir"):
        read_weights(written(extra=_Acts(tmp_path / "done")))
    assert not (tmp_path / "done").exists()


def test_a_file_that_ends_early_is_refused_wherever_it_ends() -> None:
    whole = written()
    for length in range(0, len(whole), 3):
        with pytest.raises(ModelError, match="no weights"):
            read_weights(whole[:length])


@pytest.mark.parametrize(
    "described",
    [
        ("a", 0, (5, 6), (6, 1)),
        ("a", 20, (5,), (1,)),
        ("a", -1, (2,), (1,)),
        ("a", 4, (2,), (-1,)),
        ("a", 0, (0,), (1,)),
        ("a", 0, (2, 2), (1,)),
        ("a", 0, (1 << 40,), (0,)),
    ],
)
def test_no_tensor_reaches_beyond_its_storage(described: Described) -> None:
    with pytest.raises(ModelError):
        read_weights(written({"wild": described}, {"a": NUMBERS["a"]}))


def test_storages_that_are_not_what_was_said_are_refused() -> None:
    with pytest.raises(ModelError, match="no known kind"):
        read_weights(written(kind="float"))
    with pytest.raises(ModelError, match="no weights"):
        read_weights(written(keys=["a", "c"]))
    with pytest.raises(ModelError, match="no weights"):
        read_weights(written(keys=["b", "a"]))
    with pytest.raises(ModelError, match="first bytes"):
        read_weights(pickle.dumps(1) + written())
