"""What several commands share: options that mean the same everywhere, and actions of a command."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

__all__ = [
    "Run",
    "Subparsers",
    "add_catalog",
    "add_compact",
    "add_json",
    "add_limits",
    "add_model",
    "command",
    "limits_of",
    "opened_to_fill",
    "policy_within",
]

if TYPE_CHECKING:  # argparse's own class takes a parameter for type checkers only
    from pictrace.catalog.base import Catalog
    from pictrace.images.reading import DecodeLimits
    from pictrace.web.policy import DownloadPolicy

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Subparsers = argparse._SubParsersAction

Run = Callable[[argparse.Namespace], int]
"""What a command does; it returns the exit status."""


def command(commands: Subparsers, name: str, run: Run, *, help: str) -> argparse.ArgumentParser:  # noqa: A002 (as argparse calls it)
    """A parser for a command or for an action of one, to which its options are added."""
    parser = commands.add_parser(name, help=help, description=f"{help[:1].upper()}{help[1:]}.")
    parser.set_defaults(run=run)
    return parser


def add_catalog(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--catalog",
        required=True,
        metavar="FILE",
        help="a SQLite file, postgresql://…, or servers: https://a.example,https://b.example",
    )


def add_compact(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--compact",
        action="store_true",
        help="make a catalog of less than 25 KB a picture: without features for SSIM, ORB and histograms, which are "
        "then not comparable, without originals, and with small thumbnails",
    )


def opened_to_fill(location: str, *, compact: bool) -> Catalog:
    """The catalog, made if needed, and a compact one if so chosen; CatalogError where it was made to keep more."""
    from pictrace.catalog import open_catalog
    from pictrace.catalog.keeping import COMPACT

    catalog = open_catalog(location, must_exist=False)
    try:
        if compact:
            catalog.keep(COMPACT)
    except BaseException:
        catalog.close()
        raise
    return catalog


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_limits(parser: argparse.ArgumentParser) -> None:
    for option, what, usual in (
        ("--max-bytes", "bytes that a picture's file may have", "32 MB; of a link 20 MB"),
        ("--max-pixels", "pixels that a picture may have", "64M"),
    ):
        parser.add_argument(option, metavar="N", help=f"{what}, as 250000000 or 250M (default {usual})")


def limits_of(options: argparse.Namespace) -> DecodeLimits:
    """What pictures may cost, by the options, else by the environment; UsageError where they are no numbers."""
    from pictrace.errors import UsageError
    from pictrace.images.allowed import allowed
    from pictrace.wording import amount

    limits = allowed()

    def asked(name: str, usual: int) -> int:
        text = getattr(options, name)
        try:
            return usual if text is None else amount(text)
        except ValueError as error:
            raise UsageError(f"--{name.replace('_', '-')}: {error}.") from error

    most_bytes, most_pixels = asked("max_bytes", limits.max_bytes), asked("max_pixels", limits.max_pixels)
    return replace(limits, max_bytes=most_bytes, max_pixels=most_pixels)


def policy_within(limits: DecodeLimits) -> DownloadPolicy:
    """What may be fetched, up to so many bytes where more than usual are allowed."""
    from pictrace.web.policy import DownloadPolicy

    policy = DownloadPolicy.from_environment()
    more = limits.max_bytes if limits.max_bytes > type(limits)().max_bytes else policy.max_bytes
    return replace(policy, max_bytes=max(policy.max_bytes, more))


def add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", metavar="NAME_OR_FILE", help="the network for look-alikes: pictrace model list, or an ONNX file"
    )
