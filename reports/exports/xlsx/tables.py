"""A table on a sheet of its own: numbers as numbers that read as printed, a total as a formula where it adds up."""

from __future__ import annotations

from math import fsum, isclose

from xlsxwriter.utility import xl_range
from xlsxwriter.worksheet import Worksheet

from reports.exports.csv import headed, second_lines
from reports.exports.document import Cell, Table
from reports.exports.numbers import number_format
from reports.exports.sheet import SHADES
from reports.exports.xlsx.book import Book, wide

FIRST = 4


def tabled(book: Book, table: Table) -> None:
    sheet = book.sheet(table.heading or table.name)
    book.say(sheet, 0, 0, table.heading, "heading")
    book.say(sheet, 1, 0, table.sub, "muted")
    seconds = second_lines(table)
    places, at = [], 0
    for column in range(len(table.columns)):
        places.append(at)
        at += 2 if column in seconds else 1
    for column, name in enumerate(headed(table)):
        right = column in {places[one] for one in table.right}
        book.say(sheet, FIRST - 1, column, name, "head", align="right" if right else "left")
    for n, row in enumerate(table.rows):
        last = table.total and n == len(table.rows) - 1
        for column, cell in enumerate(row):
            at = places[column]
            above = [other[column].number for other in table.rows[:n]]
            _cell(book, sheet, FIRST + n, at, cell, above if last else None, right=column in table.right)
            if column in seconds:
                book.say(sheet, FIRST + n, at + 1, cell.below, "note")
    widths = [wide([table.columns[at], *(row[at].text for row in table.rows)], 12, 48) for at in range(len(places))]
    for n, row in enumerate(table.rows):
        texts = [(cell.text, width) for cell, width in zip(row, widths, strict=True)]
        book.tall(sheet, FIRST + n, [*texts, *((cell.below, 40.0) for cell in row)])
    for column, at in enumerate(places):
        sheet.set_column(at, at, widths[column])
        if column in seconds:
            sheet.set_column(at + 1, at + 1, wide([row[column].below for row in table.rows], 12, 40))
    sheet.freeze_panes(FIRST, 1)
    sheet.repeat_rows(FIRST - 1)


def _cell(
    book: Book, sheet: Worksheet, row: int, column: int, cell: Cell, above: list[float | None] | None, *, right: bool
) -> None:
    more = {"bg_color": f"#{SHADES[cell.shade]}"} if cell.shade else {}
    look = "total" if above is not None else "strong" if cell.strong or column == 0 else "text"
    shown = None if cell.number is None else number_format(cell.number, cell.text)
    if above is not None and cell.number is not None:
        known = [number for number in above if number is not None]
        if shown is not None and known and isclose(fsum(known), cell.number, rel_tol=1e-9, abs_tol=1e-9):
            span = xl_range(row - len(above), column, row - 1, column)
            sheet.write_formula(
                row, column, f"=SUM({span})", book.look(look, num_format=shown, align="right", **more), cell.number
            )
            return
        shown = None  # no sum of what stands above: it is printed, not computed
    if shown is not None and cell.number is not None:
        sheet.write_number(row, column, cell.number, book.look(look, num_format=shown, align="right", **more))
    else:
        book.say(sheet, row, column, cell.text, look, align="right" if right else "left", text_wrap=True, **more)
