"""A tally in the making: rows come block by block, from anywhere, and its sums are the same in whatever order."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints
from metrics.core.evaluation.statistics.exact import Exact, from_arrays, to_arrays
from metrics.core.evaluation.statistics.tally import Tally

Arrays = list[NDArray[Any]]
# Numbers in a plain array, at most: in all, for each row that will come, and where it is not known how many will.
_FEW, _A_ROW, _DENSE = 1 << 16, 32, 1 << 23
_PLACES = 8  # that a sum takes, more or less


class Adding:
    """Exact sums over the cells of a many-sided table.

    counted: whether the first sum is the number of rows. exact: how many sums there are of numbers, each exact until
    `tally` rounds it. rows: how many will come; it decides whether the cells are a plain array or only those that
    occur. 0: that is not known.
    """

    def __init__(self, shape: tuple[int, ...], *, counted: bool, exact: int, rows: int = 0) -> None:
        self.shape, self.counted, self.exact = shape, counted, exact
        cells = math.prod(shape)
        numbers = cells * (counted + _PLACES * exact)
        self._dense = numbers <= (max(_FEW, _A_ROW * rows) if rows else _DENSE)
        self._index: Ints = np.arange(0, dtype=np.int64)  # of the cells that occur, where they are not a plain array
        held = cells if self._dense else 0
        self._counts = np.zeros(held, dtype=np.int64) if counted else None
        self._exact = [Exact(held) for _ in range(exact)]

    def add(self, keys: Ints, values: Sequence[Floats]) -> None:
        """Add rows: keys (n,) the row-major numbers of their cells, values (n,), one a sum that is not the count."""
        at = self._at(keys)
        if self._counts is not None:
            np.add.at(self._counts, at, 1)
        for total, value in zip(self._exact, values, strict=True):
            total.add(at, value)

    def merge(self, other: Adding) -> None:
        """Add the sums of other rows, over the same table."""
        self.merge_arrays(other.arrays())

    def merge_arrays(self, arrays: Arrays) -> None:
        """Add sums that `arrays` gave."""
        index, *rest = arrays
        at = self._at(index)
        if self._counts is not None:
            self._counts[at] += rest.pop(0)
        for place, total in enumerate(self._exact):
            total.merge(from_arrays(rest[2 * place : 2 * place + 2]), at)

    def arrays(self) -> Arrays:
        """The sums as whole numbers: equal sums give equal arrays, however they came."""
        at = self._held()
        found: Arrays = [self._cells(at)]
        if self._counts is not None:
            found.append(self._counts[at])
        for total in self._exact:
            found += to_arrays(Exact.of(total.first, total.digits[:, at]))
        return found

    def folded(self, shape: tuple[int, ...], places: Callable[[tuple[Ints, ...]], Sequence[Ints]]) -> Adding:
        """The same sums over another table. places: of cells on its sides, from those on the sides here."""
        index, *rest = self.arrays()
        made = Adding(shape, counted=self.counted, exact=self.exact)
        sides = places(tuple(np.asarray(side, dtype=np.int64) for side in np.unravel_index(index, self.shape)))
        at = made._at(np.ravel_multi_index(tuple(sides), shape).astype(np.int64))
        if made._counts is not None:
            np.add.at(made._counts, at, rest.pop(0))
        for place, total in enumerate(made._exact):
            total.merge(from_arrays(rest[2 * place : 2 * place + 2]).placed(at, total.cells))
        return made

    def held(self) -> Ints:
        """Numbers of the cells that hold rows, ascending."""
        return self._cells(self._held())

    @property
    def width(self) -> int:
        """How many arrays `arrays` gives."""
        return 1 + self.counted + 2 * self.exact

    def tally(self) -> Tally:
        """What was added so far, each sum rounded once."""
        at = self._held()
        sums = [] if self._counts is None else [self._counts[at].astype(np.float64)]
        sums += [total.rounded(at) for total in self._exact]
        return Tally(self.shape, self._cells(at), np.column_stack(sums) if sums else np.zeros((len(at), 0)))

    def _held(self) -> Ints:
        """Positions of the cells that hold rows."""
        if self._counts is not None:
            return np.flatnonzero(self._counts).astype(np.int64)
        held = np.zeros(len(self._index), dtype=bool) if not self._dense else np.zeros(math.prod(self.shape), bool)
        for total in self._exact:
            held |= total.held()
        return np.flatnonzero(held).astype(np.int64)

    def _cells(self, at: Ints) -> Ints:
        return at if self._dense else self._index[at]

    def _at(self, keys: Ints) -> Ints:
        """Positions of cells, for which there is room from now on."""
        if self._dense:
            return keys
        occurring, inverse = np.unique(keys, return_inverse=True)
        grown = np.union1d(self._index, occurring)
        if len(grown) > len(self._index):
            moved = np.searchsorted(grown, self._index)
            if self._counts is not None:
                counts = np.zeros(len(grown), dtype=np.int64)
                counts[moved] = self._counts
                self._counts = counts
            self._exact = [total.placed(moved, len(grown)) for total in self._exact]
            self._index = grown
        return np.asarray(np.searchsorted(self._index, occurring)[inverse], dtype=np.int64)
