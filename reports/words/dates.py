"""Months, days and how long ago, as text."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.utils import timezone

from metrics.core import unit_names
from metrics.core.unit_names import NBSP

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
ISO_MONTH = re.compile(r"(?<![\w-])\d{4}-(?:0[1-9]|1[0-2])(?![\w-])")


def period(value: Any, form: str = "short") -> str:
    """A month, "2016-10" or a date, as "Oct 2016", or as "October 2016" in the form "long"."""
    if isinstance(value, dt.date):
        year, month = value.year, value.month
    else:
        year_text, _, rest = str(value).partition("-")
        month_text = rest[:2]
        if not (year_text.isdigit() and month_text.isdigit() and 1 <= int(month_text) <= 12):
            return str(value)
        year, month = int(year_text), int(month_text)
    name = MONTHS[month - 1]
    return f"{name} {year}" if form == "long" else f"{name[:3]}{NBSP}{year}"


def named(text: str) -> str:
    """A reason with its months as pages name them: "2016-10 is not over" as "Oct 2016 is not over"."""
    return ISO_MONTH.sub(lambda found: period(found[0]), text)


def day(value: Any) -> str:
    """A date or time as "4 Sep 2017" in the current time zone; "" for none."""
    if not isinstance(value, dt.date):
        return "" if value is None else str(value)
    if isinstance(value, dt.datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return f"{value.day}{NBSP}{MONTHS[value.month - 1][:3]}{NBSP}{value.year}"


def ago(value: Any) -> str:
    """How long ago in words: "just now", "3 min ago", "2 days ago", "in 26 days"; a plain day beyond sixty days."""
    if not isinstance(value, dt.date):
        return ""
    if isinstance(value, dt.datetime):
        moment = value if timezone.is_aware(value) else timezone.make_aware(value)
        seconds = (timezone.now() - moment).total_seconds()
    else:
        days = (timezone.localdate() - value).days
        if days == 0:
            return "today"
        seconds = days * 86400.0
    size = abs(seconds)
    if size < 45:
        return "just now"
    if size > 60 * 86400:
        return day(value)
    for length, name in ((86400, "day"), (3600, "h"), (60, "min")):
        if size >= length or name == "min":
            count = max(1, round(size / length))
            word = f"{count}{NBSP}{unit_names.plural(name) if name == 'day' and count != 1 else name}"
            return f"{word} ago" if seconds > 0 else f"in {word}"
    raise AssertionError("unreachable: minutes catch the rest")
