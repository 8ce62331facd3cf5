"""What is told of requests: counted for Prometheus, and logged in words and in parts."""

import json
import logging
import sys

import pytest
from starlette.testclient import TestClient

from pictrace.api.state import State
from pictrace.service.logs import JsonLines

OWNER = {"authorization": "Bearer open sesame"}


def test_requests_are_counted_by_operation_and_status(local: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("prometheus_client")
    monkeypatch.setenv("PICTRACE_METRICS_TOKEN", "open sesame")
    local.get("/health")
    local.get("/images/1")
    for nonsense in range(3):
        local.get(f"/nonsense-{nonsense}")
    told = local.get("/metrics", headers=OWNER)
    assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'pictrace_api_requests_total{operation="get_health",status="200"} 1.0' in told.text
    assert 'operation="get_image",status="404"} 1.0' in told.text
    assert "nonsense" not in told.text
    assert "pictrace_api_searches_under_way 0.0" in told.text
    assert "process_resident_memory_bytes" in told.text


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": "Bearer "}])
@pytest.mark.parametrize("token", ["", "open sesame"])
def test_metrics_are_shut_without_the_owners_token(
    local: TestClient, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], token: str
) -> None:
    monkeypatch.setenv("PICTRACE_METRICS_TOKEN", token)
    answer = local.get("/metrics", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_without_the_extra_nothing_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pictrace.api.telemetry.importlib.util.find_spec", lambda name: None)
    state = State()
    state.telemetry.count("search", 200, 0.1)
    with pytest.raises(Exception, match="extra"):
        state.telemetry.answer()
    state.close()


def test_a_request_is_logged_under_the_id_of_its_answer(local: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "pictrace.api"):
        answer = local.get("/stats%0Aforged")
    (record,) = (one for one in caplog.records if one.name.startswith("pictrace.api"))
    told = json.loads(JsonLines().format(record))
    assert (told["request_id"], told["status"]) == (answer.headers["x-request-id"], 404)
    assert told["level"] == "info"
    assert "\n" not in record.getMessage()


def test_an_exception_is_one_line_of_json() -> None:
    try:
        raise ValueError("it\nbroke")
    except ValueError:
        record = logging.LogRecord("pictrace", logging.ERROR, __file__, 1, "in %s", ("here",), sys.exc_info())
    line = JsonLines().format(record)
    assert "\n" not in line
    assert json.loads(line)["message"] == "in here"
    assert "ValueError: it\nbroke" in json.loads(line)["exception"]
