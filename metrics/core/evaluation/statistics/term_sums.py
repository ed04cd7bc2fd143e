"""Sums in the making: the terms of rows, or of what stands for several of them, by group and bucket; parts merge.

A row's bucket is among 65,536 until so many units are there that 256 are enough; these are the same modulo 256.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints
from metrics.core.draws import SMALL_BUCKETS
from metrics.core.evaluation.statistics.adding import Adding
from metrics.core.evaluation.statistics.container import packed, unpacked
from metrics.core.evaluation.statistics.histogram import CellsAdding, Kind
from metrics.core.evaluation.statistics.sums import ROW, Sums, buckets_of
from metrics.core.evaluation.statistics.tally import Tally
from metrics.core.rows.groups import WHOLE_COLUMN, Group
from metrics.core.rows.labelled import Labelled
from metrics.core.rows.segment_names import Grouping


@dataclass(frozen=True, eq=False)
class Terms:
    """What is summed of rows (n,), in the order of the names; the first term is ROWS.

    unit: what is resampled whole. bucket: (n,) among 65,536. grids: name → places on the further sides, and a value.
    cells: name → kind, values and sums of a distribution over the whole. faults: rows that have no term, by why: how
    many, and the first of them.
    """

    unit: str
    bucket: Ints
    terms: Mapping[str, Floats]
    grids: Mapping[str, tuple[Sequence[Ints], Floats]] = field(default_factory=dict)
    cells: Mapping[str, tuple[Kind, Floats, Sequence[Floats]]] = field(default_factory=dict)
    faults: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Placed:
    """Terms, and by column the place of each row's group among those of all columns. unlabelled: (groups,)."""

    terms: Terms
    groups: Sequence[Ints]
    unlabelled: Ints | None = None


