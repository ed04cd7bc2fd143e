"""Cells: a distribution kept as sums over cells that are the same for all tables, so that two of them always add.

Cells are nested: at each level two neighbours of the level below are one. A distribution is kept at the finest level
at which at most 1,024 cells hold rows; with no more distinct values than that it is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from metrics.core.arrays import Columns, Floats, Ints

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
        return cls._summed(kind, *_keys(kind, values), sums)

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
