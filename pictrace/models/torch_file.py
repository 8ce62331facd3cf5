"""Weights out of a file as PyTorch wrote it until version 1.6, read without PyTorch and without pickle's power.

Such a file is a row of pickles (a magic number, the version of the form, facts about the machine, a dictionary of
tensors that name their storages, the list of the storages' keys), and then each storage in the order of that list: how
many numbers it has as int64, and the numbers. What unpickling may call are the four names below, none of which acts.
"""

from __future__ import annotations

import collections
import io
import math
import pickle
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pictrace.errors import ModelError
from pictrace.told import told

__all__ = ["read_weights"]

MAGIC, VERSION = 0x1950A86A20F9469CFC6C, 1001


class _Storage(NamedTuple):
    key: str
    kind: np.dtype[Any]
    numbers: int


class _Tensor(NamedTuple):
    """A view of a storage, all in elements; what follows (whether it learns, its hooks) means nothing here."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    learns: object = None
    hooks: object = None


NAMES: Mapping[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch", "FloatStorage"): np.dtype("<f4"),
    ("torch", "LongStorage"): np.dtype("<i8"),
    ("torch._utils", "_rebuild_tensor_v2"): _Tensor,
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in NAMES:
            raise pickle.UnpicklingError(f"it asks for {module[:60]}.{name[:60]}")
        return NAMES[module, name]

    def persistent_load(self, pid: Any) -> _Storage:
        _, kind, key, _, count, _ = pid
        if not isinstance(kind, np.dtype):
            raise pickle.UnpicklingError("a storage is of no known kind")
        return _Storage(str(key), kind, int(count))


def read_weights(data: bytes) -> dict[str, NDArray[Any]]:
    """The tensors by name, views of the bytes; ModelError where these are no such file.

    Tensors need not lie in their storages row by row: several are stored transposed.
    """
    try:
        file = io.BytesIO(data)
        if (_Reader(file).load(), _Reader(file).load()) != (MAGIC, VERSION):
            raise ValueError(told("its first bytes are others"))
        _Reader(file).load()
        tensors, keys = _Reader(file).load(), _Reader(file).load()
        storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
        numbers = {key: _numbers(file, storages[key]) for key in keys}
        return {str(name): _array(tensor, numbers[tensor.storage.key]) for name, tensor in tensors.items()}
    except Exception as error:
        # What a pickle that is none raises is open-ended, says its documentation.
        raise ModelError(
            told("The file holds no weights as PyTorch writes them ({error}). Install it again.", error=error)
        ) from error


def _numbers(file: io.BytesIO, storage: _Storage) -> NDArray[Any]:
    (count,) = struct.unpack("<q", file.read(8))
    if count != storage.numbers:
        raise ValueError(told("a storage has {count} numbers, not {wanted}", count=count, wanted=storage.numbers))
    found = np.frombuffer(file.read(count * storage.kind.itemsize), storage.kind)
    if len(found) != count:
        raise ValueError(told("it ends in the middle"))
    return found


def _array(tensor: _Tensor, numbers: NDArray[Any]) -> NDArray[Any]:
    sides = list(zip(tensor.shape, tensor.strides, strict=True))
    last = tensor.offset + sum((side - 1) * stride for side, stride in sides)
    inside = tensor.offset >= 0 and last < len(numbers) and math.prod(tensor.shape) <= len(numbers)
    if not inside or any(side < 1 or stride < 0 for side, stride in sides):
        raise ValueError(told("a tensor reaches beyond its storage"))
    steps = [stride * numbers.itemsize for stride in tensor.strides]
    return np.lib.stride_tricks.as_strided(numbers[tensor.offset :], tensor.shape, steps, writeable=False)
