"""The labels of an upload: what y_true may mean, and what is noticed about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from metrics.core.late import pa, pc
from metrics.core.rows.refusal import UploadError, UploadWarning, Warn, counted, shown
from metrics.core.rows.spool import Columns
from metrics.core.rows.upload import cells as cell
from metrics.core.rows.upload.column import Cells, Column, advised, first_of, how_many, plain
from metrics.core.rows.upload.options import UploadOptions
from metrics.core.rows.upload.sheet import Sheet

_TRUTH = r"^(?i:true|false)$"
_BY_NAME = "Classes by name are read for the task multiclass."
_DISTINCT = 1000  # labels that a remedy is found by


def labelled(sheet: Sheet, columns: Columns, options: UploadOptions, warn: Warn) -> int:
    """y_true of the canonical table, taken out of the sheet; only a data set may come without. Gives how many rows
    have none."""
    if not sheet.has("y_true"):
        message = "the data set has no labels; its rows are kept as not labelled yet"
        warn(UploadWarning(field="y_true", code="missing_value", message=message, remedy="Send them as y_true."))
        kind = pa.string() if options.task.classed else pa.float64()
        columns.put("y_true", (pa.nulls(len(rows), kind) for rows in sheet.numbered()))
        return sheet.n
    columns.put("y_true", options.task.label(sheet.take("y_true"), warn))
    missing, row = empty_cells(sheet, columns, "y_true")
    if missing:
        message = f"{missing:,} of {counted(sheet.n, 'row')} without a label, kept as not labelled yet"
        warn(UploadWarning(field="y_true", code="missing_value", message=message, row=row))
    known: set[Any] = set()
    for labels in columns.blocks("y_true"):
        known.update(pc.unique(labels.drop_null()).to_pylist()[:2])
        if len(known) > 1:
            break
    if len(known) == 1 and sheet.n > 1:
        code, undefined = options.task.alike
        message = f"every label is {_written(known.pop())}: {undefined}"
        warn(UploadWarning(field="y_true", code=code, message=message))
    return missing


def empty_cells(sheet: Sheet, columns: Columns, name: str) -> tuple[int, int | None]:
    """How many cells of a column of the canonical table are empty, and the data row of the first."""
    found, row, before = 0, None, 0
    for array in columns.blocks(name):
        if row is None and array.null_count:
            row = sheet.first_row(before + first_of(array.is_null()))
        found, before = found + array.null_count, before + len(array)
    return found, row


def _written(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else shown(value)


def truth(cells: Cells, warn: Warn) -> Iterator[Any]:
    """0.0 and 1.0 as double, null where not labelled yet. True and false are taken as 1 and 0, other words are not."""
    words = cells.text and not any(
        how_many(pc.invert(pc.match_substring_regex(text, _TRUTH))) for text in cells.arrays()
    )
    distinct: dict[float, None] = {}

    def check(column: Column) -> Any:
        if words:
            column = replace(column, array=pc.equal(pc.utf8_lower(plain(column.array)), "true"))
        try:
            values = cell.numbers(column).cast(pa.float64())
        except UploadError as error:
            if error.code == "wrong_type":
                write = "Write labels as 1 (it happened) and 0 (it did not); leave the cell empty where not known yet."
                advised(error, f"{write} {_BY_NAME}")
            raise
        bad = pc.invert(pc.is_in(values, pa.array([0.0, 1.0]), skip_nulls=True))
        bad = pc.and_(bad, pc.is_valid(values))
        if len(distinct) < _DISTINCT:
            distinct.update(dict.fromkeys(pc.unique(values.drop_null()).to_pylist()[:_DISTINCT]))
        if not how_many(bad):
            column.passed()
            return values
        first = shown(f"{values[first_of(bad)].as_py():g}")
        message = f"{first} is neither 0 nor 1"
        column.refuse(bad, "out_of_range", message, remedy=lambda _: _other_task(list(distinct)[:_DISTINCT]))
        return values

    return cells.checked(check, warn)


def _other_task(values: list[float]) -> str:
    found = sorted(values)
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


def observed(cells: Cells, warn: Warn) -> Iterator[Any]:
    """Real numbers as double, null where not observed yet."""
    return cells.checked(_observed, warn)


def _observed(column: Column) -> Any:
    try:
        return cell.reals(column)
    except UploadError as error:
        if error.remedy == cell.WRITE_A_NUMBER:
            advised(error, f"{error.remedy} {_BY_NAME}")
        raise


def relevance(cells: Cells, warn: Warn) -> Iterator[Any]:
    """How well a result answers its query, as double ≥ 0; null where it was not judged."""
    return cells.checked(_relevance, warn)


def _relevance(column: Column) -> Any:
    values = cell.reals(column)
    negative = pc.less(values, 0)
    first = values[first_of(negative)].as_py() if len(values) else None
    column.refuse(
        negative,
        "out_of_range",
        lambda found: f"{counted(found.count, 'relevance')} below 0; the first is {first:g}",
        remedy="Write 0 for a result that is not relevant; leave the cell empty where it was not judged.",
    )
    return values
