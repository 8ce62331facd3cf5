"""EfficientNet-Lite0 in whole numbers of eight bits, which take half the time of float32.

Affine quantisation after Jacob et al. (2018), doi:10.1109/CVPR.2018.00286: weights by channel, in steps around 0;
what lies between layers as uint8. Weights have 64 steps each way, not 127, so that two products never overflow the
16 bits in which processors without VNNI add them: the numbers are the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pictrace.models.graph import Graph
from pictrace.models.lite0 import MOST, Builder, Layer, build

__all__ = ["REACH", "lite0_graph"]

STEPS = 64
MOST_BIAS, FINEST = 1 << 30, 1e-12
# How far from 0 what ReLU6 does not bound reaches, by block: python -m benchmarks.reach FOLDER, of 148 photographs.
REACH: Mapping[str, Mapping[int, float]] = {
    "_project_conv.out": {
        0: 32.2,
        1: 44.4,
        2: 37.1,
        3: 36.2,
        4: 23.1,
        5: 29.5,
        6: 16.7,
        7: 13.9,
        8: 29.7,
        9: 17.2,
        10: 16.6,
        11: 26.3,
        12: 15.2,
        13: 14.4,
        14: 13.0,
        15: 13.8,
    },
    "sum": {2: 46.9, 4: 38.7, 6: 29.3, 7: 30.4, 9: 31.3, 10: 36.7, 12: 28.1, 13: 32.2, 14: 36.2},
}


class _Whole(Builder):
    """In uint8. coded: of each tensor, the names of the constants that decode it, with their values."""

    def __init__(self) -> None:
        super().__init__()
        self.coded: dict[str, tuple[str, str]] = {}
        self.scales: dict[str, float] = {}
        # Exactly the levels of the picture, which become (level - 127) / 128 before.
        self.encode("data.levels", 1 / 128, 127)

    def encode(self, output: str, scale: float, zero: int) -> None:
        """Quantise the last tensor, or name how the one that comes next is coded."""
        self.then("QuantizeLinear", [self.last, *self.code(output, scale, zero)], output)

    def code(self, tensor: str, scale: float, zero: int) -> tuple[str, str]:
        self.scales[tensor] = scale
        names = f"{tensor}.scale", f"{tensor}.zero"
        self.keep(names[0], np.array(scale, np.float32))
        self.keep(names[1], np.array(zero, np.uint8))
        self.coded[tensor] = names
        return names

    def convolve(self, layer: Layer) -> None:
        # Of a channel that is all but 0, as fine as its bias leaves it.
        finest = np.maximum(np.abs(layer.bias) / (MOST_BIAS * self.scales[self.last]), FINEST)
        steps = np.maximum(np.abs(layer.filters).max(axis=(1, 2, 3)) / STEPS, finest)
        filters = np.round(layer.filters / steps[:, np.newaxis, np.newaxis, np.newaxis]).astype(np.int8)
        bias = np.round(layer.bias / (steps * self.scales[self.last])).astype(np.int32)
        name, output = layer.name, f"{layer.name}.bounded" if layer.bounded else f"{layer.name}.out"
        inputs = [
            self.last,
            *self.coded[self.last],
            self.keep(f"{name}.w", filters),
            self.keep(f"{name}.w.scale", steps.astype(np.float32)),
            self.keep(f"{name}.w.zero", np.zeros(len(steps), np.int8)),
            # Of 0 to 255 / 255 * 6 nothing is beyond ReLU6's bounds.
            *self.code(output, *((MOST / 255, 0) if layer.bounded else around_zero(output))),
            self.keep(f"{name}.b", bias),
        ]
        self.then("QLinearConv", inputs, output, **layer.shaping)

    def add(self, before: str, name: str) -> None:
        parts = [
            self.then("DequantizeLinear", [one, *self.coded[one]], f"{name}.{place}")
            for place, one in enumerate((before, self.last))
        ]
        self.then("Add", parts, f"{name}.float")
        self.encode(name, *around_zero(name))

    def pool(self) -> None:
        self.then("DequantizeLinear", [self.last, *self.coded[self.last]], "features")
        super().pool()


def around_zero(tensor: str) -> tuple[float, int]:
    """The scale and the code of 0 of a tensor that ReLU6 does not bound."""
    _, block, name = tensor.split(".", 2)
    return REACH[name][int(block)] / 127, 128


def lite0_graph(weights: Mapping[str, NDArray[Any]]) -> Graph:
    """The network as build makes it; between its input and its last step there are whole numbers only."""
    return build(_Whole(), weights)
