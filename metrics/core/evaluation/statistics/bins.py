"""The bin of each score among ascending edges, several times as fast as a binary search a row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints

_SHIFT = 14  # of the bits of a float32: cells of 1/512 of a power of two
_CELLS = (0x3F80_0000 >> _SHIFT) + 1  # from 0 to 1
_MOST_STEPS = 6


class Bins:
    """Bin j = how many edges lie strictly below the score, for scores from 0 to 1.

    A table gives the edges below the cell that the score rounded to float32 falls in; rounding keeps the order, so only
    the edges of the same cell remain to be compared, one step each. Where they crowd, a binary search is used.
    """

    def __init__(self, edges: Floats) -> None:
        self._edges = np.append(edges, np.inf)
        in_cell = np.bincount(_cells(edges), minlength=_CELLS)
        self._below = (np.cumsum(in_cell) - in_cell).astype(np.uint16 if len(edges) < 1 << 16 else np.int64)
        self._steps = int(in_cell.max())

    def of(self, scores: NDArray[Any]) -> Ints:
        """Scores (n,) of any float type → bins (n,)."""
        wide = scores.astype(np.float64)
        if self._steps > _MOST_STEPS or len(scores) < _CELLS // 8:
            return np.searchsorted(self._edges[:-1], wide, side="left").astype(np.int64)
        found = self._below[_cells(scores)].astype(np.int64)
        for _ in range(self._steps):
            found += self._edges[found] < wide
        return found


def _cells(scores: NDArray[Any]) -> NDArray[np.uint32]:
    # + 0.0 turns -0.0, whose bits are those of a large number, into 0.0.
    cells: NDArray[np.uint32] = (scores.astype(np.float32) + np.float32(0)).view(np.uint32) >> np.uint32(_SHIFT)
    return cells
