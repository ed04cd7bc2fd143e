"""Rows of several classes: labels and predictions by name, and a probability for each class where there is one."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats
from metrics.core.late import pa, pc
from metrics.core.rows.refusal import Warn, ascii_controls, counted
from metrics.core.rows.table import PROBABILITY_PREFIX
from metrics.core.rows.upload import cells as cell
from metrics.core.rows.upload.column import Cells, Column, first_of, how_many
from metrics.core.rows.upload.predictions import Read, Reading
from metrics.core.rows.upload.rounding import NOISE, Rounding, look
from metrics.core.rows.upload.task import TaskRows

_OF_A_CLASS = re.compile(r"(?i:y_)?(?i:score|prob|proba|probability|pred|predicted)s?[._:/ \[(]+(.+?)[\])]*")
_SUMS = "sums of probabilities"  # a column beside the table


def _as_texts(cells: Cells, warn: Warn) -> Iterator[Any]:
    """Classes, which `classes.classed` made texts of."""
    return cells.arrays()


def _read(reading: Reading) -> list[Read]:
    """y_pred, where given, and the probability of each class in the order of their names."""
    sheet, classes = reading.sheet, reading.classes
    reads = []
    if sheet.has("y_pred"):
        reads.append(reading.put("y_pred", "prediction", "y_pred", sheet.take("y_pred").arrays()))
    rounding = Rounding()
    for name in classes.names if classes.probabilities else ():
        column = classes.probabilities[name]
        values = _probabilities(sheet.take(column), rounding.begin(), reading.warn)
        reads.append(reading.put(PROBABILITY_PREFIX + name, "probability", column, values))
    if classes.probabilities:
        _check_sums(reading, reads[-len(classes.names) :], rounding)
    return reads


def _probabilities(cells: Cells, rounded: set[int], warn: Warn) -> Iterator[Any]:
    """Probabilities as double. rounded: numbers of decimals to which all are rounded, found on the way."""

    def check(column: Column) -> Any:
        values = cell.scores(column).cast(pa.float64())
        look(rounded, values.to_numpy(zero_copy_only=False))
        return values

    return cells.checked(check, warn)


def _sums(reading: Reading, names: list[str]) -> Iterator[tuple[Floats, NDArray[np.int64]]]:
    """The sum of some columns and the numbers of the rows, a row group at a time, one column at a time within."""
    columns = [reading.columns.blocks(name) for name in names]
    for rows in reading.sheet.numbered():
        total = np.zeros(len(rows))
        for column in columns:
            total += next(column).to_numpy(zero_copy_only=False)
        yield total, rows


def _check_sums(reading: Reading, reads: list[Read], rounding: Rounding) -> None:
    """Raises UploadError where the probabilities of a row miss a sum of 1 by more than their rounding explains."""
    tolerance, count, row, first = rounding.tolerance, 0, None, 0.0
    for total, rows in _sums(reading, [read.name for read in reads]):
        rounding.add(total, rows)
        # A row that lacks one sums to NaN, and is found missing later.
        bad = np.abs(total - 1) > tolerance
        if row is None and bad.any():
            row, first = int(rows[first_of(bad)]), float(total[first_of(bad)])
        count += how_many(bad)
    if reading.part is not None:  # all rows tell how they are rounded
        reading.part.rounding = rounding
    elif count:
        raise rounding.refusal(reads[0].column, row=row, sums=first, count=count)


def _mend(seen: Reading) -> None:
    """Make probabilities sum to 1: those of rows that miss it by their rounding are divided by their sum, which is
    told. Others stay as they are."""
    names = [PROBABILITY_PREFIX + name for name in seen.classes.names]
    count, row, worst = 0, None, 1.0
    for total, rows in _sums(seen, names):
        off = np.abs(total - 1) > NOISE
        if not off.any():
            continue
        count, row = count + how_many(off), int(rows[first_of(off)]) if row is None else row
        farthest = float(total[np.argmax(np.abs(total - 1))])
        worst = farthest if abs(farthest - 1) > abs(worst - 1) else worst
    if not count:
        return
    message = f"the probabilities of {counted(count, 'row')} miss a sum of 1, by rounding (up to {worst:.6g}): "
    message += "each is divided by the sum of its row"
    seen.told(names[0], "renormalised", message, row=row, remedy="Send probabilities unrounded.")
    sums = (pa.array(np.where(np.abs(total - 1) > NOISE, total, 1.0)) for total, _ in _sums(seen, names))
    seen.columns.put(_SUMS, sums, hidden=True)
    for name in names:
        both = zip(seen.columns.blocks(name), seen.columns.blocks(_SUMS), strict=True)
        seen.columns.put(name, (pa.array(values.to_numpy() / total.to_numpy()) for values, total in both))
    seen.columns.remove(_SUMS)


def _likeliest(seen: Reading) -> Iterator[tuple[Any, NDArray[np.int64]]]:
    """The class of highest probability, of equal ones the first, and the numbers of the rows."""
    names = seen.classes.names
    columns = [seen.columns.blocks(PROBABILITY_PREFIX + name) for name in names]
    for rows in seen.sheet.numbered():
        highest = np.full(len(rows), -np.inf)
        at = np.zeros(len(rows), dtype=np.int32)
        for number, column in enumerate(columns):
            values = next(column).to_numpy()
            higher = values > highest
            highest[higher], at[higher] = values[higher], number
        yield pa.DictionaryArray.from_arrays(pa.array(at), pa.array(names, pa.string())).cast(pa.string()), rows


def _with_choice(seen: Reading, reads: list[Read]) -> list[str]:
    """The columns with y_pred first: as given, else the class of highest probability, of equal ones the first."""
    names = [read.name for read in reads]
    if not seen.classes.probabilities:
        return names
    _mend(seen)
    if "y_pred" not in names:
        seen.columns.put("y_pred", (classes for classes, _ in _likeliest(seen)))
        return ["y_pred", *names]
    count, row = 0, None
    for given, (classes, rows) in zip(seen.columns.blocks("y_pred"), _likeliest(seen), strict=True):
        other = pc.not_equal(given, classes)
        if row is None and how_many(other):
            row = int(rows[first_of(other)])
        count += how_many(other)
    if count:
        message = f"{counted(count, 'row')} predicted as another class than the most probable one"
        seen.told("y_pred", "not_most_probable", message, row=row)
    return names


def _mistaken(names: Sequence[str]) -> str:
    """How columns that seem to hold a probability for each class, under other names, are given theirs."""
    found = {name: match[1] for name in names if (match := _OF_A_CLASS.fullmatch(name))}
    if len(found) < 2:
        return ""
    renamed = (f"--rename {shlex.quote(f'{name}={PROBABILITY_PREFIX}{of}')}" for name, of in [*found.items()][:2])
    rest = ", and so on for each class" if len(found) > 2 else ""
    return f"A probability for each class is a column p.CLASS: {ascii_controls(' '.join(renamed))}{rest}."


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
    mistaken=_mistaken,
    told=(
        ("y_true", "the class that came true; empty: not known yet"),
        ("p.CLASS", "a column for each class, such as p.gold: its probability; all of a row sum to 1"),
        ("y_pred", "the class that was decided for; instead of probabilities, or beside them"),
    ),
    example='y_true=["a", "b", "a"], y_score=[[0.7, 0.3], [0.4, 0.6], [0.2, 0.8]], classes=["a", "b"]',
)
