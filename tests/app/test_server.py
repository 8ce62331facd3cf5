"""How the app is served, and what leaves the server when a page breaks."""

import logging
import re

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.web.server.app_discovery import discover_asgi_app

from pictrace.app.server import guarded
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
