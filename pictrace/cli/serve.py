"""pictrace serve"""

from __future__ import annotations

import argparse
import logging
import os
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from pictrace.cli._output import OK, say
from pictrace.errors import UsageError
from pictrace.images.complaints import let_go

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["HELP", "ORDER", "add_place", "listening", "register", "serve_app", "serve_on", "use_catalog"]

HELP = "serve the app with its JSON API, or the API alone"
ORDER = 95

_PACKAGE = Path(__file__).parents[1]
_APPS = (_PACKAGE / "app" / "root" / "streamlit_app.py", _PACKAGE.parent / "streamlit_app.py")
"""Where the page's script is: inside of an installed package, beside it in a checkout."""

_ALL_ADDRESSES = {"0.0.0.0", "::"}  # noqa: S104 (known, not listened on)


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_serve)
    parser.add_argument("--api-only", action="store_true", help="the JSON API without the app")
    add_place(parser)


def add_place(parser: argparse.ArgumentParser) -> None:
    """What is served, and where."""
    parser.add_argument("--catalog", metavar="FILE", help="a SQLite file or postgresql://… (default: PICTRACE_CATALOG)")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, default=8501, help="0 for any that is free (default %(default)s)")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name under which it is served, such as app.example.org (may be given more than once)",
    )


def _serve(options: argparse.Namespace) -> int:
    use_catalog(options.catalog)
    return _serve_api(options) if options.api_only else serve_app(options, opens=False)


def use_catalog(path: str | None) -> None:
    """Have what is served be of this catalog; CatalogError where it cannot be opened, rather than at a visitor's."""
    if path is None:
        return
    from pictrace.catalog import open_catalog
    from pictrace.catalog.address import is_postgres
    from pictrace.catalog.servers.address import are_servers

    open_catalog(path).close()
    os.environ["PICTRACE_CATALOG"] = path if is_postgres(path) or are_servers(path) else str(Path(path).resolve())


def serve_app(options: argparse.Namespace, *, opens: bool) -> int:
    """Serve the page until it is stopped; the exit status.

    Parameters
    ----------
    opens
        Whether it is opened in this computer's browser.
    """
    script = next((one for one in _APPS if one.is_file()), None)
    if script is None:
        raise UsageError("The page's script is not installed with this package. Serve the API: --api-only.")
    if options.port:
        listening(options.host, options.port).close()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless", str(not opens).lower()]
    command += ["--server.address", options.host, "--server.port", str(options.port)]
    command += ["--server.fileWatcherType", "none"]  # what is installed does not change
    if options.host in _ALL_ADDRESSES and not os.environ.get("STREAMLIT_BROWSER_SERVER_ADDRESS"):
        # Streamlit would ask a server elsewhere under which address the world sees this one, to print it.
        command += ["--browser.serverAddress", "localhost"]
    if options.allow_host:
        os.environ["STREAMLIT_SERVER_ALLOWED_HOSTS"] = ",".join(options.allow_host)
    if os.name == "posix":  # in this process' place, so that what ends it ends the server
        let_go()
        os.execv(sys.executable, command)  # noqa: S606 (our own command)
    return subprocess.run(command, check=False).returncode  # noqa: S603 (our own command)


def _serve_api(options: argparse.Namespace) -> int:
    from pictrace.api.server import PREFIX, alone

    described = f"The API listens on http://{{place}}{PREFIX} and describes itself at {PREFIX}/openapi.json"
    serve_on(alone(options.allow_host), options.host, options.port, described)
    return OK


def serve_on(app: ASGIApp, host: str, port: int, said: str) -> None:
    """Serve until it is stopped.

    Parameters
    ----------
    said
        A line for who started it, with ``{place}`` where the address shall stand.
    """
    import uvicorn

    from pictrace.service.logs import log_to_stderr, wanted_form

    log_to_stderr(logging.getLogger(), wanted_form())
    config = uvicorn.Config(
        app,
        log_config=None,  # one form for all that is told
        log_level="warning",
        access_log=False,  # our own log has the requests' ids
        proxy_headers=False,  # who asks is not what anybody may write
        server_header=False,
        limit_concurrency=256,
        timeout_keep_alive=15,
    )
    with closing(listening(host, port)) as opened:
        place = f"[{host}]" if ":" in host else host
        say(said.format(place=f"{place}:{opened.getsockname()[1]}"))
        uvicorn.Server(config).run(sockets=[opened])


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; UsageError where it cannot."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=256)
    except (OSError, OverflowError) as error:
        told = str(error).rstrip(".")
        raise UsageError(f"{host}:{port} cannot be listened on: {told}. Choose another --host or --port.") from error
