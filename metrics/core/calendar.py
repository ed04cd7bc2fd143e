"""Calendar months, written "YYYY-MM": counting them, and which one a moment lies in at a place. There is no clock here.

A month is one of a product's time zone: it begins and ends at midnight there, whatever UTC says.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


def later(month: str, step: int) -> str:
    """The month `step` months after "YYYY-MM" (before it, where negative). ValueError for another form.

    >>> later("2016-11", 3), later("2016-01", -1)
    ('2017-02', '2015-12')
    """
    year, number = divmod(month_number(month) + step, 12)
    return f"{year:04d}-{number + 1:02d}"


def month_number(month: str) -> int:
    """Months since the year 0, for differences between months. ValueError for another form than "YYYY-MM"."""
    year, _, number = month.partition("-")
    if len(year) != 4 or len(number) != 2 or not (year + number).isdecimal() or not 1 <= int(number) <= 12:
        raise ValueError(f"a month is written YYYY-MM, got {month!r}")
    return int(year) * 12 + int(number) - 1


def span(first: str, last: str) -> tuple[str, ...]:
    """The months from one until another, both included; none where the last is before the first.

    >>> span("2016-11", "2017-01")
    ('2016-11', '2016-12', '2017-01')
    """
    return tuple(later(first, step) for step in range(month_number(last) - month_number(first) + 1))


def day_of(moment: datetime, time_zone: str) -> date:
    """The day that a moment lies in at a place."""
    return moment.astimezone(ZoneInfo(time_zone)).date()


def newest_day(moment: datetime) -> date:
    """The day that it is at a moment where days begin first, 14 hours ahead of UTC: no day after it has come anywhere.

    >>> newest_day(datetime(2026, 6, 30, 10, tzinfo=ZoneInfo("UTC")))
    datetime.date(2026, 7, 1)
    """
    return (moment.astimezone(ZoneInfo("UTC")) + timedelta(hours=14)).date()


def month_of(moment: datetime, time_zone: str) -> str:
    """The month that a moment lies in at a place.

    >>> late = datetime(2026, 6, 30, 20, tzinfo=ZoneInfo("UTC"))
    >>> month_of(late, "UTC"), month_of(late, "Asia/Kolkata")
    ('2026-06', '2026-07')
    """
    return f"{day_of(moment, time_zone):%Y-%m}"


def ended(month: str, moment: datetime, time_zone: str) -> bool:
    """Whether a month was over at a moment, at a place."""
    return month < month_of(moment, time_zone)
