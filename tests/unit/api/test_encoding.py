"""What answers are made of becomes JSON."""

import pytest

from pictrace.api.encoding import encoded
from pictrace.told import told


def test_a_sentence_that_knows_its_parts_is_a_text() -> None:
    assert encoded({"summary": told("{count} added", count=3)}) == b'{"summary":"3 added"}'


def test_what_json_has_not_is_an_error() -> None:
    with pytest.raises(TypeError, match="complex"):
        encoded(1j)
