"""pictrace model: which networks there are, getting one, and what one is."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pictrace import models
from pictrace.cli._commands import add_json, command
from pictrace.cli._output import FAILED, OK, say, say_json
from pictrace.errors import ModelError, UsageError
from pictrace.models import MODELS, Model, chosen_model, find_model, is_here, model_path, models_folder, runtime_name

__all__ = ["HELP", "ORDER", "register"]

HELP = "networks for look-alikes: list, get, show"
ORDER = 100


def register(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    add_json(command(actions, "list", _list, help="the networks that PicTrace knows"))
    get = command(actions, "get", _get, help="download a network, or take it from a file, and verify it")
    get.add_argument("name", metavar="NAME", help="one of: pictrace model list")
    get.add_argument("--file", type=Path, metavar="PATH", help="take it from this file instead of the internet")
    get.add_argument("--url", metavar="URL", help="download it from here; its SHA-256 must be the same")
    info = command(actions, "info", _info, help="what a network is and whether it works here")
    info.add_argument("name", metavar="NAME_OR_FILE", nargs="?", help="by default, the one in use")
    add_json(info)


def _list(options: argparse.Namespace) -> int:
    if options.json:
        say_json({"folder": str(models_folder()), "models": [_document(one) for one in MODELS]})
        return OK
    for one in MODELS:
        here = "here" if is_here(one) else "not here"
        say(f"{one.name:18} {one.title:18} {one.megabytes:5.0f} MB  {one.dimension:5} numbers  {one.licence}  {here}")
    say(f"They are kept in {models_folder()}.")
    return OK


def _get(options: argparse.Namespace) -> int:
    from pictrace.cli._bar import progress_line
    from pictrace.models.obtain import obtain, obtain_from_file  # the list needs nothing of the network

    try:
        model = models.model_named(options.name)
    except ModelError as error:
        raise UsageError(str(error)) from error
    if options.file is not None:
        target = obtain_from_file(model, options.file)
    elif model.packed is not None and options.url is None:
        target = model_path(model)  # made, when it is loaded
    else:
        chosen = model if options.url is None else replace(model, addresses=(options.url,))
        with progress_line("B", title=model.title, in_bytes=True) as show_progress:
            target = obtain(chosen, progress=show_progress)
    models.network_of(model)  # it must not only be here, but run
    say(f"{model.title} is verified and ready: {target}")
    say("Catalogs get its features with: pictrace index SOURCE --catalog FILE")
    return OK


def _info(options: argparse.Namespace) -> int:
    model = chosen_model() if options.name is None else find_model(options.name)
    problem = models.why_not(model)
    if not problem:
        try:
            models.network_of(model)
        except ModelError as error:
            problem = str(error)
    document = {**_document(model), "problem": problem, "runtime": runtime_name()}
    if options.json:
        say_json(document)
    else:
        for name, value in document.items():
            say(f"{name:14} {_told(value)}")
    return FAILED if problem else OK


def _told(value: Any) -> str:
    """A value of the document for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {part}" for key, part in value.items())
    return (", ".join(value) if isinstance(value, list) else str(value)) or "none"


def _document(model: Model) -> dict[str, Any]:
    from pictrace.metrics import all_metrics

    made = [metric.working_with(model) for metric in all_metrics()]
    return {
        "name": model.name,
        "title": model.title,
        "here": is_here(model),
        "path": str(model_path(model)),
        "bytes": model.byte_count,
        "sha256": model.sha256,
        "dimension": model.dimension,
        "licence": model.licence,
        "addresses": list(model.addresses),
        "preprocessing": asdict(model.preprocessing),
        "features": ", ".join(one.feature_key for one in made if one is not None),
    }
