"""EfficientNet-Lite0 as an ONNX network, out of its weights.

The shape is that of Tan, Le: EfficientNet (2019), arXiv:1905.11946, in the Lite variant of TensorFlow's authors
(https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite): ReLU6, no squeeze-and-excitation,
padding as TensorFlow's "same". What normalises a layer's output is folded into the layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pictrace.models.graph import FLOAT32, Graph, Value
from pictrace.models.parts import constant, operators, step

__all__ = ["DIMENSION", "EMBEDDING", "SIDE_PX", "lite0_graph"]

SIDE_PX, DIMENSION = 224, 1280
EMBEDDING = "embedding"
EPSILON = 1e-3
STEM = 32
# How many blocks, the kernel's side, the stride of the first, how much wider it is inside, and its channels.
BLOCKS = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def lite0_graph(weights: Mapping[str, NDArray[Any]]) -> Graph:
    """The network without its classifying layer: N x 3 x 224 x 224 to N x 1280, by "embedding".

    Parameters
    ----------
    weights
        By the names of PyTorch's tensors; KeyError where one is missing.
    """
    made = _Made(weights)
    made.convolution("_conv_stem", "_bn0", 3, stride=2)
    number, channels = 0, STEM
    for count, kernel, first_stride, wider, out in BLOCKS:
        for place in range(count):
            name, before, stride = f"_blocks.{number}.", made.last, first_stride if place == 0 else 1
            if wider != 1:
                made.convolution(f"{name}_expand_conv", f"{name}_bn0", 1)
            made.convolution(f"{name}_depthwise_conv", f"{name}_bn1", kernel, stride=stride, groups=channels * wider)
            made.convolution(f"{name}_project_conv", f"{name}_bn2", 1, bounded=False)
            if stride == 1 and channels == out:
                made.then("Add", [before, made.last], f"{name}sum")
            number, channels = number + 1, out
    made.convolution("_conv_head", "_bn1", 1)
    made.then("GlobalAveragePool", [made.last], "pooled")
    made.then("Flatten", [made.last], EMBEDDING)
    made.graph.outputs.append(Value(EMBEDDING, FLOAT32, (None, DIMENSION)))
    return made.graph


class _Made:
    """A graph that grows by its end. last: the tensor that it computes by now."""

    def __init__(self, weights: Mapping[str, NDArray[Any]]) -> None:
        self.weights, self.last, self.side = weights, "data", SIDE_PX
        self.graph = Graph([operators(13)], ir_version=8, name=b"efficientnet-lite0")
        self.graph.inputs.append(Value(self.last, FLOAT32, (None, 3, SIDE_PX, SIDE_PX)))
        self.keep("least", np.array(0))
        self.keep("most", np.array(6))

    def keep(self, name: str, array: NDArray[Any]) -> str:
        self.graph.tensors[name] = constant(name, np.asarray(array, np.float32))
        return name

    def then(self, operator: str, inputs: list[str], output: str, **attributes: int | list[int]) -> None:
        self.graph.nodes.append(step(operator, inputs, output, **attributes))
        self.last = output

    def convolution(
        self, name: str, normal: str, kernel: int, *, stride: int = 1, groups: int = 1, bounded: bool = True
    ) -> None:
        """A layer with its normalisation; in float64, so that its numbers are the same on every machine."""
        scale, shift, mean, variance = (
            self.weights[f"{normal}.{part}"].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        factor = scale / np.sqrt(variance + EPSILON)
        filters = self.weights[f"{name}.weight"] * factor[:, np.newaxis, np.newaxis, np.newaxis]
        inputs = [self.last, self.keep(f"{name}.w", filters), self.keep(f"{name}.b", shift - mean * factor)]
        # Told in numbers: OpenCV places the odd pixel of "SAME_UPPER" on the other side.
        side = -(-self.side // stride)
        padding = max(0, (side - 1) * stride + kernel - self.side)
        pads = [padding // 2] * 2 + [padding - padding // 2] * 2
        shape, strides = [kernel, kernel], [stride, stride]
        self.then("Conv", inputs, f"{name}.out", kernel_shape=shape, strides=strides, pads=pads, group=groups)
        self.side = side
        if bounded:
            self.then("Clip", [self.last, "least", "most"], f"{name}.bounded")
