"""Calendar months, written "YYYY-MM": counting them, and which one a moment lies in at a place. There is no clock here.

A month is one of a product's time zone: it begins and ends at midnight there, whatever UTC says.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

SHORT, A_MONTH = 60, 365.25 / 12  # days: below the first they are counted, above it months are
MOST_MONTHS = 1200  # for which rows of runs are kept, where not for ever
NO_PLACES = frozenset({"localtime", "Factory"})  # whatever zone the machine is set to, and none at all


def later(month: str, step: int) -> str:
    """The month `step` months after "YYYY-MM" (before it, where negative). ValueError for another form.

    >>> later("2016-11", 3), later("2016-01", -1)
    ('2017-02', '2015-12')
    """
    year, number = divmod(month_number(month) + step, 12)
    return f"{year:04d}-{number + 1:02d}"


@lru_cache(maxsize=4096)
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


def lasts(until: date, today: date) -> str:
    """How long something is valid, in words.

    >>> lasts(date(2027, 6, 30), date(2026, 11, 29)), lasts(date(2026, 12, 1), date(2026, 11, 30))
    ('expires in 7 months', 'expires in 1 day')
    >>> lasts(date(2026, 11, 29), date(2026, 11, 29)), lasts(date(2026, 10, 1), date(2026, 11, 29))
    ('expires today', 'expired on 2026-10-01')
    """
    days = (until - today).days
    if days <= 0:
        return f"expired on {until}" if days else "expires today"
    count, noun = (days, "day") if days < SHORT else (round(days / A_MONTH), "month")
    return f"expires in {count:,} {noun}{'' if count == 1 else 's'}"


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


def moment(text: str, time_zone: str) -> datetime:
    """A moment as written, "2026-03-01T14:30" or with an offset; without one it is the time of the place.

    Of an hour that the place has twice it is the first. ValueError for another form, and for an hour that the place
    has not.

    >>> moment("2026-03-01T14:30", "Asia/Kolkata").isoformat()
    '2026-03-01T14:30:00+05:30'
    """
    written = text.strip()
    if re.search(r"\d \d\d:?\d\d$", written) and "T" in written:  # an address has a blank where a + was sent
        written = "+".join(written.rsplit(" ", 1))
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no moment: write it as 2026-03-01T14:30, or with an offset") from None
    if found.tzinfo is not None:
        return found
    local = found.replace(tzinfo=ZoneInfo(time_zone))
    if local.astimezone(UTC).astimezone(ZoneInfo(time_zone)).replace(tzinfo=None) != found:
        raise ValueError(f"{text[:40]} does not exist in {time_zone}, where the clock was put forward")
    return local


@cache
def places() -> frozenset[str]:
    """The names of time zones, as this machine has them when first asked: its database is read once."""
    return frozenset(available_timezones() - NO_PLACES)


def place(text: str) -> str:
    """The name of a time zone: one of IANA, or an offset in whole hours: "+10:00" is Etc/GMT-10. Raises ValueError."""
    offset = re.fullmatch(r"(?:UTC|GMT)?([+\-−])(\d{1,2})(?::?00)?", text.strip())
    name = text.strip()
    if offset:  # the names of Etc count the other way round
        hours = int(offset[2])
        name = f"Etc/GMT{'-' if offset[1] == '+' else '+'}{hours}" if hours else "UTC"
    if name not in places():
        raise ValueError(f"“{text[:60]}” is no time zone; give one such as Europe/Lisbon, UTC or +10:00")
    return name


def zone_words(name: str) -> str:
    """A time zone as people write it: Etc/GMT-10 is "+10:00", a place is its own name."""
    offset = re.fullmatch(r"Etc/GMT([+-])(\d{1,2})", name)
    return name if offset is None else f"{'−' if offset[1] == '+' else '+'}{int(offset[2]):02}:00"


def all_year(time_zone: str, at: datetime) -> str:
    """What the clocks of a place show at a time when they are not put forward, as an offset: "+10:00"; "" if none.

    "" too where that is not a whole number of hours.
    """
    moment = at.replace(tzinfo=ZoneInfo(time_zone))
    standard = (moment.utcoffset() or timedelta()) - (moment.dst() or timedelta())
    hours, rest = divmod(int(standard.total_seconds()), 3600)
    return "" if rest else f"{'−' if hours < 0 else '+'}{abs(hours):02}:00"
