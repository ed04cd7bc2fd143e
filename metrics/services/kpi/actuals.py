"""Observed values as text, as it is copied from a sheet: a month and a value a line, or the parts of a ratio."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation

from metrics.services.kpi.months_given import Given, Parts
from metrics.services.writing.refusal import Fault, Invalid, invalid

MOST_LINES = 600
MOST_FAULTS = 20
LIMIT = Decimal(10) ** 16
PARTS = ("numerator", "denominator")
_MONTH = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.]\d{1,2})?")


def read_actuals(text: str) -> list[Given]:
    """The months and values of a text, separated by tab, semicolon, comma or blanks; a first line of names is skipped.

    Where the first line names month, numerator and denominator, each line holds these three. Raises Invalid naming each
    line that cannot be read, and a month that comes twice.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip(" \t,;\ufeff")]
    if len(lines) > MOST_LINES:
        what = f"there are {len(lines)} lines; import at most {MOST_LINES} months at a time"
        raise invalid("text", what, code="too_many")
    between = _between_parts(lines[0][1]) if lines else ""
    found: list[Given] = []
    faults: list[Fault] = []
    seen: dict[date, int] = {}
    for place, (number, line) in enumerate(lines):
        month, *cells = _three(line, between) if between else _cells(line.lstrip("\ufeff"))
        period, amounts = _month(month), [_amount(cell) for cell in cells]
        if period is None and place == 0 and not re.search(r"\d", month):
            continue
        if between and len(cells) != len(PARTS):
            what = f"has {1 + len(cells)} cells where month, {' and '.join(PARTS)} are three"
            faults.append(_fault(number, what))
        elif period is None:
            faults.append(_fault(number, f"“{month[:30]}” is no month", remedy="Write it as 2017-08"))
        elif wrong := [cell for cell, amount in zip(cells, amounts, strict=True) if amount is None]:
            faults.append(_fault(number, f"“{wrong[0][:30]}” is no number"))
        elif period in seen:
            faults.append(_fault(number, f"{period:%Y-%m} stands in line {seen[period]} already"))
        else:
            seen[period] = number
            value, *more = [amount for amount in amounts if amount is not None]
            found.append((period, Parts(value, *more) if more else value))
    if faults:
        raise Invalid(*faults[:MOST_FAULTS])
    if not found:
        raise invalid("text", "there is no month with a value in it", code="required")
    return found


def _fault(line: int, message: str, *, remedy: str = "") -> Fault:
    return Fault(field="text", message=f"line {line}: {message}", remedy=remedy)


def _between_parts(first: str) -> str:
    """What stands between the cells where the first line names the parts of a ratio; "" where it does not."""
    return next((one for one in "\t;," if [name.lower() for name in _three(first, one)[1:]] == [*PARTS]), "")


def _three(line: str, between: str) -> list[str]:
    return [cell.strip().strip('"') for cell in line.lstrip("\ufeff").split(between)]


def _cells(line: str) -> tuple[str, str]:
    for separator in ("\t", ";", ","):
        if separator in line:
            first, _, rest = line.partition(separator)
            return first.strip().strip('"'), rest.strip().strip(";\t ").strip('"')
    first, _, rest = line.strip().partition(" ")
    return first, rest.strip()


def _month(text: str) -> date | None:
    found = _MONTH.fullmatch(text.strip())
    if not found or not 1 <= int(found[2]) <= 12 or not 1900 <= int(found[1]) <= 2200:
        return None
    return date(int(found[1]), int(found[2]), 1)


def _amount(text: str) -> Decimal | None:
    """A number with a point or a comma before its decimals; blanks and thousands separators are left out."""
    bare = re.sub(r"[\s\u00a0'’]", "", text)
    if "," in bare and "." in bare:
        drop = "," if bare.rfind(".") > bare.rfind(",") else "."
        bare = bare.replace(drop, "").replace(",", ".")
    elif re.fullmatch(r"-?\d{1,3}(,\d{3})+", bare):
        bare = bare.replace(",", "")
    else:
        bare = bare.replace(",", ".")
    if not re.fullmatch(r"[-+]?\d+(\.\d*)?", bare):
        return None
    try:
        amount = Decimal(bare).quantize(Decimal("0.0001"))
    except InvalidOperation:
        return None
    return amount if abs(amount) < LIMIT else None
