"""Rows of several classes: labels and predictions by name, and a probability for each class where there is one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

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

# What probabilities that were not rounded may miss of a sum of 1, in half precision; from where it is told and mended;
# and the most that rounding may have taken, however many classes there are.
SUM_TOLERANCE, NOISE, MOST_ROUNDED = 1e-3, 5e-7, 0.1
DECIMALS = (2, 3, 4, 5)


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
    decimals: int | None = DECIMALS[0]
    for name in classes.names if classes.probabilities else ():
        column = sheet.take(classes.probabilities[name])
        values = cell.scores(column).cast(pa.float64())
        reads.append(Read(PROBABILITY_PREFIX + name, "probability", column, values))
        flat = values.to_numpy(zero_copy_only=False)
        decimals = _decimals(flat, decimals)
        total += flat
    if classes.probabilities:
        _check_sums(reads[-len(classes.probabilities)].column, total, len(classes.names), decimals)
    return reads


def _decimals(values: NDArray[np.float64], least: int | None) -> int | None:
    """To how many decimals all of some probabilities are rounded, at least so many; None where they are not."""
    for decimals in DECIMALS if least is not None else ():
        scaled = values * 10**decimals
        if decimals >= (least or 0) and not bool((np.abs(scaled - np.round(scaled)) > 0.01).any()):
            return decimals
    return None


def _check_sums(column: Column, total: NDArray[np.float64], n_classes: int, decimals: int | None) -> None:
    """Raises UploadError where the probabilities of a row miss a sum of 1 by more than their rounding explains."""
    tolerance = SUM_TOLERANCE
    if decimals is not None:
        tolerance = min(n_classes * 0.5 * 10.0**-decimals, MOST_ROUNDED) + NOISE
    # A row that lacks one sums to NaN, and is found missing later.
    bad = np.abs(total - 1) > tolerance
    if not bad.any():
        return
    message = f"{counted(how_many(bad), 'row')} where the probabilities of all {n_classes} classes do "
    message += f"not sum to 1; the first sums to {total[first_of(bad)]:.6g}"
    remedy = "Send a column for every class. Name the classes where a column called so is not one of them."
    if decimals is not None and abs(total[first_of(bad)] - 1) < 2 * MOST_ROUNDED:
        remedy += f" All are rounded to {decimals} decimals: send them unrounded."
    raise column.refused("out_of_range", message, bad=bad, remedy=remedy)


def _mended(seen: Noticed) -> dict[str, Any]:
    """The columns with probabilities that sum to 1: those of rows that miss it by their rounding divided by their sum,
    which is told. Others stay as they are."""
    names = [PROBABILITY_PREFIX + name for name in seen.classes.names]
    total = np.zeros(seen.sheet.n)
    for name in names:
        total += seen.columns[name].to_numpy()
    off = np.abs(total - 1) > NOISE
    if not off.any():
        return seen.columns
    total[~off] = 1.0
    worst = total[np.argmax(np.abs(total - 1))]
    message = (
        f"the probabilities of {counted(int(off.sum()), 'row')} miss a sum of 1, by rounding (up to {worst:.6g}): "
    )
    message += "each is divided by the sum of its row"
    first = Column(names[0], None, seen.sheet.rows)
    seen.warn(first.warned("renormalised", message, bad=off, remedy="Send probabilities unrounded."))
    return seen.columns | {name: pa.array(seen.columns[name].to_numpy() / total) for name in names}


def _with_choice(seen: Noticed) -> dict[str, Any]:
    """The columns with y_pred first: as given, else the class of highest probability, of equal ones the first."""
    classes, sheet = seen.classes, seen.sheet
    if not classes.probabilities:
        return seen.columns
    columns = _mended(seen)
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
    told=(
        ("y_true", "the class that came true; empty: not known yet"),
        ("p.CLASS", "a column for each class, such as p.gold: its probability; all of a row sum to 1"),
        ("y_pred", "the class that was decided for; instead of probabilities, or beside them"),
    ),
    example='y_true=["a", "b", "a"], y_score=[[0.7, 0.3], [0.4, 0.6], [0.2, 0.8]], classes=["a", "b"]',
)
