"""Months of observed values as they are given, held against the calendar and against what is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils import timezone

from metrics.core.calendar import ended, month_of
from metrics.core.kpi.months import AGGREGATIONS, kept, ratio_of
from metrics.core.pasted.numbers import shown
from metrics.models.kpi import KPI, Actual
from metrics.queries.documents.supports import counts_cases
from metrics.services.writing.refusal import Fault, Invalid, invalid

MOST_FAULTS = 20


class Parts(NamedTuple):
    """A ratio as what it is made of."""

    numerator: Decimal
    denominator: Decimal

    @property
    def ratio(self) -> Decimal | None:
        return ratio_of(self.numerator, self.denominator)


def spanned(rows: Sequence[Actual]) -> str:
    """The months of observed values: "Jul 2015 to Aug 2017", one alone "Aug 2017"."""
    first, last = min(row.period for row in rows), max(row.period for row in rows)
    return f"{first:%b %Y}" + (f" to {last:%b %Y}" if first != last else "")


Given = tuple[date, Decimal | Parts]


@dataclass(frozen=True)
class NewActuals:
    """What of an import is not known yet.

    values: all of it. restated: how many months of it replace another value, completed: a partial one, now that the
    month is over. unchanged: how many months are known as they are given. partial: months given that are not over.
    """

    values: list[Given]
    restated: int
    completed: int
    unchanged: int
    partial: list[date]


def new_actuals(kpi: KPI, values: Iterable[Given], *, known_at: datetime | None = None) -> NewActuals:
    """Compare values by month with those known. known_at: since when they are known, now where it is not said.

    Raises Invalid where there are none, a month comes twice or has not come yet, parts are no ratio's, or cases of a
    projection are below 0.
    """
    given = list(values)
    if not given:
        raise invalid("values", "there are none", remedy="give at least one month with its value")
    if faults := _faults(kpi, given):
        raise Invalid(*faults[:MOST_FAULTS])
    zone, moment = kpi.product.time_zone, known_at or timezone.now()
    by_month = {period.replace(day=1): value for period, value in given}
    partial = [period for period in by_month if not ended(f"{period:%Y-%m}", moment, zone)]
    known = {row.period: row for row in kpi.actuals.filter(withdrawn_at=None).order_by("known_at")}
    fresh, restated, completed = [], 0, 0
    for period, value in by_month.items():
        row = known.get(period)
        completes = row is not None and row.partial and period not in partial
        if row is not None and not completes and all(getattr(row, name) == one for name, one in columns(value).items()):
            continue
        fresh.append((period, value))
        completed += completes
        restated += row is not None and not completes
    return NewActuals(fresh, restated, completed, len(by_month) - len(fresh), sorted(partial))


def columns(value: Decimal | Parts) -> dict[str, Any]:
    """A value, or parts, as the columns of an actual."""
    if isinstance(value, Parts):
        return {"value": None, "numerator": kept(value.numerator), "denominator": kept(value.denominator)}
    return {"value": kept(value), "numerator": None, "denominator": None}


def _faults(kpi: KPI, given: Sequence[Given]) -> list[Fault]:
    zone = kpi.product.time_zone
    running = month_of(timezone.now(), zone)
    counts = counts_cases(kpi)
    faults: list[Fault] = []
    seen: set[date] = set()
    for number, (period, value) in enumerate(given, 1):
        first, name = period.replace(day=1), f"{period:%Y-%m}"
        if first in seen:
            faults.append(Fault(field="period", row=number, message=f"{name} comes twice", code="duplicate"))
        elif name > running:
            faults.append(_to_come(number, name, running, zone))
        elif counts and isinstance(value, Decimal) and value < 0:
            what = f"{name} has {shown(value)}, and {kpi.name} is the number of cases of the projection"
            remedy = "give 0 or more; a correction restates the month that it belongs to"
            faults.append(Fault(field="value", row=number, code="range", message=what, remedy=remedy))
        elif isinstance(value, Parts) and not AGGREGATIONS[kpi.aggregation].parts:
            what = f"{name} has a numerator and a denominator, and {kpi.name} is no ratio"
            faults.append(Fault(field="numerator", row=number, message=what, remedy="give its value"))
        elif isinstance(value, Parts) and (value.denominator < 0 or (value.numerator and not value.denominator)):
            what = f"the denominator of {name} is {shown(value.denominator)}"
            remedy = "give one above 0; or 0 of 0, for a month without cases"
            faults.append(Fault(field="denominator", row=number, message=what, remedy=remedy))
        seen.add(first)
    return faults


def _to_come(number: int, name: str, running: str, zone: str) -> Fault:
    return Fault(
        field="period",
        row=number,
        code="to_come",
        message=f"{name} has not come yet, so nothing was observed in it; in {zone} it is {running}",
        remedy="Check the year; leave out months to come, which a target can hold",
    )
