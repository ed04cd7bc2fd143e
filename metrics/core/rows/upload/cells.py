"""Cells of one column, from what a file holds to what the canonical table holds.

Each function takes the raw column (text from CSV; any type from Parquet), the name to complain about and the data rows
that its cells stand on, and gives an array of the canonical type. Nothing is guessed: "nan", "0,73" and "03/04/2026"
are refused with their row, for each has been a wrong number somewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

from metrics.core.late import pa, pc
from metrics.core.pasted.numbers import Numbers, is_number
from metrics.core.pasted.numbers import numbers as pasted
from metrics.core.pasted.numbers import shown as plainly
from metrics.core.pasted.wrong import NotRead
from metrics.core.rows.refusal import UploadError, UploadWarning, Warn, counted, shown
from metrics.core.rows.upload.column import Cells, Column, first_of, how_many, mask_of, plain

# Squares and sums of as many as are read stay far from what a double can hold.
LARGEST = 1e100

_NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_INFINITE = r"^[+-]?(?i:inf|infinity)$"
WRITE_A_NUMBER = "Write a decimal number; leave the cell empty where unknown."
_SAY = 'Say which: --decimal , or --decimal . (decimal="," from Python)'
_FINITE = "Leave the cell out or give a finite number."


def numbers(column: Column) -> Any:
    """Finite numbers as double (float where given as float), null where the cell is empty or NaN.

    Text must be a decimal number and nothing else. Raises wrong_type or not_finite at the first row.
    """
    array = plain(column.array)
    if pa.types.is_string(array.type):
        array = _parsed(column, array)
    elif pa.types.is_boolean(array.type):
        array = array.cast(pa.uint8()).cast(pa.float64())
    elif pa.types.is_float16(array.type):
        array = array.cast(pa.float32())
    elif pa.types.is_integer(array.type) or pa.types.is_decimal(array.type) or pa.types.is_null(array.type):
        array = array.cast(pa.float64(), safe=False)
    elif not pa.types.is_floating(array.type):
        message = f"the column holds {shown(array.type)}, not numbers"
        raise UploadError(column.name, "wrong_type", message, remedy="Write the column as numbers.")
    array = pc.if_else(pc.is_nan(array), pa.scalar(None, array.type), array)
    column.refuse(
        pc.is_inf(array),
        "not_finite",
        lambda found: f"{counted(found.count, 'cell')} of the column cannot be a finite number",
        remedy=_FINITE,
    )
    return array


def _parsed(column: Column, text: Any) -> Any:
    values = _cast(text)
    if values is not None and not how_many(pc.invert(pc.is_finite(values))):
        column.passed()
        return values
    bad = pc.invert(pc.match_substring_regex(text, _NUMBER))
    cell = str(text[first_of(bad)]) if how_many(bad) else ""
    if bool(mask_of(pc.match_substring_regex(pa.array([cell]), _INFINITE)).any()):
        column.refuse(bad, "not_finite", f"{shown(cell)} is not a finite number", remedy=_FINITE)
    column.refuse(bad, "wrong_type", f"{shown(cell)} is not a number", remedy=_plain_number(cell))
    # Well-formed, yet beyond what a double holds, such as 1e999: found infinite by the caller.
    return pc.cast(text, pa.float64())


def _plain_number(cell: str) -> str:
    """How a cell that is no plain number is to be written, with its value where that is certain."""
    if not is_number(cell):
        return WRITE_A_NUMBER
    try:
        value = plainly(pasted([cell]).values[0])
    except NotRead:
        return "Write decimals with a point, and thousands without a comma."
    return f"Write it as {value}: digits, a point before decimals, and - where it is below 0."


def _cast(text: Any) -> Any:
    """Text as double, "nan" and "inf" too; None where some cell is no number."""
    try:
        return pc.cast(text, pa.float64())
    except pa.ArrowInvalid:
        return None


def is_numeric(cells: Cells) -> bool:
    """Whether every cell that is not empty is a number: by type, or for text by parsing it."""
    kind = cells.kind
    if not cells.text:
        return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))
    filled = False
    for text in cells.arrays():
        if _cast(text) is None:
            return False
        filled |= text.null_count < len(text)
    return filled


def scores(column: Column) -> Any:
    """Probabilities in [0, 1], null where missing. Raises out_of_range with a guess at the scale."""
    values = numbers(column)
    bad = pc.or_(pc.less(values, 0), pc.greater(values, 1))
    if not how_many(bad):
        column.passed()
        return values

    def remedy(found: Any) -> str:
        if found.low >= 0 and 2 < found.high <= 100:
            return "They look like percents: divide by 100."
        if found.low < -1:
            return "They look like log-odds: send 1 / (1 + exp(−score))."
        return "Scores are probabilities from 0 to 1."

    first = values[first_of(bad)].as_py()
    column.refuse(
        bad,
        "out_of_range",
        lambda found: f"{counted(found.count, 'score')} outside [0, 1]; the first is {first:g}",
        remedy=remedy,
        **_extent(values),
    )
    return values


def _extent(values: Any) -> dict[str, float]:
    span = pc.min_max(values)
    return {"low": span["min"].as_py(), "high": span["max"].as_py()}


def reals(column: Column) -> Any:
    """Finite numbers as double within ±1e100, null where empty. Raises as `numbers` does, and out_of_range."""
    values = numbers(column).cast(pa.float64())
    column.refuse(
        pc.greater(pc.abs(values), LARGEST),
        "out_of_range",
        lambda found: f"{counted(found.count, 'number')} beyond ±{LARGEST:g}",
        remedy="Change the unit, or mend the cell.",
    )
    return values


ANOTHER_SCALE = "Divide all weights by one number, such as their mean: only their proportions count."


def weights(column: Column) -> Any:
    """Finite weights of 0, or from 1e-50 to 1e12; none missing. Whether all of them are 0 only all rows tell.

    Only proportions count, so that weights lighter or heavier than that can be brought into it.
    """
    values = numbers(column).cast(pa.float64())
    require(column, values, "weight")
    for bad, where, remedy in (
        (pc.less(values, 0), "below 0", ""),
        (pc.greater(values, 1e12), "above 1e12", ANOTHER_SCALE),
        (pc.and_(pc.greater(values, 0), pc.less(values, 1e-50)), "above 0 and below 1e-50", ANOTHER_SCALE),
    ):
        column.refuse(bad, "out_of_range", partial(_counted_weights, where=where), remedy=remedy)
    return values


def _counted_weights(found: Any, *, where: str) -> str:
    return f"{counted(found.count, 'weight')} {where}"


def amounts(cells: Cells, decimal: str, warn: Warn) -> Iterator[Any]:
    """Finite amounts of money, none missing (an empty one is not 0) and none beyond ±1e15.

    Text that people write, such as “1,250.00” or “€ 80”, is read by what the whole column says, and told; decimal: the
    sign before decimals where the column leaves it open, if the sender says it.
    """
    other = f"rename the column if it is no amount: --rename {cells.name}=other"
    remedy = f"Fill the cells, or {other}."
    written = _written_by_people(cells, other, decimal, warn)

    def check(column: Column) -> Any:
        if written is None:
            values = numbers(column).cast(pa.float64())
        else:
            values = written[1].take(pc.index_in(plain(column.array), written[0]))
        require(column, values, "amount", remedy=remedy)
        beyond = pc.greater(pc.abs(values), 1e15)
        words = lambda found: f"{counted(found.count, 'amount')} beyond ±1e15"  # noqa: E731
        column.refuse(beyond, "out_of_range", words, remedy=remedy)
        return values

    return cells.checked(check, warn)


def _written_by_people(cells: Cells, other: str, decimal: str, warn: Warn) -> tuple[Any, Any] | None:
    """The texts of amounts as people write them, and what each is read as; None where all are numbers already."""
    if not cells.text or not (decimal == "," or any(_unlike_numbers(text) for text in cells.arrays())):
        return None
    distinct: dict[str, None] = {}  # amounts repeat, and each is read once
    for text in cells.arrays():
        distinct |= dict.fromkeys(pc.unique(text.drop_null()).to_pylist())
    texts = list(distinct)
    try:
        found = _settled(texts, decimal)
    except NotRead as refused:
        wrong = refused.wrong[0]
        row = cells.first(lambda array: pc.equal(array, texts[wrong.at]))
        way = f"{_SAY}, or write amounts with a point before decimals and nothing between thousands"
        advice = f"{way if wrong.code == 'ambiguous_decimal' else wrong.remedy}; or {other}."
        raise UploadError(cells.name, wrong.code, wrong.message, row=row, remedy=advice) from refused
    at = next((at for at, text in enumerate(texts) if _as_written(text) != found.values[at]), None)
    if at is not None:
        message = "; ".join([f"{shown(texts[at])} is read as {plainly(found.values[at])}", *found.said])
        row = cells.first(lambda array: pc.equal(array, texts[at]))
        warn(UploadWarning(field=cells.name, code="amounts_read", message=message, row=row))
    values = pa.array([None if value is None else float(value) for value in found.values], pa.float64())
    return pa.array(texts, pa.string()), values


def _settled(texts: list[str], decimal: str) -> Numbers:
    """The texts as numbers, by the sign that the sender names where they leave it open. Raises NotRead."""
    try:
        return pasted(texts)
    except NotRead as refused:
        if not decimal or refused.wrong[0].code != "ambiguous_decimal":
            raise
        return pasted(texts, decimal=decimal)


def _as_written(text: str) -> Decimal | None:
    """What a plain number says, None where the text is none."""
    return Decimal(text) if re.fullmatch(_NUMBER, text) else None


def _unlike_numbers(text: Any) -> bool:
    values = _cast(text)
    if values is not None and not how_many(pc.invert(pc.is_finite(values))):
        return False
    return bool(how_many(pc.invert(pc.match_substring_regex(text, _NUMBER))))


def require(column: Column, values: Any, noun: str, *, remedy: str = "") -> None:
    """Raises missing_value, with the count and the first row, where a value is null."""
    words = lambda found: f"{counted(found.count, 'row')} without {noun}; the first is row {found.row:,}"  # noqa: E731
    column.refuse(pc.is_null(values), "missing_value", words, remedy=remedy)


def checked_text(column: Column, text: Any, *, max_text: int) -> Any:
    """Text without NUL and no longer than the cap. Raises too_long or nul_byte, never quoting the cell."""
    lengths = pc.utf8_length(text)
    column.refuse(
        pc.greater(lengths, max_text),
        "too_long",
        lambda found: f"the text is {int(found.high):,} characters long; at most {max_text:,} are kept",
        remedy="Shorten the text, or leave the column out.",
        high=float(pc.max(lengths).as_py() or 0),
    )
    message = "the text holds a NUL character, which no database keeps"
    column.refuse(pc.match_substring(text, "\x00"), "nul_byte", message, remedy="Take the character out.")
    return text
