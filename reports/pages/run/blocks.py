"""What the figures behind a finding are shown as: tables, some of them coloured by size, pairs, and drawings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from metrics.core import numerals

NONE = "–"


@dataclass(frozen=True)
class Cell:
    """A cell of a table. tone: a class of app.css, "heat-1" to "heat-5", "heat-warn", "heat-bad", "muted" or ""."""

    text: str
    tone: str = ""
    num: bool = True


@dataclass(frozen=True)
class Line:
    """A row: its name, a word below it, its cells, and whether it is one to look at."""

    name: str
    cells: tuple[Cell, ...]
    under: str = ""
    marked: bool = False
    mono: bool = False


@dataclass(frozen=True)
class Table:
    """heads: that of the names first. heat: cells are small and coloured. loud: heads that stand out."""

    title: str
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    note: str = ""
    heat: bool = False
    loud: frozenset[str] = frozenset()
    kind: ClassVar[str] = "table"

    @property
    def columns(self) -> list[dict[str, Any]]:
        first = self.lines[0].cells if self.lines else ()
        nums = [False, *(cell.num for cell in first)]
        return [
            {"words": words, "num": num, "loud": words in self.loud}
            for words, num in zip(self.heads, nums, strict=False)
        ]


@dataclass(frozen=True)
class Facts:
    title: str
    pairs: tuple[tuple[str, str], ...]
    kind: ClassVar[str] = "facts"


@dataclass(frozen=True)
class Drawing:
    title: str
    chart: Any
    kind: ClassVar[str] = "drawing"


Block = Table | Facts | Drawing


def text(value: str) -> Cell:
    return Cell(value, num=False)


def count(value: float | None, tone: str = "") -> Cell:
    return Cell(NONE if value is None else f"{value:,.0f}", tone)


def share(value: float | None, tone: str = "", places: int = 0) -> Cell:
    return Cell(percent(value, places), tone)


def number(value: float | None, places: int = 2, tone: str = "") -> Cell:
    return Cell(decimal(value, places), tone)


def percent(value: float | None, places: int = 0) -> str:
    """A share in percent; only nothing is 0 % and only all is 100 %."""
    if value is None:
        return NONE
    if 0 < value < 1:
        least = 0.01 / 10**places / 2
        if value < least or value > 1 - least:
            return numerals.chance(min(max(value, 0.0), 1.0))
    return numerals.percent(value, places if 0 < value < 1 else 0)


def decimal(value: float | None, places: int = 2) -> str:
    return NONE if value is None else numerals.numeral(value, places=places)


def heat(part: float) -> str:
    """The class that colours a share: five steps of the accent, none below 2 %."""
    return "" if part < 0.02 else f"heat-{min(5, 1 + int(part * 5))}"
