"""Which group each row of a whole table is in: the names in its segment columns, and the month of its event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metrics.core.arrays import Ints
from metrics.core.late import pa
from metrics.core.rows.groups import MAX_GROUPS, MAX_MONTHS, MONTH, OTHER, kept_groups
from metrics.core.rows.reading import RowsError
from metrics.core.rows.segment_names import EVENT_TIME, named
from metrics.core.rows.table import segment_columns


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups of one column. names ascending, "other" last; codes: (n,) the place of each row's group among them."""

    names: tuple[str, ...]
    codes: Ints


def grouped(table: pa.Table, *, segments: Sequence[str] | None, time_zone: str) -> dict[str, Groups]:
    """Groups by column: the segments (those the table lists, where None), then the month of event_time in a time zone.

    At most 50 names a column, 120 months; those with most rows, the rest are "other". An empty cell is "(missing)".
    Raises RowsError where a segment column is not there.
    """
    columns = list(segment_columns(table) if segments is None else segments)
    for column in columns:
        if column not in table.column_names:
            raise RowsError(f"column {column} is missing")
    if EVENT_TIME in table.column_names and MONTH not in columns:
        columns.append(MONTH)
    return {column: _groups(*named(table, column, time_zone), column) for column in columns}


def _groups(present: list[str], codes: Ints, column: str) -> Groups:
    rows: dict[str, float] = {}
    for name, count in zip(present, np.bincount(codes, minlength=len(present)).tolist(), strict=True):
        if count:
            rows[name] = rows.get(name, 0.0) + count
    names = kept_groups(rows, MAX_MONTHS if column == MONTH else MAX_GROUPS)
    place = {name: at for at, name in enumerate(names)}
    other = place.get(OTHER, 0)
    return Groups(names, np.array([place.get(name, other) for name in present], dtype=np.int64)[codes])
