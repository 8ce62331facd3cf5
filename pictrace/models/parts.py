"""Parts of an ONNX file, written; field numbers as in graph.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from pictrace.models.graph import FLOAT32, Node, Tensor, Value
from pictrace.models.wire import length_prefix, number

__all__ = ["constant", "operators", "part", "step", "value", "whole"]

INT, INTS = 2, 7  # AttributeProto.AttributeType
ELEMENTS = {"float32": FLOAT32, "uint8": 2, "int8": 3, "int32": 6}  # TensorProto.DataType


def part(field: int, data: bytes) -> bytes:
    """A field that holds a message, a text or raw data."""
    return length_prefix(field, len(data)) + data


def whole(field: int, value: int) -> bytes:
    """A field that holds a whole number of 0 or more."""
    return number(field << 3) + number(value)


def operators(version: int) -> memoryview:
    """The field of a model that says which version of ONNX's operators it uses."""
    return memoryview(part(8, part(1, b"") + whole(2, version)))


def step(operator: str, inputs: Sequence[str], output: str, **attributes: int | Sequence[int]) -> Node:
    """A node of one output, whose attributes are whole numbers or lists of them."""
    body = b"".join(part(1, one.encode()) for one in inputs) + part(2, output.encode()) + part(4, operator.encode())
    for name, held in attributes.items():
        if isinstance(held, int):
            kind = whole(3, held) + whole(20, INT)
        else:
            kind = b"".join(whole(8, one) for one in held) + whole(20, INTS)
        body += part(5, part(1, name.encode()) + kind)
    return Node(operator, tuple(inputs), (output,), memoryview(part(1, body)))


def constant(name: str, array: NDArray[Any]) -> Tensor:
    """An initializer."""
    body = b"".join(whole(1, side) for side in array.shape) + whole(2, ELEMENTS[array.dtype.name])
    body += part(8, name.encode()) + part(9, array.astype(array.dtype.newbyteorder("<")).tobytes())
    return Tensor(name, array.shape, memoryview(part(5, body)))


def value(described: Value) -> bytes:
    """ValueInfoProto of a tensor; a length that is not fixed gets a name of its own."""
    kind = whole(1, described.element)
    if described.shape is not None:
        sides = [
            part(2, b"side%d" % place) if side is None else whole(1, side) for place, side in enumerate(described.shape)
        ]
        kind += part(2, b"".join(part(1, side) for side in sides))
    return part(1, described.name.encode("utf-8")) + part(2, part(1, kind))
