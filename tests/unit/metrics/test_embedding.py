"""Look-alikes: the metric, its sketches and its place in searches, with a small network made for the tests."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg
from numpy.typing import NDArray

from pictrace import metrics as metrics_module
from pictrace import models
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.cli import main
from pictrace.errors import CriteriaError, ModelError
from pictrace.images.edits import crop, recompress
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import decode, load
from pictrace.indexing.index import Indexing
from pictrace.indexing.rebuild import Rebuild
from pictrace.metrics import all_metrics, get_metric, loaded, ready_metrics
from pictrace.metrics._occlusion import GRID, drops
from pictrace.metrics.capabilities import LooksCloser
from pictrace.metrics.embedding import Embedding
from pictrace.metrics.evidence import Picture
from pictrace.models import find_model, network_of
from pictrace.models.sketch import SKETCH_BITS, sign_bits
from pictrace.searching import cascade as scoring_cascade
from pictrace.searching import scoring
from pictrace.searching.find import find
from pictrace.searching.presets import all_presets, get_preset
from pictrace.searching.query import needed_metrics, prepare_query, with_metrics
from pictrace.searching.scoring import score
from pictrace.searching.table import Criteria
from pictrace.sources.base import Item
from tests.networks import describe, made_tiny

ONLY = {"embedding": 1.0}


def items(photographs: dict[str, bytes]) -> list[Item]:
    return [Item.of_bytes(data, Source("upload", name, name)) for name, data in photographs.items()]


# The numbers -------------------------------------------------------------------------------------


def test_features_are_the_networks_numbers_at_length_one(tiny_model: Path, photographs: dict[str, bytes]) -> None:
    metric = get_metric("embedding")
    image = load(photographs["chelsea.png"])
    features = metric.extract(image)
    network = network_of(find_model(str(tiny_model)))
    exact = network.embed([network.see(image)])[0].astype(np.float64)
    exact /= np.linalg.norm(exact)
    assert features.dtype == np.float16
    assert features.shape == (1, 48)
    np.testing.assert_allclose(features[0], exact, rtol=1e-3, atol=1e-7)


def test_the_bits_that_differ_measure_the_angle() -> None:
    """Charikar's law: their share is the angle over pi, whatever the dimension; within five standard deviations."""
    random = np.random.default_rng(4)
    for dimension in (48, 512, 1280, 2048, 3000):
        base = random.standard_normal(dimension)
        base -= base.mean()
        for wanted in (0.2, 1.0, np.pi / 2):
            other = random.standard_normal(dimension)
            other -= other.mean()
            other -= base * (base @ other) / (base @ base)
            turned = np.cos(wanted) * base / np.linalg.norm(base) + np.sin(wanted) * other / np.linalg.norm(other)
            first, second = sign_bits(np.stack([base, turned]).astype(np.float32))
            share = int(np.bitwise_count(first ^ second).sum()) / SKETCH_BITS
            deviation = (wanted / np.pi * (1 - wanted / np.pi) / min(SKETCH_BITS, dimension)) ** 0.5
            assert share == pytest.approx(wanted / np.pi, abs=5 * deviation)


def test_sketches_are_those_of_the_matrix_spelt_out() -> None:
    """They are stored, so their random signs must stay: here from SHAKE-256 anew, with scipy's Hadamard matrix."""
    random = np.random.default_rng(8)
    rows = random.standard_normal((5, 700)).astype(np.float32)
    vectors = np.zeros((5, 2048))
    for start in (0, 700):
        vectors[:, start : start + 700] = rows - rows.mean(axis=1, keepdims=True, dtype=np.float64)
    stream = hashlib.shake_256(b"pictrace embedding sketch 2048").digest(768)
    signs = np.where(np.unpackbits(np.frombuffer(stream, np.uint8)), 1.0, -1.0).reshape(3, 2048)
    for one in signs:
        vectors = (vectors * one) @ scipy.linalg.hadamard(2048)
    expected = np.packbits(vectors > 0, axis=1)
    found = sign_bits(rows).astype("<u8").view(np.uint8)
    assert np.bitwise_count(found ^ expected).sum() <= 2  # of 10,240, where a sum is all but zero
    assert signs[0, :8].tolist() == [-1.0, -1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0]
    assert not sign_bits(np.zeros((1, 8), np.float32)).any()


