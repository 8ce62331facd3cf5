"""EfficientNet-Lite0, layer by layer, out of its weights.

The shape is that of Tan, Le: EfficientNet (2019), arXiv:1905.11946, in the Lite variant of TensorFlow's authors
(https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite): ReLU6, no squeeze-and-excitation,
padding as TensorFlow's "same". What normalises a layer's output is folded into the layer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pictrace.models.graph import FLOAT32, Graph, Value
from pictrace.models.parts import constant, operators, step

__all__ = ["DIMENSION", "EMBEDDING", "MOST", "SIDE_PX", "Builder", "Layer", "build"]

SIDE_PX, DIMENSION = 224, 1280
EMBEDDING = "embedding"
MOST = 6  # of ReLU6
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


@dataclass(frozen=True)
class Layer:
    """A convolution with its normalisation folded in; float64, so that its numbers are the same on every machine.

    Attributes
    ----------
    filters
        (channels, inputs of a group, side, side).
    bounded
        Its output passes ReLU6.
    """

    name: str
    filters: NDArray[np.float64]
    bias: NDArray[np.float64]
    shaping: Mapping[str, int | Sequence[int]]
    bounded: bool


class Builder(ABC):
    """A graph that grows by its end. last: the tensor that it computes by now."""

    def __init__(self) -> None:
        self.last = "data"
        self.graph = Graph([operators(13)], ir_version=8, name=b"efficientnet-lite0")
        self.graph.inputs.append(Value(self.last, FLOAT32, (None, 3, SIDE_PX, SIDE_PX)))
        self.graph.outputs.append(Value(EMBEDDING, FLOAT32, (None, DIMENSION)))

    def keep(self, name: str, array: NDArray[Any]) -> str:
        self.graph.tensors[name] = constant(name, array)
        return name

    def then(self, operator: str, inputs: Sequence[str], output: str, **attributes: int | Sequence[int]) -> str:
        self.graph.nodes.append(step(operator, inputs, output, **attributes))
        self.last = output
        return output

    @abstractmethod
    def convolve(self, layer: Layer) -> None: ...

    @abstractmethod
    def add(self, before: str, name: str) -> None:
        """Add the tensor before a block to what the block has computed."""

    def pool(self) -> None:
        """The mean of the fourth powers, and its fourth root: what stands out somewhere counts, not what is everywhere.

        Generalised mean: Radenović, Tolias, Chum: Fine-tuning CNN image retrieval with no human annotation, TPAMI 41
        (2019), doi:10.1109/TPAMI.2018.2846566. Its power there is 3.
        """
        self.then("Mul", [self.last, self.last], "squared")
        self.then("Mul", [self.last, self.last], "powers")
        self.then("GlobalAveragePool", [self.last], "pooled")
        self.then("Flatten", [self.last], "mean")
        self.then("Sqrt", [self.last], "root")
        self.then("Sqrt", [self.last], EMBEDDING)


def build(made: Builder, weights: Mapping[str, NDArray[Any]]) -> Graph:
    """The network without its classifying layer: N x 3 x 224 x 224 to N x 1280.

    Parameters
    ----------
    made
        What writes the layers down.
    weights
        By the names of PyTorch's tensors; KeyError where one is missing.
    """
    side = SIDE_PX

    def convolve(
        name: str, normal: str, kernel: int, *, stride: int = 1, groups: int = 1, bounded: bool = True
    ) -> None:
        nonlocal side
        scale, shift, mean, variance = (
            weights[f"{normal}.{part}"].astype(np.float64) for part in ("weight", "bias", "running_mean", "running_var")
        )
        factor = scale / np.sqrt(variance + EPSILON)
        filters = weights[f"{name}.weight"] * factor[:, np.newaxis, np.newaxis, np.newaxis]
        # Told in numbers: OpenCV places the odd pixel of "SAME_UPPER" on the other side.
        out = -(-side // stride)
        padding = max(0, (out - 1) * stride + kernel - side)
        pads = [padding // 2] * 2 + [padding - padding // 2] * 2
        shaping: dict[str, int | Sequence[int]] = {
            "kernel_shape": [kernel, kernel],
            "strides": [stride, stride],
            "pads": pads,
            "group": groups,
        }
        made.convolve(Layer(name, filters, shift - mean * factor, shaping, bounded))
        side = out

    convolve("_conv_stem", "_bn0", 3, stride=2)
    number, channels = 0, STEM
    for count, kernel, first_stride, wider, out_channels in BLOCKS:
        for place in range(count):
            name, before, stride = f"_blocks.{number}.", made.last, first_stride if place == 0 else 1
            if wider != 1:
                convolve(f"{name}_expand_conv", f"{name}_bn0", 1)
            inside = channels * wider
            convolve(f"{name}_depthwise_conv", f"{name}_bn1", kernel, stride=stride, groups=inside)
            convolve(f"{name}_project_conv", f"{name}_bn2", 1, bounded=False)
            if stride == 1 and channels == out_channels:
                made.add(before, f"{name}sum")
            number, channels = number + 1, out_channels
    convolve("_conv_head", "_bn1", 1)
    made.pool()
    return made.graph
