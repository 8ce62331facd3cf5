"""The server for agents, asked by the SDK's own client."""

import asyncio
import base64
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp", reason="the extra mcp is not installed")

from mcp import Client, StdioServerParameters
from starlette.testclient import TestClient

from pictrace.api.access import READ, new_token
from pictrace.api.agents import agent_server
from pictrace.api.server import admitting
from pictrace.api.state import State
from tests.api_process import api_process
from tests.paths import ROOT

Scene = Callable[[Client], Awaitable[None]]


def asked(server: Any, scene: Scene) -> None:
    async def run() -> None:
        async with Client(server) as client:
            await scene(client)

    asyncio.run(run())


def text_of(result: Any) -> str:
    return str(result.content[0].text)


@pytest.mark.slow  # a second, and the SDK is imported
def test_it_finds_compares_and_lists(catalog_file: Path, state: State, photographs: dict[str, bytes]) -> None:
    given = f"data:image/png;base64,{base64.b64encode(photographs['chelsea.png']).decode()}"

    async def scene(client: Client) -> None:
        tools = (await client.list_tools()).tools
        assert {one.name for one in tools} == {"search", "compare", "list_pictures", "show_picture", "duplicates"}
        assert all(one.annotations is not None and one.annotations.read_only_hint for one in tools)
        found = await client.call_tool("search", {"picture": given, "top": 2})
        assert text_of(found).startswith("This exact file is in the catalog.")
        assert "chelsea.png (catalog:" in text_of(found)
        assert [one.type for one in found.content] == ["text", "image", "image"]
        listed = text_of(await client.call_tool("list_pictures", {"text": "chelsea"}))
        name = next(word for word in listed.split() if word.startswith("catalog:"))
        compared = await client.call_tool("compare", {"first": given, "second": name})
        assert "identical" in text_of(compared).lower() or "same" in text_of(compared).lower()
        assert compared.content[1].type == "image"
        shown = await client.call_tool("show_picture", {"picture": name})
        assert shown.content[1].type == "image"
        assert text_of(await client.call_tool("duplicates", {})).startswith("0 groups")

    asked(agent_server(state), scene)


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        ("http://127.0.0.1/a.jpg", "loopback"),
        ("/etc/passwd", "PICTRACE_FOLDERS"),
        ("catalog:1", "holds no picture"),
        ("data:image/png;base64,?", "base64"),
        ("data:image/png;base64,AAAA", "no picture"),
    ],
)
def test_what_must_not_or_cannot_be_read_is_told(catalog_file: Path, state: State, picture: str, said: str) -> None:
    async def scene(client: Client) -> None:
        answer = await client.call_tool("search", {"picture": picture})
        assert answer.is_error
        assert said in text_of(answer)

    asked(agent_server(state), scene)


def test_pictures_are_added_where_the_owner_says_so(
    catalog_file: Path, state: State, photographs: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "eye.jpg").write_bytes(photographs["retina.jpg"])
    monkeypatch.setenv("PICTRACE_FOLDERS", str(tmp_path))

    async def scene(client: Client) -> None:
        added = await client.call_tool("add_picture", {"picture": str(tmp_path / "eye.jpg"), "title": "An eye"})
        assert text_of(added).startswith("Added: catalog:")
        assert "An eye" in text_of(await client.call_tool("list_pictures", {"text": "eye"}))

    asked(agent_server(state, writes=True), scene)


@pytest.mark.slow  # a process of its own
def test_the_command_speaks_over_standard_input_and_output(catalog_file: Path) -> None:
    command = ["-m", "pictrace", "mcp", "--catalog", str(catalog_file)]
    server = StdioServerParameters(command=sys.executable, args=command, cwd=ROOT, env={"PICTRACE_KERNELS": "plain"})

    async def scene(client: Client) -> None:
        assert text_of(await client.call_tool("list_pictures", {})).startswith("4 pictures fit")

    asked(server, scene)


@pytest.mark.slow  # a process of its own
def test_the_command_speaks_over_http(catalog_file: Path) -> None:
    async def scene(client: Client) -> None:
        assert text_of(await client.call_tool("list_pictures", {"text": "rocket"})).startswith("1 pictures fit")

    with api_process(catalog_file, {}, ["mcp", "--http"]) as address:
        asked(address, scene)


def test_over_http_who_may_not_read_is_refused(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    def status(peer: str) -> int:
        app = admitting(agent_server(state).streamable_http_app(), READ)
        return TestClient(app, base_url="http://127.0.0.1", client=(peer, 50000)).post("/mcp", json={}).status_code

    assert status("192.0.2.7") == 403
    monkeypatch.setenv("PICTRACE_API_TOKENS", new_token("agent", writes=False)[1])
    assert status("127.0.0.1") == 401
