"""Classes of a multiclass upload: always text, however the file wrote them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from metrics.core.late import pa, pc
from metrics.core.rows.refusal import UploadError, Warn, shown
from metrics.core.rows.upload.cells import checked_text, numbers
from metrics.core.rows.upload.column import Column, first_of, how_many, plain
from metrics.core.rows.upload.distinct import Distinct
from metrics.core.rows.upload.limits import Caps
from metrics.core.rows.upload.options import MAX_CLASSES, UploadOptions
from metrics.core.rows.upload.plan import Plan
from metrics.core.rows.upload.sheet import Sheet

_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)(\.0+)?")
_LAST_EXACT = 2**53
_REGRESSION = "Are they real numbers? Then the task is regression."


@dataclass(frozen=True, kw_only=True)
class Classes:
    """All class names, sorted, and the column of each one's probabilities, where the file has them."""

    names: tuple[str, ...] = ()
    probabilities: Mapping[str, str]


def classed(sheet: Sheet, plan: Plan, options: UploadOptions, caps: Caps, warn: Warn) -> tuple[Sheet, Classes]:
    """The sheet with every column of classes as text, and the classes.

    Numbers become decimal text without a fraction: a column of whole numbers with a gap comes as 1.0 from pandas, and
    the class is "1" all the same. That holds only where every class of the file is a whole number, so that the
    versions 1.0 and 1.5 stay what they are. Raises UploadError for classes that were not declared, by `classes` or by
    columns of probabilities, and for more than 1,000 of them.
    """
    columns = ["y_true"] * sheet.has("y_true") + ["gold"] * plan.votes * sheet.has("gold")
    columns += ["y_pred"] * (options.kind == "run" and sheet.has("y_pred"))
    found = Distinct()
    whole = all(_WHOLE.fullmatch(name) for name in (*plan.probabilities, *options.classes))
    for name in columns:
        for text in sheet.cells(name).checked(partial(_checked, caps=caps), warn):
            new = pc.unique(text.drop_null())
            whole = whole and not how_many(pc.invert(pc.match_substring_regex(new, f"^{_WHOLE.pattern}$")))
            found.add(new)
    sheet = replace(sheet, texts={name: partial(_written, whole=whole) for name in columns})
    probabilities = _without_fractions(plan.probabilities) if whole else dict(plan.probabilities)
    declared = set(options.classes) or set(probabilities)
    if declared:
        known = pa.array(sorted(declared), pa.string())
        for name in columns:
            for _ in sheet.cells(name).checked(partial(_declared, known=known, probabilities=probabilities), warn):
                pass
    texts = _all(sheet, columns) if found.texts is None or whole else found
    if len(declared) > MAX_CLASSES or (not declared and texts.count() > MAX_CLASSES):
        message = f"{len(declared) or texts.count():,} different classes; at most {MAX_CLASSES:,} are read"
        raise UploadError("y_true", "too_many_classes", message, remedy=_REGRESSION)
    names = declared or set(texts.texts.to_pylist())
    return sheet, Classes(names=tuple(sorted(names)), probabilities=probabilities)


def _all(sheet: Sheet, columns: Iterable[str]) -> Distinct:
    """The classes of some columns, as they are written."""
    found = Distinct()
    for name in columns:
        for text in sheet.cells(name).arrays():
            found.add(text.drop_null())
    return found


def _checked(column: Column, *, caps: Caps) -> Any:
    """Class names, null where the cell is empty."""
    array = plain(column.array)
    if pa.types.is_floating(array.type) or pa.types.is_decimal(array.type):
        values = numbers(column).cast(pa.float64())
        bad = pc.or_(pc.not_equal(values, pc.trunc(values)), pc.greater(pc.abs(values), _LAST_EXACT))
        message = f"{shown(values[first_of(bad)])} is no class: classes are text or whole numbers"
        column.refuse(bad, "wrong_type", message, remedy=_REGRESSION)
    elif not any(
        test(array.type) for test in (pa.types.is_boolean, pa.types.is_string, pa.types.is_integer, pa.types.is_null)
    ):
        message = f"the column holds {shown(array.type)}, not classes"
        raise UploadError(column.name, "wrong_type", message, remedy="Write classes as text or whole numbers.")
    text = _written(array, whole=False)
    blank = pc.equal(pc.utf8_trim_whitespace(text), "")
    column.refuse(blank, "missing_value", "a class is blank", remedy="Leave the cell empty or name it.")
    return checked_text(column, text, max_text=caps.max_text)


def _written(array: Any, *, whole: bool) -> Any:
    """Classes as text. whole: whether all are whole numbers, which have no fraction."""
    array = plain(array)
    if pa.types.is_boolean(array.type):
        array = pc.if_else(array, "True", "False")
    elif pa.types.is_floating(array.type) or pa.types.is_decimal(array.type):
        values = array.cast(pa.float64())
        array = pc.if_else(pc.is_nan(values), pa.scalar(None, pa.float64()), values).cast(pa.int64())
    text = array.cast(pa.string())
    text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    return pc.replace_substring_regex(text, r"\.0+$", "") if whole else text


def _without_fractions(probabilities: Mapping[str, str]) -> dict[str, str]:
    whole: dict[str, str] = {}
    for name, column in probabilities.items():
        short = name.partition(".")[0]
        if short in whole:
            message = f"the columns {shown(whole[short])} and {shown(column)} are of the same class {shown(short)}"
            raise UploadError(column, "duplicate_column", message, remedy="Keep one of them.")
        whole[short] = column
    return whole


def _declared(column: Column, *, known: Any, probabilities: Mapping[str, str]) -> None:
    unknown = pc.invert(pc.is_in(column.array, known, skip_nulls=True))
    unknown = pc.and_(unknown, pc.is_valid(column.array))
    first = column.array[first_of(unknown)]
    where = "no column of probabilities" if probabilities else "not among the classes declared"
    message = f"the class {shown(first)} {'has' if probabilities else 'is'} {where}"
    remedy = "Declare it, or mend the cell."
    if probabilities:
        remedy = f"Add the column p.{str(first)[:40]}, 0 where the model does not know the class."
        alike = next((of for name, of in probabilities.items() if name.casefold() == str(first).casefold()), None)
        if alike is not None:
            remedy = f"Name the columns with the capitals of y_true: p.{str(first)[:40]} instead of {shown(alike)}."
    column.refuse(unknown, "unknown_class", message, remedy=remedy)
