"""Products of matrices stay on the thread that asks for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

COUNTED = """
from threadpoolctl import threadpool_info
import numpy, cv2
{first}
print(*(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas" and {which}))
"""
OPENCV = "'opencv' in one['filepath'].lower()"
DESCRIBED = "from pictrace.metrics.sift import as_bits; as_bits(numpy.zeros((20, 128), numpy.float32))"
OPENED = "import scipy.linalg; from pictrace.kernels.blas import one_thread; one_thread()"


def threads(first: str, which: str) -> list[int]:
    """Of the libraries that are loaded, in a process of its own, with two to begin with."""
    command = [sys.executable, "-c", COUNTED.format(first=first, which=which)]
    environment = {"OPENBLAS_NUM_THREADS": "2"}
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return [int(one) for one in found.stdout.split()]


def test_describing_keypoints_leaves_only_numpy_its_threads() -> None:
    if 2 not in threads("", OPENCV):
        pytest.skip("this OpenCV has no BLAS with threads of its own, or the machine one processor")
    assert set(threads(DESCRIBED, OPENCV)) == {1}
    assert 2 in threads(DESCRIBED, f"not {OPENCV}")


def test_a_process_for_pictrace_alone_gives_no_library_any() -> None:
    assert set(threads(OPENED, "True")) == {1}
