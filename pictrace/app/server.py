"""How the app is served: what streamlit_app.py hands to ``st.App``."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount
from streamlit import config, runtime

from pictrace.errors import PicTraceError
from pictrace.faults import as_own, logged
from pictrace.service.guard import FRAMED_BY, Guard, Guarded
from pictrace.service.logs import log_to_stderr, wanted_form
from pictrace.service.memory import give_back_large_blocks
from pictrace.service.owner import COMMUNITY_CLOUD, upload_bytes

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import Receive, Scope, Send

__all__ = ["guarded", "held_bytes", "lifespan", "make_ready", "middleware", "on_script_error", "routes"]

# Community Cloud shows apps in a frame of its own pages, under names of its own.
CLOUD_FRAMES = f"{FRAMED_BY} https://*.streamlit.app https://*.streamlit.io"
_LOADING = threading.Lock()


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """While the server runs. The first visitor's browser loads its scripts for a second: time to make ready."""
    give_back_large_blocks()
    threading.Thread(target=make_ready, name="make-ready", daemon=True).start()
    yield


def make_ready() -> None:
    """Import what the first page needs, and open its catalog; what is wrong with that one, the page will tell."""
    st.secrets.load_if_toml_exists()  # which may name the catalog
    if form := wanted_form():
        log_to_stderr(logging.getLogger("pictrace"), form)
    for name in ("frame", "search.page"):  # not above, as the server would not answer before they are there
        import_module(f"pictrace.app.{name}")
    from pictrace.app.shared.open_catalog import workspaces
    from pictrace.service.workspaces import SHARED

    with suppress(PicTraceError), as_own(PicTraceError, "The catalog"):
        workspaces().open(SHARED)


def middleware() -> list[Middleware]:
    """What every request passes first."""
    return [Middleware(Guard, settings=guarded, held_bytes=held_bytes)]


def routes() -> list[Mount]:
    """What is served beside the page, under its path prefix: the JSON API, loaded when it is first asked for."""
    prefix = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return [Mount(f"/{prefix}/api/v1" if prefix else "/api/v1", _serve_api)]


async def _serve_api(scope: Scope, receive: Receive, send: Send) -> None:
    app = await asyncio.to_thread(_api)
    await app(scope, receive, send)


def _api() -> Starlette:
    with _LOADING:  # two that ask at once get the same
        return _made_api()


@cache
def _made_api() -> Starlette:
    from pictrace.api.server import api
    from pictrace.api.state import State
    from pictrace.app.shared.open_catalog import workspaces

    return api(State(workspaces=workspaces()))


def guarded() -> Guarded:
    """What this app's owner lets the network do: by Streamlit's own options where there are some."""
    on_cloud = COMMUNITY_CLOUD.is_dir()
    return Guarded(
        _hosts() or (("*",) if on_cloud else ()),
        os.environ.get("PICTRACE_FRAME_ANCESTORS", "").strip() or (CLOUD_FRAMES if on_cloud else FRAMED_BY),
        os.environ.get("PICTRACE_METRICS_TOKEN", "").strip(),
        upload_bytes(),
    )


@cache
def _hosts() -> tuple[str, ...]:
    """The names that the owner has set, which the guard alone holds all requests to from now on.

    Streamlit's own check is of the page's websocket only, and leaves out this computer's names and addresses: a page
    that was opened by one of them would wait for ever.
    """
    hosts = tuple(config.get_option("server.allowedHosts") or ())
    if hosts:
        config.set_option("server.allowedHosts", [])
    return hosts


def held_bytes() -> int:
    """How much Streamlit keeps of what visitors have uploaded."""
    if not runtime.exists():
        return 0
    stats = runtime.get_instance().uploaded_file_mgr.get_stats()
    return sum(one.byte_length for some in stats.values() for one in some if hasattr(one, "byte_length"))


def on_script_error(error: Exception) -> bool:
    """Say on the page under which id the log tells more of what broke there; nothing else of it leaves the server."""
    identity = logged("A page", error)
    st.error(
        f"This went wrong in PicTrace. Reload the page; if it happens again, tell the app's owner: the log "
        f"tells more under {identity}.",
        icon=":material/error:",
    )
    return True
