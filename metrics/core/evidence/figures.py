"""The figures behind a check as they are to be shown: pairs and tables of typed values, which a page puts in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Tone = Literal["", "muted", "warn", "bad", "worst", "size"]


@dataclass(frozen=True)
class Count:
    value: float | None


@dataclass(frozen=True)
class Share:
    value: float | None
    places: int = 0


@dataclass(frozen=True)
class Number:
    """A number with so many decimals."""

    value: float | None
    places: int = 2


@dataclass(frozen=True)
class Digits:
    """A number with so many significant digits; padded: zeros at its end are kept."""

    value: float | None
    digits: int = 6
    padded: bool = False


@dataclass(frozen=True)
class Days:
    value: float


@dataclass(frozen=True)
class PValue:
    value: float


@dataclass(frozen=True)
class Month:
    """A month, "2017-02"."""

    value: str
    long: bool = False


@dataclass(frozen=True)
class Column:
    """A column of the rows, by its name."""

    value: str


@dataclass(frozen=True)
class Phrase:
    """Words with a {} for each of the parts."""

    words: str
    parts: tuple[Value, ...]


Value = str | Count | Share | Number | Digits | Days | PValue | Month | Column | Phrase


@dataclass(frozen=True)
class Toned:
    """A value that stands out: muted, a warning, bad, worst of all, or coloured by its own size."""

    value: Value
    tone: Tone


@dataclass(frozen=True)
class Line:
    """A row of a table: its name, a word below it, its cells, and whether it is one to look at."""

    name: Value
    cells: tuple[Value | Toned, ...]
    under: Value = ""
    marked: bool = False


@dataclass(frozen=True)
class Table:
    """heads: that of the names first. dense: many small cells. loud: heads that stand out."""

    title: Value
    heads: tuple[Value, ...]
    lines: tuple[Line, ...]
    note: str | Phrase = ""
    dense: bool = False
    loud: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Pairs:
    title: str
    pairs: tuple[tuple[str, Value], ...]


Figure = Pairs | Table


def table(title: Value, heads: Sequence[Value], lines: Iterable[Line], **more: Any) -> list[Figure]:
    """The table, in a list of its own; none where it has no line."""
    filled = tuple(lines)
    return [Table(title, tuple(heads), filled, **more)] if filled else []


def counted(part: float, whole: float) -> Phrase:
    """A count and what share of the whole it is."""
    return Phrase("{} ({})", (Count(part), Share(part / whole, 1)))


def left_over(total: int, shown: int, what: str) -> str:
    """The note below a table that was cut: "and 12 more columns"."""
    return f"and {total - shown:,} more {what}" if total > shown else ""
