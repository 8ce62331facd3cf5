"""Networks: read with care, cut where the embedding is, fed as they want, and refused with a reason."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnx.reference
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from pictrace import models
from pictrace.errors import ModelError
from pictrace.images.pixels import RGBImage
from pictrace.models import MODELS, Model, Network, Preprocessing, find_model, network_of, seen, tensor_of
from pictrace.models.cut import embedding_tensor, write_cut
from pictrace.models.graph import read_graph
from tests.networks import describe, made_resnet50, made_tiny
from tests.paths import ROOT

FLOAT = TensorProto.FLOAT


@pytest.fixture(autouse=True)
def released() -> Iterator[None]:
    yield
    models.release()


@pytest.fixture(params=["onnxruntime", "opencv"])
def runtime(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(models.RUNTIME_VARIABLE, request.param)
    assert models.runtime_name() == request.param
    return str(request.param)


@pytest.fixture(scope="module")
def resnet50(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return describe(made_resnet50(tmp_path_factory.mktemp("resnet") / "resnet50.onnx"), dimension=2048)


def squares(side: int, count: int = 3, seed: int = 0) -> list[RGBImage]:
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
    return [np.asarray(cv2.resize(one, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8) for one in coarse]


def pooled_by_hand(path: Path, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    """The input of the last layer by ONNX's own reference implementation, which shares no code with us."""
    network = onnx.load(path)
    wanted = network.graph.node[-1].input[0]
    network.graph.output.append(helper.make_tensor_value_info(wanted, FLOAT, None))
    (found,) = onnx.reference.ReferenceEvaluator(network).run([wanted], {"data": batch})
    return np.asarray(found, np.float32)


# Preparation -------------------------------------------------------------------------------------


def test_levels_become_what_the_network_was_trained_on() -> None:
    square = np.zeros((224, 224, 3), np.uint8)
    square[0, 0], square[5, 7] = (255, 128, 0), (10, 20, 30)
    tensor = tensor_of(square, Preprocessing())
    assert tensor.shape == (3, 224, 224)
    assert tensor.dtype == np.float32
    by_hand = [(255 / 255 - 0.485) / 0.229, (128 / 255 - 0.456) / 0.224, (0 - 0.406) / 0.225]
    np.testing.assert_allclose(tensor[:, 0, 0], by_hand, rtol=1e-5)
    caffe = Preprocessing(colours="BGR", scale=1.0, mean=(104.0, 116.7, 122.7), std=(1.0, 1.0, 2.0))
    np.testing.assert_allclose(tensor_of(square, caffe)[:, 5, 7], [30 - 104, 20 - 116.7, (10 - 122.7) / 2], rtol=1e-5)


