"""The sheet that paper and slides share: its size, its type, its colours, and how much room a block takes.

All lengths are CSS pixels of a sheet of 1280 × 720 (16:9), as in the design of the pack. Always light.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import ceil
from pathlib import Path
from unicodedata import east_asian_width

from PIL import ImageFont

from reports.charts.drawing import COLOUR
from reports.exports.document import Block, Cell, Drawn, Figures, Section, Sentences, Series, Signatures, Table

FONTS = Path(__file__).parent / "fonts"

WIDTH, HEIGHT = 1280, 720
SIDE, TOP, FOOT, GAP = 56, 48, 44, 24
BODY = WIDTH - 2 * SIDE
BOTTOM = HEIGHT - FOOT - GAP
BETWEEN = 48
TITLE, COVER_TITLE, HEADING, SUB, TEXT, SMALL, TINY = 32, 44, 18, 14, 16, 13, 12
LINES, VALUE, UNIT, HERO = 23, 34, 17, 44
CHART = (132, 330)  # a drawing is not lower, nor higher

GRADES = {"A": "causal", "B": "backtested", "C": "assumed", "D": "opinion"}
ROLES = {
    "known": "ink",
    "expected": "accent",
    "target": "chart-target",
    "low95": "chart-band",
    "low80": "chart-band",
    "high80": "chart-band",
    "high95": "chart-band",
    "total": "chart-neutral",
    "up": "good",
    "down": "bad",
    "plain": "accent",
}
SOFT = {"good": "e4f3e9", "warn": "fcf0d9", "bad": "fdebe9", "info": "e9effc", "same": "f1f3f6", "unknown": "f1f3f6"}
SIGNS = {"good": "✓", "warn": "!", "bad": "✗", "info": "•", "same": "=", "unknown": "?"}
INKS = {"good": "good", "warn": "warn", "bad": "bad", "info": "accent", "same": "muted", "unknown": "muted"}
# From the paper to the neutral grey: how far the share of a range goes.
SHADES = ("ffffff", "f1f2f4", "e2e5e9", "d0d4db", "bcc2cb", "a8afba")


def colour(name: str) -> str:
    """A colour of the theme, without its #."""
    return str(COLOUR[name]).removeprefix("#")


def of_role(series: Series) -> str:
    return colour(ROLES[series.role])


def letters(grade: str) -> list[str]:
    """ "A to C" → ["A", "C"]: the letters that stand in boxes; [] where there is no grade."""
    return [part for part in grade.split(" to ") if part in GRADES]


def graded(grade: str) -> str:
    """The grade in words: "C assumed", "A to C", ""."""
    single = letters(grade)
    return f"{single[0]} {GRADES[single[0]]}" if len(single) == 1 else grade


def is_cover(section: Section) -> bool:
    """A cover begins with numbered lines; its title stands larger."""
    return any(isinstance(block, Sentences) and block.numbered for block in section.left)


def columns(section: Section) -> tuple[float, float]:
    """Widths of the two columns; (all, 0) where there is one. The left is the wider one when it holds the chart or
    table that the page is about, and halves where both hold the same."""
    if not section.right:
        return BODY, 0
    free = BODY - BETWEEN
    if is_cover(section) or {type(block) for block in section.left} == {type(block) for block in section.right}:
        left = free / 2
    else:
        left = free * 1.25 / 2.25
    return left, free - left


@cache
def _face(strong: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / ("inter-semibold.ttf" if strong else "inter-regular.ttf"), 100)


def across(text: str, size: float, *, strong: bool = False) -> float:
    """How wide a text stands on one line."""
    wide = sum(east_asian_width(letter) in "WF" for letter in text)
    return (_face(strong).getlength(text) / 100 + wide * 0.5) * size


def lines(text: str, size: float, width: float, *, strong: bool = False) -> int:
    """On how many lines a text stands, with a little room for words that do not break where it would be best."""
    return max(1, ceil(across(text, size, strong=strong) * 1.06 / max(width, size)))


def tall(text: str, size: float, width: float, *, strong: bool = False, leading: float = 1.4) -> float:
    return lines(text, size, width, strong=strong) * size * leading if text else 0.0


def heading_height(heading: str, sub: str, width: float) -> float:
    high = tall(heading, HEADING, width, strong=True) + tall(sub, SUB, width)
    return high + 12 if high else 0


