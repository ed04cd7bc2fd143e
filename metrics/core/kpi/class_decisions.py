"""The class that pays best on each row: argmax over decisions d of Σ over truths t of p(t) · v[t, d].

Minimum expected cost (Elkan 2001, "The foundations of cost-sensitive learning", eq. 1, costs as money below 0); it
pays as far as the probabilities are calibrated. The matrix is fixed at the points of its assumptions, as policies are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from metrics.core.arrays import Floats, Ints
from metrics.core.evaluation.metrics import multiclass
from metrics.core.evaluation.metrics.by_class import CONFUSION
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.late import pa
from metrics.core.rows.labelled import finite
from metrics.core.rows.reading import RowsError
from metrics.core.rows.table import PROBABILITY_PREFIX, classes_of

PREDICTED = "predicted"  # the confusion of labels and predictions, beside that of labels and decisions
AT_ONCE = 100_000  # rows


def least_cost(probabilities: Floats, money: Floats) -> Ints:
    """The decision on each row, (n,), from p (n, L) and money v[truth, decision] (L, L); of equals the first class.

    Summed truth by truth in float64, so that equals are the same ones on every machine.
    """
    found = np.zeros(len(probabilities), dtype=np.int64)
    for start in range(0, len(found), AT_ONCE):
        rows = probabilities[start : start + AT_ONCE]
        worth = np.zeros((len(rows), money.shape[1]))
        for truth, row in enumerate(money):
            worth += rows[:, truth, None] * row
        found[start : start + AT_ONCE] = worth.argmax(axis=1)
    return found


def decided(table: pa.Table, cells: Mapping[str, Mapping[str, float]], *, time_zone: str) -> Sums:
    """The sums of a multiclass table with these decisions in place of its predictions, which stay beside them.

    cells: truth → decision → money a case; decided is among the classes of the table. Raises RowsError where the table
    has no probabilities, or a class that the cells have not.
    """
    classes = classes_of(table)
    if lacking := sorted(set(classes) - set(cells)):
        raise RowsError(f"the matrix has no class {lacking[0]!r}, which the run has")
    if any(PROBABILITY_PREFIX + name not in table.column_names for name in classes):
        raise RowsError(f"{multiclass.NO_PROBABILITIES}: the class that pays best cannot be told")
    money = np.array([[cells[truth][decision] for decision in classes] for truth in classes], dtype=np.float64)
    given = np.stack([finite(table, PROBABILITY_PREFIX + name) for name in classes], axis=1)
    chosen = pa.array(np.array(classes, dtype=object)[least_cost(given, money)], pa.string())
    at: Any = table.column_names.index("y_pred")
    present = multiclass.scan(table, time_zone=time_zone)
    found = multiclass.scan(table.set_column(at, "y_pred", chosen), time_zone=time_zone)
    return replace(found, grids={CONFUSION: found.grids[CONFUSION], PREDICTED: present.grids[CONFUSION]})