def test_the_centre_is_cut_out_of_a_short_side_of_256() -> None:
    image = np.zeros((512, 1024, 3), np.uint8)
    image[256, 512] = 255  # (row, column) of the middle
    image[:, :300] = 200  # left of what is seen: 1024 * (256 - 112) / 512 = 288 is the first column in it
    found = seen(image, Preprocessing())
    assert found.shape == (224, 224, 3)
    assert found.flags.c_contiguous
    # By hand: scaled to 512 x 256, then rows 16 to 240 and columns 144 to 368.
    scaled = cv2.resize(image, (512, 256), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(found, scaled[16:240, 144:368])
    assert found[100, 5, 0] == 200
    assert found[100, 7, 0] == 0
    assert found[112, 112, 0] == 64  # a quarter of 255: four pixels became one


def test_stretching_sees_all_and_small_pictures_are_enlarged() -> None:
    image = np.zeros((40, 80, 3), np.uint8)
    image[:, :40] = 255
    stretched = seen(image, Preprocessing(resize="stretch", size_px=64))
    assert stretched[:, :30].min() == 255
    assert stretched[:, 34:].max() == 0
    enlarged = seen(image, Preprocessing(size_px=64, resize_px=64))
    np.testing.assert_array_equal(enlarged, cv2.resize(image, (128, 64), interpolation=cv2.INTER_LINEAR)[:, 32:96])


@pytest.mark.parametrize("shape", [(1, 1), (1, 512), (512, 1), (3, 500), (224, 225)])
def test_odd_shapes_are_seen_too(shape: tuple[int, int]) -> None:
    assert seen(np.full((*shape, 3), 9, np.uint8), Preprocessing()).shape == (224, 224, 3)


# Cutting -----------------------------------------------------------------------------------------


def test_the_embedding_is_the_reference_implementations(tiny_model_file: Path, runtime: str) -> None:
    network = network_of(find_model(str(tiny_model_file)))
    assert network.runtime == runtime
    pictures = squares(32, 11)
    how = network.model.preprocessing
    expected = pooled_by_hand(tiny_model_file, np.stack([tensor_of(one, how) for one in pictures]))
    np.testing.assert_allclose(network.embed(pictures), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(network.embed(pictures[:1])[0], network.embed(pictures[:1])[0])


@pytest.mark.slow
def test_a_network_of_the_size_of_resnet50(resnet50: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both runtimes on what was cut, and OpenCV on the whole file, where the pool's output is asked for by name."""
    model = find_model(str(resnet50))
    assert 100e6 < model.byte_count < 105e6
    pictures = squares(224, 2)
    first = network_of(model).embed(pictures)
    assert first.shape == (2, 2048)
    monkeypatch.setenv(models.RUNTIME_VARIABLE, "opencv")
    second = network_of(model).embed(pictures)
    length = np.linalg.norm(first, axis=1)
    np.testing.assert_allclose(second, first, atol=1e-4 * length.max())
    whole = onnx.load(resnet50)
    fully_connected = whole.graph.node[-1]
    weights = {one.name: numpy_helper.to_array(one) for one in whole.graph.initializer}
    scores = first @ weights[fully_connected.input[1]].T + weights[fully_connected.input[2]]
    import onnxruntime

    session = onnxruntime.InferenceSession(resnet50, providers=["CPUExecutionProvider"])
    batch = np.stack([tensor_of(one, model.preprocessing) for one in pictures])
    (expected,) = session.run(None, {"data": batch})
    np.testing.assert_allclose(scores, expected, atol=1e-4 * np.abs(expected).max())


def graph_of(
    nodes: list[onnx.NodeProto], tensors: Mapping[str, NDArray[Any]] | None = None, *, outputs: tuple[str, ...] = ()
) -> onnx.GraphProto:
    return helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info("data", FLOAT, ["N", 3, 32, 32])],
        [helper.make_tensor_value_info(one, FLOAT, None) for one in outputs or (nodes[-1].output[0],)],
        [numpy_helper.from_array(array, name) for name, array in (tensors or {}).items()],
    )


def saved(graph: onnx.GraphProto, path: Path, **words: object) -> Path:
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.write_bytes(network.SerializeToString())
    return describe(path, **{"dimension": 3, "size_px": 32, "resize_px": 32, **words})


POOL = [
    helper.make_node("GlobalAveragePool", ["data"], ["gap"]),
    helper.make_node("Flatten", ["gap"], ["flat"]),
]
HEAD = [
    helper.make_node("MatMul", ["flat", "w"], ["product"]),
    helper.make_node("Add", ["product", "b"], ["scores"]),
    helper.make_node("Softmax", ["scores"], ["prob"]),
]
WEIGHTS = {"w": np.eye(3, 5, dtype=np.float32), "b": np.ones(5, np.float32)}


def test_the_last_fully_connected_layer_is_found_behind_what_follows_it(tmp_path: Path, runtime: str) -> None:
    path = saved(graph_of(POOL + HEAD, WEIGHTS), tmp_path / "m.onnx")
    graph = read_graph(memoryview(path.read_bytes()))
    assert embedding_tensor(graph) == "flat"
    assert embedding_tensor(graph, "gap") == "gap"
    write_cut(graph, "flat", tmp_path / "cut.onnx", shape=())
    cut = onnx.load(tmp_path / "cut.onnx")
    assert [node.op_type for node in cut.graph.node] == ["GlobalAveragePool", "Flatten"]
    assert len(cut.graph.initializer) == 0
    assert [one.name for one in cut.graph.output] == ["flat"]
    picture = squares(32, 1)
    by_hand = tensor_of(picture[0], Preprocessing(size_px=32, resize_px=32)).mean(axis=(1, 2))
    np.testing.assert_allclose(network_of(find_model(str(path))).embed(picture)[0], by_hand, rtol=1e-4, atol=1e-6)


def test_networks_of_eight_bits_are_cut_where_they_are_numbers_again(tmp_path: Path) -> None:
    """As resnet50-v1-12-qdq: each step between a quantisation and its undoing, the weights too."""
    step, zero = np.array(0.02, np.float32), np.array(128, np.uint8)
    nodes = [
        *POOL,
        helper.make_node("QuantizeLinear", ["flat", "step", "zero"], ["flat8"]),
        helper.make_node("DequantizeLinear", ["flat8", "step", "zero"], ["again"]),
        helper.make_node("DequantizeLinear", ["w8", "step", "zero"], ["weights"]),
        helper.make_node("Gemm", ["again", "weights"], ["scores"]),
        helper.make_node("QuantizeLinear", ["scores", "step", "zero"], ["scores8"]),
        helper.make_node("DequantizeLinear", ["scores8", "step", "zero"], ["out"]),
    ]
    tensors: dict[str, NDArray[Any]] = {"step": step, "zero": zero, "w8": np.full((3, 5), 150, np.uint8)}
    path = saved(graph_of(nodes, tensors), tmp_path / "m.onnx")
    assert embedding_tensor(read_graph(memoryview(path.read_bytes()))) == "again"
    picture = squares(32, 1)
    exact = tensor_of(picture[0], Preprocessing(size_px=32, resize_px=32)).mean(axis=(1, 2))
    found = network_of(find_model(str(path))).embed(picture)[0]
    np.testing.assert_allclose(found, exact, atol=0.0101)
    np.testing.assert_allclose(found / step, np.round(found / step), atol=1e-4)


def test_constants_that_are_inputs_too_as_in_old_files(tmp_path: Path) -> None:
    """resnet50-v2-7 is of IR version 3, in which every constant has to be an input."""
    graph = graph_of(POOL + HEAD, WEIGHTS)
    for name, array in WEIGHTS.items():
        graph.input.append(helper.make_tensor_value_info(name, FLOAT, array.shape))
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 8)], ir_version=3)
    path = tmp_path / "old.onnx"
    path.write_bytes(network.SerializeToString())
    describe(path, dimension=3, size_px=32, resize_px=32)
    assert network_of(find_model(str(path))).embed(squares(32, 2)).shape == (2, 3)


