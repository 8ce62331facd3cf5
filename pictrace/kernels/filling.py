"""Has numba's cache filled by a process of its own.

Compiling takes twenty seconds of a processor. A thread that does it holds the interpreter's lock for most of them,
while a page waits to be drawn, and leaves its memory behind. The process has the lowest priority, and ends with the one
that started it; what it has compiled by then is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pictrace.folders import cache_folder

__all__ = ["fill", "main"]

_CODE = "from pictrace.kernels.filling import main; main()"
_COMPILED = "pictrace.kernels.compiled"


def fill(modules: Sequence[str]) -> None:
    """Compile these modules of kernels in a process of its own, unless that was done before; return after its end.

    Where it does not work, importing the modules tells why.
    """
    try:
        stamp = cache_folder() / f"kernels-{_digest()}"
    except PackageNotFoundError:
        return
    if stamp.exists():
        return
    paths = os.pathsep.join(one or str(Path.cwd()) for one in sys.path)
    with contextlib.suppress(OSError):
        process = subprocess.Popen(  # noqa: S603 (a command of our own)
            [sys.executable, "-c", _CODE, *modules],
            stdin=subprocess.PIPE,  # which closes when this process ends, however that comes
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": paths},
            creationflags=getattr(subprocess, "IDLE_PRIORITY_CLASS", 0),
        )
        with process:
            if process.wait() == 0:
                stamp.touch()


def main() -> None:
    """What runs in that process; its arguments are the modules."""
    if hasattr(os, "nice"):
        os.nice(19)
    threading.Thread(target=_end_with_the_other, name="watch", daemon=True).start()
    for name in sys.argv[1:]:
        import_module(f"{_COMPILED}.{name}")
        if not import_module(f"{_COMPILED}.jit").kept:
            sys.exit(1)


def _end_with_the_other() -> None:
    sys.stdin.read()
    os._exit(1)


def _digest() -> str:
    """Of all that the compiled code depends on, and where it is kept."""
    sources = sorted(Path(__file__).with_name("compiled").glob("*.py"))
    told = [version("numba"), platform.python_version(), platform.machine(), os.environ.get("NUMBA_CACHE_DIR", "")]
    code = b"".join(one.read_bytes() for one in sources)
    return hashlib.sha256("\n".join([*told, str(Path(__file__).parent)]).encode() + code).hexdigest()[:16]
