"""The part of a network that an embedding needs: up to one tensor, which becomes the only output."""

from __future__ import annotations

from pathlib import Path

from pictrace.errors import ModelError
from pictrace.models.graph import FLOAT32, Graph, Node, Value
from pictrace.models.parts import part, value, whole
from pictrace.models.wire import length_prefix
from pictrace.told import told

__all__ = ["embedding_tensor", "write_cut"]

FULLY_CONNECTED = frozenset({"Gemm", "MatMul"})
# Between the last fully connected layer and the class scores: nothing that mixes pictures or positions.
CASTS = frozenset({"Cast", "DequantizeLinear", "Flatten", "Identity", "QuantizeLinear", "Reshape", "Squeeze"})
AFTER = CASTS | {"Add", "Dropout", "LogSoftmax", "Sigmoid", "Softmax"}
SMALLEST_IR = 4  # since then constants need not be inputs too


def embedding_tensor(graph: Graph, named: str = "") -> str:
    """The tensor to take: the named one, else the input of the last fully connected layer.

    ModelError where there is no such tensor.
    """
    made_by = {name: node for node in graph.nodes for name in node.outputs if name}
    if named:
        if named not in made_by:
            outputs = ", ".join(one.name for one in graph.outputs[:8])
            raise ModelError(
                told(
                    "The model computes no tensor {named}. Its outputs are: {outputs}.",
                    named=repr(named),
                    outputs=outputs,
                )
            )
        return named
    constant = _constants(graph)
    name = graph.outputs[0].name
    while (node := made_by.get(name)) is not None:
        varying = [one for one in node.inputs if one and one not in constant]
        if node.operator in FULLY_CONNECTED and len(varying) == 1:
            return varying[0]
        if node.operator not in AFTER or len(varying) != 1:
            break
        name = varying[0]
    outputs = ", ".join(one.name for one in graph.outputs[:8])
    raise ModelError(
        told(
            "The model does not end in a fully connected layer, so it is not known which of its "
            'numbers to take. Name the tensor as "output" in its JSON file; the outputs are: '
            "{outputs}.",
            outputs=outputs,
        )
    )


def _constants(graph: Graph) -> set[str]:
    """Names of all tensors that do not depend on the picture."""
    constant = set(graph.tensors)
    for node in graph.nodes:
        if all(not name or name in constant for name in node.inputs):
            constant.update(node.outputs)
    return constant


def write_cut(graph: Graph, tensor: str, path: Path, *, shape: tuple[int | None, ...] | None = None) -> None:
    """Write the part of the network that computes this tensor as an ONNX file of its own.

    Constants are no longer inputs (a runtime may fold them then); shapes of what lies between are left to it.

    Parameters
    ----------
    shape
        What is declared of the output, which a runtime finds out by itself.

    Raises
    ------
    OSError
        Where the file cannot be written.
    """
    nodes = _needed(graph, tensor)
    used = {name for node in nodes for name in node.inputs}
    parts: list[bytes | memoryview] = [node.whole for node in nodes]
    parts += [part(2, graph.name)]
    parts += [one.whole for name, one in graph.tensors.items() if name in used]
    parts += [part(11, value(graph.pictures)), part(12, value(Value(tensor, FLOAT32, shape)))]
    with path.open("wb") as file:
        file.write(whole(1, max(graph.ir_version, SMALLEST_IR)))
        for field in graph.header:
            file.write(field)
        file.write(length_prefix(7, sum(map(len, parts))))
        for one in parts:
            file.write(one)


def _needed(graph: Graph, tensor: str) -> list[Node]:
    """The steps that lead to the tensor, in their order (ONNX lists each after those that it needs)."""
    wanted, chosen = {tensor}, list[Node]()
    for node in reversed(graph.nodes):
        if wanted.intersection(one for one in node.outputs if one):
            chosen.append(node)
            wanted.update(node.inputs)
    return chosen[::-1]
