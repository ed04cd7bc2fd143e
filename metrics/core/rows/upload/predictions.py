"""The predictions of an upload: what a run says about its rows, in the columns that its task has for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

from metrics.core.late import pc
from metrics.core.rows.refusal import UploadError, Warn, counted
from metrics.core.rows.upload import cells as cell
from metrics.core.rows.upload.cells import Column, how_many
from metrics.core.rows.upload.classes import Classes
from metrics.core.rows.upload.options import UploadOptions
from metrics.core.rows.upload.plan import Plan
from metrics.core.rows.upload.sheet import Sheet

_FILL = "Fill them, or leave those rows out: --drop-missing."


@dataclass(frozen=True, eq=False)
class Read:
    """One column of predictions as the canonical table names it; null where the file had no number."""

    name: str
    noun: str
    column: Column
    values: Any


@dataclass(frozen=True, eq=False)
class Noticed:
    """The columns of predictions that are kept, whole; column: as the file has the first of them."""

    columns: dict[str, Any]
    column: Column
    classes: Classes
    sheet: Sheet
    warn: Warn


def predicted(
    sheet: Sheet, plan: Plan, classes: Classes, options: UploadOptions, warn: Warn
) -> tuple[Sheet, dict[str, Any]]:
    """The rows with a prediction, and the columns of predictions of the canonical table; a data set has none.

    Rows that lack any part of it are refused (missing_value), or left out with a warning where drop_missing is set.
    """
    if options.kind == "dataset":
        return sheet, {}
    reads = options.task.read(sheet, plan, classes)
    missing = reduce(pc.or_, (pc.is_null(read.values) for read in reads))
    if options.drop_missing and how_many(missing):
        first = next(read for read in reads if read.values.null_count)
        message = f"{counted(how_many(missing), 'row')} without a {first.noun} left out"
        warn(first.column.warned("dropped_missing", message, bad=missing))
        kept = pc.invert(missing)
        sheet = sheet.kept(kept)
        if sheet.n == 0:
            raise UploadError(first.column.name, "missing_value", f"no row has a {first.noun}")
        columns = {read.name: read.values.filter(kept) for read in reads}
    else:
        columns = {read.name: cell.required(read.column, read.values, read.noun, remedy=_FILL) for read in reads}
    return sheet, options.task.noticed(Noticed(columns, reads[0].column, classes, sheet, warn))


def constant(seen: Noticed) -> bool:
    """Whether every prediction is the same number, which is told."""
    (values, *_), column = seen.columns.values(), seen.column
    low, high = (pc.min_max(values)[end].as_py() for end in ("min", "max"))
    if low != high or len(values) < 2:
        return False
    what = "prediction" if column.name == "y_pred" else "score"
    message = f"every {what} is {low:g}"
    seen.warn(column.warned("constant", message + (": nothing can be ranked by it" if what == "score" else "")))
    return True
