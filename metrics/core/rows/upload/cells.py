"""Cells of one column, from what a file holds to what the canonical table holds.

Each function takes the raw column (text from CSV; any type from Parquet), the name to complain about and the data rows
that its cells stand on, and gives an array of the canonical type. Nothing is guessed: "nan", "0,73" and "03/04/2026"
are refused with their row, for each has been a wrong number somewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.late import pa, pc
from metrics.core.pasted.numbers import is_number
from metrics.core.pasted.numbers import numbers as pasted
from metrics.core.pasted.numbers import shown as plainly
from metrics.core.pasted.wrong import NotRead
from metrics.core.rows.refusal import UploadError, UploadWarning, Warn, counted, shown
from metrics.core.rows.upload.limits import is_text

# Squares and sums of as many as are read stay far from what a double can hold.
LARGEST = 1e100

_NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_INFINITE = r"^[+-]?(?i:inf|infinity)$"


@dataclass(frozen=True)
class Column:
    """A raw column under the name it has after renaming; rows[i] is the data row, from 1, of cell i."""

    name: str
    array: Any
    rows: NDArray[np.int64]

    def refused(self, code: str, message: str, *, bad: Any = None, remedy: str = "") -> UploadError:
        """The error about this column, at the first row for which `bad` is true."""
        row = None if bad is None else self.first(bad)
        return UploadError(self.name, code, message, row=row, remedy=remedy)

    def warned(self, code: str, message: str, *, bad: Any = None, remedy: str = "") -> UploadWarning:
        """The warning about this column, at the first row for which `bad` is true."""
        row = None if bad is None else self.first(bad)
        return UploadWarning(field=self.name, code=code, message=message, row=row, remedy=remedy)

    def first(self, bad: Any) -> int:
        """The data row of the first cell for which a mask is true."""
        return int(self.rows[first_of(bad)])


def mask_of(bad: Any) -> NDArray[np.bool_]:
    """A mask as numpy's; null is false."""
    flat = bad.fill_null(False) if isinstance(bad, pa.Array | pa.ChunkedArray) else bad
    return np.asarray(flat, dtype=bool)


def how_many(bad: Any) -> int:
    """How often a mask is true."""
    return int(np.count_nonzero(mask_of(bad)))


def first_of(bad: Any) -> int:
    """The index of the first true in a mask."""
    return int(np.argmax(mask_of(bad)))


def plain(array: Any) -> Any:
    """The column as one array of its values: dictionaries written out, text of any width as string."""
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if is_text(array.type):
        array = array.cast(pa.string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


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
        raise column.refused("wrong_type", message, remedy="Write the column as numbers.")
    array = pc.if_else(pc.is_nan(array), pa.scalar(None, array.type), array)
    infinite = pc.is_inf(array)
    if how_many(infinite):
        message = f"{counted(how_many(infinite), 'cell')} of the column cannot be a finite number"
        raise column.refused("not_finite", message, bad=infinite, remedy="Leave the cell out or give a finite number.")
    return array


def _parsed(column: Column, text: Any) -> Any:
    try:
        values = pc.cast(text, pa.float64())
        if not how_many(pc.invert(pc.is_finite(values))):
            return values
    except pa.ArrowInvalid:
        pass
    bad = pc.invert(pc.match_substring_regex(text, _NUMBER))
    if not how_many(bad):
        # Well-formed, yet beyond what a double holds, such as 1e999: found infinite by the caller.
        return pc.cast(text, pa.float64())
    cell = str(text[first_of(bad)])
    if bool(np.any(mask_of(pc.match_substring_regex(pa.array([cell]), _INFINITE)))):
        message = f"{shown(cell)} is not a finite number"
        raise column.refused("not_finite", message, bad=bad, remedy="Leave the cell out or give a finite number.")
    remedy = "Write a decimal number; leave the cell empty where unknown."
    if "," in cell and is_number(cell):
        remedy = "Write decimals with a point, and thousands without a comma."
    raise column.refused("wrong_type", f"{shown(cell)} is not a number", bad=bad, remedy=remedy)


def is_numeric(array: Any) -> bool:
    """Whether every cell that is not empty is a number: by type, or for text by parsing it."""
    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    if not is_text(kind):
        return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))
    try:
        pc.cast(plain(array), pa.float64())
    except pa.ArrowInvalid:
        return False
    return bool(array.null_count < len(array))


def scores(column: Column) -> Any:
    """Probabilities in [0, 1], null where missing. Raises out_of_range with a guess at the scale."""
    values = numbers(column)
    bad = pc.or_(pc.less(values, 0), pc.greater(values, 1))
    if how_many(bad):
        low, high = (pc.min_max(values)[key].as_py() for key in ("min", "max"))
        remedy = "Scores are probabilities from 0 to 1."
        if low >= 0 and 2 < high <= 100:
            remedy = "They look like percents: divide by 100."
        elif low < -1:
            remedy = "They look like log-odds: send 1 / (1 + exp(−score))."
        first = values[first_of(bad)].as_py()
        message = f"{counted(how_many(bad), 'score')} outside [0, 1]; the first is {first:g}"
        raise column.refused("out_of_range", message, bad=bad, remedy=remedy)
    return values


