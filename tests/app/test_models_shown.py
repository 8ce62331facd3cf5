"""Look-alikes on the page: not ready, got by a button, used, explained."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import numpy as np
import pytest
from aiohttp import web

from pictrace import models
from pictrace.app.shared.open_catalog import opened
from pictrace.images.edits import mirror
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import decode
from pictrace.metrics import get_metric
from pictrace.metrics.embedding import Embedding
from pictrace.models import Model, find_model
from pictrace.service.jobs import RebuildJob
from pictrace.service.model_jobs import GetJob, Jobs
from pictrace.service.workspaces import SHARED
from tests.app.page import Page
from tests.http_server import serve
from tests.watching import Watch

pytestmark = pytest.mark.slow  # each test drives a whole page


@pytest.fixture
def registered(tiny_model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """The model by default is the small one, and is not here yet."""
    monkeypatch.setenv(models.MODELS_VARIABLE, str(tmp_path / "models"))
    found = find_model(str(tiny_model_file))
    return _register(dataclasses.replace(found, name="resnet50", path=None, file_name="tiny.onnx"), monkeypatch)


def _register(model: Model, monkeypatch: pytest.MonkeyPatch) -> Model:
    for module in ("registry", "choice"):
        monkeypatch.setattr(f"pictrace.models.{module}.MODELS", (model,))
    return model


def test_without_a_model_its_slider_is_off_and_says_why(registered: Model, photographs: dict[str, bytes]) -> None:
    _register_addresses = dataclasses.replace(registered, addresses=("https://models.example/tiny.onnx",))
    with pytest.MonkeyPatch.context() as patch:
        _register(_register_addresses, patch)
        app = Page.open()
        slider = app.slider(key="w_embedding")
        assert slider.disabled
        told = app.texts
        assert "models.example" in told
        assert "SHA-256" in told
        assert "Get it" in app.buttons
        assert "Look-alikes" not in app.preset.options
        app = app.upload(photographs["coffee.png"])
        assert "This exact file is in the catalog" in app.texts
        assert "embedding" not in app.ranked.names


def test_on_the_first_start_look_alikes_work(
    boxed_model: Model, photographs: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PICTRACE_CACHE", str(tmp_path))
    app = Page.open()
    assert not app.slider(key="w_embedding").disabled
    assert "Get it" not in app.buttons
    workspace = opened(SHARED)
    workspace.wait()
    assert not len(workspace.catalog.missing(Embedding(boxed_model).spec))
    app.upload(encode_jpeg(mirror(decode(photographs["coffee.png"]))))
    app.choose_preset("look-alikes")
    table = app.ranked
    column = table.similarity[:, table.names.index("embedding")]
    best = workspace.catalog.pictures(table.ids[np.argsort(-column)[:3]].tolist()).values()
    assert all("coffee" in one.label.lower() for one in best)
    assert not app.exception
    app.asking.selected = int(table.ids[np.argsort(-column)[0]])
    app.again().choose("evidence", "embedding").press("Which parts decide?")
    assert "Bright" in app.texts
    assert "of all differences by Look-alikes" in Page.open("catalog").choose("catalog_part", "Map").texts


def test_a_choice_that_does_not_work_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(models.MODEL_VARIABLE, str(tmp_path / "none.onnx"))
    app = Page.open()
    assert app.slider(key="w_embedding").disabled
    assert "There is no model at" in app.texts
    assert "Get it" not in app.buttons


def test_a_network_that_turns_out_broken_leaves_the_page_whole(
    tmp_path: Path, photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "m.onnx").write_bytes(b"no network" * 9)
    (tmp_path / "m.json").write_text('{"dimension": 3}')
    monkeypatch.setenv(models.MODEL_VARIABLE, str(tmp_path / "m.onnx"))
    app = Page.open().upload(photographs["coffee.png"])
    assert app.slider(key="w_embedding").disabled  # making the sample's features has found it out
    assert "not an ONNX model" in app.texts or "no ONNX network" in app.texts
    assert "This exact file is in the catalog" in app.texts


def test_the_button_gets_it_and_the_slider_works(
    registered: Model, tiny_model_file: Path, photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve() as server:
        monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", server.host)
        address = server.add("/tiny.onnx", tiny_model_file.read_bytes())
        model = _register(dataclasses.replace(registered, addresses=(address,)), monkeypatch)
        app = Page.open().upload(photographs["coffee.png"])
        workspace = opened(SHARED)
        lacking = Embedding(model).spec
        assert len(workspace.catalog.missing(lacking)) == workspace.catalog.count()
        app.press("Get it").until(lambda page: not page.slider(key="w_embedding").disabled)
        assert server.count("/tiny.onnx") == 1
    assert not app.slider(key="w_embedding").disabled
    assert "Look-alikes" in app.preset.options
    assert "embedding" not in app.ranked.names
    app.slide("w_embedding", 1.0)
    app.until(lambda _: not len(workspace.catalog.missing(lacking))).again()
    table = app.ranked
    column = table.similarity[:, table.names.index("embedding")]
    assert (column == column).all()  # no NaN: every picture has it by now
    assert not app.exception


def test_a_failed_download_says_why_and_can_be_tried_again(registered: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve() as server:
        monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", server.host)
        _register(dataclasses.replace(registered, addresses=(server.url("/none"),)), monkeypatch)
        app = Page.open().press("Get it").until(lambda page: "404" in page.texts)
        assert "Get it" in app.buttons


def test_the_first_weight_extracts_once_and_then_sliders_recompute_nothing(
    tiny_model: Path, photographs: dict[str, bytes], watch: Watch
) -> None:
    app = Page.open().slide("w_embedding", 0.0)
    opened(SHARED).wait()  # the sample's features are no part of the search
    watch.on(Embedding, "extract", "compare")
    app.upload(photographs["coffee.png"])
    assert watch.calls == []
    app.slide("w_embedding", 1.0)
    assert watch.calls == ["extract", "compare"]
    query = app.query
    app.slide("w_embedding", 0.0)
    app.slide("w_embedding", 2.0)
    app.slide("w_ssim", 0.1)
    assert watch.calls == ["extract", "compare"]
    assert app.query is query
    app.switch("orientations", False)
    assert watch.calls == ["extract", "compare"] * 2
    assert not app.exception


def test_the_preset_and_which_parts_decide(tiny_model: Path, photographs: dict[str, bytes]) -> None:
    app = Page.open().upload(photographs["coffee.png"])
    app.choose_preset("look-alikes")
    assert app.slider(key="w_embedding").value == 1.0
    assert app.preset.value == "look-alikes"
    assert "--model" in app.code[0].value
    table = app.ranked
    app.asking.selected = int(next(one for one in table.ids if one != app.query.id))
    app.slide("top", 24)
    app.choose("evidence", "embedding")
    assert "cosine similarity" in app.texts
    assert "Bright" not in app.texts
    app.press("Which parts decide?")
    assert "Bright" in app.texts or "No single part" in app.texts


def test_jobs_are_shared_and_can_be_stopped(registered: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slowly(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(registered.byte_count)})
        await response.prepare(request)
        for _ in range(200):
            await response.write(b"x")
            await asyncio.sleep(0.02)
        return response

    with serve() as server:
        monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", server.host)
        model = dataclasses.replace(registered, addresses=(server.add("/slow", slowly),))
        jobs = Jobs()
        job = jobs.get(model)
        assert jobs.get(model) is job
        assert job.running
        job.stop()
        assert job.wait(10)
        assert job.stopped
        assert "goes on from there" in job.problem
        assert isinstance(jobs.get(model), GetJob)
        jobs.get(model).stop()
        assert jobs.get(model).wait(10)


def test_features_are_made_once_for_everybody(tiny_model: Path) -> None:
    workspace, jobs = opened(SHARED), Jobs()
    metric = get_metric("embedding")
    job = jobs.build(workspace.catalog, metric)
    assert isinstance(job, RebuildJob)
    assert job.wait(60)
    assert job.problem == ""
    assert not job.failures
    assert jobs.building(workspace.catalog, metric) is job
    assert not len(workspace.catalog.missing(metric.spec))
