"""How the app is served, and what leaves the server when a page breaks."""

import logging
import re
import subprocess
import sys
import textwrap

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest
from streamlit.web.server.app_discovery import discover_asgi_app

from pictrace.api.server import PREFIX
from pictrace.app.server import guarded, make_ready, routes
from pictrace.app.shared.open_catalog import workspaces
from pictrace.service.workspaces import SHARED
from tests.paths import ROOT


def test_streamlit_run_finds_the_guarded_app() -> None:
    found = discover_asgi_app(ROOT / "streamlit_app.py")
    assert found.import_string == "streamlit_app:app"


def test_the_owner_sets_what_the_network_may_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICTRACE_FRAME_ANCESTORS", "https://intranet.example")
    monkeypatch.setenv("PICTRACE_METRICS_TOKEN", "token")
    monkeypatch.setenv("PICTRACE_UPLOADS_MB", "7")
    found = guarded()
    assert (found.framed_by, found.metrics_token) == ("https://intranet.example", "token")
    assert found.upload_bytes == 7 * 2**20
    assert not found.hosts


def test_the_api_is_served_beside_the_page() -> None:
    client = TestClient(Starlette(routes=routes()), base_url="http://127.0.0.1", client=("127.0.0.1", 50000))
    assert client.get(f"{PREFIX}/health").json()["status"] == "ok"
    assert client.get(f"{PREFIX}/openapi.json").json()["servers"] == [{"url": PREFIX}]


def test_the_api_is_served_under_the_pages_path_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pictrace.app.server.config.get_option", {"server.baseUrlPath": "/tools/pictrace/"}.get)
    client = TestClient(Starlette(routes=routes()), base_url="http://127.0.0.1", client=("127.0.0.1", 50000))
    at = f"/tools/pictrace{PREFIX}"
    assert client.get(f"{at}/health").json()["status"] == "ok"
    assert client.get(f"{at}/openapi.json").json()["servers"] == [{"url": at}]


def _break() -> None:
    from pictrace.app.server import on_script_error

    on_script_error(ValueError("/srv/secret/catalog.sqlite"))


def test_a_broken_page_names_an_id_of_the_log_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "pictrace"):
        app = AppTest.from_function(_break).run()
    (said,) = (one.value for one in app.error)
    found = re.search(r"\b[0-9a-f]{8}\b", said)
    assert found
    assert "secret" not in said
    assert found.group() in caplog.text
    assert "/srv/secret/catalog.sqlite" in caplog.text


def test_the_server_makes_ready_what_the_first_page_needs() -> None:
    make_ready()
    assert workspaces().is_open(SHARED)


def test_what_is_wrong_with_the_catalog_is_left_to_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICTRACE_CATALOG", "/no/such/catalog.sqlite")
    make_ready()
    assert not workspaces().is_open(SHARED)


def test_the_server_answers_before_the_pages_are_imported() -> None:
    """And the first page needs neither pandas nor aiohttp, which take half a second each."""
    code = """
        import sys
        import pictrace.app.server
        print("cv2" in sys.modules)
        import pictrace.app.search.page
        print("pandas" in sys.modules, "aiohttp" in sys.modules)
        """
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == ["False", "False", "False"]
