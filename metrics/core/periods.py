"""Periods: the months that a page speaks of, as an address names them. There is no clock here.

`?period=fiscal-year&of=2027` is a kind and which one of it; without `of` it is the present one. From–to has
`&from=2026-09&until=2027-08` instead. A fiscal year is named by the calendar year in which it ends, and begins in the
month that its product says (1 to 12). Months are "YYYY-MM".
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from metrics.core.calendar import later, month_number, span

QUARTER, YEAR = 3, 12
MOST = 120  # months in a period that is asked for by its ends
FIRST_YEAR, LAST_YEAR = 1970, 2199
FIELDS = ("period", "of", "from", "until")


class NoPeriod(ValueError):
    """An address that names no period: the sentence says why, and what to write."""


@dataclass(frozen=True)
class Period:
    """Months in a row, of one kind. of: which one, as the address says it. present: whether it is the present one."""

    kind: str
    of: str
    months: tuple[str, ...]
    starts: int
    present: bool

    @property
    def first(self) -> str:
        return self.months[0]

    @property
    def last(self) -> str:
        return self.months[-1]

    @property
    def length(self) -> int:
        return len(self.months)

    @property
    def query(self) -> dict[str, str]:
        """The parameters of an address that name it; the present one of a kind by its kind alone: it moves on."""
        if self.kind == FromTo.key:
            return {"period": self.kind, "from": self.first, "until": self.last}
        return {"period": self.kind} if self.present else {"period": self.kind, "of": self.of}


class Kind(ABC):
    """One way to name months. key: in addresses. words: what it is called. like: an example of `of`."""

    key: ClassVar[str]
    words: ClassVar[str]
    like: ClassVar[str]

    @abstractmethod
    def present(self, now: str, starts: int) -> str:
        """Which one the month `now` lies in."""

    @abstractmethod
    def months(self, of: str, now: str, starts: int) -> tuple[str, ...]:
        """Its months. Raises ValueError where `of` is of another form."""

    @abstractmethod
    def turned(self, of: str, step: int) -> str:
        """Which one comes `step` later."""


class OneMonth(Kind):
    key, words, like = "month", "month", "2026-11"

    def present(self, now: str, starts: int) -> str:
        return now

    def months(self, of: str, now: str, starts: int) -> tuple[str, ...]:
        return (_month(of),)

    def turned(self, of: str, step: int) -> str:
        return later(of, step)


class Quarter(Kind):
    """A quarter of the fiscal year: "2027-Q1" is the first three months of the fiscal year 2027."""

    key, words, like = "quarter", "quarter", "2027-Q1"

    def present(self, now: str, starts: int) -> str:
        year = fiscal_year(now, starts)
        return f"{year:04d}-Q{(month_number(now) - month_number(year_months(year, starts)[0])) // QUARTER + 1}"

    def months(self, of: str, now: str, starts: int) -> tuple[str, ...]:
        year, quarter = self._read(of)
        return year_months(year, starts)[(quarter - 1) * QUARTER : quarter * QUARTER]

    def turned(self, of: str, step: int) -> str:
        year, quarter = self._read(of)
        year, quarter = divmod(year * 4 + quarter - 1 + step, 4)
        return f"{year:04d}-Q{quarter + 1}"

    @staticmethod
    def _read(of: str) -> tuple[int, int]:
        found = re.fullmatch(r"(\d{4})-Q([1-4])", of)
        if found is None:
            raise ValueError(of)
        return _year(found[1]), int(found[2])


class FiscalYear(Kind):
    key, words, like = "fiscal-year", "fiscal year", "2027"

    def present(self, now: str, starts: int) -> str:
        return f"{fiscal_year(now, starts):04d}"

    def months(self, of: str, now: str, starts: int) -> tuple[str, ...]:
        return year_months(_year(of), starts)

    def turned(self, of: str, step: int) -> str:
        return f"{int(of) + step:04d}"


class YearToDate(FiscalYear):
    """A fiscal year until the month that runs, and any other year until the same month of it."""

    key, words, like = "year-to-date", "year to date", "2027"

    def months(self, of: str, now: str, starts: int) -> tuple[str, ...]:
        passed = month_number(now) - month_number(year_months(fiscal_year(now, starts), starts)[0])
        return year_months(_year(of), starts)[: passed + 1]


class NextTwelve(Kind):
    """The month that runs and the eleven after it, or twelve months from another one on."""

    key, words, like = "next-12", "next 12 months", "2026-11"

    def present(self, now: str, starts: int) -> str:
        return now

    def months(self, of: str, now: str, starts: int) -> tuple[str, ...]:
        return span(_month(of), later(of, YEAR - 1))

    def turned(self, of: str, step: int) -> str:
        return later(of, step * YEAR)


class FromTo(Kind):
    """Any months in a row: `of` is "2026-09..2027-08"."""

    key, words, like = "from-to", "from – to", "2026-09..2027-08"

    def present(self, now: str, starts: int) -> str:
        return f"{now}..{now}"

    def months(self, of: str, now: str, starts: int) -> tuple[str, ...]:
        first, until = self._read(of)
        if until < first:
            raise NoPeriod(f"The period ends before it begins: {first} to {until}.")
        if month_number(until) - month_number(first) >= MOST:
            raise NoPeriod(f"{first} to {until} is longer than {MOST} months, the most that are shown at once.")
        return span(first, until)

    def turned(self, of: str, step: int) -> str:
        first, until = self._read(of)
        by = step * (month_number(until) - month_number(first) + 1)
        return f"{later(first, by)}..{later(until, by)}"

    @staticmethod
    def _read(of: str) -> tuple[str, str]:
        first, _, until = of.partition("..")
        return _month(first), _month(until)


KINDS: dict[str, Kind] = {
    kind.key: kind for kind in (OneMonth(), Quarter(), FiscalYear(), YearToDate(), NextTwelve(), FromTo())
}


def period(kind: str, of: str = "", *, now: str, starts: int = 1) -> Period:
    """The period of a kind. now: the month that runs. starts: the month in which fiscal years begin.

    Raises NoPeriod, with a sentence, where there is no such kind or none of it is called so.

    >>> period("fiscal-year", "2027", now="2026-11", starts=9).months[0]
    '2026-09'
    >>> period("quarter", now="2026-11", starts=9).of
    '2027-Q1'
    """
    found = KINDS.get(kind)
    if found is None:
        raise NoPeriod(f"“{kind[:40]}” is no period; there are {', '.join(KINDS)}.")
    present = found.present(now, starts)
    asked = of or present
    try:
        months = found.months(asked, now, starts)
        _year(months[0][:4]), _year(months[-1][:4])
    except NoPeriod:
        raise
    except ValueError:
        raise NoPeriod(f"“{of[:40]}” is no {found.words}; one is written like {found.like}.") from None
    return Period(kind, asked, months, starts, asked == present and kind != FromTo.key)


def asked(given: Mapping[str, str], *, now: str, starts: int = 1) -> Period | None:
    """The period that an address asks for; None where it asks for none. Raises NoPeriod."""
    kind, of = given.get("period", ""), given.get("of", "")
    ends = [given.get(end, "") for end in ("from", "until")]
    if not kind and not of and not any(ends):
        return None
    if kind == FromTo.key or (not kind and any(ends)):
        if not all(ends):
            raise NoPeriod("From – to needs both ends: the first month and the last, each written like 2026-09.")
        return period(FromTo.key, "..".join(ends), now=now, starts=starts)
    return period(kind, of, now=now, starts=starts)


def turned(held: Period, step: int, *, now: str) -> Period | None:
    """The period of the same kind that comes `step` later; None beyond the years that there are."""
    try:
        return period(held.kind, KINDS[held.kind].turned(held.of, step), now=now, starts=held.starts)
    except ValueError:
        return None


def moved(months: tuple[str, ...], step: int) -> tuple[str, ...]:
    """The same months, `step` months later.

    >>> moved(("2026-11", "2026-12"), -12)
    ('2025-11', '2025-12')
    """
    return tuple(later(month, step) for month in months)


def fiscal_year(month: str, starts: int) -> int:
    """The fiscal year that a month lies in, by the calendar year in which it ends.

    >>> fiscal_year("2026-11", 9), fiscal_year("2026-11", 1), fiscal_year("2026-08", 9)
    (2027, 2026, 2026)
    """
    return (month_number(month) - (starts - 1) + (YEAR if starts > 1 else 0)) // YEAR


def year_months(year: int, starts: int) -> tuple[str, ...]:
    """The months of a fiscal year.

    >>> year_months(2027, 9)[0], year_months(2027, 9)[-1], year_months(2027, 1)[0]
    ('2026-09', '2027-08', '2027-01')
    """
    first = f"{year - (1 if starts > 1 else 0):04d}-{starts:02d}"
    return span(first, later(first, YEAR - 1))


def _year(text: str) -> int:
    if not re.fullmatch(r"[0-9]{4}", text) or not FIRST_YEAR <= int(text) <= LAST_YEAR:
        raise ValueError(text)
    return int(text)


def _month(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", text):
        raise ValueError(text)
    month_number(text)
    return text
