"""Ids of an upload as text: whole numbers as decimals, text as it stands, and what a float column did to them."""

from __future__ import annotations

from typing import Any

from metrics.core.late import pa, pc
from metrics.core.rows.refusal import Warn, counted, shown
from metrics.core.rows.upload.cells import Column, checked_text, first_of, how_many, plain, required

EACH_AN_ID = "Give every row an id of its own."
AS_TEXT = "Write ids as text, or as whole numbers, where they are made: a column of floats keeps 15 digits of them."

_LAST_EXACT = {16: 2**11, 32: 2**24, 64: 2**53}  # whole numbers that a float of so many bits holds one by one
_WITH_EXPONENT = r"^[+-]?[0-9](\.[0-9]+)?[eE]\+[0-9]+$"
_WITH_FRACTION = r"^[+-]?[0-9]+\.0+$"
_WHOLE = r"^[+-]?[0-9]+(\.0+)?$"
LONG = 16  # digits: more than a float, or a cell of a spreadsheet, can hold


def identifiers(column: Column, *, max_text: int, warn: Warn, remedy: str = EACH_AN_ID) -> Any:
    """Ids as text: integers as decimal, text as it stands (0000007 stays so). None missing, blank or too long.

    Ids that went through floats come as 1000.0, or as 4.87e+18 with their last digits lost. The first are read as 1000
    and told, where every id is a whole number; the second are refused (lost_digits).
    """
    array = plain(column.array)
    if pa.types.is_floating(array.type):
        array = _from_floats(column, array)
    elif not (
        pa.types.is_string(array.type)
        or pa.types.is_integer(array.type)
        or (pa.types.is_decimal(array.type) and array.type.scale == 0)
    ):
        message = f"ids are {shown(array.type)}; they must be text or whole numbers"
        raise column.refused("wrong_type", message, remedy="Write the ids as text.")
    text = required(column, array.cast(pa.string()), "id", remedy=remedy)
    blank = pc.equal(pc.utf8_trim_whitespace(text), "")
    if how_many(blank):
        message = f"{counted(how_many(blank), 'row')} with a blank id"
        raise column.refused("missing_value", message, bad=blank, remedy=remedy)
    return checked_text(column, _without_fractions(column, text, warn), max_text=max_text)


def _from_floats(column: Column, array: Any) -> Any:
    """Floats as text with a fraction, which is taken off later with what text came with one."""
    values = array.cast(pa.float64())
    bad = pc.or_(pc.not_equal(values, pc.trunc(values)), pc.is_inf(values))
    if how_many(bad):
        message = f"{shown(values[first_of(bad)])} is no id: the column holds decimal numbers"
        raise column.refused("wrong_type", message, bad=bad, remedy="Is another column the id? Write ids as text.")
    _check_digits(column, values, pc.greater(pc.abs(values), _LAST_EXACT[array.type.bit_width]))
    whole = pc.if_else(pc.is_nan(values), pa.scalar(None, pa.float64()), values).cast(pa.int64())
    return pc.binary_join_element_wise(whole.cast(pa.string()), ".0", "")


def _without_fractions(column: Column, text: Any, warn: Warn) -> Any:
    """The ids; those that a column of floats wrote as 1000.0 as 1000, where all are whole numbers."""
    _check_digits(column, text, pc.match_substring_regex(text, _WITH_EXPONENT))
    fractions = pc.match_substring_regex(text, _WITH_FRACTION)
    if not how_many(fractions) or how_many(pc.invert(pc.match_substring_regex(text, _WHOLE))):
        return text
    whole = pc.replace_substring_regex(text, r"\.0+$", "")
    _check_digits(column, text, pc.and_(fractions, pc.greater_equal(pc.utf8_length(whole), LONG + 1)))
    message = f"{counted(how_many(fractions), 'id')} such as {shown(text[first_of(fractions)])}, as a column of floats "
    message += f"writes whole numbers, read as {shown(whole[first_of(fractions)])}"
    warn(column.warned("float_ids", message, bad=fractions, remedy="Write ids as text, or as whole numbers."))
    return whole


def _check_digits(column: Column, cells: Any, bad: Any) -> None:
    if how_many(bad):
        message = f"{counted(how_many(bad), 'id')} written as floating-point numbers, such as "
        message += f"{shown(cells[first_of(bad)])}: their last digits are lost"
        raise column.refused("lost_digits", message, bad=bad, remedy=AS_TEXT)
