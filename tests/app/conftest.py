"""What the tests of all pages share."""

from collections.abc import Iterator

import pytest
import streamlit as st

from pictrace import kernels, models
from pictrace.kernels.switch import Backend


def _forget() -> None:
    st.cache_resource.clear()
    st.cache_data.clear()
    models.release()


@pytest.fixture(autouse=True)
def fresh_caches() -> Iterator[None]:
    """No test finds what another one opened."""
    _forget()
    yield
    _forget()


@pytest.fixture(scope="module", autouse=True)
def as_served(compiled_kernels: Backend) -> Iterator[None]:
    """Pages of a file run on the kernels that a server has loaded by then."""
    with kernels.forced(compiled_kernels):
        yield
