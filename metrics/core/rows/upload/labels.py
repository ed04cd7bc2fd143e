"""The labels of an upload: what y_true may mean, and what is noticed about it."""

from __future__ import annotations

from typing import Any

from metrics.core.late import pa, pc
from metrics.core.rows.refusal import UploadError, Warn, counted, shown
from metrics.core.rows.upload import cells as cell
from metrics.core.rows.upload.cells import Column, first_of, how_many
from metrics.core.rows.upload.options import UploadOptions
from metrics.core.rows.upload.sheet import Sheet

_TRUTH = r"^(?i:true|false)$"
_BY_NAME = "Classes by name are read for the task multiclass."


def labelled(sheet: Sheet, options: UploadOptions, warn: Warn) -> Any:
    """y_true of the canonical table, taken out of the sheet; only a data set may come without."""
    if not sheet.has("y_true"):
        message = "the data set has no labels; its rows are kept as not labelled yet"
        warn(Column("y_true", None, sheet.rows).warned("missing_value", message, remedy="Send them as y_true."))
        return pa.nulls(sheet.n, pa.string() if options.task.classed else pa.float64())
    column = sheet.take("y_true")
    labels = options.task.label(column)
    missing = pc.is_null(labels)
    if how_many(missing):
        message = f"{how_many(missing):,} of {counted(sheet.n, 'row')} without a label, kept as not labelled yet"
        warn(column.warned("missing_value", message, bad=missing))
    known = pc.unique(labels.drop_null())
    if len(known) == 1 and sheet.n > 1:
        code, undefined = options.task.alike
        warn(column.warned(code, f"every label is {_written(known[0].as_py())}: {undefined}"))
    return labels


def _written(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else shown(value)


def truth(column: Column) -> Any:
    """0.0 and 1.0 as double, null where not labelled yet. True and false are taken as 1 and 0, other words are not."""
    array = cell.plain(column.array)
    if pa.types.is_string(array.type) and not how_many(pc.invert(pc.match_substring_regex(array, _TRUTH))):
        array = pc.equal(pc.utf8_lower(array), "true")
    try:
        values = cell.numbers(Column(column.name, array, column.rows)).cast(pa.float64())
    except UploadError as error:
        if error.code == "wrong_type":
            write = "Write labels as 1 (it happened) and 0 (it did not); leave the cell empty where not known yet."
            error.remedy = f"{write} {_BY_NAME}"
        raise
    bad = pc.invert(pc.is_in(values, pa.array([0.0, 1.0]), skip_nulls=True))
    bad = pc.and_(bad, pc.is_valid(values))
    if how_many(bad):
        first = shown(f"{values[first_of(bad)].as_py():g}")
        raise column.refused("out_of_range", f"{first} is neither 0 nor 1", bad=bad, remedy=_other_task(values))
    return values


def _other_task(values: Any) -> str:
    found = sorted(value for value in pc.unique(values).to_pylist()[:1000] if value is not None)
    if found == [-1.0, 1.0]:
        return "Write −1 as 0."
    if found == [1.0, 2.0]:
        return "Write 1 as 0 and 2 as 1."
    real = any(value != int(value) for value in found)
    return "Labels of a binary task are 0 and 1. " + (
        "They look like real numbers: the task is forecast where they are values in time, and regression else."
        if real or len(found) > 20
        else "For several classes the task is multiclass; for counts it is regression."
    )


def observed(column: Column) -> Any:
    """Real numbers as double, null where not observed yet."""
    try:
        return cell.reals(column)
    except UploadError as error:
        if error.code == "wrong_type":
            error.remedy = f"{error.remedy} {_BY_NAME}".strip()
        raise


def relevance(column: Column) -> Any:
    """How well a result answers its query, as double ≥ 0; null where it was not judged."""
    values = cell.reals(column)
    negative = pc.less(values, 0)
    if how_many(negative):
        first = values[first_of(negative)].as_py()
        message = f"{counted(how_many(negative), 'relevance')} below 0; the first is {first:g}"
        remedy = "Write 0 for a result that is not relevant; leave the cell empty where it was not judged."
        raise column.refused("out_of_range", message, bad=negative, remedy=remedy)
    return values
