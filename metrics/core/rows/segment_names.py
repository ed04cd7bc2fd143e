"""Names of the groups of rows, and each row's group, block by block.

Which groups a column keeps follows from the counts of all its rows, so they are counted in a pass of their own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Ints
from metrics.core.documents import canonical
from metrics.core.late import pa, pc
from metrics.core.rows import clocks
from metrics.core.rows.buffers import plain
from metrics.core.rows.groups import MAX_GROUPS, MAX_MONTHS, MISSING, MONTH, OTHER, kept_groups

EVENT_TIME = "event_time"


@dataclass(frozen=True)
class Grouping:
    """The groups of one column: names ascending, "other" last."""

    column: str
    names: tuple[str, ...]
    time_zone: str

    def codes(self, table: pa.Table) -> NDArray[np.uint8]:
        """(n,) the place of each row's group among the names."""
        present, at = named(table, self.column, self.time_zone)
        place = {name: at for at, name in enumerate(self.names)}
        other = place.get(OTHER, 0)
        return np.array([place.get(name, other) for name in present], dtype=np.uint8)[at]


class Naming:
    """Counts the names of some columns; "month" is that of event_time.

    weighted: labelled rows of weight 0 do not count.
    """

    def __init__(self, columns: Sequence[str], time_zone: str, *, weighted: bool = False) -> None:
        self._time_zone = time_zone
        self._weighted = weighted
        self._counts: dict[str, Counter[str]] = {column: Counter() for column in columns}

    @property
    def columns(self) -> list[str]:
        """The columns of the table that are read."""
        named = [EVENT_TIME if column == MONTH else column for column in self._counts]
        return list(dict.fromkeys([*named, *(("y_true", "weight") if self._weighted and named else ())]))

    def prepare(self, table: pa.Table) -> list[tuple[list[str], Ints]]:
        """The names that occur in a block and how many rows have each, by column."""
        counted = []
        if self._weighted:
            heavy = pc.or_(table["y_true"].is_null(nan_is_null=True), pc.not_equal(table["weight"], 0))
            table = table.filter(heavy)
        for column in self._counts:
            present, at = named(table, column, self._time_zone)
            counted.append((present, np.bincount(at, minlength=len(present))))
        return counted

    def add(self, counted: list[tuple[list[str], Ints]]) -> None:
        for total, (present, counts) in zip(self._counts.values(), counted, strict=True):
            for name, count in zip(present, counts.tolist(), strict=True):
                if count:
                    total[name] += count

    @classmethod
    def of(cls, table: pa.Table, columns: Sequence[str], time_zone: str) -> Naming:
        """That of one part of the rows."""
        made = cls(columns, time_zone)
        made.add(made.prepare(table))
        return made

    def merge(self, other: Naming) -> None:
        """Add the counts of other rows, of the same columns."""
        for column, total in self._counts.items():
            total.update(other._counts[column])

    def fold(self, least: int) -> None:
        """Count names with fewer rows than that under "other"."""
        for total in self._counts.values():
            small = [name for name, count in total.items() if count < least and name != OTHER]
            if small:
                total[OTHER] += sum(total.pop(name) for name in small)

    def state(self) -> bytes:
        """As bytes; the same rows, in whatever order and parts, give the same."""
        held = {"columns": list(self._counts), "counts": self._counts}
        return canonical({**held, "time_zone": self._time_zone, "weighted": self._weighted})

    @classmethod
    def from_state(cls, content: bytes) -> Naming:
        """What `state` gave."""
        held = json.loads(content)
        made = cls(held["columns"], held["time_zone"], weighted=held["weighted"])
        for column, counts in made._counts.items():
            counts.update(held["counts"][column])
        return made

    def groupings(self, *, most: int = MAX_GROUPS) -> dict[str, Grouping]:
        """Of each column so many names (120 months) with most rows; the rest is "other"."""
        return {
            column: Grouping(column, kept_groups(counts, MAX_MONTHS if column == MONTH else most), self._time_zone)
            for column, counts in self._counts.items()
        }


def named(table: pa.Table, column: str, time_zone: str) -> tuple[list[str], Ints]:
    """Names that may occur in a column, and (n,) which of them each row has; "(missing)" where the cell is empty."""
    if column == MONTH and column not in table.column_names:
        return _months(table[EVENT_TIME], time_zone)
    encoded = table[column]
    if not pa.types.is_dictionary(encoded.type):
        encoded = encoded.cast(pa.string()).dictionary_encode()
    encoded = encoded.unify_dictionaries().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = pa.chunked_array([encoded.type.value_type]).combine_chunks().dictionary_encode()
    present = ["" if name is None else str(name) for name in encoded.dictionary.to_pylist()]
    indices, null = plain(encoded.indices)
    at = indices.astype(np.int64)
    if null is not None:
        at[null] = len(present)
    return [*present, MISSING], at


def _months(times: pa.ChunkedArray, time_zone: str) -> tuple[list[str], Ints]:
    """Calendar month of each time in a time zone as text, "2016-10"; a time without a zone is taken as UTC."""
    local = clocks.local(times, time_zone).astype("datetime64[M]")
    null = np.isnat(local)
    if null.all():
        return [MISSING], np.zeros(len(local), dtype=np.int64)
    first, last = local[~null].min(), local[~null].max()
    at = (local - first).astype(np.int64)
    months = np.arange(first, last + 1)
    at[null] = len(months)
    return [*(str(month) for month in months), MISSING], at
