"""Networks with random weights, as ONNX files: they cost what trained ones cost, and mean nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from pictrace.models.cut import write_cut
from pictrace.models.lite0 import EMBEDDING, MOST, Builder, Layer, build

__all__ = ["describe", "exact_lite0", "made_resnet50", "made_tiny"]

STAGES = ((3, 64), (4, 128), (6, 256), (3, 512))  # blocks and width of ResNet50, He et al. 2016, table 1


class _Maker:
    """Steps of a network, one after the other."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []

    def constant(self, array: NDArray[np.generic]) -> str:
        name = f"w{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(array, name))
        return name

    def step(self, operator: str, *inputs: str, **attributes: Any) -> str:
        name = f"{operator.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def conv(self, data: str, channels: tuple[int, int], side: int, stride: int = 1, *, relu: bool = True) -> str:
        """A convolution with batch normalisation folded into it, from and to so many channels."""
        spread = (2 / (channels[0] * side**2)) ** 0.5 * (1 if relu else 0.4)
        weights = self.random.standard_normal((channels[1], channels[0], side, side), np.float32) * np.float32(spread)
        bias = self.random.standard_normal(channels[1], np.float32) * np.float32(0.1)
        sizes = {"kernel_shape": [side] * 2, "strides": [stride] * 2, "pads": [side // 2] * 4}
        made = self.step("Conv", data, self.constant(weights), self.constant(bias), **sizes)
        return self.step("Relu", made) if relu else made

    def save(self, path: Path, last: str, side: int, classes: int, dimension: int) -> Path:
        """End in a pool and a fully connected layer, as classifiers do."""
        pooled = self.step("Flatten", self.step("GlobalAveragePool", last))
        weights = self.random.standard_normal((classes, dimension), np.float32)
        scores = self.step(
            "Gemm", pooled, self.constant(weights), self.constant(np.zeros(classes, np.float32)), transB=1
        )
        float32 = TensorProto.FLOAT
        graph = helper.make_graph(
            self.nodes,
            "made",
            [helper.make_tensor_value_info("data", float32, ["N", 3, side, side])],
            [helper.make_tensor_value_info(scores, float32, ["N", classes])],
            self.tensors,
        )
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
        return path


def made_tiny(path: Path, *, side: int = 32, dimension: int = 48, seed: int = 0) -> Path:
    """A network that a test can run by hand: two layers that look at single pixels, so that it is blind to turns."""
    make = _Maker(seed)
    hidden = make.conv("data", (3, 24), 1)
    return make.save(path, make.conv(hidden, (24, dimension), 1), side, 10, dimension)


def made_resnet50(path: Path, *, seed: int = 0) -> Path:
    """All layers of ResNet50, 102 MB."""
    make = _Maker(seed)
    data = make.step("MaxPool", make.conv("data", (3, 64), 7, 2), kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    channels = 64
    for stage, (blocks, width) in enumerate(STAGES):
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            inner = make.conv(make.conv(data, (channels, width), 1), (width, width), 3, stride)
            inner = make.conv(inner, (width, 4 * width), 1, relu=False)
            beside = data if block else make.conv(data, (channels, 4 * width), 1, stride, relu=False)
            data, channels = make.step("Relu", make.step("Add", inner, beside)), 4 * width
    return make.save(path, data, 224, 1000, channels)


def describe(path: Path, **words: object) -> Path:
    """Write the JSON file beside a network; returns the network's path."""
    path.with_suffix(".json").write_text(json.dumps(words))
    return path


class _Exact(Builder):
    """EfficientNet-Lite0 in float32, where PicTrace writes whole numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.bounds = [self.keep("least", np.array(0, np.float32)), self.keep("most", np.array(MOST, np.float32))]

    def convolve(self, layer: Layer) -> None:
        filters = self.keep(f"{layer.name}.w", layer.filters.astype(np.float32))
        bias = self.keep(f"{layer.name}.b", layer.bias.astype(np.float32))
        self.then("Conv", [self.last, filters, bias], f"{layer.name}.out", **layer.shaping)
        if layer.bounded:
            self.then("Clip", [self.last, *self.bounds], f"{layer.name}.bounded")

    def add(self, before: str, name: str) -> None:
        self.then("Add", [before, self.last], name)


def exact_lite0(weights: Mapping[str, NDArray[Any]], path: Path, *, tensor: str = EMBEDDING) -> Path:
    """It up to this tensor."""
    write_cut(build(_Exact(), weights), tensor, path, shape=None if tensor != EMBEDDING else (None, 1280))
    return path
