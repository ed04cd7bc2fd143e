"""The predictions of an upload: what a run of each task says about its rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from metrics.core.rows.refusal import UploadError, UploadWarning, Warn, counted
from metrics.core.rows.table import PROBABILITY_PREFIX
from metrics.core.rows.upload import cells as cell
from metrics.core.rows.upload.cells import Column, first_of, how_many
from metrics.core.rows.upload.classes import Classes
from metrics.core.rows.upload.labels import truth
from metrics.core.rows.upload.options import UploadOptions
from metrics.core.rows.upload.plan import Plan
from metrics.core.rows.upload.sheet import Sheet

# Rounded to three decimals or four, probabilities of a few classes sum to 1 within this.
SUM_TOLERANCE = 1e-3

_FILL = "Fill them, or leave those rows out: --drop-missing."


@dataclass(frozen=True, eq=False)
class _Read:
    """One column of predictions as the canonical table names it; null where the file had no number."""

    name: str
    noun: str
    column: Column
    values: Any


def predicted(
    sheet: Sheet, plan: Plan, classes: Classes, options: UploadOptions, warn: Warn
) -> tuple[Sheet, dict[str, Any]]:
    """The rows with a prediction, and the columns of predictions of the canonical table; a data set has none.

    Rows that lack any part of it are refused (missing_value), or left out with a warning where drop_missing is set.
    """
    if options.kind == "dataset":
        return sheet, {}
    hard = options.task == "binary" and not sheet.has("y_score")
    found = _found(sheet, plan, classes, options, hard=hard)
    missing = reduce(pc.or_, (pc.is_null(read.values) for read in found))
    if options.drop_missing and how_many(missing):
        first = next(read for read in found if read.values.null_count)
        message = f"{counted(how_many(missing), 'row')} without a {first.noun} left out"
        warn(first.column.warned("dropped_missing", message, bad=missing))
        kept = pc.invert(missing)
        sheet = sheet.kept(kept)
        if sheet.n == 0:
            raise UploadError(first.column.name, "missing_value", f"no row has a {first.noun}")
        columns = {read.name: read.values.filter(kept) for read in found}
    else:
        columns = {read.name: cell.required(read.column, read.values, read.noun, remedy=_FILL) for read in found}
    if options.task == "multiclass":
        columns = _with_choice(columns, classes, sheet, warn)
    else:
        _notice(found[0].column, columns[found[0].name], options, hard=hard, warn=warn)
    return sheet, columns


def _found(sheet: Sheet, plan: Plan, classes: Classes, options: UploadOptions, *, hard: bool) -> list[_Read]:
    """Every column of predictions that the file has, its cells checked one by one."""
    match options.task:
        case "binary":
            column = sheet.take("y_pred" if hard else "y_score")
            return [
                _Read("y_score", "prediction" if hard else "score", column, (truth if hard else cell.scores)(column))
            ]
        case "ranking":
            column = sheet.take("y_score")
            return [_Read("y_score", "score", column, cell.reals(column))]
        case "multiclass":
            return _of_classes(sheet, classes)
    column = sheet.take("y_pred")
    found = [_Read("y_pred", "prediction", column, cell.reals(column))]
    if plan.interval is not None:
        found += _bounds(sheet, *plan.interval[:2])
    return found


def _bounds(sheet: Sheet, low: str, high: str) -> list[_Read]:
    columns = sheet.take(low), sheet.take(high)
    lower, upper = map(cell.reals, columns)
    crossed = pc.greater(lower, upper)
    if how_many(crossed):
        at = first_of(crossed)
        message = f"{counted(how_many(crossed), 'row')} with {low} above {high}; the first has "
        message += f"{lower[at].as_py():g} above {upper[at].as_py():g}"
        raise columns[0].refused("out_of_range", message, bad=crossed, remedy="Are the two bounds exchanged?")
    return [_Read("y_low", "lower bound", columns[0], lower), _Read("y_high", "upper bound", columns[1], upper)]


def _of_classes(sheet: Sheet, classes: Classes) -> list[_Read]:
    """y_pred, where given, and the probability of each class in the order of their names."""
    found = []
    if sheet.has("y_pred"):
        column = sheet.take("y_pred")
        found.append(_Read("y_pred", "prediction", column, cell.plain(column.array)))
    total = np.zeros(sheet.n)
    for name in classes.names if classes.probabilities else ():
        column = sheet.take(classes.probabilities[name])
        values = cell.scores(column).cast(pa.float64())
        found.append(_Read(PROBABILITY_PREFIX + name, "probability", column, values))
        total += values.to_numpy(zero_copy_only=False)
    if classes.probabilities:
        # A row that lacks one sums to NaN, and is found missing later.
        bad = np.abs(total - 1) > SUM_TOLERANCE
        if bad.any():
            column = found[-len(classes.probabilities)].column
            message = f"{counted(how_many(bad), 'row')} where the probabilities of all {len(classes.names)} classes do "
            message += f"not sum to 1; the first sums to {total[first_of(bad)]:.6g}"
            remedy = "Send a column for every class. Name the classes where a column called so is not one of them."
            raise column.refused("out_of_range", message, bad=bad, remedy=remedy)
    return found


def _with_choice(columns: dict[str, Any], classes: Classes, sheet: Sheet, warn: Warn) -> dict[str, Any]:
    """The columns with y_pred first: as given, else the class of highest probability, of equal ones the first."""
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
        warn(Column("y_pred", None, sheet.rows).warned("not_most_probable", message, bad=other))
    return columns


def _notice(column: Column, values: Any, options: UploadOptions, *, hard: bool, warn: Warn) -> None:
    """Warn of predictions that say little."""
    low, high = (pc.min_max(values)[end].as_py() for end in ("min", "max"))
    if hard:
        message = "hard predictions: decisions 0/1 are taken as scores, so ranking and calibration say little"
        warn(column.warned("hard_predictions", message, remedy="Send probabilities as y_score."))
    elif low == high and len(values) > 1:
        what = "prediction" if column.name == "y_pred" else "score"
        message = f"every {what} is {low:g}"
        warn(column.warned("constant", message + (": nothing can be ranked by it" if what == "score" else "")))
    elif options.task == "binary" and not how_many(pc.and_(pc.greater(values, 0), pc.less(values, 1))):
        message = "every score is 0 or 1: they look like decisions, not probabilities"
        warn(column.warned("looks_hard", message, remedy="Send probabilities."))


def check_direction(labels: Any, scores: Any, warn: Warn) -> None:
    """Warn where the scores of a binary run rank the labels backwards, far beyond chance."""
    known = labels.is_valid().to_numpy(zero_copy_only=False)
    positive = labels.to_numpy(zero_copy_only=False)[known] == 1
    ones, zeros = int(positive.sum()), int((~positive).sum())
    if ones and zeros:
        ranks = pd.Series(scores.to_numpy(zero_copy_only=False)[known]).rank().to_numpy()
        # Mann–Whitney: the AUC, and its standard error under chance.
        area = (ranks[positive].sum() - ones * (ones + 1) / 2) / (ones * zeros)
        chance = np.sqrt((ones + zeros + 1) / (12 * ones * zeros))
        if area < min(0.45, 0.5 - 5 * chance):
            message = f"high scores go with label 0 (AUC {area:.2f}): labels or scores may be inverted"
            warn(UploadWarning(field="y_true", code="inverted", message=message))
