"""Look-alikes on the page: not ready, got by a button, used, explained."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from aiohttp import web
from streamlit.testing.v1 import AppTest

from pictrace import models
from pictrace.app.shared.workspaces import open_workspace
from pictrace.metrics import get_metric
from pictrace.metrics.embedding import Embedding
from pictrace.models import Model, find_model
from pictrace.service.model_jobs import FeaturesJob, GetJob, Jobs
from tests.app.test_search_page import session, start, texts, with_query
from tests.http_server import serve


@pytest.fixture(autouse=True)
def fresh_caches() -> Iterator[None]:
    st.cache_resource.clear()
    st.cache_data.clear()
    yield
    st.cache_resource.clear()
    models.release()


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


def button(app: AppTest, label: str) -> bool:
    return any(one.label == label for one in app.button)


def click(app: AppTest, label: str) -> AppTest:
    next(one for one in app.button if one.label == label).click().run()
    assert not app.exception
    return app


def test_without_a_model_its_slider_is_off_and_says_why(registered: Model, photographs: dict[str, bytes]) -> None:
    _register_addresses = dataclasses.replace(registered, addresses=("https://models.example/tiny.onnx",))
    with pytest.MonkeyPatch.context() as patch:
        _register(_register_addresses, patch)
        app = start()
        slider = app.slider(key="w_embedding")
        assert slider.disabled
        told = texts(app)
        assert "models.example" in told
        assert "SHA-256" in told
        assert button(app, "Get it")
        assert "Look-alikes" not in app.selectbox(key="preset").options
        app = with_query(app, photographs["coffee.png"])
        assert "This very file is in the catalog" in texts(app)
        assert "embedding" not in session(app).table.names  # type: ignore[union-attr]


def test_a_choice_that_does_not_work_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(models.MODEL_VARIABLE, str(tmp_path / "none.onnx"))
    app = start()
    assert app.slider(key="w_embedding").disabled
    assert "There is no model at" in texts(app)
    assert not button(app, "Get it")


def test_a_network_that_turns_out_broken_leaves_the_page_whole(
    tmp_path: Path, photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "m.onnx").write_bytes(b"no network" * 9)
    (tmp_path / "m.json").write_text('{"dimension": 3}')
    monkeypatch.setenv(models.MODEL_VARIABLE, str(tmp_path / "m.onnx"))
    app = with_query(start(), photographs["coffee.png"])
    assert app.slider(key="w_embedding").disabled  # making the sample's features has found it out
    assert "not an ONNX model" in texts(app) or "no ONNX network" in texts(app)
    assert "This very file is in the catalog" in texts(app)


def test_the_button_gets_it_and_the_slider_works(
    registered: Model, tiny_model_file: Path, photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve() as server:
        monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", server.host)
        address = server.add("/tiny.onnx", tiny_model_file.read_bytes())
        model = _register(dataclasses.replace(registered, addresses=(address,)), monkeypatch)
        app = with_query(start(), photographs["coffee.png"])
        workspace = open_workspace()
        lacking = Embedding(model).spec
        assert len(workspace.catalog.missing(lacking)) == workspace.catalog.count()
        click(app, "Get it")
        _settled(app)
        assert server.count("/tiny.onnx") == 1
    assert not app.slider(key="w_embedding").disabled
    assert "Look-alikes" in app.selectbox(key="preset").options
    assert "embedding" not in session(app).table.names  # type: ignore[union-attr]
    app.slider(key="w_embedding").set_value(1.0).run()
    assert not app.exception
    for _ in range(100):
        if not len(workspace.catalog.missing(lacking)):
            break
        app.run()
    app.run()
    table = session(app).table
    assert table is not None
    column = table.similarity[:, table.names.index("embedding")]
    assert (column == column).all()  # no NaN: every picture has it by now
    assert not app.exception


def _settled(app: AppTest) -> None:
    for _ in range(100):
        if not app.slider(key="w_embedding").disabled:
            return
        app.run()
        assert not app.exception
    raise AssertionError(texts(app))


def test_a_failed_download_says_why_and_can_be_tried_again(registered: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve() as server:
        monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", server.host)
        _register(dataclasses.replace(registered, addresses=(server.url("/none"),)), monkeypatch)
        app = click(start(), "Get it")
        for _ in range(50):
            app.run()
            if "404" in texts(app):
                break
        assert "404" in texts(app)
        assert button(app, "Get it")


def test_the_first_weight_extracts_once_and_then_sliders_recompute_nothing(
    tiny_model: Path, photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = start()
    calls: list[str] = []
    for name in ("extract", "compare"):
        original = getattr(Embedding, name)

        def watched(self: object, *args: object, _name: str = name, _original: object = original) -> object:
            calls.append(_name)
            return _original(self, *args)  # type: ignore[operator]

        monkeypatch.setattr(Embedding, name, watched)
    with_query(app, photographs["coffee.png"])
    assert calls == []
    app.slider(key="w_embedding").set_value(1.0).run()
    assert calls == ["extract", "compare"]
    query = session(app).query
    app.slider(key="w_embedding").set_value(0.0).run()
    app.slider(key="w_embedding").set_value(2.0).run()
    app.slider(key="w_ssim").set_value(0.1).run()
    assert calls == ["extract", "compare"]
    assert session(app).query is query
    app.toggle(key="orientations").set_value(False).run()
    assert calls == ["extract", "compare"] * 2
    assert not app.exception


def test_the_preset_and_which_parts_decide(tiny_model: Path, photographs: dict[str, bytes]) -> None:
    app = with_query(start(), photographs["coffee.png"])
    app.selectbox(key="preset").set_value("look-alikes").run()
    assert app.slider(key="w_embedding").value == 1.0
    assert app.selectbox(key="preset").value == "look-alikes"
    assert "--model" in app.code[0].value
    table = session(app).table
    assert table is not None
    session(app).selected = int(next(one for one in table.ids if one != session(app).query.id))  # type: ignore[union-attr]
    app.slider(key="top").set_value(24).run()
    app.segmented_control(key="evidence").set_value("embedding").run()
    assert "point the same way" in texts(app)
    assert "Bright" not in texts(app)
    click(app, "Which parts decide?")
    assert "Bright" in texts(app) or "No single part" in texts(app)


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
    workspace, jobs = open_workspace(), Jobs()
    metric = get_metric("embedding")
    job = jobs.build(workspace.catalog, metric)
    assert isinstance(job, FeaturesJob)
    assert job.wait(60)
    assert job.problem == ""
    assert job.failed == 0
    assert jobs.building(workspace.catalog, metric) is job
    assert not len(workspace.catalog.missing(metric.spec))