@pytest.mark.slow
def test_the_cascade_finds_what_exact_comparison_finds() -> None:
    """Recall of the ten nearest of 5,000 by 400 sketches, against all cosines in float32."""
    random = np.random.default_rng(6)
    centres = np.abs(random.standard_normal((250, 512), np.float32))
    spread = random.standard_normal((5000, 512), np.float32) / 2
    rows: NDArray[np.float32] = np.maximum(0, centres[random.integers(250, size=5000)] + spread)
    queries: NDArray[np.float32] = rows[:40] + random.standard_normal((40, 512), np.float32) / np.float32(5)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    best = np.argsort(-(queries @ unit.T), axis=1)[:, :10]
    sketches, asked = sign_bits(rows), sign_bits(queries)
    shortlist = scoring.SHORTLIST * Embedding.preselected
    near = [np.argsort(np.bitwise_count(sketches ^ one).sum(axis=1), kind="stable")[:shortlist] for one in asked]
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(near, best, strict=True)])
    assert recall >= 0.99


# Its place ---------------------------------------------------------------------------------------


def test_without_a_model_it_says_what_to_do_and_nobody_waits_for_it(
    make_catalog: Callable[..., SqliteCatalog], photographs: dict[str, bytes]
) -> None:
    metric = get_metric("embedding")
    assert "pictrace model get resnet50" in metric.unavailable()
    assert metric in all_metrics()
    assert metric not in ready_metrics()
    assert "look-alikes" not in {preset.name for preset in all_presets()}
    assert "look-alikes" in {preset.name for preset in all_presets(ready=False)}
    with pytest.raises(CriteriaError, match="cannot be used yet"):
        get_preset("look-alikes")
    catalog = make_catalog()
    Indexing(catalog, items(photographs)).run()
    assert not any("embedding" in key for key in catalog.feature_counts())
    assert "embedding" not in prepare_query(photographs["coffee.png"]).features


def test_it_becomes_ready_while_the_process_runs(
    tiny_model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "m.json").write_bytes(tiny_model_file.with_suffix(".json").read_bytes())
    monkeypatch.setenv(models.MODEL_VARIABLE, str(tmp_path / "m.onnx"))
    assert "There is no model at" in get_metric("embedding").unavailable()
    (tmp_path / "m.onnx").write_bytes(tiny_model_file.read_bytes())
    assert get_metric("embedding").unavailable() == ""
    assert get_metric("embedding").layout.row_shape == (48,)
    (tmp_path / "m.onnx").write_bytes(b"no network" * 20)
    metric = get_metric("embedding")
    assert metric.unavailable() == ""  # what it holds is looked at when it is loaded
    assert metric.name not in {one.name for one in loaded(ready_metrics())}
    assert "ONNX" in metric.unavailable()
    assert metric.name not in {one.name for one in ready_metrics()}


