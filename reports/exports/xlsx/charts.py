"""The charts of a document on one sheet: the values of each, and beside them a native chart that is fed from these."""

from __future__ import annotations

from typing import Any

from xlsxwriter.chart import Chart
from xlsxwriter.worksheet import Worksheet

from reports.exports.document import Drawn
from reports.exports.native import Column, axis_start, columns, letters_of
from reports.exports.numbers import on_axis
from reports.exports.sheet import colour
from reports.exports.xlsx.book import FONT, Book

WIDE, HIGH, ROWS = 640, 340, 24
RIGHT = 15  # charts stand right of the widest block of values
NUMBER = '#,##0.##;"−"#,##0.##'


def charted(book: Book) -> None:
    drawn = [block for block in book.document.blocks() if isinstance(block, Drawn)]
    if not drawn:
        return
    sheet = book.sheet("Charts")
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, RIGHT - 1, 12)
    right = max(len(columns(one)) for one in drawn) + 2
    at = 0
    for one in drawn:
        at = _one(book, sheet, at, one, right)


def _one(book: Book, sheet: Worksheet, at: int, drawn: Drawn, right: int) -> int:
    book.say(sheet, at, 0, drawn.heading, "heading")
    book.say(sheet, at + 1, 0, drawn.sub, "muted")
    book.say(sheet, at + 2, 0, drawn.says, "muted")
    held = columns(drawn)
    first = at + 4
    values(book, sheet, first, drawn, held)
    made = picture(book, sheet.get_name(), first, drawn, held)
    if made is not None:
        made.set_size({"width": WIDE, "height": HIGH})
        sheet.insert_chart(at, right, made, {"description": drawn.says, "object_position": 2})
    return max(first + len(drawn.labels) + 3, at + ROWS)


def values(book: Book, sheet: Worksheet, first: int, drawn: Drawn, held: list[Column]) -> None:
    """The head at row `first`, then a row a label; columns that only place marks are formulas."""
    letters = letters_of(held)
    book.say(sheet, first, 0, drawn.unit, "head")
    for column, one in enumerate(held, 1):
        book.say(sheet, first, column, one.name, "head", align="right")
    for n, label in enumerate(drawn.labels):
        row = first + 1 + n
        book.say(sheet, row, 0, label)
        for column, one in enumerate(held, 1):
            value = one.values[n]
            look = book.look("muted" if one.formula else "text", num_format=NUMBER)
            if one.formula is not None:
                sheet.write_formula(row, column, one.formula(letters, row + 1, n > 0), look, value)
            elif value is not None:
                sheet.write_number(row, column, value, look)


def picture(book: Book, name: str, first: int, drawn: Drawn, held: list[Column]) -> Chart | None:
    """The native chart over those cells; None where nothing is there to draw."""
    if not drawn.labels or not any(one.mark for one in held):
        return None
    rows = (first + 1, first + len(drawn.labels))

    def series(one: Column) -> dict[str, Any]:
        at = held.index(one) + 1
        return {
            "name": [name, first, at],
            "categories": [name, rows[0], 0, rows[1], 0],
            "values": [name, rows[0], at, rows[1], at],
            **_marks(one),
        }

    kinds = {
        "area": ("area", "stacked"),
        "line": ("line", None),
        "bar": ("column", "stacked" if drawn.kind == "bridge" else None),
    }
    made: Chart | None = None
    unnamed, drawn_so_far = [], 0
    for mark, (kind, subtype) in kinds.items():
        of_mark = [one for one in held if one.mark == mark]
        if not of_mark:
            continue
        part = book.workbook.add_chart({"type": kind, **({"subtype": subtype} if subtype else {})})
        for one in of_mark:
            part.add_series(series(one))
            if not one.named:
                unnamed.append(drawn_so_far)
            drawn_so_far += 1
        if made is None:
            made = part
        else:
            made.combine(part)
    if made is not None:
        _axes(made, drawn, held, unnamed)
    return made


def _marks(one: Column) -> dict[str, Any]:
    if one.clear:
        return {"fill": {"none": True}, "border": {"none": True}, "line": {"none": True}}
    if one.mark == "area":
        return {"fill": {"color": f"#{one.colour}", "transparency": 55 if one.faint else 0}, "border": {"none": True}}
    if one.mark == "line":
        look: dict[str, Any] = {
            "line": {"color": f"#{one.colour}", "width": 2, **({"dash_type": "dash"} if one.dashed else {})}
        }
        if one.dotted:
            look["marker"] = {
                "type": "circle",
                "size": 6,
                "fill": {"color": f"#{one.colour}"},
                "border": {"none": True},
            }
        return look
    look = {"fill": {"color": f"#{one.colour or colour('chart-neutral')}"}, "border": {"none": True}, "gap": 60}
    if one.shades:
        look["points"] = [{"fill": {"color": f"#{shade}"}, "border": {"none": True}} for shade in one.shades]
    return look


def _axes(made: Chart, drawn: Drawn, held: list[Column], unnamed: list[int]) -> None:
    known = [value for one in held if not one.clear for value in one.values if value is not None]
    font = {"name": FONT, "size": 9, "color": f"#{colour('muted')}"}
    start = axis_start(drawn)
    made.set_title({"name": drawn.heading, "overlay": False, "name_font": {"name": FONT, "size": 11, "bold": True}})
    made.set_x_axis(
        {
            "num_font": font,
            "line": {"color": f"#{colour('line-strong')}"},
            "label_position": "low",
            "position_axis": "on_tick" if drawn.kind == "fan" else "between",
        }
    )
    made.set_y_axis(
        {
            "num_format": on_axis(known),
            "num_font": font,
            "line": {"none": True},
            "major_gridlines": {"visible": True, "line": {"color": f"#{colour('line')}"}},
            "name": f"{drawn.unit}; does not start at 0" if start else drawn.unit,
            "name_font": {**font, "bold": False},
            **({"min": start} if start else {}),
        }
    )
    shown = sum(1 for one in held if one.mark and one.named)
    if shown > 1:
        made.set_legend({"position": "bottom", "font": font, "delete_series": unnamed})
    else:
        made.set_legend({"none": True})
    made.show_blanks_as("gap")
