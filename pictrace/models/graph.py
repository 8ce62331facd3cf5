"""An ONNX file read with care: what a network is made of, without running or loading anything.

Field numbers: onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (IR version 10). Only networks
that compute straight through are taken: no loops, no branches, no weights in other files, no code of their own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from pictrace.errors import ModelError
from pictrace.models.wire import MOST_DIMENSIONS, Field, fields, integer, integers, message, text
from pictrace.told import told

__all__ = ["FLOAT32", "Graph", "Node", "Tensor", "Value", "read_graph"]

FLOAT32, INT64 = 1, 7
ITEM_BYTES = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2}
MOST_ELEMENTS = 1 << 30
MOST_SHAPED = 1 << 27  # elements that a constant may ask for: 512 MB of float32
DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
# Where an operator takes a shape, or how often to repeat: a few bytes here could ask for terabytes.
SHAPES = {"ConstantOfShape": 0, "Expand": 1, "Tile": 1, "Reshape": 1}
READS_FILES = frozenset({"EPContext"})


@dataclass(frozen=True)
class Node:
    """One step. whole: its bytes as they stand in the graph."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    whole: memoryview


@dataclass(frozen=True)
class Tensor:
    """A constant (initializer)."""

    name: str
    shape: tuple[int, ...]
    whole: memoryview


@dataclass(frozen=True)
class Value:
    """An input or an output: the number of its element type; its shape, with None for any length, None if not said."""

    name: str
    element: int
    shape: tuple[int | None, ...] | None


@dataclass
class Graph:
    """A network. header: the bytes of the model's fields that are kept beside its graph (operator sets)."""

    header: list[memoryview] = field(default_factory=list)
    ir_version: int = 0
    name: bytes = b"graph"
    nodes: list[Node] = field(default_factory=list)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    inputs: list[Value] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)

    @property
    def pictures(self) -> Value:
        """The one input that is no constant; ModelError where there are several, or none."""
        real = [one for one in self.inputs if one.name not in self.tensors]
        if len(real) != 1:
            names = ", ".join(one.name for one in real[:5]) or "none"
            raise ModelError(
                told(
                    "The model takes {count} inputs ({names}); it must take one, the picture.",
                    count=len(real),
                    names=names,
                )
            )
        return real[0]


def read_graph(data: memoryview) -> Graph:
    """The network in the bytes of an ONNX file; ModelError where it is none, or one that is not taken."""
    graph, body = Graph(), None
    for one in fields(data):
        match one.number:
            case 1:
                graph.ir_version = integer(one)
            case 7:
                body = message(one)
            case 8:
                graph.header.append(one.whole)
            case 25:
                raise ModelError(told("The model defines functions of its own. Export it with them inlined."))
    if body is None or not graph.header:
        raise ModelError(told("The file holds no ONNX network. Name a file that ends in .onnx."))
    for one in fields(body):
        _take(graph, one)
    known = set(graph.tensors) | {one.name for one in graph.inputs}
    for node in graph.nodes:
        _check_shape(graph, node)
        for name in node.inputs:
            if name and name not in known:
                raise ModelError(
                    told("The model uses {name}, which nothing in it computes. Export it again.", name=repr(name[:80]))
                )
        known.update(node.outputs)
    if not graph.nodes or not graph.outputs:
        raise ModelError(told("The model computes nothing. Export it again."))
    return graph


def _take(graph: Graph, one: Field) -> None:
    match one.number:
        case 1:
            graph.nodes.append(_node(one))
        case 2:
            graph.name = bytes(message(one)[:256])
        case 5:
            tensor = _tensor(message(one), one.whole)
            graph.tensors[tensor.name] = tensor
        case 11:
            graph.inputs.append(_value(message(one)))
        case 12:
            graph.outputs.append(_value(message(one)))
        case 15:
            raise ModelError(told("The model has sparse weights, which are not supported. Export it with dense ones."))


