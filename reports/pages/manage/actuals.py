"""What was observed of a KPI: its months, the imports that they came with, and its quarters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.queries.documents.known import Known
from metrics.queries.documents.observed import why_partial
from metrics.queries.kpi.months import quarters
from reports.words.dates import period
from reports.words.phrases import count, span, worded


@dataclass(frozen=True)
class ActualLine:
    """A month as known last. was: what stood there before it was restated. parts: of a ratio, "90 of 100".

    partial: why it is no full month, "" where it is one; was_partial: that what stood there was none.
    """

    id: str
    period: date
    value: Decimal | None
    parts: str
    partial: str
    was: Decimal | None
    was_partial: bool
    source: str
    by: str
    known_at: datetime


@dataclass(frozen=True)
class Import:
    """One import that can be taken back as a whole; `id` is one of its rows."""

    id: str
    months: int
    by: str
    known_at: datetime
    source: str


def parts_words(numerator: Decimal, denominator: Decimal) -> str:
    """ "90 of 100"."""
    return " of ".join(worded(Estimate(float(part))) for part in (numerator, denominator))


def actual_lines(rows: Sequence[Any], time_zone: str) -> tuple[list[ActualLine], list[Import]]:
    """Months newest first, and imports newest first, from rows sorted so that a month's newest known comes first."""
    by_month: dict[date, list[Any]] = {}
    imports: dict[datetime, list[Any]] = {}
    for row in rows:
        by_month.setdefault(row.period, []).append(row)
        imports.setdefault(row.known_at, []).append(row)
    months = [
        ActualLine(
            held[0].pk,
            month,
            held[0].figure,
            parts_words(held[0].numerator, held[0].denominator) if held[0].numerator is not None else "",
            why_partial(None if held[0].restores_id else held[0].known_at, time_zone) if held[0].partial else "",
            held[1].figure if len(held) > 1 else None,
            len(held) > 1 and held[1].partial,
            held[0].source,
            held[0].imported_by.username,
            held[0].known_at,
        )
        for month, held in by_month.items()
    ]
    sets = [
        Import(held[0].pk, len(held), held[0].imported_by.username, moment, held[0].source)
        for moment, held in sorted(imports.items(), reverse=True)
    ]
    return months, sets


@dataclass(frozen=True)
class QuarterLine:
    """A quarter put together. note: what it lacks, "" where nothing."""

    months: str
    value: Quantity
    note: str


def quarter_lines(known: Known, kpi: Any) -> list[QuarterLine]:
    """The newest quarters, those first; none where fewer than two months are known."""
    if len(known.observed(kpi)) < 2:
        return []
    lines = []
    for quarter in quarters(known, kpi):
        lacking = [f"{period(month)}: {reason}" for month, reason in quarter.lacking.items()]
        of = f"{len(quarter.counted)} of {count(len(quarter.wanted), 'month')}; " if quarter.counted else ""
        known_figure = quarter.counted and not isinstance(quarter.figure, Unknown)
        note = of + "; ".join(lacking) if lacking else ""
        value = quarter.figure if known_figure or not lacking else Unknown(f"{span(list(lacking))}: not known in full")
        lines.append(QuarterLine(span(quarter.wanted), value, note))
    return lines
