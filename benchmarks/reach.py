"""How far the values of EfficientNet-Lite0 reach that nothing bounds, which pictrace.models.lite0_int8.REACH repeats.

By the network in float32 on all photographs of FOLDER: how far 127 steps had best reach, so that the mean square of
what rounding loses, and of what is cut off, is the least.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from benchmarks.common import intro, parser, photographs
from pictrace import models
from pictrace.models import Model, seen, tensor_of
from pictrace.models.files import packed_path
from pictrace.models.torch_file import read_weights
from tests.networks import exact_lite0

EDGES = np.linspace(0, 100, 1001)


def main() -> None:
    options = parser(__doc__ or "").parse_args()
    intro(options, "onnxruntime")
    model = models.model_named(models.DEFAULT_MODEL)
    network = _exact(model)
    names = [one.output[0] for one in network.graph.node if one.output[0].endswith(("_project_conv.out", ".sum"))]
    network.graph.output.extend(onnx.helper.make_tensor_value_info(one, onnx.TensorProto.FLOAT, None) for one in names)
    counts = np.zeros((len(names), len(EDGES) - 1))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "all.onnx")
        onnx.save(network, path)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for _, image in photographs(options.folder):
        tensor = tensor_of(seen(image, model.preprocessing), model.preprocessing)
        found = session.run(names, {"data": tensor[np.newaxis]})
        counts += [np.histogram(np.abs(one), EDGES)[0] for one in found]
    for name, count in zip(names, counts, strict=True):
        print(f"{name}: {min(EDGES[8:], key=partial(_lost, count)):.1f}")


def _lost(count: NDArray[np.float64], reach: float) -> float:
    values = (EDGES[1:] + EDGES[:-1]) / 2
    lost = np.where(values < reach, (reach / 127) ** 2 / 12, (values - reach) ** 2)
    return float((count * lost).sum())


def _exact(model: Model) -> onnx.ModelProto:
    path = packed_path(model.packed) if model.packed is not None else None
    if path is None:
        raise SystemExit(models.why_not(model))
    with tempfile.TemporaryDirectory() as folder:
        return onnx.load(exact_lite0(read_weights(path.read_bytes()), Path(folder, "exact.onnx")))


if __name__ == "__main__":
    main()