def _node(found: Field) -> Node:
    operator, domain = "", ""
    inputs, outputs = list[str](), list[str]()
    for one in fields(message(found)):
        match one.number:
            case 1:
                inputs.append(text(one))
            case 2:
                outputs.append(text(one))
            case 4:
                operator = text(one)
            case 5:
                _check_attribute(message(one))
            case 7:
                domain = text(one)
    if domain not in DOMAINS or operator in READS_FILES:
        raise ModelError(
            told(
                "The model uses the operator {operator} of {domain}, which is not one of ONNX. Export it "
                "with standard operators.",
                operator=repr(operator[:60]),
                domain=repr(domain[:60]),
            )
        )
    return Node(operator, tuple(inputs), tuple(outputs), found.whole)


def _check_attribute(data: memoryview) -> None:
    for one in fields(data):
        if one.number in (6, 11):
            raise ModelError(
                told(
                    "The model branches or loops (an operator such as If, Loop or Scan). Export it for a "
                    "fixed input size, so that it computes straight through."
                )
            )
        if one.number in (5, 10):
            _tensor(message(one), one.whole)
        if one.number in (22, 23):
            raise ModelError(told("The model has sparse weights, which are not supported. Export it with dense ones."))


def _tensor(data: memoryview, whole: memoryview) -> Tensor:
    name, shape, element, raw = "", list[int](), 0, None
    for one in fields(data):
        match one.number:
            case 1:
                shape += integers(one)
            case 2:
                element = integer(one)
            case 8:
                name = text(one)
            case 9:
                raw = message(one)
            case 13 | 14 if one.number == 13 or integer(one):
                raise ModelError(
                    told("The model keeps weights in other files. Export it as one file (save_as_external_data=False).")
                )
    if len(shape) > MOST_DIMENSIONS:
        raise ModelError(
            told("The model has a tensor with more than {most} dimensions. Export it again.", most=MOST_DIMENSIONS)
        )
    named = {"name": repr(name[:80]), "shape": shape[:8]}
    if any(side < 0 for side in shape) or math.prod(shape) > MOST_ELEMENTS:
        raise ModelError(
            told("The model's tensor {name} has the shape {shape}, which cannot be. Export it again.", **named)
        )
    if raw is not None and element in ITEM_BYTES and len(raw) != math.prod(shape) * ITEM_BYTES[element]:
        raise ModelError(
            told(
                "The model's tensor {name} has the shape {shape}, but {bytes:,} bytes. Get it again.",
                **named,
                bytes=len(raw),
            )
        )
    return Tensor(name, tuple(shape), whole)


def _value(data: memoryview) -> Value:
    name, element = "", 0
    shape: list[int | None] | None = None
    for one in fields(data):
        if one.number == 1:
            name = text(one)
        for kind in _inside(one, 2):
            for part in _inside(kind, 1):
                if part.number == 1:
                    element = integer(part)
                if part.number == 2:
                    shape = shape or []
                for side in _inside(part, 2):
                    sizes = [integer(size) for size in _inside(side, 1) if size.number == 1]
                    shape = [*(shape or []), sizes[0] if sizes and sizes[0] > 0 else None]
                    if sizes and sizes[0] < 0:
                        raise ModelError(
                            told("The model's input or output {name} has a negative size.", name=repr(name[:80]))
                        )
    return Value(name, element, None if shape is None else tuple(shape))


def _inside(one: Field, number: int) -> Sequence[Field]:
    return list(fields(message(one))) if one.number == number else ()


def _check_shape(graph: Graph, node: Node) -> None:
    """A constant that asks for a huge tensor is refused before anything is allocated."""
    place = SHAPES.get(node.operator)
    if place is None or place >= len(node.inputs):
        return
    tensor = graph.tensors.get(node.inputs[place])
    if tensor is None:
        return
    sizes = list[int]()
    for outer in fields(tensor.whole):
        for one in fields(message(outer)):
            if one.number == 9 and len(message(one)) <= 512:
                raw = bytes(message(one))
                sizes += [int.from_bytes(raw[at : at + 8], "little", signed=True) for at in range(0, len(raw), 8)]
            elif one.number == 7:
                sizes += integers(one)
    if math.prod(max(1, size) for size in sizes) > MOST_SHAPED:
        raise ModelError(
            told(
                "The model's step {operator} asks for a tensor of {sizes}. Export it again.",
                operator=node.operator,
                sizes=sizes[:8],
            )
        )
