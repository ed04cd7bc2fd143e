"""Observed values as text, as it is copied from a sheet: a month and a value a line, or the parts of a ratio."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from metrics.core.kpi.months import DIGITS, kept
from metrics.core.pasted.days import days, is_day
from metrics.core.pasted.lines import Lines, is_header, lines
from metrics.core.pasted.numbers import numbers, shown
from metrics.core.pasted.wrong import NotRead, Wrong
from metrics.services.kpi.months_given import Given, Parts
from metrics.services.writing.refusal import Fault, Invalid, invalid

MOST_LINES = 600
MOST_FAULTS = 20
PARTS = ("numerator", "denominator")


@dataclass(frozen=True)
class Read:
    """The months and values of a text; said: sentences on what was decided over its columns."""

    values: list[Given]
    said: tuple[str, ...]


def read_actuals(text: str, *, unit: str = "", decimal: str = "", dates: str = "") -> Read:
    """The months and values of a text, a line each; a first line of names is skipped.

    Where the first line names month, numerator and denominator, each line holds these three. unit: of the values.
    decimal: the sign before decimals, dates: the order of day and month, where somebody said them. Raises Invalid
    naming each line that cannot be read, a column that can be read in two ways or is in another currency than the
    unit's, and a month that comes twice.
    """
    try:
        return _read(lines(text, leads=is_day), unit=unit, decimal=decimal, dates=dates)
    except NotRead as refused:
        raise Invalid(*(_fault(one.at, one) for one in refused.wrong[:MOST_FAULTS])) from refused


def _read(given: Lines, *, unit: str, decimal: str, dates: str) -> Read:
    if len(given.rows) > MOST_LINES:
        what = f"there are {len(given.rows)} lines; import at most {MOST_LINES} months at a time"
        raise invalid("text", what, code="too_many")
    names: tuple[str, ...] = ()
    if given.rows and is_header(given.rows[0], is_day):
        names = tuple(cell.lower() for cell in given.rows[0].cells)
        given = Lines(given.rows[1:], given.between)
    if not given.rows:
        raise invalid("text", "there is no month with a value in it", code="required")
    parts = names[1:] == PARTS
    rows = given.each(3, "month, numerator and denominator") if parts else given.each(2, "a month and its value")
    places = [row.number for row in rows.rows]
    months, *amounts = zip(*(row.cells for row in rows.rows), strict=True)
    faults: list[Fault] = []
    said: list[str] = []
    periods, columns = [], []
    try:
        found = days(months, order=dates, monthly=True)
        said += found.said
        periods = [day.date.replace(day=1) for day in found.days]
        faults += _twice(periods, places)
    except NotRead as refused:
        faults += [_fault(places[one.at], one) for one in refused.wrong]
    for at, column in enumerate(amounts):
        faults += [_fault(places[one], EMPTY) for one, cell in enumerate(column) if not cell]
        try:
            values = numbers(column, decimal=decimal, beside=[*amounts[:at], *amounts[at + 1 :]])
            said += values.said
            faults += [_fault(places[0], wrong) for wrong in _of_another_currency(values.currency, unit)]
            columns.append([value for value in values.values if value is not None])
            said += _kept(columns[-1])
        except NotRead as refused:
            faults += [_fault(places[one.at], one) for one in refused.wrong]
    if faults:
        raise Invalid(*faults[:MOST_FAULTS])
    given_values = [Parts(*one) if parts else one[0] for one in zip(*columns, strict=True)]
    return Read(list(zip(periods, given_values, strict=True)), tuple(dict.fromkeys(said)))


def _of_another_currency(given: str, unit: str) -> Iterator[Wrong]:
    """A currency that is told by its code or by a sign of it alone, where the unit names another."""
    held = re.findall(r"\b[A-Z]{3}\b", unit)
    if re.fullmatch("[A-Z]{3}", given) and held and given not in held:
        what = f"the numbers are given in {given}, and the KPI is in {unit}"
        yield Wrong(
            at=0, message=what, remedy=f"Convert them to {held[0]}, or leave the currency out where it is wrong"
        )


def _kept(values: Sequence[Decimal]) -> Iterator[str]:
    """That digits beyond those that are stored are left out, where there are such."""
    if first := next((value for value in values if kept(value) != value), None):
        yield f"numbers are kept to {DIGITS} digits: {shown(first)} as {shown(kept(first))}"


EMPTY = Wrong(at=0, message="has a month and no value", remedy="Leave out months without one")


def _twice(periods: Sequence[date], places: Sequence[int]) -> list[Fault]:
    seen: dict[date, int] = {}
    faults = []
    for period, place in zip(periods, places, strict=True):
        if period in seen:
            message = f"{period:%Y-%m} stands in line {seen[period]} already"
            faults.append(_fault(place, Wrong(at=0, message=message, remedy="Keep one line of each month")))
        seen.setdefault(period, place)
    return faults


def _fault(line: int, wrong: Wrong) -> Fault:
    return Fault(field="text", message=f"line {line}: {wrong.message}", remedy=wrong.remedy, code=wrong.code)
