"""Writing exchange rates: one, or many from a sheet; all of them or none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from metrics import access
from metrics.core.calendar import newest_day
from metrics.core.pasted.days import days
from metrics.core.pasted.lines import Lines, lines
from metrics.core.pasted.numbers import numbers
from metrics.core.pasted.wrong import NotRead, quoted
from metrics.models.product import User
from metrics.models.revenue import ExchangeRate
from metrics.services.writing import audit
from metrics.services.writing.refusal import Fault, Invalid, clean, invalid

FIELDS = ("base", "quote", "date", "rate", "source")
MOST_RATES = 2_000
MOST_FAULTS = 20
REMEDIES = {
    "base": "write it as USD",
    "quote": "write it as EUR",
    "date": "write a day that has come as 2017-08-31",
    "rate": "write the units of quote for one base, such as 0.92",
    "source": "name who published the rate, such as ECB",
}


@dataclass(frozen=True)
class Saved:
    """How many rates are new, how many took the place of another of their pair and day, how many were there already."""

    added: int
    replaced: int
    same: int


@transaction.atomic
def save_rates(actor: User, given: Sequence[Mapping[str, Any]]) -> Saved:
    """Add rates, each with the FIELDS; one of a pair and day that has a rate takes its place. All, or none of them.

    No figure that is stored depends on a rate: totals are converted when they are read. Raises Invalid naming row,
    field and remedy of up to 20 faults.
    """
    access.require(actor, "rate.write")
    if not given:
        raise invalid("text", "there is no rate in it", code="required", remedy="give at least one")
    if len(given) > MOST_RATES:
        what = f"there are {len(given):,} rates; import at most {MOST_RATES:,} at a time"
        raise invalid("text", what, code="too_many")
    today = newest_day(timezone.now())
    faults: list[Fault] = []
    rows: dict[tuple[str, str, date], ExchangeRate] = {}
    places: dict[tuple[str, str, date], int] = {}
    for number, values in enumerate(given, 1):
        row = ExchangeRate(created_by=actor, **{field: values[field] for field in FIELDS})
        wrong = _faults(row, number if len(given) > 1 else None, today)
        pair = (row.base, row.quote, row.date)
        if not wrong and pair in places:
            wrong = [_fault("date", number, f"{row} stands in row {places[pair]} already", "leave one of them out")]
        faults += wrong
        if not wrong:
            places[pair], rows[pair] = number, row
    if faults:
        raise Invalid(*faults[:MOST_FAULTS])
    return _save(actor, rows)


def _save(actor: User, rows: Mapping[tuple[str, str, date], ExchangeRate]) -> Saved:
    days = [day for _, _, day in rows]
    held = {
        (row.base, row.quote, row.date): row
        for row in ExchangeRate.objects.filter(date__range=(min(days), max(days)))
        if (row.base, row.quote, row.date) in rows
    }
    was = {key: row for key, row in held.items() if (row.rate, row.source) != (rows[key].rate, rows[key].source)}
    new = [row for key, row in rows.items() if key not in held]
    ExchangeRate.objects.bulk_create(
        [*new, *(rows[key] for key in was)],
        update_conflicts=True,
        unique_fields=["base", "quote", "date"],
        update_fields=["rate", "source", "created_by", "created_at"],
    )
    written = [_told(row) for row in new] + [_told(rows[key]) | {"was": _told(row)} for key, row in was.items()]
    if written:
        audit.record(actor, "rate.write", str(new[0] if new else rows[next(iter(was))]), rates=written)
    return Saved(added=len(new), replaced=len(was), same=len(held) - len(was))


@transaction.atomic
def remove_rate(actor: User, row: ExchangeRate) -> None:
    """Totals that stood on it take an older one, or leave the product out."""
    access.require(actor, "rate.write")
    audit.record(actor, "rate.write", str(row), deleted=_told(row))
    row.delete()


def _told(row: ExchangeRate) -> dict[str, str]:
    return {"pair": f"{row.base}/{row.quote}", "date": f"{row.date}", "rate": f"{row.rate}", "source": row.source}


def _faults(row: ExchangeRate, number: int | None, today: date) -> list[Fault]:
    try:
        clean(row, unique=False, known={"created_by", "id"})
    except Invalid as refused:
        return [_fault(one.field, number, one.message, REMEDIES.get(one.field, "")) for one in refused.faults]
    if row.rate <= 0:
        return [_fault("rate", number, "is not above 0", REMEDIES["rate"])]
    if row.base == row.quote:
        return [_fault("quote", number, f"is {row.base} as base is", "a rate is of two currencies")]
    if row.date > today:
        return [_fault("date", number, f"{row.date} has not come yet", REMEDIES["date"])]
    return []


def _fault(field: str, row: int | None, message: str, remedy: str, code: str = "invalid") -> Fault:
    return Fault(field=field, row=row, message=message, remedy=remedy, code=code)


@dataclass(frozen=True)
class ReadRates:
    """The rates of a text; said: sentences on what was decided over its columns."""

    rates: list[dict[str, Any]]
    said: tuple[str, ...]


def read_rates(text: str, *, decimal: str = "", dates: str = "") -> ReadRates:
    """The rates of a text: base, quote, date, rate and source a line.

    A first line of names, and empty lines, are skipped. decimal: the sign before decimals, dates: the order of day and
    month, where somebody said them. Raises Invalid naming row (counted without those), field and remedy of what cannot
    be read, and a column that can be read in two ways.
    """
    try:
        places: dict[int, int] = {}
        given = lines(text, leads=lambda cell: re.fullmatch("[A-Za-z]{3}", cell.strip()) is not None)
        rows = list(given.rows)
        if rows and rows[0].cells[0].lower() == FIELDS[0]:
            del rows[0]
        if not rows:
            raise invalid("text", "there is no rate in it", code="required", remedy="paste at least one line")
        places = {row.number: number for number, row in enumerate(rows, 1)}
        cells = [row.cells for row in Lines(tuple(rows), given.between).each(len(FIELDS), ", ".join(FIELDS)).rows]
    except NotRead as refused:
        wrong = refused.wrong[:MOST_FAULTS]
        raise Invalid(*(_fault("text", places.get(one.at), one.message, one.remedy) for one in wrong)) from refused
    columns = dict(zip(FIELDS, zip(*cells, strict=True), strict=True))
    faults: list[Fault] = []
    found: dict[str, Sequence[Any]] = dict(columns)
    said: list[str] = []
    for name in ("date", "rate"):
        column = columns[name]
        empty = [at for at, cell in enumerate(column) if not cell]
        faults += [_fault(name, at + 1, "is empty", REMEDIES[name]) for at in empty]
        if empty:
            continue
        try:
            if name == "rate":
                read = numbers(column, decimal=decimal)
                found[name], said = read.values, [*said, *read.said]
            else:
                read_days = days(column, order=dates)
                found[name], said = [day.date for day in read_days.days], [*said, *read_days.said]
                faults += [
                    _fault(name, at + 1, f"{quoted(column[at])} is a month, and no day of it", REMEDIES[name])
                    for at in [at for at, day in enumerate(read_days.days) if day.whole]
                ]
        except NotRead as refused:
            for one in refused.wrong:
                remedy = REMEDIES[name] if one.code == "invalid" else one.remedy
                faults.append(_fault(name, one.at + 1, one.message, remedy, one.code))
    if faults:
        raise Invalid(*sorted(faults, key=lambda one: one.row or 0)[:MOST_FAULTS])
    return ReadRates([dict(zip(FIELDS, row, strict=True)) for row in zip(*found.values(), strict=True)], tuple(said))