def reals(column: Column) -> Any:
    """Finite numbers as double within ±1e100, null where empty. Raises as `numbers` does, and out_of_range."""
    values = numbers(column).cast(pa.float64())
    huge = pc.greater(pc.abs(values), LARGEST)
    if how_many(huge):
        message = f"{counted(how_many(huge), 'number')} beyond ±{LARGEST:g}"
        raise column.refused("out_of_range", message, bad=huge, remedy="Change the unit, or mend the cell.")
    return values


ANOTHER_SCALE = "Divide all weights by one number, such as their mean: only their proportions count."


def weights(column: Column) -> Any:
    """Finite weights of 0, or from 1e-50 to 1e12; none missing. Whether all of them are 0 only all rows tell.

    Only proportions count, so that weights lighter or heavier than that can be brought into it.
    """
    values = required(column, numbers(column).cast(pa.float64()), "weight")
    negative = pc.less(values, 0)
    if how_many(negative):
        raise column.refused("out_of_range", f"{counted(how_many(negative), 'weight')} below 0", bad=negative)
    huge = pc.greater(values, 1e12)
    if how_many(huge):
        raise column.refused(
            "out_of_range", f"{counted(how_many(huge), 'weight')} above 1e12", bad=huge, remedy=ANOTHER_SCALE
        )
    faint = pc.and_(pc.greater(values, 0), pc.less(values, 1e-50))
    if how_many(faint):
        raise column.refused(
            "out_of_range",
            f"{counted(how_many(faint), 'weight')} above 0 and below 1e-50",
            bad=faint,
            remedy=ANOTHER_SCALE,
        )
    return values


def amounts(column: Column, warn: Warn) -> Any:
    """Finite amounts of money, none missing (an empty one is not 0) and none beyond ±1e15.

    Text that people write, such as “1,250.00” or “€ 80”, is read by what the whole column says, and told.
    """
    other = f"rename the column if it is no amount: --rename {column.name}=other"
    remedy = f"Fill the cells, or {other}."
    column = _written_by_people(column, other, warn)
    values = required(column, numbers(column).cast(pa.float64()), "amount", remedy=remedy)
    huge = pc.greater(pc.abs(values), 1e15)
    if how_many(huge):
        raise column.refused(
            "out_of_range", f"{counted(how_many(huge), 'amount')} beyond ±1e15", bad=huge, remedy=remedy
        )
    return values


def _written_by_people(column: Column, other: str, warn: Warn) -> Column:
    """The column with amounts as people write them read; as it is where it holds numbers already."""
    array = plain(column.array)
    if not pa.types.is_string(array.type) or not how_many(pc.invert(pc.match_substring_regex(array, _NUMBER))):
        return column
    cells = pc.dictionary_encode(array)  # amounts repeat, and each is read once
    texts = cells.dictionary.to_pylist()
    try:
        found = pasted(texts)
    except NotRead as refused:
        wrong = refused.wrong[0]
        bad = pc.equal(array, texts[wrong.at])
        raise column.refused(wrong.code, wrong.message, bad=bad, remedy=f"{wrong.remedy}; or {other}.") from refused
    at = next(at for at, text in enumerate(texts) if not re.fullmatch(_NUMBER, text))
    message = "; ".join([f"{shown(texts[at])} is read as {plainly(found.values[at])}", *found.said])
    warn(column.warned("amounts_read", message, bad=pc.equal(array, texts[at])))
    values = pa.array([None if value is None else float(value) for value in found.values], pa.float64())
    return replace(column, array=values.take(cells.indices))


def required(column: Column, values: Any, noun: str, *, remedy: str = "") -> Any:
    """The values, where none is null. Raises missing_value with the count and the first row."""
    missing = pc.is_null(values)
    if how_many(missing):
        message = f"{counted(how_many(missing), 'row')} without {noun}; the first is row {column.first(missing):,}"
        raise column.refused("missing_value", message, bad=missing, remedy=remedy)
    return values


def checked_text(column: Column, text: Any, *, max_text: int) -> Any:
    """Text without NUL and no longer than the cap. Raises too_long or nul_byte, never quoting the cell."""
    long = pc.greater(pc.utf8_length(text), max_text)
    if how_many(long):
        message = (
            f"the text is {int(pc.max(pc.utf8_length(text)).as_py()):,} characters long; at most {max_text:,} are kept"
        )
        raise column.refused("too_long", message, bad=long, remedy="Shorten the text, or leave the column out.")
    nul = pc.match_substring(text, "\x00")
    if how_many(nul):
        message = "the text holds a NUL character, which no database keeps"
        raise column.refused("nul_byte", message, bad=nul, remedy="Take the character out.")
    return text
