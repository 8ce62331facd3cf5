"""What serving refuses before it begins, and tokens."""

import hashlib
import re
import socket
from pathlib import Path

import pytest

from pictrace.cli import main


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
