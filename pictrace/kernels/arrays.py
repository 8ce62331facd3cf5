"""Arrays as the kernels take them: the right dtype, C order, aligned; checked once, at the edge."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["MAX_ROWS", "arranged", "checked_offsets"]

MAX_ROWS = 65535
"""Most descriptors of one picture: their positions are kept in 16 bits."""


def arranged(array: NDArray[Any], dtype: DTypeLike, shape: tuple[int | None, ...], name: str) -> NDArray[Any]:
    """The array in C order and aligned, without a copy where it is so already; it may be read-only.

    None in ``shape`` allows any length. Raises ValueError for another shape or dtype: a silent
    conversion would hide features of another metric.
    """
    fits = array.ndim == len(shape) and all(
        want is None or want == have for want, have in zip(shape, array.shape, strict=True)
    )
    if not fits or array.dtype != np.dtype(dtype):
        wanted = ", ".join("any" if want is None else str(want) for want in shape)
        raise ValueError(f"{name} must be {np.dtype(dtype)} ({wanted}), not {array.dtype}{array.shape}")
    return np.asarray(np.require(array, requirements=("C", "A")))


def checked_offsets(offsets: NDArray[np.int64], total: int, *, max_rows: int | None = None) -> NDArray[np.int64]:
    """Offsets of a ragged batch, (n + 1,) int64; ValueError where they would leave its rows."""
    offsets = arranged(offsets, np.int64, (None,), "offsets")
    counts = np.diff(offsets)
    if not len(offsets) or offsets[0] < 0 or offsets[-1] > total or (counts < 0).any():
        raise ValueError(f"offsets must ascend from 0 to {total}, the number of rows")
    if max_rows is not None and len(counts) and counts.max() > max_rows:
        raise ValueError(f"one candidate has {counts.max()} rows, more than {max_rows}")
    return offsets
