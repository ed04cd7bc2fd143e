"""Importing observed values: pasted or from a CSV file, a month and a value a line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from reports.forms.sent import MOST_BYTES, sent_text

MOST_LINES = 600
MONTH = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.]\d{1,2})?")
LIMIT = Decimal(10) ** 16


class ActualsForm(forms.Form):
    text = forms.CharField(
        label="Months and values",
        required=False,
        max_length=MOST_BYTES,
        strip=False,
        widget=forms.Textarea(attrs={"class": "mono", "rows": 8, "placeholder": "2017-07, 5313\n2017-08, 4925"}),
        help_text="A month and a value a line, as copied from a sheet. A first line of column names is skipped.",
    )
    file = forms.FileField(label="or a CSV file", required=False, help_text="at most 200 kB")
    source = forms.CharField(label="Source", max_length=240, required=False, help_text="where the values come from")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not sent_text(
            self, given, what="months", empty="Paste at least one month with its value, or choose a file."
        ):
            return given
        read = parsed(given["text"])
        for fault in read.faults[:10]:
            self.add_error("text", fault)
        given["values"] = read.values
        return given


@dataclass(frozen=True)
class Read:
    values: tuple[tuple[date, Decimal], ...]
    faults: tuple[str, ...]


def parsed(text: str) -> Read:
    """Lines of "month, value"; separated by tab, semicolon, comma or blanks. What cannot be read names its line."""
    values: list[tuple[date, Decimal]] = []
    faults: list[str] = []
    seen: dict[date, int] = {}
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip(" \t,;")]
    if len(lines) > MOST_LINES:
        return Read((), (f"There are {len(lines)} lines; import at most {MOST_LINES} months at a time.",))
    for place, (number, line) in enumerate(lines):
        month, value = _cells(line)
        period = _month(month)
        if period is None and place == 0 and not re.search(r"\d", month):
            continue
        amount = _amount(value)
        if period is None:
            faults.append(f"Line {number}: “{month[:30]}” is no month. Write it as 2017-08.")
        elif amount is None:
            faults.append(f"Line {number}: “{value[:30]}” is no number.")
        elif period in seen:
            faults.append(f"Line {number}: {period:%Y-%m} stands in line {seen[period]} already.")
        else:
            seen[period] = number
            values.append((period, amount))
    if not values and not faults:
        faults.append("There is no month with a value in it.")
    return Read(tuple(values), tuple(faults))


def _cells(line: str) -> tuple[str, str]:
    for separator in ("\t", ";", ","):
        if separator in line:
            first, _, rest = line.partition(separator)
            return first.strip().strip('"'), rest.strip().strip(";\t ").strip('"')
    first, _, rest = line.strip().partition(" ")
    return first, rest.strip()


def _month(text: str) -> date | None:
    found = MONTH.fullmatch(text.strip())
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


@dataclass(frozen=True)
class PreviewLine:
    """A month to be imported beside what is known of it."""

    period: date
    value: Decimal
    known: Decimal | None

    @property
    def what(self) -> tuple[str, str]:
        """Verdict: new, the same as known, or restating it."""
        if self.known is None:
            return "info", "New"
        return ("same", "As known") if self.known == self.value else ("warn", "Restates")


def preview_lines(values: tuple[tuple[date, Decimal], ...], known: Mapping[date, Decimal]) -> list[PreviewLine]:
    return [PreviewLine(period, value, known.get(period)) for period, value in sorted(values)]
