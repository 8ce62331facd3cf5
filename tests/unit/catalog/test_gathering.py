"""Features from a database, put together in the order that was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from pictrace.catalog._gathering import DamagedError, gathered
from pictrace.features import Layout

LAYOUT = Layout(np.dtype(np.uint16), (3,))


def rows_of(picture_id: int) -> np.ndarray:
    """As many rows as the id says, from none to far more than of the first ones."""
    return np.arange(picture_id * 3, dtype=np.uint16).reshape(-1, 3) + np.uint16(picture_id)


@pytest.mark.parametrize(
    ("wanted", "come"),
    [
        ([0, 1, 2, 900, 5000], [0, 1, 2, 900, 5000]),
        ([5000, 0, 900], [0, 900, 5000]),
        ([3, 4, 5], [5, 3]),
        ([7, 7, 2], [2, 7]),
        ([4], []),
        ([], []),
    ],
)
def test_they_come_in_order(wanted: list[int], come: list[int]) -> None:
    stored = [(one, LAYOUT.pack(rows_of(one))) for one in come]
    batch = gathered(np.array(wanted, np.int64), stored, LAYOUT)
    assert len(batch) == len(wanted)
    for place, one in enumerate(wanted):
        expected = rows_of(one) if one in come else LAYOUT.empty()
        np.testing.assert_array_equal(batch[place], expected)
        assert batch[place].dtype == LAYOUT.dtype


def test_damage_is_told_of_its_picture() -> None:
    stored = [(1, LAYOUT.pack(rows_of(1))), (2, b"12345"), (3, b"")]
    with pytest.raises(DamagedError, match="5 bytes are not whole rows") as caught:
        gathered(np.array([1, 2, 3]), stored, LAYOUT)
    assert caught.value.picture_id == 2