def block_height(block: Block, width: float) -> float:
    """The room that a block takes in a column of this width; of a chart that which it takes beside its drawing."""
    match block:
        case Sentences():
            size = LINES if block.numbered else TEXT
            each = [
                tall(line, size, width - (34 if block.numbered else 0)) + (22 if block.numbered else 6)
                for line in block.lines
            ]
            return heading_height(block.heading, "", width) + sum(each)
        case Figures():
            return heading_height(block.heading, "", width) + _figures_height(block, width)
        case Drawn():
            return heading_height(block.heading, block.sub, width) + 26
        case Table():
            widths = column_widths(block, width)
            rows = [row_height(block, row, widths) for row in block.rows]
            return heading_height(block.heading, block.sub, width) + head_height(block, widths) + sum(rows)
        case Signatures():
            each = [52 + (tall(one.remark, TEXT, width - 24) + 14 if one.remark else 0) for one in block.signatures]
            return heading_height(block.heading, block.sub, width) + sum(each)


def across_figures(block: Figures, width: float) -> int:
    """How many figures stand side by side."""
    return min(len(block.figures), 4 if width > 800 else 2) or 1


def figure_height(block: Figures, width: float) -> float:
    """The height of one of the smaller figures: the tallest decides for all."""
    room = width / across_figures(block, width) - 20
    return max(54 + VALUE + tall(one.beside, SUB, room) for one in block.figures) if block.figures else 0


def hero_height(block: Figures, width: float) -> float:
    return 92 + tall(block.figures[0].beside, SUB, width) + (20 if block.figures[0].bands else 0)


def _figures_height(block: Figures, width: float) -> float:
    rest = len(block.figures) - (1 if block.hero else 0)
    first = hero_height(block, width) if block.hero and block.figures else 0
    return first + ceil(rest / across_figures(block, width)) * figure_height(block, width)


def text_size(table: Table) -> int:
    return 15 if len(table.rows) <= 5 else 14 if len(table.columns) <= 6 else 13


def column_widths(table: Table, width: float) -> list[float]:
    """Columns as wide as what they hold, stretched or squeezed to the whole."""
    size, natural = text_size(table), []
    for at, name in enumerate(table.columns):
        widest = across(name, SMALL, strong=True)
        for row in table.rows:
            widest = max(
                widest, across(row[at].text, size, strong=at == 0 or row[at].strong), across(row[at].below, TINY)
            )
        natural.append(min(widest * 1.07, width * 0.6) + 18)
    whole = sum(natural)
    if whole <= width:
        spare = width - whole
        return [one + spare * (0.5 * (at == 0) + 0.5 / len(natural)) for at, one in enumerate(natural)]
    narrow = [min(one, width / len(natural)) for one in natural]
    wish = sum(one - least for one, least in zip(natural, narrow, strict=True))
    spare = width - sum(narrow)
    return [least + spare * (one - least) / wish for one, least in zip(natural, narrow, strict=True)]


def head_height(table: Table, widths: Sequence[float]) -> float:
    return max(tall(name, SMALL, room - 16, strong=True) for name, room in zip(table.columns, widths, strict=True)) + 14


def row_height(table: Table, row: Sequence[Cell], widths: Sequence[float]) -> float:
    size = text_size(table)
    inner = [
        tall(cell.text, size, room - 16, strong=at == 0 or cell.strong) + tall(cell.below, TINY, room - 16)
        for at, (cell, room) in enumerate(zip(row, widths, strict=True))
    ]
    return max(inner, default=0.0) + (14 if len(table.rows) > 5 else 18)


def title_size(section: Section) -> int:
    return COVER_TITLE if is_cover(section) else TITLE


def title_width(section: Section) -> float:
    """The whole width for a title of one line; a longer one is balanced over its lines."""
    whole = across(section.title, title_size(section), strong=True) * 1.06
    count = max(1, ceil(whole / BODY), ceil(whole / (BODY * 0.85)) if whole > BODY else 1)
    return BODY if count == 1 else min(BODY, whole / count * 1.14)


def title_height(section: Section) -> float:
    size = title_size(section)
    return (30 if section.eyebrow else 0) + tall(section.title, size, title_width(section), strong=True, leading=1.2)


def chart_height(section: Section, column: Sequence[Block], width: float, below: float = 0) -> float:
    """What is left for each drawing of a column, once its other blocks have their room."""
    drawn = sum(isinstance(block, Drawn) for block in column)
    taken = sum(block_height(block, width) + GAP for block in column)
    free = BOTTOM - TOP - title_height(section) - GAP - below - taken
    return min(max(free / max(drawn, 1), CHART[0]), CHART[1])


def below_widths(section: Section) -> list[float]:
    count = len(section.below) or 1
    return [(BODY - BETWEEN * (count - 1)) / count] * count


def below_height(section: Section) -> float:
    """The room of the blocks under the columns, with the line above them; 0 where there are none."""
    if not section.below:
        return 0
    return 46 + max(
        block_height(block, width) for block, width in zip(section.below, below_widths(section), strict=True)
    )
