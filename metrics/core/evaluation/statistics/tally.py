"""Tally: sums over the cells of a many-sided table, of which only the cells that hold rows are kept.

The evaluation cube is a bundle of tallies. Two of them over the same sides add cell by cell, and a side can be
re-labelled (buckets folded, groups merged) without a look at the rows again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Columns, Floats, Ints

# Up to so many cells a plain array is quicker than a sort, and small.
_DENSE_CELLS = 1 << 20


@dataclass(frozen=True, eq=False)
class Tally:
    """Sums per cell.

    shape: the number of places on each side; their product stays below 2^63.
    index: (m,) row-major numbers of the cells that hold rows, ascending, each once.
    sums: (m, c), c sums a cell.
    """

    shape: tuple[int, ...]
    index: Ints
    sums: Floats

    def __post_init__(self) -> None:
        count = len(self.index)
        if count != len(self.sums) or (count and not 0 <= self.index[0] <= self.index[-1] < math.prod(self.shape)):
            raise ValueError(f"{count} cells with {len(self.sums)} sums do not fit a tally over {self.shape}")

    @classmethod
    def of(cls, shape: tuple[int, ...], places: Sequence[NDArray[Any]], values: Columns) -> Tally:
        """Tally of rows: `places` holds one (n,) array of integers a side, `values` one (n,) array a sum."""
        if math.prod(shape) == 0 or len(places[0]) == 0:
            return cls(shape, np.zeros(0, dtype=np.int64), np.zeros((0, len(values))))
        keys = np.zeros(len(places[0]), dtype=np.int64)
        for size, place in zip(shape, places, strict=True):
            keys = keys * size + place
        return cls._summed(shape, keys, values)

    @classmethod
    def _summed(cls, shape: tuple[int, ...], keys: Ints, values: Columns) -> Tally:
        cells = math.prod(shape)
        if cells <= max(_DENSE_CELLS, 4 * len(keys)):
            index = np.flatnonzero(np.bincount(keys, minlength=cells))
            columns = [np.bincount(keys, weights=value, minlength=cells)[index] for value in values]
        else:
            index, inverse = np.unique(keys, return_inverse=True)
            columns = [np.bincount(inverse, weights=value, minlength=len(index)) for value in values]
        return cls(shape, index.astype(np.int64), np.column_stack(columns))

    def places(self) -> tuple[Ints, ...]:
        """For each side, the (m,) places of the cells held."""
        return tuple(np.asarray(place, dtype=np.int64) for place in np.unravel_index(self.index, self.shape))

    def __add__(self, other: Tally) -> Tally:
        """Sum cell by cell. Raises ValueError where the sides or the number of sums differ."""
        if self.shape != other.shape or self.sums.shape[1] != other.sums.shape[1]:
            raise ValueError(f"tallies over {self.shape} and {other.shape} do not add")
        if not len(self.index) or not len(other.index):
            return self if len(self.index) else other
        return self._summed(
            self.shape, np.concatenate([self.index, other.index]), np.concatenate([self.sums, other.sums]).T
        )

    def placed(self, side: int, places: NDArray[Any], size: int) -> Tally:
        """The same sums with place p of one side become place places[p] of a side of `size` places."""
        shape = (*self.shape[:side], size, *self.shape[side + 1 :])
        at = list(self.places())
        at[side] = np.asarray(places, dtype=np.int64)[at[side]]
        return Tally.of(shape, at, self.sums.T)

    def only(self, place: int) -> Tally:
        """The cells at one place of the first side, as a tally over the other sides."""
        size = math.prod(self.shape[1:])
        low, high = np.searchsorted(self.index, [place * size, (place + 1) * size])
        return Tally(self.shape[1:], self.index[low:high] - place * size, self.sums[low:high])

    def dense(self, first: Ints) -> Floats:
        """Plain array over the places `first` (ascending) of the first side and all places of the others, sums last."""
        rest = math.prod(self.shape[1:])
        row = np.searchsorted(first, self.index // rest)
        table = np.zeros((len(first) * rest, self.sums.shape[1]))
        table[row * rest + self.index % rest] = self.sums
        return table.reshape(len(first), *self.shape[1:], self.sums.shape[1])