class TermSums:
    """Takes terms block by block, then gives their sums.

    like: terms of no row, for their names. grids: the further sides of each. each: whether each row of the terms is one
    row, so that ROWS is their number.
    """

    def __init__(
        self,
        groupings: Mapping[str, Grouping],
        like: Terms,
        *,
        grids: Mapping[str, Sequence[int]] | None = None,
        each: bool = True,
    ) -> None:
        columns = {WHOLE_COLUMN: (WHOLE_COLUMN,)} | {name: one.names for name, one in groupings.items()}
        self.groups: tuple[Group, ...] = tuple((column, name) for column, names in columns.items() for name in names)
        sizes = [len(names) for names in columns.values()]
        self._starts = dict(zip(columns, np.cumsum([0, *sizes]).tolist(), strict=False))
        self.unlabelled = np.zeros(len(self.groups), dtype=np.int64)
        self.unit, self.names, self._each = like.unit, tuple(like.terms), each
        self._buckets, self._rows = SMALL_BUCKETS, 0
        sides = (len(self.groups), SMALL_BUCKETS)
        self._terms = Adding(sides, counted=each, exact=len(self.names) - each)
        further = grids or {}
        self._grids = {name: Adding((*sides, *more), counted=False, exact=1) for name, more in further.items()}
        self._cells = {name: CellsAdding(kind, len(sums)) for name, (kind, _, sums) in like.cells.items()}
        self.faults: dict[str, tuple[int, int]] = {}

    def placed(self, rows: Labelled, made: Terms) -> Placed:
        """The terms of all labelled rows of a block."""
        groups = [self._starts[column] + codes for column, codes in rows.columns.items()]
        return Placed(made, groups, np.concatenate(list(rows.unlabelled.values())))

    def start(self, column: str) -> int:
        """The place of the first group of a column."""
        return int(self._starts[column])

    def add(self, placed: Placed) -> None:
        made = placed.terms
        self._rows += len(made.bucket)
        self._fold()
        values = [np.asarray(value, dtype=np.float64) for value in made.terms.values()][self._each :]
        for group in placed.groups:
            at = group * self._buckets + made.bucket % self._buckets
            self._terms.add(at, values)
            for name, (places, value) in made.grids.items():
                grid, key = self._grids[name], at
                for size, place in zip(grid.shape[2:], places, strict=True):
                    key = key * size + place
                grid.add(key, [value])
        for name, (_, distributed, sums) in made.cells.items():
            self._cells[name].add(distributed, sums)
        if placed.unlabelled is not None:
            self.unlabelled = self.unlabelled + placed.unlabelled
        self._fault(made.faults)
        self._fold()

    def state(self) -> bytes:
        """As bytes; the same rows, in whatever order and parts, give the same."""
        header = {"kind": "term_sums", "n_buckets": self._buckets, "rows": self._rows, "faults": self.faults}
        arrays: list[NDArray[Any]] = [self.unlabelled]
        for table in (self._terms, *self._grids.values()):
            arrays += table.arrays()
        for cells in self._cells.values():
            arrays += cells.arrays()
        return packed(header, arrays)

    def merge_state(self, content: bytes) -> None:
        """Add what `state` gave of other rows, made alike. Raises ContainerError."""
        header, (unlabelled, *rest) = unpacked(content)
        if header["n_buckets"] < self._buckets:
            self._refold(header["n_buckets"])
        self.unlabelled = self.unlabelled + unlabelled
        self._rows += header["rows"]
        self._fold()
        self._fault({why: (count, first) for why, (count, first) in header["faults"].items()})
        for table in (self._terms, *self._grids.values()):
            shape = (table.shape[0], header["n_buckets"], *table.shape[2:])
            other = Adding(shape, counted=table.counted, exact=table.exact)
            other.merge_arrays(rest[: table.width])
            table.merge(other if other.shape == table.shape else _refolded(other, self._buckets))
            rest = rest[table.width :]
        for cells in self._cells.values():
            width = 2 + 2 * cells.width
            cells.merge_arrays(rest[:width])
            rest = rest[width:]
        self._fold()

    def sums(self, facts: Mapping[str, Any], *, beside: TermSums | None = None) -> Sums:
        """What was added so far. beside: terms of the same groups and buckets that another job summed."""
        if beside is not None:
            beside._refold(self._buckets)
        terms = self._terms.tally()
        names = self.names if beside is None else (*self.names, *beside.names)
        return Sums(
            unit=self.unit,
            n_buckets=self._buckets,
            names=names,
            groups=self.groups,
            terms=terms if beside is None else _joined(terms, beside._terms.tally()),
            unlabelled=self.unlabelled,
            facts=facts,
            grids={name: grid.tally() for name, grid in self._grids.items()},
            cells={name: cells.cells() for name, cells in self._cells.items()},
        )

    def _fault(self, faults: Mapping[str, tuple[int, int]]) -> None:
        for why, (count, first) in faults.items():
            known, earlier = self.faults.get(why, (0, first))
            self.faults[why] = (known + count, min(earlier, first))

    def _fold(self) -> None:
        if self._buckets == SMALL_BUCKETS:
            units = self._rows
            if self.unit != ROW:
                held = self._terms.held()
                units = int(np.searchsorted(held, SMALL_BUCKETS))
            self._refold(buckets_of(self.unit, units))

    def _refold(self, n_buckets: int) -> None:
        if n_buckets == self._buckets:
            return
        self._buckets = n_buckets
        self._terms = _refolded(self._terms, n_buckets)
        self._grids = {name: _refolded(grid, n_buckets) for name, grid in self._grids.items()}


def _refolded(table: Adding, n_buckets: int) -> Adding:
    shape = (table.shape[0], n_buckets, *table.shape[2:])
    return table.folded(shape, lambda places: (places[0], places[1] % n_buckets, *places[2:]))


def _joined(left: Tally, right: Tally) -> Tally:
    """Both tallies' sums side by side, 0 where one has none."""
    index = np.union1d(left.index, right.index)
    sums = np.zeros((len(index), left.sums.shape[1] + right.sums.shape[1]))
    sums[np.searchsorted(index, left.index), : left.sums.shape[1]] = left.sums
    sums[np.searchsorted(index, right.index), left.sums.shape[1] :] = right.sums
    return Tally(left.shape, index, sums)
