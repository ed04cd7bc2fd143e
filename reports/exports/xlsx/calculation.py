"""How one product's money is computed, live: inputs that may be changed, lines and totals that follow."""

from __future__ import annotations

import re
from collections.abc import Mapping

from xlsxwriter.worksheet import Worksheet

from metrics.core.unit_names import unit_words
from reports.exports.document import Calculation, Computed, Input
from reports.exports.numbers import by_unit
from reports.exports.sheet import graded
from reports.exports.xlsx.book import Book, wide
from reports.exports.xlsx.expression import formula
from reports.exports.xlsx.summary import Total

INPUT_HEAD = ("What", "Month", "Value", "Unit", "80 % band", "Grade", "Source", "Holds until")
LINE_HEAD = ("What", "Month", "Value", "Unit", "Band as issued", "Computed as")
NOTE = (
    "The yellow cells may be changed: all below them and the totals of Summary follow. "
    "The sheet is locked, without a password."
)
VALUE = 2
LINE = 140
NAME = re.compile(r"[^\W\d]\w*")


def calculated(book: Book, calculation: Calculation) -> Total | None:
    """The sheet of one calculation; what it comes to, None where no line is a total."""
    sheet = book.sheet(f"Calculation {calculation.product}")
    name = sheet.get_name()
    book.say(sheet, 0, 0, f"How the money of {calculation.product} is computed", "heading")
    at = 1
    for line in (*([NOTE] if any(one.assumed for one in calculation.inputs) else []), *calculation.fixed):
        book.say(sheet, at, 0, line, "muted")
        at += 1
    at += 1
    if calculation.inputs:
        at = _inputs(book, sheet, at, calculation.inputs) + 2
    _lines(book, sheet, at, calculation)
    held: list[Input | Computed] = [*calculation.inputs, *calculation.lines]
    labels = [one.label for one in held]
    sheet.set_column(0, 0, wide(labels, 28, 56))
    sheet.set_column(1, 1, 12)
    sheet.set_column(2, 2, wide([f"{one.value:,.2f}00" for one in held], 16, 28))
    sheet.set_column(3, 3, wide([one.unit for one in held], 10, 20))
    sheet.set_column(4, 4, wide([one.band for one in held], 16, 36))
    sheet.set_column(5, 5, 14)
    sheet.set_column(6, 6, wide([one.source for one in calculation.inputs], 12, 40))
    sheet.set_column(7, 7, 12)
    sheet.protect("", {"format_cells": True, "format_columns": True, "format_rows": True, "objects": False})
    total = next((line for line in reversed(calculation.lines) if line.total), None)
    if total is None:
        return None
    return Total(
        label=f"{calculation.product}: {total.label}",
        value=total.value,
        unit=total.unit,
        band=total.band,
        cell=book.cells[total.name],
        sheet=name,
    )


def _inputs(book: Book, sheet: Worksheet, at: int, inputs: tuple[Input, ...]) -> int:
    for column, head in enumerate(INPUT_HEAD):
        book.say(sheet, at, column, head, "head", align="right" if column == VALUE else "left")
    sheet.freeze_panes(at + 1, 1)
    for one in inputs:
        at += 1
        book.say(sheet, at, 0, one.label, "wrapped")
        look = book.look("input" if one.assumed else "fact", num_format=by_unit(one.value, one.unit), align="right")
        sheet.write_number(at, VALUE, one.value, look)
        _names(book, sheet, one.name, at)
        book.say(sheet, at, 3, unit_words(one.unit))
        book.say(sheet, at, 4, one.band, "muted")
        book.say(sheet, at, 5, graded(one.grade))
        book.say(sheet, at, 6, one.source, "note")
        if one.holds_until:
            book.say(sheet, at, 7, f"{one.holds_until.day} {one.holds_until:%b %Y}")
        if one.assumed:
            words = f"Assumption: as issued {one.value!r}"[:250]
            sheet.data_validation(
                at, VALUE, at, VALUE, {"validate": "any", "input_title": "May be changed", "input_message": words}
            )
    return at


def _lines(book: Book, sheet: Worksheet, at: int, calculation: Calculation) -> None:
    for column, head in enumerate(LINE_HEAD):
        book.say(sheet, at, column, head, "head", align="right" if column == VALUE else "left")
    labels = {**book.labels, **{one.name: one.label for one in calculation.inputs}}
    if at < 4:
        sheet.freeze_panes(at + 1, 1)
    for one in calculation.lines:
        at += 1
        labels[one.name] = one.label
        book.labels[one.name] = f"{calculation.product}: {one.label}"
        book.say(sheet, at, 0, one.label, "total" if one.total else "wrapped")
        book.say(sheet, at, 1, one.month, "total" if one.total else "text")
        look = book.look("total" if one.total else "text", num_format=by_unit(one.value, one.unit), align="right")
        sheet.write_formula(at, VALUE, formula(one.expression, _seen_from(sheet, book.cells)), look, one.value)
        _names(book, sheet, one.name, at)
        book.say(sheet, at, 3, unit_words(one.unit), "total" if one.total else "text")
        book.say(sheet, at, 4, one.band, "total" if one.total else "muted")
        book.say(sheet, at, 5, _in_words(one.expression, labels), "muted", font_size=8)


def _in_words(expression: str, labels: Mapping[str, str]) -> str:
    """The expression with labels for names; "" where it would be longer than a line."""
    words = NAME.sub(lambda match: labels.get(match[0], match[0]), expression)
    for sign, shown in ((" * ", " × "), (" - ", " − "), (" / ", " ÷ ")):
        words = words.replace(sign, shown)
    return words if len(words) <= LINE else ""


def _names(book: Book, sheet: Worksheet, name: str, at: int) -> None:
    if name in book.cells:
        raise ValueError(f"{name!r} names two lines of this document")
    quoted = sheet.get_name().replace("'", "''")
    book.cells[name] = f"'{quoted}'!C{at + 1}"


def _seen_from(sheet: Worksheet, cells: Mapping[str, str]) -> dict[str, str]:
    """Cells as this sheet writes them: its own without their sheet."""
    own = "'{}'!".format(sheet.get_name().replace("'", "''"))
    return {name: cell.removeprefix(own) for name, cell in cells.items()}
