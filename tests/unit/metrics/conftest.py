"""Every test of the metrics runs on both implementations of the kernels."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import Literal

import pytest

from pictrace import kernels

COMPILED = pytest.param(
    "compiled",
    marks=[
        pytest.mark.slow,
        pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="numba is not installed"),
    ],
)


@pytest.fixture(scope="module", params=["plain", COMPILED], autouse=True)
def backend(request: pytest.FixtureRequest) -> Iterator[Literal["compiled", "plain"]]:
    with kernels.forced(request.param):
        yield request.param
