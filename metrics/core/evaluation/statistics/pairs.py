"""Neighbours in the time of a series, by whether their truths lie outside their intervals: the later of each pair."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Ints
from metrics.core.draws import id_hashes
from metrics.core.evaluation.statistics.jobs import Engine, Measured
from metrics.core.evaluation.statistics.resampling_units import Units
from metrics.core.evaluation.statistics.scan_terms import none_of
from metrics.core.evaluation.statistics.term_sums import Placed, Terms, TermSums
from metrics.core.late import pa, pc
from metrics.core.rows.groups import MISSING
from metrics.core.rows.labelled import Labelled, finite
from metrics.core.rows.sorting import Columns, ordered

UnitsOf = Callable[[Labelled], Units]
_NAMES = [f"pairs_{first}{second}" for first in (0, 1) for second in (0, 1)]


class _BySeries:
    """Rows as numbers, those of one series together: series, time, id, whether outside, bucket, place of each group."""

    apart = 0

    def __init__(self, units: UnitsOf) -> None:
        self._units = units

    def run(self, block: Labelled) -> Columns:
        table = block.table
        truth, low, high = (finite(table, name) for name in ("y_true", "y_low", "y_high"))
        time = table["event_time"].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
        columns = (
            hashes_of(table, "series"),
            np.asarray(time, dtype=np.int64),
            hashes_of(table, "example_id"),
            ((truth < low) | (truth > high)).astype(np.int64),
            self._units(block).bucket,
            *block.columns.values(),
        )
        return ordered(columns)


class _Pairs:
    """A part of ranges of whole series. Rows of one time in a series stand in the order of the hashes of their ids."""

    def __init__(self, sums: TermSums, columns: list[str]) -> None:
        self.columns: list[str] = []
        self.sums = sums
        self._starts = [sums.start(column) for column in columns]

    def prepare(self, columns: Columns) -> Placed:
        series, time, ids, outside, bucket, *codes = columns
        order = np.lexsort((ids, time, series))
        series, outside = series[order], outside[order]
        follows = series[1:] == series[:-1]
        later = order[1:][follows]
        kind = 2 * outside[:-1][follows] + outside[1:][follows]
        terms = {name: (kind == at).astype(np.float64) for at, name in enumerate(_NAMES)}
        groups = [start + code[later] for start, code in zip(self._starts, codes, strict=True)]
        return Placed(Terms(self.sums.unit, bucket[later], terms), groups)

    def add(self, prepared: Placed) -> None:
        self.sums.add(prepared)

    def state(self) -> bytes:
        return self.sums.state()

    def merge_state(self, content: bytes) -> None:
        self.sums.merge_state(content)


def pairs(engine: Engine, reading: Measured, units: UnitsOf) -> TermSums:
    """1 in the later row of each pair of neighbours, by whether either lies outside: jobs 2 and 3, by series."""
    unit = units(none_of(reading, engine.schema)).name
    nothing = np.zeros(0)
    like = Terms(unit, np.zeros(0, dtype=np.int64), dict.fromkeys(_NAMES, nothing))
    sums = TermSums(reading.groupings, like, each=False)
    columns = list(none_of(reading, engine.schema).columns)
    engine.ranges(reading, _BySeries(units), []).over(_Pairs(sums, columns))
    return sums


def hashes_of(table: pa.Table, name: str) -> NDArray[np.uint64]:
    """(n,) a number of 64 bits that stands for each text of a column; one for all where there is no such column."""
    if name not in table.column_names:
        return np.zeros(table.num_rows, dtype=np.uint64)
    return id_hashes(pc.fill_null(table[name].cast(pa.string()), MISSING))


def numbered(keys: NDArray[np.uint64]) -> Ints:
    """(n,) numbers from 0 of equal neighbours."""
    return np.cumsum(np.append(False, keys[1:] != keys[:-1])[: len(keys)]).astype(np.int64)
