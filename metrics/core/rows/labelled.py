"""The labelled rows of a table: what counts, with which weight, in which groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Columns, Floats, Ints
from metrics.core.late import pa, pc
from metrics.core.rows.buffers import numbers
from metrics.core.rows.groups import WHOLE, Part
from metrics.core.rows.reading import RowsError, weights
from metrics.core.rows.segments import Groups, grouped


@dataclass(frozen=True, eq=False)
class Labelled:
    """The rows with a label and a weight above 0.

    table: those rows. weight: (n,). columns: groups of these rows by column, the whole ("") first. unlabelled: by
    column, (groups,) rows whose label is not known yet; rows of no weight are nowhere.
    """

    table: pa.Table
    weight: Floats
    columns: Mapping[str, Groups]
    unlabelled: Mapping[str, Ints]

    @classmethod
    def of(
        cls,
        table: pa.Table,
        *,
        needs: Sequence[str],
        segments: Sequence[str] | None,
        time_zone: str,
        weighted: bool = True,
    ) -> Labelled:
        """The labelled rows of a canonical table. Raises RowsError where a column of `needs` is missing."""
        for name in ("example_id", "y_true", *needs):
            if name not in table.column_names:
                raise RowsError(f"column {name} is missing")
        weight = np.ones(table.num_rows)
        if weighted and "weight" in table.column_names:
            weight = weights(numbers(table["weight"]))
        unlabelled = np.asarray(table["y_true"].is_null(nan_is_null=True))
        counted = unlabelled | (weight > 0)
        if not counted.all():
            table, unlabelled, weight = table.filter(pa.array(counted)), unlabelled[counted], weight[counted]
        columns = {
            WHOLE[0]: Groups((WHOLE[1],), np.zeros(table.num_rows, dtype=np.int64)),
            **grouped(table, segments=segments, time_zone=time_zone),
        }
        waiting = {
            name: np.bincount(groups.codes[unlabelled], minlength=len(groups.names)).astype(np.int64)
            for name, groups in columns.items()
        }
        if unlabelled.any():
            table, weight = table.filter(pa.array(~unlabelled)), weight[~unlabelled]
            columns = {name: Groups(groups.names, groups.codes[~unlabelled]) for name, groups in columns.items()}
        return cls(table, weight, columns, waiting)

    def parts(
        self,
        bucket: Ints,
        terms: Columns,
        grids: Mapping[str, tuple[Sequence[NDArray[Any]], Columns]] | None = None,
    ) -> list[Part]:
        """What is summed for the whole and for each column of groups; bucket, terms and grids are those of the rows."""
        return [
            Part(name, groups.names, groups.codes, bucket, terms, self.unlabelled[name], grids or {})
            for name, groups in self.columns.items()
        ]

    @cached_property
    def id_rank(self) -> Ints:
        """(n,) order of the ids: as numbers where all are decimal integers, else as text."""
        ids = self.table["example_id"].cast(pa.large_string())
        try:
            return np.asarray(ids.cast(pa.int64()).to_numpy(), dtype=np.int64)
        except pa.ArrowInvalid:
            return np.asarray(pc.rank(ids, tiebreaker="dense"), dtype=np.int64)

    def ordered(self, *keys: NDArray[Any]) -> Ints:
        """(n,) the rows in ascending order of the keys, the first deciding most; rows equal in all keys by id.

        An order of all ids is costly, and taken only where some rows are equal.
        """
        order = np.lexsort(keys[::-1])
        equal = np.ones(max(len(order) - 1, 0), dtype=bool)
        for key in keys:
            equal &= key[order[1:]] == key[order[:-1]]
        return np.lexsort((self.id_rank, *keys[::-1])) if equal.any() else order


def finite(table: pa.Table, name: str) -> Floats:
    """A column as float64, (n,). Raises RowsError where a value is empty or not finite."""
    values = np.asarray(pc.fill_null(table[name].cast(pa.float64()), np.nan).to_numpy(), dtype=np.float64)
    if not bool(np.isfinite(values).all()):
        raise RowsError(f"column {name} holds values that are empty or not finite")
    return values
