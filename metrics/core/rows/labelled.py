"""The labelled rows of a table, or of a block of one: what counts, with which weight, in which groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from metrics.core.arrays import Floats, Ints
from metrics.core.late import pa, pc
from metrics.core.rows.buffers import numbers
from metrics.core.rows.groups import MONTH, WHOLE_COLUMN
from metrics.core.rows.reading import RowsError, weights
from metrics.core.rows.segment_names import EVENT_TIME, Grouping, Naming
from metrics.core.rows.table import segment_columns


@dataclass(frozen=True, eq=False)
class Labelled:
    """The rows with a label and a weight above 0.

    table: those rows. weight: (n,). columns: by column of groups the place of each row's group, (n,), the whole ("")
    first. unlabelled: by column, (groups,) rows whose label is not known yet; labelled rows of no weight are nowhere.
    """

    table: pa.Table
    weight: Floats
    columns: Mapping[str, Ints]
    unlabelled: Mapping[str, Ints]

    @classmethod
    def of(cls, table: pa.Table, groupings: Mapping[str, Grouping], *, weighted: bool = True) -> Labelled:
        """Of a block of canonical rows. weighted: whether the column weight counts. Raises RowsError."""
        weight = np.ones(table.num_rows)
        if weighted and "weight" in table.column_names:
            weight = weights(numbers(table["weight"]))
        unlabelled = np.asarray(table["y_true"].is_null(nan_is_null=True))
        kept = ~unlabelled & (weight > 0)
        columns = {WHOLE_COLUMN: np.zeros(table.num_rows, dtype=np.int64)}
        columns |= {column: grouping.codes(table).astype(np.int64) for column, grouping in groupings.items()}
        sizes = {WHOLE_COLUMN: 1} | {column: len(grouping.names) for column, grouping in groupings.items()}
        missing = {
            column: np.bincount(codes[unlabelled], minlength=sizes[column]).astype(np.int64)
            for column, codes in columns.items()
        }
        if not kept.all():
            table, weight = table.filter(pa.array(kept)), weight[kept]
            columns = {column: codes[kept] for column, codes in columns.items()}
        return cls(table, weight, columns, missing)


def naming(schema: pa.Schema, *, segments: Sequence[str] | None, time_zone: str, weighted: bool = True) -> Naming:
    """What counts the names of the groups: the segments (those the table lists, where None), then the month.

    Rows of no weight do not count. Raises RowsError where a segment column is not there.
    """
    columns = list(segment_columns(schema.empty_table()) if segments is None else segments)
    for column in columns:
        if column not in schema.names:
            raise RowsError(f"column {column} is missing")
    if EVENT_TIME in schema.names and MONTH not in columns:
        columns.append(MONTH)
    return Naming(columns, time_zone, weighted=weighted and "weight" in schema.names)


def finite(table: pa.Table, name: str) -> Floats:
    """A column as float64, (n,). Raises RowsError where a value is empty or not finite."""
    values = np.asarray(pc.fill_null(table[name].cast(pa.float64()), np.nan).to_numpy(), dtype=np.float64)
    if not bool(np.isfinite(values).all()):
        raise RowsError(f"column {name} holds values that are empty or not finite")
    return values
