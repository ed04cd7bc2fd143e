"""The first sheet, every figure as issued, and the last one, every sentence."""

from __future__ import annotations

from dataclasses import dataclass

from xlsxwriter.worksheet import Worksheet

from reports.exports.document import Figures, Printed, Section, Sentences, Signatures
from reports.exports.numbers import by_unit
from reports.exports.sheet import graded
from reports.exports.xlsx.book import Book, wide

HEAD = ("Figure", "As printed", "Number", "Band, or what it is held against", "Grade", "Receipt", "Stands in", "Key")


@dataclass(frozen=True, kw_only=True)
class Total:
    """What a calculation comes to: as stored, its live cell, and the sheet that it stands in."""

    label: str
    value: float
    unit: str
    band: str
    cell: str
    sheet: str


def summed_up(book: Book, sheet: Worksheet, totals: list[Total]) -> None:
    document = book.document
    book.say(sheet, 0, 0, document.title, "title")
    period = f"{document.period} · " if document.period else ""
    book.say(sheet, 1, 0, f"{period}{document.foot}", "muted")
    at = 2
    for line in document.corrects:
        book.say(sheet, at, 0, line, "strong")
        at += 1
    at += 1
    figures = _figures(book)
    for column, name in enumerate(HEAD):
        book.say(sheet, at, column, name, "head", align="right" if column in (1, 2) else "left")
    sheet.freeze_panes(at + 1, 1)
    sheet.repeat_rows(at)
    texts = [figure.text for _, figure in figures]
    widths = {
        0: wide([figure.label for _, figure in figures] + [total.label for total in totals], 24, 44),
        1: wide(texts, 20, 34),
        2: wide(texts, 20, 34),
        3: wide([figure.beside for _, figure in figures], 24, 52),
        4: 14.0,
        5: 18.0,
        6: wide([section.eyebrow for section, _ in figures] + [total.sheet for total in totals], 20, 40),
        7: wide([figure.key for _, figure in figures], 12, 40),
    }
    for column, width in widths.items():
        sheet.set_column(column, column, width)
    for section, figure in figures:
        at += 1
        _figure(book, sheet, at, section, figure)
        book.tall(sheet, at, ((figure.label, widths[0]), (figure.beside, widths[3])))
    if totals:
        _live(book, sheet, at + 2, totals, widths[0])
    sheet.set_row(0, 26)
    sheet.activate()


def _figures(book: Book) -> list[tuple[Section, Printed]]:
    return [
        (section, figure)
        for section in book.document.sections
        for block in (*section.left, *section.right, *section.below)
        if isinstance(block, Figures)
        for figure in block.figures
    ]


def _figure(book: Book, sheet: Worksheet, at: int, section: Section, figure: Printed) -> None:
    book.say(sheet, at, 0, figure.label, "wrapped")
    book.say(sheet, at, 1, figure.text, "strong", align="right")
    if figure.number is not None:
        book.printed(sheet, at, 2, figure.number, figure.text)
    book.say(sheet, at, 3, figure.beside, "note")
    book.say(sheet, at, 4, graded(figure.grade))
    book.say(sheet, at, 5, figure.receipt, font_name="Courier New")
    book.say(sheet, at, 6, section.eyebrow, "note")
    book.say(sheet, at, 7, figure.key, "muted")


def _live(book: Book, sheet: Worksheet, at: int, totals: list[Total], width: float) -> None:
    book.say(sheet, at, 0, "Computed in this workbook", "heading")
    book.say(sheet, at + 1, 0, "Follows the cells that may be changed; the figures above stay as issued.", "muted")
    at += 3
    for column, name in enumerate(
        ("What", "With the cells as they are", "Moved since issue", "Band as issued", "Unit", "", "Computed on")
    ):
        book.say(sheet, at, column, name, "head", align="right" if column in (1, 2) else "left")
    sheet.set_row(at, 28)
    for total in totals:
        at += 1
        shown = by_unit(total.value, total.unit)
        book.say(sheet, at, 0, total.label, "wrapped")
        sheet.write_formula(at, 1, f"={total.cell}", book.look("strong", num_format=shown, align="right"), total.value)
        moved = book.look("text", num_format=shown, align="right")
        sheet.write_formula(at, 2, f"=ROUND({total.cell}-({total.value!r}),2)", moved, 0)
        book.say(sheet, at, 3, total.band, "note")
        book.say(sheet, at, 4, total.unit)
        book.say(sheet, at, 6, total.sheet, "muted")
        book.tall(sheet, at, ((total.label, width),))


def worded(book: Book) -> None:
    """What the sections say, and who has signed."""
    lines: list[tuple[str, str, str]] = []
    for section in book.document.sections:
        lines.append((section.title, "", section.eyebrow))
        for block in (*section.left, *section.right, *section.below):
            if isinstance(block, Sentences):
                lines += [("", block.heading, line) for line in block.lines]
            elif isinstance(block, Signatures):
                lines += [
                    (
                        "",
                        block.heading,
                        " · ".join(part for part in (one.who, one.when, one.verdict, one.remark) if part),
                    )
                    for one in block.signatures
                ]
        if section.foot:
            lines.append(("", "", section.foot))
    sheet = book.sheet("Sentences")
    for column, name in enumerate(("Section", "Heading", "Sentence")):
        book.say(sheet, 0, column, name, "head")
    for at, (title, heading, line) in enumerate(lines, 1):
        book.say(sheet, at, 0, title, "wrapped", bold=True)
        book.say(sheet, at, 1, heading, "note")
        book.say(sheet, at, 2, line, "wrapped")
        book.tall(sheet, at, ((title, 42), (heading, 34), (line, 90)))
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 1, 34)
    sheet.set_column(2, 2, 90)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
