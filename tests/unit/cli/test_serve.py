"""What serving refuses before it begins, and tokens."""

import hashlib
import http.client
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.cli import main
from tests.paths import ROOT


def test_a_catalog_that_is_not_there_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--api-only", "--catalog", str(tmp_path / "none.sqlite")]) == 1
    assert "none.sqlite" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["serve", "--api-only"], ["serve"], ["app"], ["serve-shards"]])
def test_a_port_that_is_taken_is_told(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PICTRACE_CATALOG", "")  # which the command sets
    SqliteCatalog(tmp_path / "c.sqlite").close()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main([*command, "--port", port, "--catalog", str(tmp_path / "c.sqlite")]) == 2
    assert f"127.0.0.1:{port} cannot be listened on" in capsys.readouterr().err


def test_a_token_is_told_with_its_hash(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "robot", "--writes"]) == 0
    token, entry = re.findall(r"(\S+)\n", capsys.readouterr().out)
    assert entry == f"robot:read+write:{hashlib.sha256(token.encode()).hexdigest()}"


def test_a_name_that_an_entry_cannot_hold_is_refused() -> None:
    assert main(["token", "a:b"]) == 2


@contextmanager
def _served(folder: Path, **environment: str) -> Iterator[tuple[int, Path]]:
    """The app by ``pictrace serve``: its port as soon as it answers, and its log."""
    with closing(SqliteCatalog(folder / "empty.sqlite")), socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "pictrace", "serve", "--port", str(port), "--catalog"]
    log = folder / "log"
    with (
        log.open("w") as lines,
        subprocess.Popen(
            [*command, str(folder / "empty.sqlite")],
            cwd=ROOT,
            env={**os.environ, "PICTRACE_LOG": "json", "PICTRACE_CACHE": str(folder / "cache"), **environment},
            stdout=subprocess.DEVNULL,
            stderr=lines,
        ) as process,
    ):
        try:
            until = time.monotonic() + 90
            while "/api/v1/health" not in log.read_text() and time.monotonic() < until:
                with suppress(OSError):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/health", timeout=10).close()
                time.sleep(0.3)
            yield port, log
        finally:
            process.terminate()
            process.wait(30)


def _asked_for_a_page(port: int, host: str) -> tuple[int, int]:
    """The statuses of the page and of its websocket, asked for by this name."""
    statuses = []
    switch = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    switch |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": f"http://{host}"}
    for path, headers in (("/", {}), ("/_stcore/stream", switch)):
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
            connection.request("GET", path, headers={"Host": host, **headers})
            statuses.append(connection.getresponse().status)
    return statuses[0], statuses[1]


@pytest.mark.skipif(sys.platform == "win32", reason="there the server is a process of its own")
def test_the_app_is_served_under_the_names_it_may_have_and_logs_requests(tmp_path: Path) -> None:
    with _served(tmp_path, STREAMLIT_SERVER_ALLOWED_HOSTS="app.example.org") as (port, log):
        for name in (f"127.0.0.1:{port}", f"localhost:{port}", "app.example.org"):
            assert _asked_for_a_page(port, name) == (200, 101), name
        assert _asked_for_a_page(port, "elsewhere.example") == (421, 403)
        said = log.read_text()
    told = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    (health, *_) = (one for one in told if one.get("path") == "/api/v1/health")
    assert {"status": 200, "level": "info"}.items() <= health.items()
    assert health["request_id"]
    assert "elsewhere.example" in said


@pytest.mark.parametrize(("host", "told"), [("0.0.0.0", ["localhost"]), ("127.0.0.1", [])])  # noqa: S104
def test_nobody_elsewhere_is_asked_where_the_app_is(
    host: str, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STREAMLIT_BROWSER_SERVER_ADDRESS", raising=False)
    monkeypatch.setenv("PICTRACE_CATALOG", "")  # which the command may set
    run: list[list[str]] = []

    def ran(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        run.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("os.execv", lambda _, command: ran(command))
    monkeypatch.setattr("subprocess.run", ran)
    main(["serve", "--host", host, "--port", "0"])
    command = run[0]
    assert [after for one, after in itertools.pairwise(command) if one == "--browser.serverAddress"] == told
