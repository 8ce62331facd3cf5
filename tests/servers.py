"""PicTrace servers on loopback, in threads of this process, each with a catalog of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from pictrace.api.server import alone
from pictrace.api.state import State
from pictrace.catalog import open_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.service.workspaces import Workspace


@dataclass
class _StateOf(State):
    """Of this catalog, whatever the environment names."""

    served: Workspace | None = None

    def workspace(self) -> Workspace:
        assert self.served is not None
        return self.served


@contextmanager
def serving(catalog: Catalog | Path) -> Iterator[str]:
    """Yields the address."""
    opened = open_catalog(str(catalog)) if isinstance(catalog, Path) else catalog
    state = _StateOf(served=Workspace(opened, FeatureCache(opened), opened.title))
    server = uvicorn.Server(
        uvicorn.Config(
            alone(state=state), log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
        )
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
            state.close()
            if isinstance(catalog, Path):
                opened.close()


def closed_port() -> str:
    """An address where nobody listens."""
    with closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{bound.getsockname()[1]}"
