"""Which pair to label next: the one whose answer rules out about half of the weights that are still possible.

Weights are drawn evenly over all mixtures. Each pair of labels of a query, one the same and one not, says that the
same one should score higher; draws that contradict that count less, and less again with each further contradiction. So
the draws stand for what is not ruled out yet (query by committee: H. S. Seung, M. Opper and H. Sompolinsky, 1992,
doi:10.1145/130385.130417).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Possible"]

DRAWS = 512
PER_CONTRADICTION = 0.1
"""What is left of a draw's weight by each label that it contradicts: people err, too."""


class Possible:
    """Draws of weights for m columns, and how much each still counts."""

    def __init__(self, columns: int, *, seed: int = 0) -> None:
        self._draws = np.random.default_rng(seed).dirichlet(np.ones(columns), DRAWS)
        self._counts = np.ones(DRAWS)

    @property
    def share(self) -> float:
        """How many of all weights are still possible, 0 to 1."""
        return float(self._counts.sum()) / DRAWS

    @property
    def middle(self) -> NDArray[np.float64]:
        """(m,) the mean of what is possible; it sums to 1."""
        found: NDArray[np.float64] = self._counts @ self._draws / self._counts.sum()
        return found

    def learn(self, same: NDArray[np.float32], other: NDArray[np.float32]) -> None:
        """The similarities of a picture that is the same, (m,), and of one of that query that is not."""
        self._counts = self._counts * np.where(self._draws @ (same - other) > 0, 1.0, PER_CONTRADICTION)

    def choose(self, similarity: NDArray[np.float32]) -> int:
        """Of n candidates, (n, m) with 0 where incomparable, the one that about half of the draws rank first."""
        first = (similarity @ self._draws.T).argmax(axis=0)
        shares = np.bincount(first, self._counts, minlength=len(similarity)) / self._counts.sum()
        return int((shares * (1 - shares) + 1e-9 * shares).argmax())
