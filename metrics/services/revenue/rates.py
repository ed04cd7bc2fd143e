"""Writing exchange rates: one, or many from a sheet; all of them or none."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from metrics import access
from metrics.core.calendar import newest_day
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


def _fault(field: str, row: int | None, message: str, remedy: str) -> Fault:
    return Fault(field=field, row=row, message=message, remedy=remedy)


def read_rates(text: str) -> list[dict[str, Any]]:
    """The rates of a text: base, quote, date, rate and source a line, separated by comma, semicolon or tab.

    A first line of names, and empty lines, are skipped. Raises Invalid naming row (counted without those), field and
    remedy of what cannot be read.
    """
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip(" \t,;")]
    separator = next((one for one in "\t;" if lines and one in lines[0]), ",")
    cells = [[cell.strip() for cell in line] for line in csv.reader(lines, delimiter=separator, skipinitialspace=True)]
    if cells and cells[0][0].lower() == "base":
        cells = cells[1:]
    found: list[dict[str, Any]] = []
    faults: list[Fault] = []
    for number, line in enumerate(cells, 1):
        if len(line) != len(FIELDS):
            what = f"has {len(line)} columns where {', '.join(FIELDS)} are five"
            faults.append(_fault("text", number, what, "put a source with a comma in quotation marks"))
            continue
        given: dict[str, Any] = dict(zip(FIELDS, line, strict=True))
        given |= {"date": _day(given["date"]), "rate": _number(given["rate"])}
        wrong = [name for name in ("date", "rate") if given[name] is None]
        for name in wrong:
            what = f"“{line[FIELDS.index(name)][:30]}” is no {'day' if name == 'date' else 'number'}"
            faults.append(_fault(name, number, what, REMEDIES[name]))
        found.append(given)
    if faults:
        raise Invalid(*faults[:MOST_FAULTS])
    if not found:
        raise invalid("text", "there is no rate in it", code="required", remedy="paste at least one line")
    return found


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None


def _number(text: str) -> Decimal | None:
    """With a point, or one comma, before its decimals."""
    return Decimal(text.replace(",", ".")) if re.fullmatch(r"-?\d{1,12}([.,]\d{1,12})?", text) else None
