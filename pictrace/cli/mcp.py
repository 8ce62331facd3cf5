"""pictrace mcp"""

from __future__ import annotations

import argparse
import importlib.util

from pictrace.cli._output import OK
from pictrace.cli.serve import serve_on, use_catalog
from pictrace.errors import UsageError

__all__ = ["HELP", "ORDER", "register"]

HELP = "serve a catalog to agents, by the Model Context Protocol"
ORDER = 97


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_serve)
    parser.add_argument("--catalog", metavar="FILE", help="a SQLite file or postgresql://… (default: PICTRACE_CATALOG)")
    parser.add_argument("--writes", action="store_true", help="agents may add pictures, too")
    parser.add_argument("--http", action="store_true", help="over HTTP at /mcp, instead of standard input and output")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, default=8502, help="0 for any that is free (default %(default)s)")


def _serve(options: argparse.Namespace) -> int:
    if importlib.util.find_spec("mcp") is None:
        raise UsageError('Agents need the extra mcp: pip install "pictrace[mcp]".')
    use_catalog(options.catalog)
    from pictrace.api.agents import agent_server
    from pictrace.api.state import State

    server = agent_server(State(), writes=options.writes)
    if not options.http:
        server.run("stdio")
        return OK
    from pictrace.api.access import READ, WRITE
    from pictrace.api.server import admitting

    app = admitting(server.streamable_http_app(host=options.host), WRITE if options.writes else READ)
    serve_on(app, options.host, options.port, "Agents are served on http://{place}/mcp")
    return OK
