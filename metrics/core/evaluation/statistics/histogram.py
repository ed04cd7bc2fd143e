"""Cells: a distribution kept as sums over cells that are the same for all tables, so that two of them always add.

Cells are nested: at each level two neighbours of the level below are one. A distribution is kept at the finest level
at which at most 1,024 cells hold rows; with no more distinct values than that it is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Columns, Floats, Ints
from metrics.core.evaluation.statistics.exact import Exact, from_arrays, to_arrays

MAX_CELLS = 1024
Kind = Literal["even", "relative"]
# The exponent below the smallest positive float64.
_FINEST = -1074
_SIGN = np.int64(-(2**63))


@dataclass(frozen=True, eq=False)
class Cells:
    """Sums by cell of one value.

    kind: "even": cell j of level e is [j·2^e, (j+1)·2^e); "relative": cells of constant width relative to the value,
    cut from the bits of the float64. index: (m,) cells that hold rows, ascending. sums: (m, c).
    """

    kind: Kind
    level: int
    index: Ints
    sums: Floats

    @classmethod
    def of(cls, kind: Kind, values: Floats, sums: Columns) -> Cells:
        """The distribution of values (n,), finite, with sums (n,) each."""
        made = CellsAdding(kind, len(sums))
        made.add(values, sums)
        return made.cells()

    @classmethod
    def _summed(cls, kind: Kind, level: int, keys: Ints, sums: Columns) -> Cells:
        ascending = np.sort(keys)
        shift = _coarsening(ascending)
        held = ascending >> shift
        index = held[np.append(True, held[1:] != held[:-1])] if len(held) else held
        at = np.searchsorted(index, keys >> shift)
        columns = [np.bincount(at, weights=column, minlength=len(index)) for column in sums]
        return cls(kind, level + shift, index, np.column_stack(columns).astype(np.float64))

    def __add__(self, other: Cells) -> Cells:
        """The distribution of both sets of values."""
        if not len(self.index) or not len(other.index):
            return self if len(self.index) else other
        level = max(self.level, other.level)
        keys = np.concatenate([one.index >> min(level - one.level, 63) for one in (self, other)])
        return self._summed(self.kind, level, keys, np.concatenate([self.sums, other.sums]).T)

    def lows(self) -> Floats:
        """(m,) the smallest value of each cell."""
        return self._edge(self.index)

    def highs(self) -> Floats:
        """(m,) the smallest value above each cell."""
        return self._edge(self.index + 1)

    def _edge(self, index: Ints) -> Floats:
        if self.kind == "even":
            return np.asarray(np.ldexp(index.astype(np.float64), self.level))
        keys = index << np.int64(self.level)
        return np.where(keys < 0, ~keys ^ _SIGN, keys).view(np.float64)


class CellsAdding:
    """A distribution in the making, its sums exact: values come in any order, and in parts that merge.

    Cells are made coarser when more than MAX_CELLS are held, which is never undone: of more values there are not fewer.
    """

    def __init__(self, kind: Kind, width: int) -> None:
        self.kind, self.width = kind, width
        self._level = _FINEST if kind == "even" else 0
        self._index: Ints = np.zeros(0, dtype=np.int64)
        self._sums = [Exact(0) for _ in range(width)]

    def add(self, values: Floats, sums: Columns) -> None:
        """Add values (n,), finite, with sums (n,) each."""
        level, keys = _keys(self.kind, values)
        shift = _coarsening(np.sort(keys))
        at = self._at(level + shift, keys >> shift)
        for total, column in zip(self._sums, sums, strict=True):
            total.add(at, column)
        self._coarsen()

    def merge_arrays(self, arrays: Sequence[NDArray[Any]]) -> None:
        """Add what `arrays` gave of other values."""
        (level,), index, *rest = arrays
        at = self._at(int(level), index)
        cells = len(self._index)
        for place, total in enumerate(self._sums):
            total.merge(from_arrays(rest[2 * place : 2 * place + 2]).placed(at, cells))
        self._coarsen()

    def arrays(self) -> list[NDArray[Any]]:
        """As arrays; equal distributions give equal arrays."""
        found: list[NDArray[Any]] = [np.array([self._level], dtype=np.int64), self._index]
        for total in self._sums:
            found += to_arrays(total)
        return found

    def cells(self) -> Cells:
        """The distribution, each sum rounded once."""
        columns = [total.rounded() for total in self._sums]
        return Cells(self.kind, self._level, self._index, np.column_stack(columns))

    def _at(self, level: int, keys: Ints) -> Ints:
        """Positions of cells of a level, for which there is room from now on, at the coarser of both levels."""
        coarser = max(level, self._level)
        index, keys = self._index >> min(coarser - self._level, 63), keys >> min(coarser - level, 63)
        self._level = coarser
        self._place(index, np.union1d(index, keys))
        return np.asarray(np.searchsorted(self._index, keys), dtype=np.int64)

    def _coarsen(self) -> None:
        shift = _coarsening(self._index)
        if shift:
            self._level += shift
            self._place(self._index >> shift, np.unique(self._index >> shift))

    def _place(self, index: Ints, grown: Ints) -> None:
        """Have the cells `grown`, those held now becoming the cells `index`."""
        if len(grown) != len(self._index) or len(index) != len(grown) or (index != grown).any():
            at = np.searchsorted(grown, index)
            self._sums = [total.placed(at, len(grown)) for total in self._sums]
        self._index = grown


def _keys(kind: Kind, values: Floats) -> tuple[int, Ints]:
    """A level fine enough to tell the values apart, as far as float64 does at the largest, and their cells there."""
    if kind == "relative":
        bits = (np.asarray(values, dtype=np.float64) + 0.0).view(np.int64)
        return 0, np.where(bits < 0, ~(bits ^ _SIGN), bits)
    largest = float(np.abs(values).max(initial=0.0))
    level = int(np.frexp(largest)[1]) - 53 if largest else _FINEST
    return level, np.floor(np.ldexp(values, -level)).astype(np.int64)


def _coarsening(ascending: Ints) -> int:
    """How many levels coarser at most MAX_CELLS cells are held."""
    low, high = 0, 63
    while low < high:
        shift = (low + high) // 2
        keys = ascending >> shift
        held = 1 + int(np.count_nonzero(keys[1:] != keys[:-1]))
        low, high = (low, shift) if held <= MAX_CELLS else (shift + 1, high)
    return low
