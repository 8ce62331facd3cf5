"""pictrace app"""

from __future__ import annotations

import argparse

from pictrace.cli.serve import add_place, serve_app, use_catalog

__all__ = ["HELP", "ORDER", "register"]

HELP = "open the app in this computer's browser"
ORDER = 94


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_open)
    add_place(parser)
    parser.add_argument("--no-browser", action="store_true", help="serve it, and open nothing")


def _open(options: argparse.Namespace) -> int:
    use_catalog(options.catalog)
    return serve_app(options, opens=not options.no_browser)
