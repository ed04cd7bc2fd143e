"""The workbook while it is written: its sheets, their names, the looks of cells, the one way a text gets into one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import ceil
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from metrics.core.pasted.inert import RISKY
from reports.exports.document import Document
from reports.exports.numbers import number_format
from reports.exports.sheet import clean, colour

FONT = "Arial"  # stands on every machine; Inter does not
REFUSED = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
LONGEST = 31
CELL = 32767

LOOKS: dict[str, dict[str, Any]] = {
    "text": {},
    "wrapped": {"text_wrap": True},
    "title": {"bold": True, "font_size": 18},
    "heading": {"bold": True, "font_size": 13},
    "muted": {"font_color": f"#{colour('muted')}"},
    "note": {"font_color": f"#{colour('muted')}", "text_wrap": True},
    "head": {
        "bold": True,
        "font_color": f"#{colour('muted')}",
        "bottom": 1,
        "bottom_color": f"#{colour('line-strong')}",
        "text_wrap": True,
        "valign": "bottom",
    },
    "strong": {"bold": True},
    "input": {
        "bg_color": "#FFF8E1",
        "border": 1,
        "border_color": f"#{colour('chart-target')}",
        "font_color": f"#{colour('accent')}",
        "locked": False,
    },
    "fact": {"font_color": f"#{colour('accent')}"},
    "total": {"bold": True, "top": 1, "top_color": f"#{colour('line-strong')}"},
}


class Book:
    """Sheets by name, looks by what they are; a look is made once."""

    def __init__(self, workbook: Workbook, document: Document) -> None:
        self.workbook = workbook
        self.document = document
        self.cells: dict[str, str] = {}  # the name of an input or a line → its cell, with its sheet
        self.labels: dict[str, str] = {}  # and → what people call it
        self._names: set[str] = set()
        self._looks: dict[tuple[Any, ...], Format] = {}
        workbook.formats[0].set_font_name(FONT)
        workbook.formats[0].set_font_size(10)

    def sheet(self, name: str) -> Worksheet:
        """A sheet ready for print, under a name that no other has."""
        plain = REFUSED.sub(" ", clean(name)).strip().strip("'")[:LONGEST] or "Sheet"
        free, at = plain, 2
        while free.casefold() in self._names or free.casefold() == "history":
            end = f" {at}"
            free, at = plain[: LONGEST - len(end)] + end, at + 1
        self._names.add(free.casefold())
        sheet = self.workbook.add_worksheet(free)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
        sheet.set_footer(f"&L{_in_footer(self.document.foot)}&R&P / &N")
        return sheet

    def look(self, name: str, **more: Any) -> Format:
        if more.get("align") == "right":
            more = {"indent": 1, **more}
        key = (name, *sorted(more.items()))
        if key not in self._looks:
            self._looks[key] = self.workbook.add_format(
                {"font_name": FONT, "font_size": 10, "valign": "top", **LOOKS[name], **more}
            )
        return self._looks[key]

    def say(self, sheet: Worksheet, row: int, column: int, text: str, look: str = "text", **more: Any) -> None:
        """A text in a cell, never a formula: one that begins with = + - @ is marked as text in the file as well."""
        text = clean(text)[:CELL]
        if not text:
            sheet.write_blank(row, column, None, self.look(look, **more))
            return
        if text.startswith(RISKY):
            more = {**more, "quote_prefix": True}
        sheet.write_string(row, column, text, self.look(look, **more))

    def tall(self, sheet: Worksheet, row: int, texts: Iterable[tuple[str, float]], line: float = 13.5) -> None:
        """As many lines as the longest of these (text, width of its column) takes: not every program does it itself."""
        lines = max((ceil(len(text) / width) for text, width in texts), default=1)
        sheet.set_row(row, line * max(lines, 1) + 2)

    def printed(
        self, sheet: Worksheet, row: int, column: int, number: float | None, text: str, look: str = "text", **more: Any
    ) -> None:
        """A number that reads as its text; the text itself where no format makes it so, or where there is no number."""
        shown = None if number is None else number_format(number, text)
        if shown is None or number is None:
            self.say(sheet, row, column, text, look, align="right", **more)
        else:
            sheet.write_number(row, column, number, self.look(look, num_format=shown, align="right", **more))


def _in_footer(text: str) -> str:
    return text.replace("&", "&&")[:180]


def wide(texts: list[str], least: float = 8, most: float = 60) -> float:
    """The width of a column, in letters, that holds its texts."""
    return min(max([least, *(len(text) * 1.05 + 2 for text in texts)]), most)
