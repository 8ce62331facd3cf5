"""The calls in docs/api.md are answered as it says."""

import os
import re
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from pictrace.api.access import new_token
from pictrace.catalog.records import Origin, Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.indexing.index import Indexing
from pictrace.sources.base import Item
from tests.api_process import api_process
from tests.paths import ROOT

pytestmark = pytest.mark.slow  # a process of its own


def transcript() -> list[tuple[str, str]]:
    """Each command, and what it is said to print."""
    text = (ROOT / "docs" / "api.md").read_text("utf-8")
    block = re.search(r"```console\n(.*?)```", text, re.DOTALL)
    assert block is not None
    parts = re.split(r"^\$ ", block[1], flags=re.MULTILINE)[1:]
    commands = [part.partition("\n") for part in parts]
    return [(command, said.strip()) for command, _, said in commands]


def as_pattern(said: str) -> str:
    return ".*".join(re.escape(part) for part in said.split("…"))


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_the_transcript_holds(tmp_path: Path, photographs: dict[str, bytes]) -> None:
    (tmp_path / "cat.png").write_bytes(photographs["chelsea.png"])
    (tmp_path / "eye.jpg").write_bytes(photographs["retina.jpg"])
    names = ("chelsea.png", "rocket.jpg")
    items = [Item.of_bytes(photographs[name], Source(Origin.UPLOAD, name)) for name in names]
    with closing(SqliteCatalog(tmp_path / "catalog.sqlite")) as catalog:
        Indexing(catalog, items).run()
    token, entry = new_token("robot", writes=True)
    calls = transcript()
    assert len(calls) >= 10
    with api_process(tmp_path / "catalog.sqlite", {"PICTRACE_API_TOKENS": entry}) as address:
        environment = {**os.environ, "API": address, "TOKEN": token}
        for command, said in calls:
            ran = subprocess.run(
                ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
            )
            assert re.fullmatch(as_pattern(said), ran.stdout.strip(), re.DOTALL), f"{command}\n{ran.stdout}"
