"""The figures of a check in words: its pairs and tables as blocks of a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from metrics.core.evidence import figures
from metrics.core.evidence.columns import shown
from metrics.core.unit_names import NBSP
from reports.pages.run.blocks import NONE, Block, Cell, Facts, Line, Table, decimal, heat, percent
from reports.words.dates import period

COLUMNS = {"y_score": "score", "y_pred": "prediction", "y_true": "label", "y_low": "lower end", "y_high": "upper end"}


def block(figure: figures.Figure) -> Block:
    if isinstance(figure, figures.Pairs):
        return Facts(figure.title, tuple((label, words(value)) for label, value in figure.pairs))
    return Table(
        words(figure.title),
        tuple(words(head) for head in figure.heads),
        tuple(_line(line) for line in figure.lines),
        note=words(figure.note),
        heat=figure.dense,
        loud=frozenset(words(head) for head in figure.loud),
    )


def words(value: figures.Value) -> str:
    return value if isinstance(value, str) else WORDS[type(value)](value)


def days(value: float) -> str:
    """Days in words: 40 days, 1 day, 2.5 hours."""
    if abs(value) < 1:
        return f"{decimal(value * 24, 1)}{NBSP}hours" if value else "at once"
    if value == 1:
        return f"1{NBSP}day"
    return f"{decimal(value, 0 if abs(value) >= 10 or float(value).is_integer() else 1)}{NBSP}days"


def _line(line: figures.Line) -> Line:
    mono = isinstance(line.name, figures.Column) and line.name.value not in COLUMNS
    cells = tuple(_cell(cell) for cell in line.cells)
    return Line(words(line.name), cells, under=words(line.under), marked=line.marked, mono=mono)


def _cell(cell: figures.Value | figures.Toned) -> Cell:
    value, tone = (cell.value, cell.tone) if isinstance(cell, figures.Toned) else (cell, "")
    named = {"size": heat(getattr(value, "value", None) or 0.0), "muted": "muted", "": ""}
    return Cell(words(value), named.get(tone, f"heat-{tone}"), num=not isinstance(value, str | figures.Phrase))


def _digits(value: figures.Digits) -> str:
    return NONE if value.value is None else f"{value.value:{'#' if value.padded else ''}.{value.digits}g}"


def _p_value(value: figures.PValue) -> str:
    """To three decimals, and what they would call 0 or 1 and is none by its bound."""
    if value.value < 0.001:
        return f"under{NBSP}0.001"
    if value.value > 0.9995:
        return "1" if value.value >= 1 else f"over{NBSP}0.999"
    return decimal(value.value, 3)


WORDS: Mapping[type, Callable[[Any], str]] = {
    figures.Count: lambda value: NONE if value.value is None else f"{value.value:,.0f}",
    figures.Share: lambda value: percent(value.value, value.places),
    figures.Number: lambda value: decimal(value.value, value.places),
    figures.Digits: _digits,
    figures.Days: lambda value: days(value.value),
    figures.PValue: _p_value,
    figures.Month: lambda value: period(value.value, "long" if value.long else "short"),
    figures.Column: lambda value: COLUMNS.get(value.value, shown(value.value)),
    figures.Phrase: lambda value: value.words.format(*map(words, value.parts)),
}
