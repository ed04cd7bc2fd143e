"""Classes of a multiclass upload: always text, however the file wrote them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from metrics.core.late import pa, pc
from metrics.core.rows.refusal import UploadError, shown
from metrics.core.rows.upload.cells import Column, checked_text, first_of, how_many, numbers, plain
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


def classed(sheet: Sheet, plan: Plan, options: UploadOptions, caps: Caps) -> tuple[Sheet, Classes]:
    """The sheet with every column of classes as text, and the classes.

    Numbers become decimal text without a fraction: a column of whole numbers with a gap comes as 1.0 from pandas, and
    the class is "1" all the same. That holds only where every class of the file is a whole number, so that the
    versions 1.0 and 1.5 stay what they are. Raises UploadError for classes that were not declared, by `classes` or by
    columns of probabilities, and for more than 1,000 of them.
    """
    columns = ["y_true"] * sheet.has("y_true") + ["gold"] * plan.votes * sheet.has("gold")
    columns += ["y_pred"] * (options.kind == "run" and sheet.has("y_pred"))
    texts = {name: _texts(sheet.column(name), caps) for name in columns}
    found = {name for text in texts.values() for name in pc.unique(text).to_pylist() if name is not None}
    probabilities = dict(plan.probabilities)
    if all(_WHOLE.fullmatch(name) for name in found | set(probabilities) | set(options.classes)):
        texts = {name: pc.replace_substring_regex(text, r"\.0+$", "") for name, text in texts.items()}
        probabilities = _without_fractions(probabilities)
        found = {name.partition(".")[0] for name in found}
    declared = set(options.classes) or set(probabilities)
    if declared:
        for name, text in texts.items():
            _check_declared(Column(name, text, sheet.rows), declared, probabilities)
    if len(declared or found) > MAX_CLASSES:
        message = f"{len(declared or found):,} different classes; at most {MAX_CLASSES:,} are read"
        raise UploadError("y_true", "too_many_classes", message, remedy=_REGRESSION)
    renewed = replace(sheet, columns=sheet.columns | texts)
    return renewed, Classes(names=tuple(sorted(declared or found)), probabilities=probabilities)


def _texts(column: Column, caps: Caps) -> Any:
    """Class names, null where the cell is empty."""
    array = plain(column.array)
    if pa.types.is_boolean(array.type):
        array = pc.if_else(array, "True", "False")
    elif pa.types.is_floating(array.type) or pa.types.is_decimal(array.type):
        array = _whole(column)
    elif not (pa.types.is_string(array.type) or pa.types.is_integer(array.type) or pa.types.is_null(array.type)):
        message = f"the column holds {shown(array.type)}, not classes"
        raise column.refused("wrong_type", message, remedy="Write classes as text or whole numbers.")
    text = array.cast(pa.string())
    text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    blank = pc.equal(pc.utf8_trim_whitespace(text), "")
    if how_many(blank):
        raise column.refused("missing_value", "a class is blank", bad=blank, remedy="Leave the cell empty or name it.")
    return checked_text(column, text, max_text=caps.max_text)


def _whole(column: Column) -> Any:
    values = numbers(column).cast(pa.float64())
    bad = pc.or_(pc.not_equal(values, pc.trunc(values)), pc.greater(pc.abs(values), _LAST_EXACT))
    if how_many(bad):
        message = f"{shown(values[first_of(bad)])} is no class: classes are text or whole numbers"
        raise column.refused("wrong_type", message, bad=bad, remedy=_REGRESSION)
    return values.cast(pa.int64())


def _without_fractions(probabilities: Mapping[str, str]) -> dict[str, str]:
    whole: dict[str, str] = {}
    for name, column in probabilities.items():
        short = name.partition(".")[0]
        if short in whole:
            message = f"the columns {shown(whole[short])} and {shown(column)} are of the same class {shown(short)}"
            raise UploadError(column, "duplicate_column", message, remedy="Keep one of them.")
        whole[short] = column
    return whole


def _check_declared(column: Column, declared: Iterable[str], probabilities: Mapping[str, str]) -> None:
    unknown = pc.invert(pc.is_in(column.array, pa.array(sorted(declared), pa.string()), skip_nulls=True))
    unknown = pc.and_(unknown, pc.is_valid(column.array))
    if how_many(unknown):
        first = column.array[first_of(unknown)]
        where = "no column of probabilities" if probabilities else "not among the classes declared"
        message = f"the class {shown(first)} has {where}" if probabilities else f"the class {shown(first)} is {where}"
        remedy = f"Add the column p.{str(first)[:40]}, 0 where the model does not know the class."
        raise column.refused(
            "unknown_class", message, bad=unknown, remedy=remedy if probabilities else "Declare it, or mend the cell."
        )
