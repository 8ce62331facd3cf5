"""What the tests of all pages share."""

from collections.abc import Iterator

import pytest
import streamlit as st

from pictrace import models


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
