"""What serving refuses before it begins, and tokens."""

import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, suppress
from pathlib import Path

import pytest

from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.cli import main
from tests.paths import ROOT


def test_a_catalog_that_is_not_there_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--api-only", "--catalog", str(tmp_path / "none.sqlite")]) == 1
    assert "none.sqlite" in capsys.readouterr().err


def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["serve", "--api-only", "--port", port]) == 2
    assert f"127.0.0.1:{port}" in capsys.readouterr().err


def test_a_token_is_told_with_its_hash(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "robot", "--writes"]) == 0
    token, entry = re.findall(r"(\S+)\n", capsys.readouterr().out)
    assert entry == f"robot:read+write:{hashlib.sha256(token.encode()).hexdigest()}"


def test_a_name_that_an_entry_cannot_hold_is_refused() -> None:
    assert main(["token", "a:b"]) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="there the server is a process of its own")
def test_the_app_that_is_served_tells_its_requests_in_its_log(tmp_path: Path) -> None:
    with closing(SqliteCatalog(tmp_path / "empty.sqlite")), socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "pictrace", "serve", "--port", str(port), "--catalog"]
    log = tmp_path / "log"
    with (
        log.open("w") as lines,
        subprocess.Popen(
            [*command, str(tmp_path / "empty.sqlite")],
            cwd=ROOT,
            env={**os.environ, "PICTRACE_LOG": "json", "PICTRACE_CACHE": str(tmp_path / "cache")},
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
        finally:
            process.terminate()
            process.wait(30)
    told = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    assert {"path": "/api/v1/health", "status": 200, "level": "info"}.items() <= told[-1].items()
    assert told[-1]["request_id"]
