"""The features of several pictures, put together as they come from a database."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pictrace.features import FeatureBatch, Layout
from pictrace.lent import lent

__all__ = ["DamagedError", "gathered"]

ROOM = 1.1  # times what is left would take, were it like what came


class DamagedError(ValueError):
    """What is stored of this picture is none of these features."""

    def __init__(self, picture_id: int, error: ValueError) -> None:
        super().__init__(str(error))
        self.picture_id = picture_id


def gathered(wanted: NDArray[np.int64], stored: Iterable[tuple[int, bytes]], layout: Layout) -> FeatureBatch:
    """The features of these pictures, in this order.

    Each picture's bytes are let go before the next ones come: so they lie in memory that was in use a moment before.

    Parameters
    ----------
    wanted : (n,) int64 array
        Ids, each once.
    stored
        (id, bytes as Layout.pack gives) of pictures that are among them, each once, in any order.
    layout
        Of the features.

    Raises
    ------
    DamagedError
        Where bytes are not whole rows.
    """
    size, full, came = layout.row_bytes, 0, list[int]()
    ends = list[int]()
    buffer = np.empty(0, np.uint8)
    for picture_id, data in stored:
        if len(data) % size:
            try:
                layout.unpack(data)
            except ValueError as error:
                raise DamagedError(picture_id, error) from error
        end = full + len(data)
        if end > len(buffer):
            left = (len(wanted) - len(came)) / (len(came) + 1)
            larger = lent.empty((int(end * (1 + left) * ROOM) + size,), np.uint8)
            larger[:full] = buffer[:full]
            buffer = larger
        buffer[full:end] = np.frombuffer(data, np.uint8)
        came.append(picture_id)
        ends.append(end)
        full = end
    rows = buffer[:full].view(layout.dtype).reshape(-1, *layout.row_shape)
    rows.setflags(write=False)
    offsets = np.array([0, *ends], np.int64) // size
    ids = np.array(came, np.int64)
    if np.array_equal(ids, wanted):
        return FeatureBatch(rows, offsets)
    return _in_order(wanted, ids, FeatureBatch(rows, offsets))


def _in_order(wanted: NDArray[np.int64], ids: NDArray[np.int64], batch: FeatureBatch) -> FeatureBatch:
    """The same of these n pictures; no rows for those that did not come."""
    order = np.argsort(ids)
    places = np.searchsorted(ids, wanted, sorter=order)
    places[places == len(ids)] = 0
    there = ids[order[places]] == wanted if len(ids) else np.zeros(len(wanted), np.bool_)
    some = batch.take(order[places[there]])
    counts = np.zeros(len(wanted), np.int64)
    counts[there] = some.counts
    return FeatureBatch(some.rows, np.concatenate([[0], np.cumsum(counts)]))
