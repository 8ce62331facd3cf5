"""Large blocks that were freed go back to the system, and modules are not searched for garbage."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from tests.paths import ROOT

CODE = """
import sys
from pathlib import Path
from pictrace.service.memory import give_back_large_blocks

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

if sys.argv[1] == "given back":
    give_back_large_blocks()
bytearray(20 * 2**20)  # the largest that was ever freed
before = resident_mb()
blocks, between = [], []
for _ in range(20):
    blocks.append(b"x" * (8 * 2**20))
    between.append(b"y" * (100 * 2**10))  # what stays, above each of them
del blocks
print(resident_mb() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is another one")
def test_large_blocks_are_given_back() -> None:
    def held_mb(how: str) -> float:
        command = [sys.executable, "-c", CODE, how]
        return float(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)

    assert held_mb("given back") < 20
    assert held_mb("kept") > 100  # or there would be nothing to do


def test_modules_are_not_searched_for_garbage() -> None:
    code = """
import gc, weakref
from pictrace.service.memory import leave_modules_to_themselves

class Node:
    pass

def circle():
    node = Node()
    node.itself = node
    return node

before = len(gc.get_objects())
early = circle()
leave_modules_to_themselves()
print(before > 5_000, len(gc.get_objects()) < before / 10)
late = circle()
gone_late, gone_early = weakref.ref(late), weakref.ref(early)
del late, early
leave_modules_to_themselves()  # nothing has been imported
print(gone_late() is None, gone_early() is None)
import wave
leave_modules_to_themselves()
print(gone_early() is None)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "True", "False", "True"]