def test_one_picture_at_a_time_where_the_file_wants_that(tmp_path: Path, runtime: str) -> None:
    graph = graph_of(POOL + HEAD, WEIGHTS)
    graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    pictures = squares(32, 3)
    network = network_of(find_model(str(saved(graph, tmp_path / "one.onnx"))))
    found = network.embed(pictures)
    assert found.shape == (3, 3)
    np.testing.assert_allclose(found[2], network.embed(pictures[2:])[0], rtol=1e-5)


@pytest.mark.parametrize("pool", ["first", "mean"])
def test_tokens_are_pooled_as_described(tmp_path: Path, pool: str) -> None:
    nodes = [
        helper.make_node("Reshape", ["data", "shape"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["tokens"], perm=[0, 2, 1]),
    ]
    graph = graph_of(nodes, {"shape": np.array([0, 3, 1024], np.int64)})
    path = saved(graph, tmp_path / "tokens.onnx", output="tokens", pool=pool)
    picture = squares(32, 1)
    tensor = tensor_of(picture[0], Preprocessing(size_px=32, resize_px=32)).reshape(3, -1)
    expected = tensor[:, 0] if pool == "first" else tensor.mean(axis=1)
    np.testing.assert_allclose(network_of(find_model(str(path))).embed(picture)[0], expected, rtol=1e-4, atol=1e-6)


# What is refused ---------------------------------------------------------------------------------

Change = Callable[[onnx.ModelProto], None]


def _external(network: onnx.ModelProto) -> None:
    tensor = network.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../etc/passwd"


def _branch(network: onnx.ModelProto) -> None:
    inner = helper.make_graph([], "inner", [], [helper.make_tensor_value_info("x", FLOAT, None)])
    network.graph.node.insert(0, helper.make_node("If", ["data"], ["never"], then_branch=inner, else_branch=inner))


def _huge(network: onnx.ModelProto) -> None:
    network.graph.initializer[0].dims[:] = [1 << 40, 1 << 40]


def _negative(network: onnx.ModelProto) -> None:
    network.graph.initializer[0].dims[:] = [-5, -3]


def _lying(network: onnx.ModelProto) -> None:
    network.graph.initializer[0].dims[:] = [3, 500]


def _bomb(network: onnx.ModelProto) -> None:
    network.graph.initializer.append(numpy_helper.from_array(np.array([1 << 20, 1 << 20], np.int64), "bomb"))
    network.graph.node.insert(0, helper.make_node("ConstantOfShape", ["bomb"], ["terabytes"]))


def _function(network: onnx.ModelProto) -> None:
    network.functions.add().name = "mine"


def _two_inputs(network: onnx.ModelProto) -> None:
    network.graph.input.append(helper.make_tensor_value_info("mask", FLOAT, ["N"]))


def _loose(network: onnx.ModelProto) -> None:
    network.graph.node[0].input[0] = "nowhere"


def _gray(network: onnx.ModelProto) -> None:
    network.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 1


def _half(network: onnx.ModelProto) -> None:
    network.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT16


def _negative_input(network: onnx.ModelProto) -> None:
    network.graph.input[0].type.tensor_type.shape.dim[2].dim_value = -7


def _nothing(network: onnx.ModelProto) -> None:
    del network.graph.node[:]


def _sparse(network: onnx.ModelProto) -> None:
    network.graph.sparse_initializer.add()


def _endless(network: onnx.ModelProto) -> None:
    network.graph.initializer[0].dims[:] = [1] * 100


def _foreign(network: onnx.ModelProto) -> None:
    network.graph.node[0].domain = "org.example"


def _unknown(network: onnx.ModelProto) -> None:
    network.graph.node[0].op_type = "Teleport"


def _no_head(network: onnx.ModelProto) -> None:
    network.graph.node.append(helper.make_node("Relu", ["prob"], ["last"]))
    network.graph.output[0].name = "last"


def _context(network: onnx.ModelProto) -> None:
    network.graph.node[0].op_type, network.graph.node[0].domain = "EPContext", "com.microsoft"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_external, "in other files"),
        (_branch, "branches or loops"),
        (_huge, "cannot be"),
        (_negative, "cannot be"),
        (_lying, "bytes"),
        (_bomb, "asks for a tensor"),
        (_function, "functions of its own"),
        (_two_inputs, "takes 2 inputs"),
        (_loose, "nothing in it computes"),
        (_gray, "any x 1 x 32 x 32"),
        (_half, "float32"),
        (_negative_input, "negative size"),
        (_nothing, "computes nothing"),
        (_sparse, "sparse"),
        (_endless, "64 dimensions"),
        (_foreign, "not one of ONNX"),
        (_context, "not one of ONNX"),
        (_unknown, "cannot be loaded"),
        (_no_head, "Name the tensor"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_network_that_is_not_taken_is_told_why(change: Change, why: str, tmp_path: Path) -> None:
    network = helper.make_model(graph_of(POOL + HEAD, WEIGHTS), opset_imports=[helper.make_opsetid("", 13)])
    network.ir_version = 8
    change(network)
    path = tmp_path / "m.onnx"
    path.write_bytes(network.SerializeToString())
    describe(path, dimension=3, size_px=32, resize_px=32)
    with pytest.raises(ModelError, match=why):
        network_of(find_model(str(path)))


@pytest.mark.parametrize("runtime_name", ["onnxruntime", "opencv"])
def test_an_operator_that_nobody_knows(
    runtime_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(models.RUNTIME_VARIABLE, runtime_name)
    nodes = [helper.make_node("Teleport", ["data"], ["gone"]), helper.make_node("Flatten", ["gone"], ["flat"])]
    path = saved(graph_of(nodes), tmp_path / "m.onnx", output="flat")
    with pytest.raises(ModelError, match=f"cannot be (loaded|run) by {runtime_name}"):
        network_of(find_model(str(path)))
    assert capfd.readouterr().out == ""  # where the documents of the command line go


@pytest.mark.parametrize(
    ("nodes", "words", "why"),
    [
        (POOL, {"output": "flat", "dimension": 4}, "gives 3 numbers a picture, not 4"),
        (POOL, {"output": "elsewhere"}, "computes no tensor 'elsewhere'"),
        ([helper.make_node("Log", ["data"], ["nan"]), *POOL[1:]], {"output": "nan", "dimension": 3072}, "not finite"),
        ([helper.make_node("RandomNormalLike", ["data"], ["x"])], {"output": "x", "dimension": 3072}, "each time"),
        (
            [POOL[0], helper.make_node("Sub", ["gap", "gap"], ["zero"])],
            {"output": "zero"},
            "same numbers for every picture",
        ),
        (
            [helper.make_node("ReduceMean", ["data"], ["mean"], keepdims=0)],
            {"output": "mean", "dimension": 1},
            "gives 0 numbers a picture",
        ),
    ],
    ids=["dimension", "output", "not finite", "random", "constant", "scalar"],
)
def test_a_network_that_runs_is_still_looked_at(
    nodes: list[onnx.NodeProto], words: dict[str, object], why: str, tmp_path: Path
) -> None:
    if nodes[-1].op_type == "Flatten" and nodes[0].op_type == "Log":
        nodes = nodes[:1]
    path = saved(graph_of(nodes), tmp_path / "m.onnx", **words)
    with pytest.raises(ModelError, match=why):
        network_of(find_model(str(path)))


def test_every_truncation_is_an_error_and_no_crash(tiny_model_file: Path) -> None:
    data = tiny_model_file.read_bytes()
    for length in range(0, len(data), 97):
        with pytest.raises(ModelError):
            embedding_tensor(read_graph(memoryview(data[:length])))


def test_random_bytes_and_changed_bytes_raise_nothing_else(tiny_model_file: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    data = tiny_model_file.read_bytes()
    refused = 0
    for number in range(400):
        if number % 2:
            changed = bytearray(data)
            for place in random.integers(0, len(data), 6):
                changed[place] = int(random.integers(256))
        else:
            changed = bytearray(random.integers(0, 256, 300, dtype=np.uint8).tobytes())
        try:
            graph = read_graph(memoryview(bytes(changed)))
            write_cut(graph, embedding_tensor(graph), tmp_path / "cut.onnx")
        except ModelError:
            refused += 1
    assert refused >= 200


def test_nesting_costs_nothing() -> None:
    """A message within a message, fifty thousand deep: nothing here follows them down."""
    inner = b""
    for _ in range(2000):
        length, prefix = len(inner), bytearray([0x3A])
        while length > 0x7F:
            prefix.append(length & 0x7F | 0x80)
            length >>= 7
        inner = bytes(prefix) + bytes([length]) + inner
    with pytest.raises(ModelError):
        read_graph(memoryview(inner))
    with pytest.raises(ModelError, match="parts in one place"):
        read_graph(memoryview(b"\x08\x01" * 300_000))


# Describing --------------------------------------------------------------------------------------


def test_the_registry_is_what_was_pinned() -> None:
    found = {model.file_name: (model.byte_count, model.sha256, model.dimension) for model in MODELS}
    assert found["resnet50-v2-7.onnx"] == (
        102_442_452,
        "79102261eb6e5fd7af5d27f41316293e388c5cb691e5d25bfb035c4f64fefe31",
        2048,
    )
    assert len({model.key for model in MODELS}) == len({model.sha256 for model in MODELS}) == len(MODELS)
    for model in MODELS:
        assert len(model.sha256) == 64
        assert model.licence == "Apache-2.0"
        assert all(one.startswith("https://") and one.endswith(model.file_name) for one in model.addresses)
        assert (model.packed is None) == (model.preprocessing == Preprocessing()) == bool(model.addresses)


def test_the_key_names_all_that_shapes_the_features(tiny_model_file: Path) -> None:
    model = find_model(str(tiny_model_file))
    how = model.preprocessing
    others = [
        dataclasses.replace(model, sha256="0" * 64),
        dataclasses.replace(model, output="flat"),
        dataclasses.replace(model, pool="mean"),
        dataclasses.replace(model, preprocessing=dataclasses.replace(how, colours="BGR")),
        dataclasses.replace(model, preprocessing=dataclasses.replace(how, mean=(0.0, 0.0, 0.0))),
    ]
    assert len({one.key for one in [model, *others]}) == 6
    assert dataclasses.replace(model, unrelated=0.5, licence="MIT").key == model.key
    assert model.key == find_model(str(tiny_model_file)).key


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "cannot be read as JSON"),
        ("[" * 60_000, "cannot be read as JSON"),
        ("[]", "one object"),
        ("{}", "lacks"),
        ('{"dimension": 3, "sise": 4}', "'sise', which means nothing here"),
        ('{"dimension": "many"}', "must be a whole number"),
        ('{"dimension": 2.5}', "must be a whole number"),
        ('{"dimension": true}', "must be a whole number"),
        ('{"dimension": 0}', "from 1 to 16384"),
        ('{"dimension": 3, "mean": [1, 2]}', "three numbers"),
        ('{"dimension": 3, "std": [1, 0, 1]}', "positive"),
        ('{"dimension": 3, "mean": [1, NaN, 1]}', "mean"),
        ('{"dimension": 3, "size_px": 100000}', "16 to 2048"),
        ('{"dimension": 3, "size_px": 224, "resize_px": 200}', "at least size_px"),
        ('{"dimension": 3, "colours": "CMYK"}', "BGR"),
        ('{"dimension": 3, "resize": "guess"}', "stretch"),
        ('{"dimension": 3, "pool": "max"}', "first"),
        ('{"dimension": 3, "unrelated": 1}', "cosine"),
        ('{"dimension": 3, "name": "../../x"}', "name"),
    ],
)
def test_a_wrong_description_is_told(text: str, why: str, tiny_model_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(tiny_model_file.read_bytes())
    path.with_suffix(".json").write_text(text)
    with pytest.raises(ModelError, match=why) as raised:
        find_model(str(path))
    assert "m.json" in str(raised.value)


def test_what_is_missing_is_named(tmp_path: Path, tiny_model_file: Path) -> None:
    with pytest.raises(ModelError, match="There is no model at"):
        find_model(str(tmp_path / "none.onnx"))
    (tmp_path / "bare.onnx").write_bytes(tiny_model_file.read_bytes())
    with pytest.raises(ModelError, match=r"needs a file bare\.json beside it"):
        find_model(str(tmp_path / "bare.onnx"))
    with pytest.raises(ModelError, match="The models are: efficientnet-lite0, resnet50"):
        find_model("alexnet")
    (tmp_path / "empty.onnx").touch()
    describe(tmp_path / "empty.onnx", dimension=3)
    with pytest.raises(ModelError, match="cannot be read"):
        network_of(find_model(str(tmp_path / "empty.onnx")))


def test_a_description_becomes_the_model(tiny_model_file: Path) -> None:
    words = json.loads(tiny_model_file.with_suffix(".json").read_text())
    model = find_model(str(tiny_model_file))
    assert model.sha256 == hashlib.sha256(tiny_model_file.read_bytes()).hexdigest()
    assert (model.name, model.title, model.dimension) == (words["name"], words["title"], words["dimension"])
    assert model.preprocessing == Preprocessing(size_px=32, resize_px=36)


# Loading -----------------------------------------------------------------------------------------


def pretend(model: Model, path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """A model as the registry has them, whose file lies in the folder of models."""
    monkeypatch.setenv(models.MODELS_VARIABLE, str(path))
    return dataclasses.replace(model, path=None, file_name="tiny.onnx")


def test_a_file_is_verified_before_it_is_used(
    tiny_model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = pretend(find_model(str(tiny_model_file)), tmp_path, monkeypatch)
    assert "not on this machine" in models.why_not(model)
    data = bytearray(tiny_model_file.read_bytes())
    data[-40] ^= 1  # the size is right
    (tmp_path / "tiny.onnx").write_bytes(data)
    assert models.why_not(model) == ""
    with pytest.raises(ModelError, match="its SHA-256 is"):
        network_of(model)
    assert "its SHA-256 is" in models.why_not(model)
    with pytest.raises(ModelError, match="its SHA-256 is"):
        network_of(model)
    (tmp_path / "tiny.onnx").write_bytes(tiny_model_file.read_bytes())
    os.utime(tmp_path / "tiny.onnx", ns=(1, 1))  # another state of the file, whatever the clock's grain
    assert models.why_not(model) == ""
    assert network_of(model).embed(squares(32)).shape == (3, 48)


def test_one_network_is_kept_and_exchanged(tiny_model_file: Path, tmp_path: Path) -> None:
    first = find_model(str(tiny_model_file))
    other_path = describe(made_tiny(tmp_path / "b.onnx", seed=7), dimension=48, size_px=32, resize_px=36)
    second = find_model(str(other_path))
    network = network_of(first)
    assert network_of(first) is network
    assert network_of(second) is not network
    assert network_of(first) is not network


def test_threads_share_a_network(tiny_model_file: Path, runtime: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    network = Network(find_model(str(tiny_model_file)))
    pictures = squares(32, 24)
    alone = [network.embed([one])[0] for one in pictures]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda one: network.embed([one])[0], pictures))
    np.testing.assert_array_equal(together, alone)


def test_the_example_of_the_documents_is_a_description(tiny_model_file: Path, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "models.md").read_text("utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    path = tmp_path / "my-network.onnx"
    path.write_bytes(tiny_model_file.read_bytes())
    path.with_suffix(".json").write_text(example)
    model = find_model(str(path))
    assert model.preprocessing == Preprocessing()
    assert (model.dimension, model.output, model.pool) == (384, "last_hidden_state", "first")
    for name in (one.name for one in MODELS):
        assert f"`{name}`" in text
