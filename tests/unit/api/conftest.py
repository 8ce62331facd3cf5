"""The API over a small catalog, asked as a program of the same computer would."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pictrace.api.access import new_token
from pictrace.api.server import PREFIX, alone
from pictrace.api.state import State
from pictrace.catalog.records import Origin, Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.indexing.index import Indexing
from pictrace.sources.base import Item


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory, photographs: dict[str, bytes]) -> Path:
    """A catalog of four photographs, to be copied."""
    path = tmp_path_factory.mktemp("stock") / "stock.sqlite"
    names = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")
    items = [
        Item.of_bytes(photographs[name], Source(Origin.UPLOAD, name, name, {"kind": name.partition(".")[2]}))
        for name in names
    ]
    with closing(SqliteCatalog(path)) as catalog:
        Indexing(catalog, items).run()
    return path


@pytest.fixture
def catalog_file(stocked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The server's catalog, of this test alone."""
    path = tmp_path / "catalog.sqlite"
    with closing(SqliteCatalog(stocked)) as catalog:
        catalog.copy_to(path)
    monkeypatch.setenv("PICTRACE_CATALOG", str(path))
    return path


@pytest.fixture
def state() -> Iterator[State]:
    made = State()
    yield made
    made.close()


@pytest.fixture
def local(catalog_file: Path, state: State) -> TestClient:
    """A program on the server's own computer; no tokens are set."""
    return TestClient(
        alone(state=state),
        base_url=f"http://127.0.0.1{PREFIX}",
        client=("127.0.0.1", 50000),
        raise_server_exceptions=False,
    )


@pytest.fixture
def writer(local: TestClient, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """The same with a token that may write."""
    token, entry = new_token("writer", writes=True)
    monkeypatch.setenv("PICTRACE_API_TOKENS", entry)
    local.headers["authorization"] = f"Bearer {token}"
    return local
