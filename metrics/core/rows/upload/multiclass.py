"""Rows of several classes: labels and predictions by name, and a probability for each class where there is one."""

from __future__ import annotations

from typing import Any

import numpy as np

from metrics.core.late import pa, pc
from metrics.core.rows.refusal import counted
from metrics.core.rows.table import PROBABILITY_PREFIX
from metrics.core.rows.upload import cells as cell
from metrics.core.rows.upload.cells import Column, first_of, how_many
from metrics.core.rows.upload.classes import Classes
from metrics.core.rows.upload.plan import Plan
from metrics.core.rows.upload.predictions import Noticed, Read
from metrics.core.rows.upload.sheet import Sheet
from metrics.core.rows.upload.task import TaskRows

# Rounded to three decimals or four, probabilities of a few classes sum to 1 within this.
SUM_TOLERANCE = 1e-3


def _as_texts(column: Column) -> Any:
    """Classes, which `classes.classed` made texts of."""
    return cell.plain(column.array)


def _read(sheet: Sheet, plan: Plan, classes: Classes) -> list[Read]:
    """y_pred, where given, and the probability of each class in the order of their names."""
    reads = []
    if sheet.has("y_pred"):
        column = sheet.take("y_pred")
        reads.append(Read("y_pred", "prediction", column, cell.plain(column.array)))
    total = np.zeros(sheet.n)
    for name in classes.names if classes.probabilities else ():
        column = sheet.take(classes.probabilities[name])
        values = cell.scores(column).cast(pa.float64())
        reads.append(Read(PROBABILITY_PREFIX + name, "probability", column, values))
        total += values.to_numpy(zero_copy_only=False)
    if classes.probabilities:
        # A row that lacks one sums to NaN, and is found missing later.
        bad = np.abs(total - 1) > SUM_TOLERANCE
        if bad.any():
            column = reads[-len(classes.probabilities)].column
            message = f"{counted(how_many(bad), 'row')} where the probabilities of all {len(classes.names)} classes do "
            message += f"not sum to 1; the first sums to {total[first_of(bad)]:.6g}"
            remedy = "Send a column for every class. Name the classes where a column called so is not one of them."
            raise column.refused("out_of_range", message, bad=bad, remedy=remedy)
    return reads


def _with_choice(seen: Noticed) -> dict[str, Any]:
    """The columns with y_pred first: as given, else the class of highest probability, of equal ones the first."""
    columns, classes, sheet = seen.columns, seen.classes, seen.sheet
    if not classes.probabilities:
        return columns
    highest = np.full(sheet.n, -np.inf)
    at = np.zeros(sheet.n, dtype=np.int32)
    for number, name in enumerate(classes.names):
        values = columns[PROBABILITY_PREFIX + name].to_numpy()
        higher = values > highest
        highest[higher], at[higher] = values[higher], number
    likeliest = pa.DictionaryArray.from_arrays(pa.array(at), pa.array(classes.names, pa.string())).cast(pa.string())
    if "y_pred" not in columns:
        return {"y_pred": likeliest, **columns}
    other = pc.not_equal(columns["y_pred"], likeliest)
    if how_many(other):
        message = f"{counted(how_many(other), 'row')} predicted as another class than the most probable one"
        seen.warn(Column("y_pred", None, sheet.rows).warned("not_most_probable", message, bad=other))
    return columns


MULTICLASS = TaskRows(
    name="multiclass",
    predicted=("y_pred",),
    predicts=("y_pred",),
    classed=True,
    label=_as_texts,
    alike=("single_class", "there are no classes to tell apart"),
    read=_read,
    noticed=_with_choice,
    vote=_as_texts,
)
