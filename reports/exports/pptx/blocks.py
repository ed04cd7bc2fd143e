"""Each kind of block on a slide, at (left, top, width)."""

from __future__ import annotations

from typing import Any

from lxml import etree
from pptx.dml.color import RGBColor
from pptx.enum.text import PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Pt

from reports.exports import sheet
from reports.exports.document import Block, Document, Drawn, Figures, Printed, Sentences, Signature, Signatures, Table
from reports.exports.pptx import charts
from reports.exports.pptx.parts import POINT, Run, box, emu, numbered, rule, says, words, write
from reports.exports.sheet import SIGNS, SOFT, SUB, TINY, colour

PLAIN_TABLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"


def placed(document: Document, shapes: Any, block: Block, left: float, top: float, width: float, height: float) -> None:
    heading, sub = block.heading, getattr(block, "sub", "")
    used = sheet.heading_height(heading, sub, width)
    if used:
        lines = [[Run(heading, sheet.HEADING, strong=True)]] if heading else []
        lines += [[Run(sub, SUB, colour("muted"))]] if sub else []
        words(shapes, (left, top, width, used - 8), lines, after=3)
    top += used
    match block:
        case Sentences():
            _sentences(shapes, block, left, top, width)
        case Figures():
            _figures(shapes, block, left, top, width)
        case Drawn():
            if not charts.drawn(document, shapes, (left, top, width, height - used), block):
                _muted(shapes, (left, top, width, sheet.tall(block.says, SUB, width)), block.says)
        case Table():
            _table(shapes, block, left, top, width)
        case Signatures():
            _signatures(shapes, block, left, top, width)


def _sentences(shapes: Any, block: Sentences, left: float, top: float, width: float) -> None:
    if not block.numbered:
        high = sum(sheet.tall(line, 16, width) + 6 for line in block.lines)
        words(shapes, (left, top, width, high), [[Run(line, 15)] for line in block.lines], after=6, spacing=1.15)
        return
    high = sum(sheet.tall(line, sheet.LINES, width - 34) + 22 for line in block.lines)
    lines = [[Run(line, sheet.LINES)] for line in block.lines]
    listed = words(shapes, (left, top, width, high), lines, spacing=1.15, after=22)
    for paragraph in listed.text_frame.paragraphs:
        numbered(paragraph, colour("accent"))


def grade_runs(grade: str, size: float = 13) -> list[Run]:
    """ "C assumed", "A to C": the letters strong."""
    found = sheet.letters(grade)
    if len(found) == 1:
        return [Run(found[0], size, strong=True), Run(f" {sheet.GRADES[found[0]]}", size, colour("muted"))]
    runs: list[Run] = []
    for n, letter in enumerate(found):
        runs += [Run(" to ", size, colour("muted"))] if n else []
        runs.append(Run(letter, size, strong=True))
    return runs


def _figures(shapes: Any, block: Figures, left: float, top: float, width: float) -> None:
    rest = block.figures
    if block.hero and rest:
        top += _hero(shapes, rest[0], left, top, width)
        rest = rest[1:]
    across = sheet.across_figures(block, width)
    high, room = sheet.figure_height(block, width), width / across
    labels = sheet.label_height(block.figures, room - 20)
    for n, figure in enumerate(rest):
        row, column = divmod(n, across)
        at, y = left + column * room + (20 if column else 0), top + row * high
        inner = room - (20 if column else 0) - (20 if column < across - 1 else 0)
        if column == 0:
            rule(shapes, left, y, width)
        else:
            rule(shapes, left + column * room, y, 0, high)
        _figure(shapes, figure, (at, y + 12, inner, labels), sheet.VALUE, sheet.UNIT)
        beside = y + 14 + labels + sheet.VALUE * 1.35
        _muted(shapes, (at, beside, inner, sheet.tall(figure.beside, SUB, inner)), figure.beside)
        if n == len(rest) - 1:
            rule(shapes, left, y + high, width)


def _hero(shapes: Any, figure: Printed, left: float, top: float, width: float) -> float:
    """The first figure, large, with its band; the room that it took."""
    labels = sheet.label_height([figure], width)
    _figure(shapes, figure, (left, top, width, labels), sheet.HERO, 22)
    at = top + labels + sheet.HERO * 1.3 + 4
    if figure.bands and figure.number is not None:
        _whisker(shapes, figure, left, at, width)
        at += 20
    high = sheet.tall(figure.beside, SUB, width)
    _muted(shapes, (left, at, width, high), figure.beside)
    return at + high + 12 - top


def _muted(shapes: Any, at: tuple[float, float, float, float], text: str) -> None:
    if text:
        words(shapes, at, [[Run(text, SUB, colour("muted"))]])


def _figure(shapes: Any, figure: Printed, at: tuple[float, float, float, float], size: float, unit: float) -> None:
    """The label, in the height given for it, the grade to its right, and the value below both."""
    left, top, width, high = at
    graded = grade_runs(figure.grade)
    room = sheet.grade_width(figure.grade)
    _muted(shapes, (left, top, width - room, high), figure.label)
    if graded:
        words(shapes, (left + width - room, top, room, 18), [graded], align="right")
    value = [Run(figure.value, size, strong=True)]
    if figure.unit:
        value.append(Run(f"\u00a0{figure.unit}", unit, colour("muted")))
    words(shapes, (left, top + high, width, size * 1.3), [value])


