"""Cosines of embeddings, compiled; see pictrace.kernels.cosine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pictrace.kernels.compiled.jit import bits_as_float, compiled, output, readonly, types
from pictrace.kernels.pool import Fill

__all__ = ["fill"]

# The exponent of float32 is biased by 112 more than that of float16; the product makes up for it, exactly, for
# numbers with a leading zero too.
REBIAS = np.float32(2.0**112)


def fill(query: NDArray[np.float32], rows: NDArray[np.uint16], found: NDArray[np.float32]) -> Fill:
    """What fills found[start:stop]; query (d,) of length 1, rows (n, d) the bits of float16, found (n,)."""

    def work(start: int, stop: int) -> None:
        _cosines(query, rows[start:stop], found[start:stop])

    return work


@compiled(
    readonly(types.float32, 1),
    readonly(types.uint16, 2),
    output(types.float32, 1),
    fastmath={"contract", "reassoc"},
)
def _cosines(query: NDArray[np.float32], rows: NDArray[np.uint16], found: NDArray[np.float32]) -> None:
    for i in range(len(rows)):
        product = np.float32(0)
        square = np.float32(0)
        for j in range(len(query)):
            bits = np.uint32(rows[i, j])
            shifted = np.uint32((bits & np.uint32(0x8000)) << np.uint32(16)) | np.uint32(
                (bits & np.uint32(0x7FFF)) << np.uint32(13)
            )
            value = bits_as_float(shifted) * REBIAS
            product += value * query[j]
            square += value * value
        found[i] = product / max(np.sqrt(square), np.float32(1e-12))