def test_a_query_goes_without_while_it_weighs_nothing(
    tiny_model: Path, photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    original = Embedding.extract

    def counted(self: Embedding, image: np.ndarray) -> np.ndarray:
        calls.append("extract")
        return original(self, image)

    monkeypatch.setattr(Embedding, "extract", counted)
    monkeypatch.setattr(models.network, "_present", None)
    query = prepare_query(photographs["coffee.png"], needed_metrics({"ssim": 1.0, "embedding": 0.0}))
    assert calls == []
    assert models.network._present is None  # nor is the network loaded
    assert "embedding" not in {one.name for one in query.metrics}
    wanted = needed_metrics(ONLY)
    assert "embedding" in {one.name for one in wanted}
    more = with_metrics(query, wanted)
    assert calls == ["extract"]
    assert with_metrics(more, wanted).features == more.features
    assert calls == ["extract"]
    for name, features in query.features.items():
        assert more.features[name] is features


def test_an_older_catalog_is_filled_and_searched_meanwhile(
    tiny_model_file: Path,
    make_catalog: Callable[..., SqliteCatalog],
    photographs: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    catalog = make_catalog()
    Indexing(catalog, items(photographs)).run()
    monkeypatch.setenv(models.MODEL_VARIABLE, str(tiny_model_file))
    metric = get_metric("embedding")
    some = catalog.ids()[:2]
    for one in some:
        data = catalog.original(int(one))
        assert data is not None
        catalog.put_features(metric.spec, {int(one): metric.extract(load(data))})
    query = prepare_query(encode_jpeg(recompress(decode(photographs["coffee.png"]), 60)), needed_metrics(ONLY))
    table = score(query, FeatureCache(catalog))
    column = table.raw[:, table.names.index("embedding")]
    assert np.isnan(column).sum() == len(photographs) - 2
    both = Criteria(weights={"embedding": 1.0, "orb": 1.0})
    coverage = {match.id: match.coverage for match in table.rank(both)}
    assert {round(one, 2) for one in coverage.values()} == {0.5, 1.0}
    assert Rebuild(catalog).run().done == len(photographs) - 2
    assert len(catalog.missing(metric.spec)) == 0
    sketch = metric.sketch_spec
    assert sketch is not None
    assert len(catalog.missing(sketch)) == 0
    again = score(query, FeatureCache(catalog))
    best = find(catalog, again, Criteria(weights=ONLY))[0]
    assert best.picture.label == "coffee.png"
    assert not np.isnan(again.raw[:, again.names.index("embedding")]).any()


def test_the_cascade_gives_the_very_scores(
    tiny_model: Path,
    make_catalog: Callable[..., SqliteCatalog],
    photographs: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    catalog = make_catalog()
    Indexing(catalog, items(photographs)).run()
    query = prepare_query(encode_jpeg(crop(decode(photographs["rocket.jpg"]), 0.7)), needed_metrics(ONLY))
    cache = FeatureCache(catalog)
    monkeypatch.setattr(scoring_cascade, "INDEX_TIMES", 3)  # more would be all of them
    exact = score(query, cache, exhaustive=True)
    cascade = score(query, cache, exhaustive=False, shortlist=1)
    assert len(cascade.ids) < len(exact.ids)
    where = np.searchsorted(exact.ids, cascade.ids)
    np.testing.assert_allclose(cascade.raw, exact.raw[where], atol=1e-5)


def test_two_models_never_mix(
    tiny_model: Path,
    tmp_path: Path,
    make_catalog: Callable[..., SqliteCatalog],
    photographs: dict[str, bytes],
) -> None:
    other = describe(made_tiny(tmp_path / "b.onnx", seed=9), name="tiny", dimension=48, size_px=32, resize_px=36)
    catalog = make_catalog()
    Indexing(catalog, items(photographs)).run()
    first = get_metric("embedding")
    with models.using(str(other)):
        second = get_metric("embedding")
        assert second.feature_key != first.feature_key
        assert len(catalog.missing(second.spec)) == len(photographs)
        query = prepare_query(photographs["coffee.png"], needed_metrics(ONLY))
        assert np.isnan(score(query, FeatureCache(catalog)).raw[:, -1]).all()
    assert get_metric("embedding") == first


def test_the_network_weighs_in_balanced_where_it_is_there(tiny_model: Path) -> None:
    assert get_preset("look-alikes").weights["embedding"] == 1.0
    assert 0 < get_preset("balanced").weights["embedding"] < get_preset("balanced").weights["sift"]


def test_balanced_goes_without_a_network_that_is_not_there() -> None:
    assert "embedding" not in get_preset("balanced").weights


# Evidence ----------------------------------------------------------------------------------------


def test_covering_what_both_share_costs_the_most(tiny_model: Path) -> None:
    """A red square on gray in both pictures, elsewhere: the cells that cover it decide."""
    network = network_of(find_model(str(tiny_model)))
    square = np.full((32, 32, 3), 124, np.uint8)
    square[0:8, 24:32] = (230, 20, 30)
    other = np.full((32, 32, 3), 124, np.uint8)
    other[12:20, 4:12] = (230, 20, 30)
    embedding = network.embed([other])[0]
    found = drops(network, square, embedding / np.linalg.norm(embedding))
    assert found.shape == (GRID, GRID)
    assert np.unravel_index(found.argmax(), found.shape) in {(0, GRID - 1), (0, GRID - 2), (1, GRID - 1)}
    assert abs(found[-1, 0]) < 1e-5


def test_looking_closer_is_evidence_like_any_other(tiny_model: Path, photographs: dict[str, bytes]) -> None:
    metric = get_metric("embedding")
    assert isinstance(metric, LooksCloser)
    pair = metric.compare_pair(load(photographs["coffee.png"]), load(photographs["chelsea.png"]), orientations=True)
    summary, parts = metric.look_closer(pair)
    assert "Bright" in summary
    assert [part.image.shape for part in parts if isinstance(part, Picture)] == [(32, 32, 3)] * 2


# Command line ------------------------------------------------------------------------------------


@pytest.fixture
def folder(photographs: dict[str, bytes], tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    for name in ("coffee.png", "chelsea.png", "rocket.jpg"):
        (tmp_path / "pictures" / name).write_bytes(photographs[name])
    return tmp_path / "pictures"


def test_the_commands_take_a_model(
    folder: Path, tmp_path: Path, tiny_model_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalog, query = str(tmp_path / "c.sqlite"), str(folder / "coffee.png")
    chosen = ["--model", str(tiny_model_file)]
    assert main(["index", str(folder), "--catalog", catalog, *chosen]) == 0
    capsys.readouterr()
    assert main(["search", query, "--catalog", catalog, "--weights", "embedding=1", "--json", *chosen]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["matches"][0]["metrics"]["embedding"]["raw"] == pytest.approx(1, abs=1e-4)
    assert main(["search", query, "--catalog", catalog, "--preset", "look-alikes", *chosen]) == 0
    assert main(["compare", query, str(folder / "rocket.jpg"), "--weights", "embedding=1", *chosen]) == 0
    assert "cosine similarity" in capsys.readouterr().out
    assert main(["search", query, "--catalog", catalog, "--weights", "orb=1", "--json", *chosen]) == 0
    assert "embedding" not in json.loads(capsys.readouterr().out)["matches"][0]["metrics"]
    assert get_metric("embedding").unavailable()  # the choice ends with its command
    models.release()


@pytest.mark.parametrize(
    ("words", "status", "why"),
    [
        (["--weights", "embedding=1"], 2, "pictrace model get resnet50"),
        (["--preset", "look-alikes"], 2, "pictrace model get resnet50"),
        (["--model", "resnet18"], 1, "pictrace model get resnet18"),
        (["--model", "alexnet"], 2, "The models are"),
        (["--model", "none.onnx"], 1, "There is no model at"),
        (["--model", "{broken}", "--weights", "embedding=1"], 1, "ONNX"),
    ],
)
def test_a_model_that_cannot_be_used_is_told(
    words: list[str],
    status: int,
    why: str,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network" * 9)
    describe(broken, dimension=3)
    assert main(["index", str(folder), "--catalog", str(tmp_path / "c.sqlite")]) == 0
    capsys.readouterr()
    command = ["search", str(folder / "coffee.png"), "--catalog", str(tmp_path / "c.sqlite")]
    assert main(command + [word.format(broken=broken) for word in words]) == status
    output = capsys.readouterr()
    assert output.out == ""
    assert why in output.err
    models.release()


def test_model_list_get_and_info(
    tiny_model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(models.MODELS_VARIABLE, str(tmp_path / "models"))
    tiny = dataclasses.replace(find_model(str(tiny_model_file)), path=None, file_name="tiny.onnx")
    monkeypatch.setattr("pictrace.models.registry.MODELS", (tiny,))
    monkeypatch.setattr("pictrace.models.choice.MODELS", (tiny,))
    monkeypatch.setattr("pictrace.cli.model.MODELS", (tiny,))
    assert main(["model", "list"]) == 0
    assert "not here" in capsys.readouterr().out
    assert main(["model", "info", "tiny", "--json"]) == 1
    assert "not on this machine" in json.loads(capsys.readouterr().out)["problem"]
    assert main(["model", "get", "tiny", "--file", str(tmp_path / "none.onnx")]) == 1
    assert main(["model", "get", "tiny", "--file", str(tiny_model_file)]) == 0
    assert "verified and ready" in capsys.readouterr().out
    assert main(["model", "list", "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)["models"]
    assert listed["here"]
    assert main(["model", "info", "tiny", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["problem"] == ""
    assert told["features"] == Embedding(tiny).feature_key
    assert main(["model", "info", "tiny"]) == 0
    assert main(["model", "get", "resnet1000"]) == 2
    models.release()


def test_model_get_over_a_connection(
    tiny_model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.http_server import serve

    monkeypatch.setenv(models.MODELS_VARIABLE, str(tmp_path / "models"))
    tiny = dataclasses.replace(find_model(str(tiny_model_file)), path=None, file_name="tiny.onnx", addresses=("x",))
    monkeypatch.setattr("pictrace.models.registry.MODELS", (tiny,))
    with serve() as server:
        monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", server.host)
        address = server.add("/tiny.onnx", tiny_model_file.read_bytes())
        assert main(["model", "get", "tiny", "--url", server.url("/none")]) == 1
        assert "404" in capsys.readouterr().err
        assert main(["model", "get", "tiny", "--url", address]) == 0
    assert (tmp_path / "models" / "tiny.onnx").read_bytes() == tiny_model_file.read_bytes()
    models.release()


def test_neither_runtime_is_loaded_before_it_is_needed() -> None:
    code = (
        "import sys; from pictrace.metrics import all_metrics, ready_metrics;"
        "from pictrace.searching.presets import all_presets;"
        "all_presets(); ready_metrics(); print(sorted({'onnxruntime', 'onnx'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_a_choice_that_cannot_be_followed_raises_where_it_was_made() -> None:
    with models.using("alexnet"), pytest.raises(ModelError, match="no model named"):
        models.chosen_model()
    assert metrics_module.get_metric("embedding").unavailable()
