"""The values behind a chart, as a table that a chart's reader opens, hovers over and takes away as CSV."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from metrics.core import numerals, unit_names
from reports.words.dates import period

NONE = "–"
MONTH, SHARE = "month", "share"

Value = float | str | None


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the values behind a chart, a value a row.

    values: numbers, words, or None where there is none. unit: MONTH of "YYYY-MM", SHARE of numbers that are printed as
    percents, else what stands behind the column's name ("EUR").
    """

    name: str
    values: Sequence[Value]
    unit: str = ""

    @property
    def head(self) -> str:
        words = "" if self.unit in (MONTH, SHARE) else unit_names.unit_words(self.unit)
        return f"{self.name}, {words}" if words else self.name

    @property
    def places(self) -> int:
        """Decimals of all numbers of the column, by the largest: four digits, none where all are whole."""
        sizes = [abs(value) for value in self.values if isinstance(value, float | int) and math.isfinite(value)]
        largest = max(sizes, default=0.0) * (100 if self.unit == SHARE else 1)
        if self.unit != SHARE and all(size == round(size) for size in sizes):
            return 0
        digits = 3 if self.unit == SHARE else 4
        return max(0, min(numerals.MOST_PLACES, digits - 1 - math.floor(math.log10(largest)))) if largest else 0

    def cell(self, value: Value, places: int) -> str:
        """A value as it is printed."""
        if value is None:
            return NONE
        if isinstance(value, str):
            return period(value) if self.unit == MONTH else value
        if not math.isfinite(value):
            return "beyond"
        if self.unit == SHARE:
            return numerals.percent(value, places)
        return numerals.numeral(value, places=places, score=unit_names.is_score(self.unit))


def table(columns: Sequence[Column], *, of: str) -> SafeString:
    """The table, closed until it is asked for; each number with all its digits, which the CSV holds. of: what it is."""
    heads = format_html_join("", '<th scope="col"{}>{}</th>', ((_right(one), one.head) for one in columns))
    printed = [(one, one.places, _right(one)) for one in columns]
    rows = [
        "".join(_cell(*drawn, value, first=at == 0) for at, (drawn, value) in enumerate(row))
        for row in (zip(printed, values, strict=True) for values in zip(*(one.values for one in columns), strict=True))
    ]
    return format_html(
        '<details class="behind"><summary>Values</summary>'
        '<div class="scroll" tabindex="0" role="region" aria-label="Table: {}">'
        "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
        '<button type="button" class="quiet" data-csv="">Download CSV</button></details>',
        of,
        heads,
        mark_safe("".join(f"<tr>{row}</tr>" for row in rows)),
    )


def _right(column: Column) -> SafeString:
    words = column.unit == MONTH or any(isinstance(value, str) for value in column.values)
    return mark_safe("" if words else ' class="num"')


def _cell(column: Column, places: int, right: str, value: Value, *, first: bool) -> str:
    """Markup put together by hand, for a page has thousands: of what stands in it words alone have to be escaped."""
    tag, end = ('th scope="row"', "th") if first else ("td", "td")
    if value is None:
        return f"<{tag}{right}>{NONE}</{end}>"
    words, exact = column.cell(value, places), ""
    if isinstance(value, str):
        words, exact = escape(words), escape(value)
    elif math.isfinite(value):
        exact = f"{value:.12g}"
    return f'<{tag}{right}><data value="{exact}">{words}</data></{end}>'
