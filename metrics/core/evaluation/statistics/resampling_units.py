"""What is resampled whole: the row, or whatever may vary together.

Rows of one cluster, one query, or one week are not independent; hashed row by row they would give bands far too narrow.
A week is that of all series together, since what moves one may move the others, and neighbouring weeks are resampled in
blocks (`blocks`). Rows of other tasks are independent even where they have a time: what varies with it there is told by
a cluster_id, such as the week.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Ints
from metrics.core.documents import canonical
from metrics.core.draws import SMALL_BUCKETS, bucket_ids
from metrics.core.evaluation.statistics.sums import DAY, ROW, WEEK
from metrics.core.late import pa
from metrics.core.rows import clocks
from metrics.core.rows.labelled import Labelled
from metrics.core.rows.reading import RowsError
from metrics.core.rows.segment_names import named

Block = Literal["week", "day"]
# Rows over fewer days than this are resampled by the day: less than eight weeks cannot tell how much alike they are.
_LEAST_DAYS = 56
# The first of the days that are counted. 65,536 weeks, and days twice over, last until no rows are.
_MONDAY = np.datetime64("1700-01-04", "D")
_NEVER = 1 << 40


@dataclass(frozen=True, eq=False)
class Units:
    """name: "row", "cluster", "query", or a unit of time. bucket: (n,) of each row among 65,536."""

    name: str
    bucket: Ints


class UnitsOf(Protocol):
    """The unit of each labelled row of a task."""

    def __call__(self, table: pa.Table, *, time_zone: str = "UTC") -> Units: ...


def by_row(table: pa.Table, *, time_zone: str = "UTC") -> Units:
    """Every row by itself, where no cluster_id is declared."""
    return _clusters(table) or _hashed(ROW, table["example_id"])


def by_query(table: pa.Table, *, time_zone: str = "UTC") -> Units:
    """The results of a query together, where no cluster_id is declared."""
    return _clusters(table) or _hashed("query", table["query_id"])


def by_block(table: pa.Table, *, time_zone: str = "UTC", block: Block | None = None) -> Units:
    """The rows of one ISO week of the local time, of all series, where no cluster_id is declared.

    Of one day where the rows span fewer than 56, or `block` says so. Buckets are numbers of weeks, or days, in order.
    """
    return _clusters(table) or _blocks(table, time_zone, block)


def series_of(table: pa.Table) -> tuple[list[str], Ints]:
    """Names of series, and (n,) which of them each row is of; one without a name where the table tells none."""
    return named(table, "series", "UTC") if "series" in table.column_names else ([""], np.zeros(table.num_rows, int))


def _clusters(table: pa.Table) -> Units | None:
    return _hashed("cluster", table["cluster_id"]) if "cluster_id" in table.column_names else None


def _hashed(name: str, ids: pa.ChunkedArray) -> Units:
    if ids.null_count:
        raise RowsError(f"{ids.null_count} rows have no {name}")
    return Units(name, bucket_ids(ids, SMALL_BUCKETS).astype(np.int64))


class Span:
    """A part: whether rows span enough days for weeks to be told apart."""

    def __init__(self, time_zone: str) -> None:
        self.columns = ["event_time"]
        self._time_zone = time_zone
        self._first, self._last = _NEVER, -_NEVER

    @property
    def block(self) -> Block:
        """What they are resampled by."""
        return "week" if self._last - self._first + 1 >= _LEAST_DAYS else "day"

    def prepare(self, rows: Labelled) -> tuple[int, int]:
        number = _numbers(_days(rows.table, self._time_zone))
        return int(number.min(initial=_NEVER)), int(number.max(initial=-_NEVER))

    def add(self, ends: tuple[int, int]) -> None:
        self._first, self._last = min(self._first, ends[0]), max(self._last, ends[1])

    def state(self) -> bytes:
        """As bytes."""
        return canonical([self._first, self._last])

    def merge_state(self, content: bytes) -> None:
        """Add what `state` gave of other rows."""
        first, last = json.loads(content)
        self.add((first, last))


def _blocks(table: pa.Table, time_zone: str, block: Block | None) -> Units:
    number = _numbers(_days(table, time_zone))
    if block is None:
        span = int(number.max() - number.min()) + 1 if len(number) else 0
        block = "week" if span >= _LEAST_DAYS else "day"
    return Units(WEEK, number // 7 % SMALL_BUCKETS) if block == "week" else Units(DAY, number % SMALL_BUCKETS)


def _days(table: pa.Table, time_zone: str) -> NDArray[Any]:
    days: NDArray[Any] = clocks.local(table["event_time"], time_zone).astype("datetime64[D]")
    if np.isnat(days).any():
        raise RowsError("column event_time holds values that are empty")
    return days


def _numbers(days: NDArray[Any]) -> Ints:
    return (days - _MONDAY).astype(np.int64)
