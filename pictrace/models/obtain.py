"""Getting a model's file: from its address, or from a file that somebody brought; verified before it counts."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pictrace.errors import DownloadError, ModelError, RefusedError
from pictrace.folders import process_lock
from pictrace.models import Model, check_file, is_here, model_path
from pictrace.told import joined, told
from pictrace.web.files import StoppedError, fetch_to_file
from pictrace.web.policy import DownloadPolicy

__all__ = ["obtain", "obtain_from_file"]

SPARE_BYTES = 64 * 2**20  # left free on the disk
LOCK_TIMEOUT_S = 1.0

Tell = Callable[[int, int], None]


def obtain(
    model: Model,
    *,
    policy: DownloadPolicy | None = None,
    progress: Tell | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Path:
    """Download a model's file, unless it is here, and return where it lies.

    It goes on from what an earlier try left, is compared with the model's SHA-256, and only then moved into place. One
    process at a time does so. Raises DownloadError, or ModelError where it is not the model, the disk is too small, or
    another download is running. progress and stopped as in fetch_to_file.

    Parameters
    ----------
    policy
        Without one, what the environment allows, within four hours.
    """
    if model.path is not None or not model.addresses:
        raise ModelError(told("{title} is a file of your own; there is nothing to download.", title=model.title))
    policy = policy or replace(DownloadPolicy.from_environment(), read_timeout_s=30.0, total_timeout_s=4 * 3600.0)
    with _place_of(model) as target:
        if is_here(model):
            check_file(target, model)
            return target
        part = target.with_name(f"{target.name}.part")
        _check_room(part, model)
        _from_any(model, part, policy, progress, stopped)
        _move_in(part, target, model)
    return target


def obtain_from_file(model: Model, source: Path) -> Path:
    """Take a model's file from a file on this machine, verified likewise; for machines without the internet."""
    check_file(source, model)
    with _place_of(model) as target:
        part = target.with_name(f"{target.name}.copy")
        _check_room(part, model)
        shutil.copyfile(source, part)
        _move_in(part, target, model)
    return target


def _from_any(
    model: Model, part: Path, policy: DownloadPolicy, progress: Tell | None, stopped: Callable[[], bool]
) -> None:
    """From the first of the addresses that gives it."""
    for number, address in enumerate(model.addresses, start=1):
        try:
            fetch_to_file(address, part, byte_count=model.byte_count, policy=policy, progress=progress, stopped=stopped)
        except (StoppedError, RefusedError):
            raise
        except DownloadError as error:
            if number == len(model.addresses):
                raise type(error)(
                    joined(
                        str(error),
                        told(
                            "Without the internet: pictrace model get {name} --file PATH takes a file.",
                            name=model.name,
                        ),
                    )
                ) from error
        else:
            return


@contextmanager
def _place_of(model: Model) -> Iterator[Path]:
    """Where the file belongs, for one process at a time; errors of the disk in plain words."""
    target = model_path(model)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with process_lock(target.with_name(f"{target.name}.lock"), timeout_s=LOCK_TIMEOUT_S):
            yield target
    except sqlite3.OperationalError as error:
        raise ModelError(
            told("{title} is being downloaded already. Wait until that ends, then try again.", title=model.title)
        ) from error
    except OSError as error:
        raise ModelError(
            told(
                "{folder} cannot be written: {error}. Name another folder.",
                folder=target.parent,
                error=error.strerror or error,
            )
        ) from error


def _check_room(part: Path, model: Model) -> None:
    have = part.stat().st_size if part.exists() else 0
    needed = model.byte_count - have + SPARE_BYTES
    free = shutil.disk_usage(part.parent).free
    if free < needed:
        raise ModelError(
            told(
                "{title} needs {needed:,.0f} MB in {folder}, where {free:,.0f} MB are free. Free some, "
                "or name another folder by PICTRACE_MODELS.",
                title=model.title,
                needed=needed / 1000000.0,
                folder=part.parent,
                free=free / 1000000.0,
            )
        )


def _move_in(part: Path, target: Path, model: Model) -> None:
    """Verify, make it last, and let it appear whole; what is not the model is deleted."""
    try:
        check_file(part, model)
    except ModelError:
        part.unlink(missing_ok=True)
        raise
    finally:
        part.with_name(f"{part.name}.json").unlink(missing_ok=True)
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(target)
