"""The command line: the same work without a browser. Each module holds one command, and is found by itself."""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import sys
from collections.abc import Iterator, Sequence

from pictrace.cli._output import FAILED, OK, USAGE, warn
from pictrace.cli._parser import parser_for
from pictrace.errors import ColumnError, CriteriaError, ModelError, PicTraceError, UnknownModelError, UsageError
from pictrace.faults import logged

__all__ = ["main"]

_NO_ROOM = {errno.ENOSPC, errno.EFBIG, errno.EIO}
_CATALOGS = ("catalog", "first", "second")
_OVER_SERVERS = frozenset({"search", "info", "calibrate", "serve", "app", "mcp"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns the exit status: 0 done, 1 failed or nothing found, 2 called wrongly, 3 done, but for some inputs.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        options = parser_for(given[0] if given else "").parse_args(given)
        _require_one_form(options)
        _require_one_catalog(given[0], options)
        with _model_of(options):
            status: int = options.run(options)
        if sys.stdout is not None:
            sys.stdout.flush()
    except (ColumnError, CriteriaError, UnknownModelError, UsageError) as error:
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
    except Exception as error:  # the border of the command: whatever it is, it is told in words, and logged
        if isinstance(error, OSError) and error.errno in _NO_ROOM:  # what is not told by its name is our output
            sys.stdout = None
            warn(f"pictrace: the output cannot be written ({error.strerror}). Make room, or write to another place.")
            return FAILED
        identity = logged(f"The command {given[:1]}", error)
        warn(f"pictrace: a fault in PicTrace or in a library ({type(error).__name__}), logged as {identity}")
        return FAILED
    return status


def _require_one_form(options: argparse.Namespace) -> None:
    """UsageError where two documents would share standard output."""
    if getattr(options, "json", False) and getattr(options, "csv", False):
        raise UsageError("--json and --csv cannot be printed at once. Leave one of them out.")


def _require_one_catalog(command: str, options: argparse.Namespace) -> None:
    """UsageError where a command that needs a catalog's file or database was given servers."""
    named = [getattr(options, name, None) for name in _CATALOGS]
    if command in _OVER_SERVERS or not any(isinstance(one, str) and one.lower().startswith("http") for one in named):
        return
    from pictrace.catalog.servers.address import are_servers

    if any(isinstance(one, str) and are_servers(one) for one in named):
        raise UsageError(
            f"pictrace {command} works on one catalog. Servers can be searched together, and no more: run it on each "
            "of them, with its own catalog."
        )


@contextlib.contextmanager
def _model_of(options: argparse.Namespace) -> Iterator[None]:
    """The network that the command or PICTRACE_MODEL names; the command's own must be at hand."""
    if not hasattr(options, "model"):
        yield
        return
    from pictrace.models import MODEL_VARIABLE, chosen_model, using, why_not  # most commands need none of it

    chosen: str | None = options.model
    if chosen is None and not os.environ.get(MODEL_VARIABLE):
        yield
        return
    with using(chosen):
        if hindrance := why_not(chosen_model()):
            if chosen is not None:
                raise ModelError(hindrance)
            warn(f"pictrace: look-alikes are left out. {hindrance}")  # the environment is for all commands
        yield
