"""``pictrace serve --api-only``, or the like, in a process of its own, for tests of what talks to it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.paths import ROOT


@contextmanager
def api_process(
    catalog: Path, environment: Mapping[str, str], serve: Sequence[str] = ("serve", "--api-only")
) -> Iterator[str]:
    """Yields the address that the API is at, as soon as it listens."""
    command = [sys.executable, "-m", "pictrace", *serve, "--port", "0", "--catalog", str(catalog)]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            found = re.search(r"http://\S+", said)
            assert found, said
            yield found.group()
        finally:
            process.terminate()
            process.wait(30)
