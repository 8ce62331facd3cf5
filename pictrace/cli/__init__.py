"""The command line: the same work without a browser. Each module holds one command, or a few that belong together."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pictrace.cli import compare, export, index, info, links, merge, model, rebuild, refresh, search
from pictrace.cli._output import FAILED, OK, USAGE, warn
from pictrace.errors import CriteriaError, ModelError, PicTraceError
from pictrace.models import chosen_model, using, why_not

__all__ = ["main"]

GROUPS = (index, search, compare, links, refresh, info, merge, rebuild, export, model)
"""In the order of the help. Each has ``register``, which adds its parsers and names what they run."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 failed or nothing found, 2 called wrongly."""
    options = _parser().parse_args(arguments)
    chosen = getattr(options, "model", None)
    try:
        with using(chosen):
            if chosen is not None and (hindrance := why_not(chosen_model())):
                raise ModelError(hindrance)
            status: int = options.run(options)
    except CriteriaError as error:
        warn(f"pictrace: {error}")
        return USAGE
    except PicTraceError as error:
        warn(f"pictrace: {error}")
        return FAILED
    except KeyboardInterrupt:
        warn("pictrace: stopped; what was done is kept.")
        return FAILED
    except BrokenPipeError:  # the reader of our output has gone
        sys.stdout = None  # nothing is left to flush to
        return OK
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pictrace", description="Find the pictures of a catalog that match one.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for group in GROUPS:
        group.register(commands)
    return parser
