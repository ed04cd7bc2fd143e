"""Ids of an upload as text: whole numbers as decimals, text as it stands, and what a float column did to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from metrics.core.late import pa, pc
from metrics.core.rows.refusal import UploadError, Warn, counted, shown
from metrics.core.rows.upload.cells import checked_text, require
from metrics.core.rows.upload.column import Cells, Column, first_of, how_many, plain

EACH_AN_ID = "Give every row an id of its own."
AS_TEXT = "Write ids as text, or as whole numbers, where they are made: a column of floats keeps 15 digits of them."

_LAST_EXACT = {16: 2**11, 32: 2**24, 64: 2**53}  # whole numbers that a float of so many bits holds one by one
_WITH_EXPONENT = r"^[+-]?[0-9](\.[0-9]+)?[eE]\+[0-9]+$"
_WITH_FRACTION = r"^[+-]?[0-9]+\.0+$"
_WHOLE = r"^[+-]?[0-9]+(\.0+)?$"
LONG = 16  # digits: more than a float, or a cell of a spreadsheet, can hold


@dataclass
class FloatIds:
    """Whether a column of floats wrote ids: some as 1000.0, and each as a whole number."""

    some: bool = False
    other: bool = False

    def look(self, text: Any) -> None:
        """At more ids; as few as tell it."""
        self.some = self.some or bool(how_many(_like(text, ".0", _WITH_FRACTION)))
        self.other = self.other or bool(how_many(pc.invert(pc.match_substring_regex(text, _WHOLE))))

    def merge(self, more: FloatIds) -> None:
        self.some, self.other = self.some or more.some, self.other or more.other

    @property
    def floats(self) -> bool:
        return self.some and not self.other


def identifiers(
    cells: Cells, *, max_text: int, warn: Warn, remedy: str = EACH_AN_ID, floats: bool | None = None
) -> Iterator[Any]:
    """Ids as text: integers as decimal, text as it stands (0000007 stays so). None missing, blank or too long.

    Ids that went through floats come as 1000.0, or as 4.87e+18 with their last digits lost. The first are read as 1000
    and told, where every id is a whole number; the second are refused (lost_digits). floats: whether a column of
    floats wrote texts of which these are some; None: these are all, and tell it.
    """
    fractions = _fractions(cells) if floats is None or not cells.text else floats

    def check(column: Column) -> Any:
        array = plain(column.array)
        if pa.types.is_floating(array.type):
            array = _from_floats(column, array)
        elif not (
            pa.types.is_string(array.type)
            or pa.types.is_integer(array.type)
            or (pa.types.is_decimal(array.type) and array.type.scale == 0)
        ):
            message = f"ids are {shown(array.type)}; they must be text or whole numbers"
            raise UploadError(column.name, "wrong_type", message, remedy="Write the ids as text.")
        text = array.cast(pa.string())
        require(column, text, "id", remedy=remedy)
        blank = pc.equal(pc.utf8_trim_whitespace(text), "")
        words = lambda found: f"{counted(found.count, 'row')} with a blank id"  # noqa: E731
        column.refuse(blank, "missing_value", words, remedy=remedy)
        _check_digits(column, text, _like(text, "+", _WITH_EXPONENT))
        if fractions:
            text = _without_fractions(column, text)
        return checked_text(column, text, max_text=max_text)

    return cells.checked(check, warn)


def _fractions(cells: Cells) -> bool:
    """Whether ids were written by a column of floats: some as 1000.0, and each as a whole number."""
    if pa.types.is_floating(cells.kind):
        return True
    if not cells.text or not any(how_many(_like(text, ".0", _WITH_FRACTION)) for text in cells.arrays()):
        return False
    return not any(how_many(pc.invert(pc.match_substring_regex(text, _WHOLE))) for text in cells.arrays())


def _like(text: Any, part: str, pattern: str) -> Any:
    """A mask of the texts of a pattern, all of which have a part: looked for first, as that is quick."""
    having = pc.match_substring(text, part)
    return pc.match_substring_regex(text, pattern) if how_many(having) else having


def _from_floats(column: Column, array: Any) -> Any:
    """Floats as text with a fraction, which is taken off later with what text came with one."""
    values = array.cast(pa.float64())
    bad = pc.or_(pc.not_equal(values, pc.trunc(values)), pc.is_inf(values))
    first = shown(values[first_of(bad)])
    remedy = "Is another column the id? Write ids as text."
    column.refuse(bad, "wrong_type", f"{first} is no id: the column holds decimal numbers", remedy=remedy)
    _check_digits(column, values, pc.greater(pc.abs(values), _LAST_EXACT[array.type.bit_width]))
    whole = pc.if_else(pc.is_nan(values), pa.scalar(None, pa.float64()), values).cast(pa.int64())
    return pc.binary_join_element_wise(whole.cast(pa.string()), ".0", "")


def _without_fractions(column: Column, text: Any) -> Any:
    """Ids that a column of floats wrote as 1000.0, as 1000."""
    fractions = pc.match_substring_regex(text, _WITH_FRACTION)
    whole = pc.replace_substring_regex(text, r"\.0+$", "")
    _check_digits(column, text, pc.and_(fractions, pc.greater_equal(pc.utf8_length(whole), LONG + 1)))
    example, read = shown(text[first_of(fractions)]), shown(whole[first_of(fractions)])

    def words(found: Any) -> str:
        message = f"{counted(found.count, 'id')} such as {example}, as a column of floats writes whole numbers, "
        return f"{message}read as {read}"

    column.tell(fractions, "float_ids", words, remedy="Write ids as text, or as whole numbers.")
    return whole


def _check_digits(column: Column, cells: Any, bad: Any) -> None:
    first = shown(cells[first_of(bad)])

    def words(found: Any) -> str:
        message = f"{counted(found.count, 'id')} written as floating-point numbers, such as {first}: "
        return f"{message}their last digits are lost"

    column.refuse(bad, "lost_digits", words, remedy=AS_TEXT)
