"""Which commands there are, told without importing them: only the one that is called is imported."""

from __future__ import annotations

import ast
import importlib
import logging
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

__all__ = ["ENTRY_POINTS", "Command", "all_commands"]

ENTRY_POINTS = "pictrace.commands"
"""The group of entry points by which other packages add commands; the name of each is the command's."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Command:
    """A command, and the module that has its ``HELP``, ``ORDER`` and ``register(parser)``.

    ``register`` adds the options, and names what runs by ``parser.set_defaults(run=...)``.
    """

    name: str
    module: str
    help: str
    order: int

    def load(self) -> ModuleType:
        return importlib.import_module(self.module)


def all_commands() -> tuple[Command, ...]:
    """Those of pictrace.cli, one a module, and those of other packages, in the order of the help."""
    return tuple(sorted(_found(), key=lambda one: (one.order, one.name)))


def _found() -> Iterator[Command]:
    package = importlib.import_module("pictrace.cli")
    modules = [module.name for module in pkgutil.iter_modules(package.__path__) if not module.name.startswith("_")]
    own = {name.replace("_", "-"): name for name in modules}
    for name, module in own.items():
        yield _described(name, f"pictrace.cli.{module}")
    for point in entry_points(group=ENTRY_POINTS):
        if point.name in own:
            _log.warning("The command %s of %s is left out: there is one of that name.", point.name, point.value)
            continue
        try:
            yield _described(point.name, point.value)
        except Exception as error:
            # What another package raises is open-ended, and it must not take the other commands along.
            _log.warning("The command %s of %s is left out: %s", point.name, point.value, error)


def _described(name: str, module: str) -> Command:
    """A command by what its source says: literal assignments to HELP and ORDER."""
    spec = find_spec(module)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):  # no source: ask the module itself
        loaded = importlib.import_module(module)
        return Command(name, module, loaded.HELP, loaded.ORDER)
    said: dict[str, object] = {"HELP": "", "ORDER": 1000}
    for node in ast.parse(Path(spec.origin).read_text("utf-8")).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="HELP" | "ORDER" as target)], value=ast.Constant(value=value)):
                said[target] = value
    return Command(name, module, str(said["HELP"]), int(str(said["ORDER"])))
