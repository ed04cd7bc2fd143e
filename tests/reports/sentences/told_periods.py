"""How periods, months and days are called, on pages, in packs and by mail."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from metrics.core.calendar import later
from metrics.core.periods import KINDS as PERIODS
from metrics.core.periods import period
from reports.words import dates, periods, phrases
from tests.reports.sentences.reading import NAMED, Figure, Said
from tests.reports.sentences.situations import MONTHS, Lot, told

TO_COME = "the next 12 months"


@told("page")
def how_a_period_is_called(lot: Lot) -> Iterator[Said]:
    now, starts, kind = lot.one(*MONTHS), lot.one(1, 1, 4, 9), lot.one(*PERIODS)
    months = lot.months(1, 8)
    of = f"{months[0]}..{months[-1]}" if kind == "from-to" else ""
    held = period(kind, of, now=now, starts=starts)
    text = periods.called(held)
    first, last = held.months[0], held.months[-1]
    begun = int(first[:4]) + (starts > 1 and int(first[5:]) >= starts)  # the fiscal year that the first month lies in
    year = f"{'year' if starts == 1 else 'fiscal year'} {begun}"
    if kind == "quarter":
        number = (int(first[5:]) - starts) % 12 // 3 + 1
        yield Said(text=text, has=(f"Q{number} of the {year}",))
    elif kind == "fiscal-year":
        yield Said(text=text, has=(year,))
    elif kind == "year-to-date":
        yield Said(text=text, has=(f"{year} to {NAMED[int(last[5:]) - 1]}",))
    elif kind == "next-12":
        yield Said(text=text, has=(TO_COME,), figures=(Figure(12),))
    else:
        yield Said(text=text, months=(first,) if first == last else (first, last))
    for said in (phrases.span(held.months), phrases.during(held.months)):
        yield Said(text=said, months=(first,) if first == last else (first, last))


@told("page")
def months_as_they_lie(lot: Lot) -> Iterator[Said]:
    months = [month for month in lot.months(3, 12) if lot.yes(0.75)] or ["2026-03"]
    ends: list[str] = []
    for month in months:
        if later(month, -1) not in months:
            ends.append(month)
        if later(month, 1) not in months and later(month, -1) in months:
            ends.append(month)
    yield Said(text=periods.stretches(reversed(months)), months=tuple(ends))
    yield Said(text=dates.named(f"{months[0]} is not over"), months=(months[0],))


@told("mail")
def how_long_ago(lot: Lot) -> Iterator[Said]:
    seconds = lot.one(70, 4000, 90_000, 40 * 86_400) * lot.one(1, -1) * float(lot.random.uniform(1, 1.4))
    text = dates.ago(timezone.now() - timedelta(seconds=seconds))
    size = abs(seconds)
    per = next(length for length in (86_400, 3600, 60) if size >= length or length == 60)
    unit = {86_400: "day", 3600: "h", 60: "min"}[per]
    ways = (-1 if seconds > 0 else 1,)
    yield Said(
        text=text, figures=(Figure(size / per, within=0.5 * per / size),), has=(unit,), ways=ways, by=("in/ago",)
    )
