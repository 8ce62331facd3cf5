"""The contract of a catalog is that of every store: its tests run on each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from pictrace.catalog import open_catalog
from pictrace.catalog.base import Catalog
from tests.postgres_server import PostgresServer, serve_postgres, why_not


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "make_catalog" in metafunc.fixturenames and not any(metafunc.definition.iter_markers("of_files")):
        metafunc.parametrize("make_catalog", ["sqlite", "postgres"], indirect=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    if reason := why_not():
        pytest.skip(reason)
    with serve_postgres() as server:
        yield server


@pytest.fixture
def make_catalog(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Catalog]]:
    """Opens catalogs of the test's own, by names that it makes up, and closes them after it."""
    store: str = getattr(request, "param", "sqlite")
    server: PostgresServer | None = request.getfixturevalue("postgres_server") if store == "postgres" else None
    locations: dict[str, str] = {}
    with ExitStack() as stack:

        def make(name: str = "catalog.sqlite", *, must_exist: bool = False) -> Catalog:
            if name not in locations:
                locations[name] = server.new_database() if server else str(tmp_path / name)
            return stack.enter_context(closing(open_catalog(locations[name], must_exist=must_exist)))

        yield make
