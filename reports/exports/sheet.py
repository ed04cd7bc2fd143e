"""The sheet that paper and slides share: its size, its type, its colours, and how much room a block takes.

All lengths are CSS pixels of a sheet of 1280 × 720 (16:9), as in the design of the pack. Always light.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from reports.charts.drawing import COLOUR
from reports.exports.document import (
    Block,
    Cell,
    Drawn,
    Figures,
    Printed,
    Section,
    Sentences,
    Series,
    Signature,
    Signatures,
    Table,
)

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
FONTS = Path(__file__).parent / "fonts"

WIDTH, HEIGHT = 1280, 720
SIDE, TOP, FOOT, GAP = 56, 48, 44, 24
BODY = WIDTH - 2 * SIDE
BOTTOM = HEIGHT - FOOT - GAP
BETWEEN = 48
TITLE, COVER_TITLE, HEADING, SUB, TEXT, SMALL, TINY = 32, 44, 18, 14, 16, 13, 12
LINES, VALUE, UNIT, HERO = 23, 34, 17, 44
SHORT = 140  # a figure or a word or two: kept on one line
CHART = (132, 350)  # a drawing is not lower, nor higher

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


def clean(text: str) -> str:
    """Without what neither XML nor paper can hold."""
    return CONTROL.sub(" ", text)


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


@cache
def _face(strong: bool) -> FreeTypeFont:
    from PIL import ImageFont  # takes long to load

    file = FONTS / ("inter-semibold.ttf" if strong else "inter-regular.ttf")
    return ImageFont.truetype(file, 100, layout_engine=ImageFont.Layout.BASIC)


def across(text: str, size: float, *, strong: bool = False) -> float:
    """How wide a text stands on one line."""
    return _across(text, strong) * size


@lru_cache(4096)
def _across(text: str, strong: bool) -> float:
    latin = "".join(letter if letter < "\u2500" else "□" for letter in clean(text))
    wide = sum(east_asian_width(letter) in "WF" for letter in text)
    return _face(strong).getlength(latin) / 100 + wide * 0.5


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
            each = [signed_height(one, width) + remark_height(one, width) for one in block.signatures]
            return heading_height(block.heading, block.sub, width) + sum(each)


def signed_height(signature: Signature, width: float) -> float:
    return 24 + tall(signature.who, 15, width - 150, strong=True) + tall(signature.when, SMALL, width - 150)


def remark_height(signature: Signature, width: float) -> float:
    return tall(signature.remark, TEXT, width - 24) + 14 if signature.remark else 0


def across_figures(block: Figures, width: float) -> int:
    """How many figures stand side by side."""
    return min(len(block.figures), 4 if width > 800 else 2) or 1


def figure_height(block: Figures, width: float) -> float:
    """The height of one of the smaller figures: the tallest decides for all."""
    room = width / across_figures(block, width) - 20
    besides = max((tall(one.beside, SUB, room) for one in block.figures), default=0)
    return label_height(block.figures, room) + 34 + VALUE * 1.35 + besides


def grade_width(grade: str) -> float:
    return across(graded(grade), SMALL, strong=True) + 10 if letters(grade) else 0


def label_height(figures: Sequence[Printed], room: float) -> float:
    """The room of the labels of figures that stand side by side: their grades stand to the right."""
    return max((tall(one.label, SUB, room - grade_width(one.grade)) for one in figures), default=0)


def hero_height(block: Figures, width: float) -> float:
    first = block.figures[0]
    high = label_height([first], width) + HERO * 1.3 + tall(first.beside, SUB, width)
    return high + 20 + (20 if first.bands else 0)


def _figures_height(block: Figures, width: float) -> float:
    rest = len(block.figures) - (1 if block.hero else 0)
    first = hero_height(block, width) if block.hero and block.figures else 0
    return first + ceil(rest / across_figures(block, width)) * figure_height(block, width)


def text_size(table: Table) -> int:
    return 15 if len(table.rows) <= 5 else 14 if len(table.columns) <= 6 else 13


def column_widths(table: Table, width: float) -> list[float]:
    """Columns as wide as what they hold; stretched to the whole, or squeezed, but not below their longest word."""
    size, natural, least = text_size(table), [], []
    for at, name in enumerate(table.columns):
        cells = [(name, SMALL, True)]
        cells += [(row[at].text, size, at == 0 or row[at].strong) for row in table.rows]
        cells += [(row[at].below, TINY, False) for row in table.rows]
        words = [(word, size, strong) for text, size, strong in cells for word in text.split(" ")]
        natural.append(min(_widest(cells), width * 0.6) + 16)
        short = at > 0 and natural[-1] < SHORT
        least.append(natural[-1] if short else min(_widest(words), width * 0.4) + 16)
    spare = width - sum(natural)
    if spare >= 0:
        return [one + spare * (0.5 * (at == 0) + 0.5 / len(natural)) for at, one in enumerate(natural)]
    spare = width - sum(least)
    if spare < 0:
        return [width * one / sum(least) for one in least]
    wish = sum(natural) - sum(least)
    return [one + spare * (wide - one) / wish for one, wide in zip(least, natural, strict=True)]


def _widest(texts: Iterable[tuple[str, float, bool]]) -> float:
    return max((across(text, size, strong=strong) for text, size, strong in texts), default=0.0) * 1.03


def head_height(table: Table, widths: Sequence[float]) -> float:
    return max(tall(name, SMALL, room, strong=True) for name, room in zip(table.columns, widths, strict=True)) + 14


def row_height(table: Table, row: Sequence[Cell], widths: Sequence[float]) -> float:
    size = text_size(table)
    inner = [
        tall(cell.text, size, room, strong=at == 0 or cell.strong) + tall(cell.below, TINY, room)
        for at, (cell, room) in enumerate(zip(row, widths, strict=True))
    ]
    return max(inner, default=0.0) + (9 if len(table.rows) > 5 else 16)


def title_size(section: Section) -> int:
    return COVER_TITLE if is_cover(section) else TITLE


def title_width(section: Section) -> float:
    """The whole width for a title of one line; a longer one is balanced over its lines."""
    whole = across(section.title, title_size(section), strong=True) * 1.06
    count = max(1, ceil(whole / (BODY * 0.98)))
    return BODY if count == 1 else min(BODY, whole / count * 1.14)


def title_height(section: Section) -> float:
    size = title_size(section)
    return (30 if section.eyebrow else 0) + tall(section.title, size, title_width(section), strong=True, leading=1.2)
