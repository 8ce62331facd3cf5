"""Files that commands write: whole or not at all, and never in the place of the catalog."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from pictrace.catalog.base import Catalog
from pictrace.errors import PicTraceError, UsageError

__all__ = ["writing", "written"]

_STDOUT = 1


@contextmanager
def writing(name: object) -> Iterator[None]:
    """Whatever keeps a file from being written in here is told with its name, and what to do."""
    try:
        yield
    except BrokenPipeError:  # whoever read has seen enough
        raise
    except OSError as error:
        raise PicTraceError(f"{name} cannot be written: {error.strerror or error}. Name another place.") from error


@contextmanager
def written(name: str, catalog: Catalog) -> Iterator[BinaryIO]:
    """A file that has its name only when it is whole; a former file stays until then.

    Where a link leads to is replaced, not the link; what is no file, such as /dev/stdout or a pipe, is written to.
    """
    with writing(name):
        given = Path(name)
        path = given.resolve()
        is_device = given.exists() and not given.is_dir() and (not given.is_file() or given.is_relative_to("/dev"))
    if catalog.occupies(path):
        raise UsageError(f"{name} is the catalog itself. Name another file to write.")
    if is_device:
        with writing(name), _opened(given) as stream:
            yield stream
        return
    with writing(name), tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            yield cast(BinaryIO, file)
            file.close()
            umask = os.umask(0)
            os.umask(umask)
            Path(file.name).chmod(0o666 & ~umask)  # a temporary file is for its owner's eyes only
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _opened(device: Path) -> BinaryIO:
    """A device or a pipe; standard output by any name where it has come to, so that lines about the file follow it."""
    with suppress(OSError):
        if os.path.samestat(device.stat(), os.fstat(_STDOUT)):
            return os.fdopen(os.dup(_STDOUT), "wb")
    return device.open("wb")
