"""The condition a file of rows is in: empty cells, repeated ids, and the delay from event to storage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints
from metrics.core.draws import id_hashes
from metrics.core.late import pa
from metrics.core.rows.buffers import Mask, empty_cells, plain
from metrics.core.rows.reading import Block
from metrics.core.rows.sorting import Held, SortedRuns, distinct, ordered

QUANTILES = (0.5, 0.9, 0.99, 0.999)
_TIMES = ("event_time", "ingest_time")
_NONE = np.iinfo(np.int64).min
_MOST_MARKS = 1 << 27
_CELLS = 1 << 18
_SHIFT = 46  # of the bits of a float64: cells of 1/64 of a power of two


@dataclass
class Empty:
    """Empty cells of a column: how many, and the first data row with one, counted from 1."""

    count: int = 0
    first: int | None = None


@dataclass(frozen=True, eq=False)
class _Seen:
    rows: int
    dropped: int
    empty: list[tuple[int, int]]
    ids: NDArray[Any]
    delays: Ints | None


class Condition:
    """Takes all rows of a file block by block, also those without a label, a score or an amount.

    checked: columns whose empty cells are counted. Delays need event_time and ingest_time.
    """

    def __init__(self, checked: Sequence[str]) -> None:
        self.columns = list(dict.fromkeys(["example_id", *checked]))
        self.rows = self.dropped = 0
        self.empty = {column: Empty() for column in self.columns}
        self.ids = Distinct()
        self.delays = Delays() if set(_TIMES) <= set(self.columns) else None

    def prepare(self, block: Block) -> _Seen:
        table = block.table
        empty = []
        for column in self.columns:
            cells = empty_cells(table[column])
            empty.append((0, 0) if cells is None else (int(np.count_nonzero(cells)), int(np.argmax(cells))))
        ids = table["example_id"]
        if ids.null_count:  # pyarrow.compute, which drops them, takes a twentieth of a second to load
            ids = ids.drop_null()
        delays = None
        if self.delays is not None:
            delays = _delays(table)
        return _Seen(table.num_rows, block.dropped, empty, Distinct.keys(ids), delays)

    def add(self, seen: _Seen) -> None:
        for found, (count, first) in zip(self.empty.values(), seen.empty, strict=True):
            if count and found.first is None:
                found.first = self.rows + first + 1
            found.count += count
        self.rows += seen.rows
        self.dropped += seen.dropped
        self.ids.add(seen.ids)
        if self.delays is not None and seen.delays is not None:
            self.delays.add(seen.delays)

    @property
    def duplicates(self) -> int:
        """Rows whose id an earlier row has; empty ids are one id."""
        return max(self.empty["example_id"].count - 1, 0) + self.ids.repeated()


def _delays(table: pa.Table) -> Ints:
    """Microseconds from event to storage of the rows that have both times."""
    (event, no_event), (ingest, no_ingest) = (_moments(table[name]) for name in _TIMES)
    delays: Ints = ingest - event
    for null in (no_event, no_ingest):
        if null is not None:
            delays = np.where(null, _NONE, delays)
    return delays if no_event is None and no_ingest is None else delays[delays != _NONE]


class Distinct:
    """Counts repeated ids, exactly for integers; texts by a 64-bit hash (at 10^8 ids, one falsely with P = 0.0003).

    Integers that lie near each other are marked in a table; others, and hashes, are sorted.
    """

    def __init__(self) -> None:
        self._marks: NDArray[np.bool_] | None = np.zeros(1 << 20, dtype=bool)
        self._runs = SortedRuns()
        self._count = 0

    @staticmethod
    def keys(ids: pa.ChunkedArray) -> NDArray[Any]:
        """int64 where ids are integers that fit, else uint64 hashes in order."""
        if pa.types.is_integer(ids.type) and ids.type != pa.uint64():
            return plain(ids)[0].astype(np.int64)
        return ordered((id_hashes(ids),))[0]

    def add(self, keys: NDArray[Any]) -> None:
        if not len(keys):
            return
        self._count += len(keys)
        if self._marks is not None and keys.dtype == np.int64 and keys.min() >= 0 and keys.max() < _MOST_MARKS:
            grown = 1 << int(keys.max()).bit_length()
            if grown > len(self._marks):
                self._marks = np.append(self._marks, np.zeros(grown - len(self._marks), dtype=bool))
            self._marks[keys] = True
            return
        if self._marks is not None:
            marked = np.flatnonzero(self._marks).view(np.uint64)
            self._marked = len(marked)
            self._runs.add((marked,))
            self._marks = None
        self._runs.add(ordered((keys.view(np.uint64),)))

    def repeated(self) -> int:
        """Ids beyond the first of each."""
        if self._marks is not None:
            return self._count - int(np.count_nonzero(self._marks))
        distinct = 0
        for columns in self._runs.ranges():
            (keys,) = ordered(columns, runs=True)
            distinct += 1 + int(np.count_nonzero(keys[1:] != keys[:-1]))
        return self._count - distinct


@dataclass
class Delays:
    """Exact quantiles of delays in microseconds: counted in coarse cells, then the few cells needed are looked into."""

    count: int = 0
    negative: int = 0
    _held: Held = field(default_factory=Held)
    _cells: Ints = field(default_factory=lambda: np.zeros(_CELLS, dtype=np.int64))

    def add(self, delays: Ints) -> None:
        self.count += len(delays)
        self.negative += int(np.count_nonzero(delays < 0))
        self._cells += np.bincount(_cell(delays), minlength=_CELLS)
        self._held.add((delays,))

    def quantiles(self, at: Sequence[float] = QUANTILES) -> list[float] | None:
        """Quantiles in seconds, linear between neighbours as numpy's; None without delays."""
        if not self.count:
            return None
        wanted = np.asarray(at) * (self.count - 1)
        low = np.floor(wanted).astype(np.int64)
        ranks = distinct(np.sort(np.concatenate([low, np.minimum(low + 1, self.count - 1)])))
        to = np.cumsum(self._cells)
        cells = distinct(np.searchsorted(to, ranks, side="right"))
        looked = np.zeros(_CELLS, dtype=bool)
        looked[cells] = True
        found = [values[looked[_cell(values)]] for part in self._held.parts for values in part.read(0, part.rows)]
        values = np.sort(np.concatenate(found))
        # The values of the cells looked into follow each other; those of the others are counted only.
        inside = np.cumsum(np.where(looked, self._cells, 0))
        cell = np.searchsorted(to, ranks, side="right")
        value = dict(zip(ranks.tolist(), values[ranks - to[cell] + inside[cell]].tolist(), strict=True))
        result: Floats = np.array(
            [
                value[rank] + (value[min(rank + 1, self.count - 1)] - value[rank]) * share
                for rank, share in zip(low.tolist(), (wanted - low).tolist(), strict=True)
            ]
        )
        return [float(seconds) for seconds in result / 1e6]


def _moments(column: pa.ChunkedArray) -> tuple[NDArray[Any], Mask | None]:
    """Microseconds, and which are null; what holds them already is not cast, for pyarrow.compute is late to load."""
    micro = pa.timestamp("us")
    return plain(column if column.type == micro else column.cast(micro))


def _cell(values: Ints) -> Ints:
    """Cell of each value, in the order of the values."""
    bits = values.astype(np.float64).view(np.int64)
    return ((bits ^ ((bits >> 63) & np.int64(2**63 - 1))) >> _SHIFT) + (_CELLS >> 1)