def _whisker(shapes: Any, figure: Printed, left: float, top: float, width: float) -> None:
    """The band as a drawing: thick and thin, the point, zero where it lies within."""
    ends = [end for band in figure.bands for end in band] + [figure.number or 0.0]
    room = max((max(ends) - min(ends)) * 0.12, 1e-12)
    low, high = min(ends) - room, max(ends) + room

    def at(value: float) -> float:
        return left + (value - low) / (high - low) * width

    group = shapes.add_group_shape()
    group.name = "Band"
    rule(group.shapes, left, top + 8, width)
    for n, band in reversed(list(enumerate(figure.bands))):
        thick = 2 if n else 6
        box(
            group.shapes,
            (at(band[0]), top + 8 - thick / 2, at(band[1]) - at(band[0]), thick),
            colour("chart-band"),
            round_by=thick / 2,
        )
    if min(ends) < 0 < max(ends):
        rule(group.shapes, at(0), top + 1, 0, 14, colour("ink"), 1.5)
    box(group.shapes, (at(figure.number or 0.0) - 5, top + 3, 10, 10), colour("accent"), oval=True)
    says(group, ", ".join(part for part in (figure.label, figure.text, figure.beside) if part))


def _table(shapes: Any, table: Table, left: float, top: float, width: float) -> None:
    if not table.columns:
        return
    widths = sheet.column_widths(table, width)
    heights = [sheet.head_height(table, widths), *(sheet.row_height(table, row, widths) for row in table.rows)]
    frame = shapes.add_table(len(heights), len(widths), emu(left), emu(top), emu(width), emu(sum(heights)))
    frame.name = "Table"
    says(frame, ": ".join(part for part in (table.heading or table.name, table.sub) if part))
    made = frame.table
    made._tbl.tblPr.find(qn("a:tableStyleId")).text = PLAIN_TABLE
    made.first_row, made.horz_banding, made.first_col, made.last_row = True, False, False, table.total
    for column, room in enumerate(widths):
        made.columns[column].width = emu(room)
    for n, high in enumerate(heights):
        made.rows[n].height = emu(high)
    ink = colour("line-strong")
    for column, name in enumerate(table.columns):
        _cell(
            made.cell(0, column),
            [[Run(name, sheet.SMALL, colour("muted"), strong=True)]],
            column in table.right,
            ink,
            edge=column,
        )
    size = sheet.text_size(table)
    for n, row in enumerate(table.rows, 1):
        last = table.total and n == len(table.rows)
        for column, cell in enumerate(row):
            lines = [[Run(cell.text, size, strong=cell.strong or column == 0 or last)]]
            lines += [[Run(cell.below, TINY, colour("muted"))]] if cell.below else []
            under = ink if table.total and n == len(table.rows) - 1 else colour("line")
            fill = sheet.SHADES[cell.shade] if cell.shade else ""
            _cell(made.cell(n, column), lines, column in table.right, under, fill, edge=column)


def _cell(cell: Any, lines: list[list[Run]], right: bool, under: str, fill: str = "", edge: int = 1) -> None:
    cell.margin_left, cell.margin_right = emu(0 if edge == 0 else 8), emu(8)
    cell.margin_top, cell.margin_bottom = emu(4), emu(4)
    frame = cell.text_frame
    frame.word_wrap = True
    for n, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if n == 0 else frame.add_paragraph()
        if right:
            paragraph.alignment = PP_ALIGN.RIGHT
        write(paragraph, line)
    properties = cell._tc.get_or_add_tcPr()
    border = etree.SubElement(properties, qn("a:lnB"), w=str(Pt(POINT)))
    etree.SubElement(etree.SubElement(border, qn("a:solidFill")), qn("a:srgbClr"), val=under.upper())
    if fill:
        cell.fill.solid()
        cell.fill.fore_color.rgb = RGBColor.from_string(fill.upper())


def _signatures(shapes: Any, block: Signatures, left: float, top: float, width: float) -> None:
    for one in block.signatures:
        _signature(shapes, one, left, top, width)
        top += sheet.signed_height(one, width)
        if one.remark:
            high = sheet.tall(one.remark, 16, width - 24)
            rule(shapes, left + 2, top, 0, high, colour("line-strong"), 3)
            words(shapes, (left + 18, top, width - 24, high), [[Run(f"“{one.remark}”", 15)]], spacing=1.15)
            top += sheet.remark_height(one, width)


def _signature(shapes: Any, one: Signature, left: float, top: float, width: float) -> None:
    ink = colour(sheet.INKS[one.kind])
    verdict = f"{SIGNS[one.kind]} {one.verdict}"
    room = min(sheet.across(verdict, 13, strong=True) * 1.1 + 22, width / 2)
    lines = [[Run(one.who, 15, strong=True)]] + ([[Run(one.when, 13, colour("muted"))]] if one.when else [])
    words(shapes, (left, top + 4, width - max(room + 12, 150), sheet.signed_height(one, width) - 12), lines)
    tag = box(shapes, (left + width - room, top + 11, room, 24), SOFT[one.kind], round_by=12)
    frame = tag.text_frame
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.word_wrap = False
    frame.paragraphs[0].alignment = PP_ALIGN.CENTER
    write(frame.paragraphs[0], [Run(verdict, 13, ink, strong=True)])
