"""When something is due again and again, in the time of a place: rules of days, and the moments they give.

A rule names days of the calendar of its place and one hour there. An hour that the place has not on a day, where clocks
are put forward, is read as one hour later; of an hour that it has twice, the first. There is no clock here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar, NamedTuple
from zoneinfo import ZoneInfo

from metrics.core.calendar import day_of, later

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SATURDAY = 5
FARTHEST = 800  # days within which every rule has a day
ENDS = {1: "st", 2: "nd", 3: "rd"}


class Occasion(NamedTuple):
    """One moment at which something is due, in UTC, and the name of the period that it is due for."""

    moment: datetime
    period: str


@dataclass(frozen=True)
class When:
    """A rule with what it leaves open. day: of the week from 0, or of the month from 1; year_start: month of the fiscal
    year's first. A rule reads of these what it needs."""

    kind: str
    at: time
    time_zone: str
    day: int = 0
    year_start: int = 1

    def next_after(self, moment: datetime) -> Occasion:
        """The first occasion after a moment."""
        first = day_of(moment, self.time_zone) - timedelta(days=1)
        for step in range(FARTHEST):
            on = first + timedelta(days=step)
            period = RULES[self.kind].period(on, self)
            if period and (at := moment_at(on, self.at, self.time_zone)) > moment:
                return Occasion(at, period)
        raise AssertionError(f"the rule {self.kind} has no day in {FARTHEST}")

    def words(self) -> str:
        """ "Mondays 07:00", "First working day 08:00"."""
        return f"{RULES[self.kind].words(self)} {self.at:%H:%M}"


class Rule(ABC):
    """One way of naming days. day: what its number is of, "" where it takes none."""

    key: ClassVar[str]
    label: ClassVar[str]
    day: ClassVar[str] = ""

    @abstractmethod
    def period(self, on: date, when: When) -> str:
        """The name of the period that a day is due for; "" where the day is none of the rule's."""

    @abstractmethod
    def words(self, when: When) -> str: ...


class Weekly(Rule):
    key, label, day = "weekly", "weekly, on a weekday", "weekday"

    def period(self, on: date, when: When) -> str:
        return f"{on:%G-W%V}" if on.weekday() == when.day else ""

    def words(self, when: When) -> str:
        return f"{WEEKDAYS[when.day]}s"


class WorkingDays(Rule):
    """Monday to Friday; holidays are not known here."""

    key, label = "working_days", "on working days"

    def period(self, on: date, when: When) -> str:
        return f"{on}" if on.weekday() < SATURDAY else ""

    def words(self, when: When) -> str:
        return "Working days"


class Monthly(Rule):
    """On a day of the month, or on its last where it has not so many."""

    key, label, day = "monthly", "monthly, on a day", "month day"

    def period(self, on: date, when: When) -> str:
        last = (on + timedelta(days=1)).month != on.month
        return f"{on:%Y-%m}" if on.day == when.day or (last and on.day < when.day) else ""

    def words(self, when: When) -> str:
        return f"Monthly, on the {ordinal(when.day)}"


class FirstWorkingDay(Rule):
    key, label = "first_working_day", "monthly, on the first working day"

    def period(self, on: date, when: When) -> str:
        working = [day for day in range(1, on.day + 1) if on.replace(day=day).weekday() < SATURDAY]
        return f"{on:%Y-%m}" if working == [on.day] else ""

    def words(self, when: When) -> str:
        return "First working day"


class Close(Rule):
    """On the day after a period's last. months: how many it has; periods are counted from the fiscal year's first."""

    months: ClassVar[int]
    noun: ClassVar[str]

    def period(self, on: date, when: When) -> str:
        if on.day != 1 or (on.month - when.year_start) % self.months:
            return ""
        first = later(f"{on:%Y-%m}", -self.months)
        return first if self.months == 1 else f"{first}..{later(f'{on:%Y-%m}', -1)}"

    def words(self, when: When) -> str:
        return f"When a {self.noun} is over,"


class MonthClose(Close):
    key, label, months, noun = "month_close", "when a month is over", 1, "month"


class QuarterClose(Close):
    key, label, months, noun = "quarter_close", "when a quarter is over", 3, "quarter"


class YearClose(Close):
    key, label, months, noun = "year_close", "when a fiscal year is over", 12, "fiscal year"


RULES: Mapping[str, Rule] = {
    rule.key: rule
    for rule in (Weekly(), WorkingDays(), Monthly(), FirstWorkingDay(), MonthClose(), QuarterClose(), YearClose())
}


def moment_at(on: date, at: time, time_zone: str) -> datetime:
    """A time of a day at a place, in UTC.

    >>> [str(moment_at(date(2026, 3, day), time(1, 30), "Europe/Lisbon")) for day in (28, 29, 30)]
    ['2026-03-28 01:30:00+00:00', '2026-03-29 01:30:00+00:00', '2026-03-30 00:30:00+00:00']
    """
    return datetime.combine(on, at, ZoneInfo(time_zone)).astimezone(UTC)


def missed(when: When, since: datetime, until: datetime) -> Iterator[Occasion]:
    """The occasions after one moment and up to another, ascending."""
    occasion = when.next_after(since)
    while occasion.moment <= until:
        yield occasion
        occasion = when.next_after(occasion.moment)


def quiet_until(moment: datetime, time_zone: str, start: time, end: time) -> datetime:
    """When quiet hours end that a moment lies in; the moment itself outside of them. start = end: there are none.

    >>> quiet_until(datetime(2026, 1, 5, 23, tzinfo=UTC), "UTC", time(22), time(7)).isoformat()
    '2026-01-06T07:00:00+00:00'
    >>> quiet_until(datetime(2026, 1, 5, 12, tzinfo=UTC), "UTC", time(22), time(7)).isoformat()
    '2026-01-05T12:00:00+00:00'
    """
    local = moment.astimezone(ZoneInfo(time_zone))
    now = local.time()
    inside = start <= now < end if start < end else now >= start or now < end
    if start == end or not inside:
        return moment
    on = local.date() + timedelta(days=1 if end <= now else 0)
    return moment_at(on, end, time_zone)


def ordinal(number: int) -> str:
    """ "1st", "22nd", "13th"."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ENDS.get(number % 10, 'th')}"
