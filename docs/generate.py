"""Writes the parts of the documents that say what the code says: python -m docs.generate

Such a part stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``. A test fails while one differs from what
this script would write, so run it after changing a command's options, a metric's texts or a setting.
"""

import argparse
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pictrace import models
from pictrace.api.server import OPERATIONS
from pictrace.cli._discovery import all_commands
from pictrace.metrics import all_metrics

__all__ = ["BLOCKS", "documents", "rewritten", "settings"]

ROOT = Path(__file__).parent.parent
SECRETS = ROOT / ".streamlit" / "secrets.toml.example"
BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def documents() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def rewritten(text: str) -> str:
    """A document with each of its generated parts made again."""
    return BLOCK.sub(lambda block: f"{block[1]}{BLOCKS[block[2]]()}\n{block[3]}", text)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def metric_table() -> str:
    with models.using(models.DEFAULT_MODEL):  # whatever this machine has got
        metrics = all_metrics()
    rows = (
        (one.title, f"`{one.name}`", *in_two(one.help), one.scale.unit, f"{one.scale.worst:g} to {one.scale.best:g}")
        for one in metrics
    )
    return table(["metric", "name", "counts", "raise it to find", "value", "from 0 to 1"], rows)


def in_two(text: str) -> tuple[str, str]:
    """A metric's help as what it counts, and what its weight is raised for."""
    counted, _, raised = text.partition(". ")
    return f"{counted[:1].lower()}{counted[1:]}".rstrip("."), raised.removeprefix("Raise it to ").rstrip(".")


def readme_metrics() -> str:
    rows = ((one.title, f"{one.help.partition('. ')[0]}.", one.scale.unit) for one in all_metrics())
    return table(["metric", "what it looks for", "value"], rows)


def settings() -> dict[str, str]:
    """What each key of the example of the owner's settings means, by its comment there."""
    meanings = {}
    for paragraph in SECRETS.read_text("utf-8").split("\n\n")[1:]:
        lines = [line.removeprefix("# ") for line in paragraph.splitlines()]
        meanings[lines[-1].partition(" = ")[0]] = " ".join(lines[:-1])
    return meanings


def settings_table() -> str:
    return table(["key", "means"], ((f"`{key}`", meaning) for key, meaning in settings().items()))


def command_reference() -> str:
    """Every command with its options; the lines of argparse's own help differ between versions of Python."""
    sections = []
    for command in all_commands():
        parser = argparse.ArgumentParser(prog=f"pictrace {command.name}")
        command.load().register(parser)
        sections += [section(each, text or command.help) for each, text in with_actions(parser)]
    return "\n\n".join(sections)


def with_actions(parser: argparse.ArgumentParser) -> Iterator[tuple[argparse.ArgumentParser, str]]:
    """A command, and each of its actions with what it does, where it has some."""
    yield parser, ""
    for group in parser._actions:
        if isinstance(group, argparse._SubParsersAction):
            helps = {one.dest: one.help or "" for one in group._choices_actions}
            for name, action in group.choices.items():
                yield action, helps[name]


def section(parser: argparse.ArgumentParser, does: str) -> str:
    arguments = [one for one in parser._actions if one.dest not in {"help", "action"}]
    parts = [f"### {parser.prog}", f"{does[:1].upper()}{does[1:]}."]
    if arguments:
        parts.append(table(["argument", "means"], ((f"`{called(one)}`", meaning(parser, one)) for one in arguments)))
    return "\n\n".join(parts)


def called(argument: argparse.Action) -> str:
    """How an argument is written: ``--top N``, ``PICTURE``."""
    if argument.nargs == 0:
        return argument.option_strings[-1]
    value = argument.metavar or argument.dest.upper()
    if argument.choices is not None and argument.metavar is None:
        value = "{" + ",".join(map(str, argument.choices)) + "}"
    return " ".join([*argument.option_strings[-1:], *([value] if isinstance(value, str) else value)])


def meaning(parser: argparse.ArgumentParser, argument: argparse.Action) -> str:
    """An argument's help, with what argparse fills in, and whether an option must be given."""
    text = parser._get_formatter()._expand_help(argument) if argument.help else ""
    return f"{text} (required)" if argument.required and argument.option_strings else text


def operation_table() -> str:
    rows = ((f"`{one.method} {one.path}`", one.summary, one.scope or "none") for one in OPERATIONS)
    return table(["operation", "does", "needs the scope"], rows)


BLOCKS: dict[str, Callable[[], str]] = {
    "commands": command_reference,
    "metrics": metric_table,
    "operations": operation_table,
    "readme_metrics": readme_metrics,
    "settings": settings_table,
}


def main() -> None:
    for path in documents():
        text = path.read_text("utf-8")
        if (new := rewritten(text)) != text:
            path.write_text(new, "utf-8")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
