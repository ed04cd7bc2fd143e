"""The predictions of an upload: what a run says about its rows, in the columns that its task has for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from metrics.core.late import pa, pc
from metrics.core.rows.refusal import UploadError, UploadWarning, Warn, counted
from metrics.core.rows.spool import Columns
from metrics.core.rows.upload.classes import Classes
from metrics.core.rows.upload.labels import empty_cells
from metrics.core.rows.upload.options import UploadOptions
from metrics.core.rows.upload.plan import Plan
from metrics.core.rows.upload.seen import Part
from metrics.core.rows.upload.sheet import Sheet

_FILL = "Fill them, or leave those rows out: --drop-missing."


@dataclass(frozen=True, eq=False)
class Read:
    """One column of predictions, put into the canonical table under its name; null where the file had no number.

    column: its name in the file, after renaming.
    """

    name: str
    noun: str
    column: str


@dataclass(frozen=True, eq=False)
class Reading:
    """What the columns of predictions are read from and put into, and what is known of them.

    part: where the rows are some of more, what has to be known of all of them is noted there.
    """

    sheet: Sheet
    columns: Columns
    plan: Plan
    classes: Classes
    warn: Warn
    part: Part | None = None

    def put(self, name: str, noun: str, column: str, values: Iterable[Any]) -> Read:
        """Put a column into the canonical table."""
        self.columns.put(name, values)
        return Read(name, noun, column)

    def told(self, column: str, code: str, message: str, *, row: int | None = None, remedy: str = "") -> None:
        """Warn of a column."""
        self.warn(UploadWarning(field=column, code=code, message=message, row=row, remedy=remedy))


def predicted(
    sheet: Sheet,
    columns: Columns,
    plan: Plan,
    classes: Classes,
    options: UploadOptions,
    warn: Warn,
    *,
    part: Part | None = None,
) -> tuple[Sheet, list[str]]:
    """The rows with a prediction, and the names of the columns of predictions; a data set has none.

    Rows that lack any part of it are refused (missing_value), or left out with a warning where drop_missing is set.
    """
    if options.kind == "dataset":
        return sheet, []
    reads = options.task.read(Reading(sheet, columns, plan, classes, warn, part))
    empty = {read: empty_cells(sheet, columns, read.name) for read in reads}
    first = next((read for read in reads if empty[read][0]), None)
    if first is not None and not options.drop_missing:
        count, row = empty[first]
        message = f"{counted(count, 'row')} without {first.noun}; the first is row {row:,}"
        raise UploadError(first.column, "missing_value", message, row=row, remedy=_FILL)
    if first is not None:
        sheet = _dropped(sheet, columns, reads, first, warn)
    return sheet, options.task.noticed(Reading(sheet, columns, plan, classes, warn), reads)


def _dropped(sheet: Sheet, columns: Columns, reads: list[Read], first: Read, warn: Warn) -> Sheet:
    """The rows that lack no prediction, those that do taken out of the columns too."""
    lacking = np.concatenate(
        [
            reduce(pc.or_, (array.is_null() for array in arrays)).to_numpy(zero_copy_only=False)
            for arrays in zip(*(columns.blocks(read.name) for read in reads), strict=True)
        ]
    )
    message = f"{counted(int(np.count_nonzero(lacking)), 'row')} without a {first.noun} left out"
    row = sheet.first_row(int(np.argmax(lacking)))
    warn(UploadWarning(field=first.column, code="dropped_missing", message=message, row=row))
    sheet = sheet.kept(~lacking)
    if sheet.n == 0:
        raise UploadError(first.column, "missing_value", f"no row has a {first.noun}")
    for read in reads:
        columns.put(read.name, _filtered(columns.blocks(read.name), ~lacking))
    return sheet


def _filtered(arrays: Iterable[Any], keep: Any) -> Iterator[Any]:
    start = 0
    for array in arrays:
        yield array.filter(pa.array(keep[start : start + len(array)]))
        start += len(array)


def constant(seen: Reading, read: Read) -> bool:
    """Whether every prediction of a column is the same number, which is told."""
    spans = [pc.min_max(values) for values in seen.columns.blocks(read.name)]
    low, high = (choose(span[end].as_py() for span in spans) for choose, end in ((min, "min"), (max, "max")))
    if low != high or seen.sheet.n < 2:
        return False
    what = "prediction" if read.column == "y_pred" else "score"
    message = f"every {what} is {low:g}"
    seen.told(read.column, "constant", message + (": nothing can be ranked by it" if what == "score" else ""))
    return True
