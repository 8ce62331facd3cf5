"""What the owner of an app sets reaches it, from the environment and from Streamlit's secrets alike."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from pictrace.service.owner import owner
from tests.paths import ROOT

EXAMPLE = ROOT / ".streamlit" / "secrets.toml.example"


def keys_of_the_example() -> dict[str, object]:
    text = re.sub(r"^# (PICTRACE_\w+ = )", r"\1", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE)
    return tomllib.loads(text)


def test_the_example_and_the_documentation_name_the_same_keys() -> None:
    documented = re.findall(r"^\| `(PICTRACE_\w+)`", (ROOT / "docs" / "deploy.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(keys_of_the_example()) == sorted(documented)
    assert len(documented) >= 6


@pytest.mark.slow
def test_secrets_reach_the_owner_settings(tmp_path: Path) -> None:
    """By Streamlit's own way of loading them, which also runs as a server starts."""
    (tmp_path / ".streamlit").mkdir()
    lines = [f"{key} = {value!r}" for key, value in keys_of_the_example().items()]
    (tmp_path / ".streamlit" / "secrets.toml").write_text("\n".join(lines), "utf-8")
    code = (
        "import streamlit as st; st.secrets.load_if_toml_exists();"
        "from pictrace.service.owner import owner; one = owner();"
        "print(one.catalog, one.writable, len(one.folders), one.ephemeral)"
    )
    environment = {"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "PATH": ""}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["/srv/catalogs/products.sqlite", "True", "2", "True"]


def test_without_a_catalog_nothing_shared_is_writable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PICTRACE_CATALOG", "PICTRACE_FOLDERS", "PICTRACE_FLEETING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PICTRACE_CATALOG_WRITABLE", "1")
    assert owner().catalog is None
    assert not owner().writable
    assert not owner().may_read(Path("/"))


def test_a_link_out_of_the_owners_folder_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret.png").write_bytes(b"x")
    (tmp_path / "inside" / "way_out.png").symlink_to(tmp_path / "secret.png")
    monkeypatch.setenv("PICTRACE_FOLDERS", str(tmp_path / "inside"))
    assert owner().may_read(tmp_path / "inside" / "a.png")
    assert not owner().may_read(tmp_path / "inside" / "way_out.png")
    assert not owner().may_read(tmp_path / "inside" / ".." / "secret.png")
