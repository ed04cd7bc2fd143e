"""Periods in words: "fiscal year 2027", "Q1 of fiscal year 2027", "November 2026"."""

from __future__ import annotations

from collections.abc import Iterable

from metrics.core.calendar import later
from metrics.core.periods import FiscalYear, FromTo, NextTwelve, OneMonth, Period, Quarter, YearToDate
from reports.words.dates import MONTHS, period
from reports.words.phrases import span


def short(held: Period) -> str:
    """Which one of its kind, beside the kind: "2027", "Q1 2027", "November 2026"; "" where its months say it."""
    if held.kind == OneMonth.key:
        return period(held.of, "long")
    if held.kind == Quarter.key:
        year, _, quarter = held.of.partition("-")
        return f"{quarter} {year}"
    return "" if held.kind in (NextTwelve.key, FromTo.key) else held.of


def called(held: Period | None) -> str:
    """A period within a sentence; all months as "all months"."""
    if held is None:
        return "all months"
    year = "year" if held.starts == 1 else "fiscal year"
    if held.kind == Quarter.key:
        name, _, of = short(held).partition(" ")
        return f"{name} of the {year} {of}"
    if held.kind == FiscalYear.key:
        return f"{year} {held.of}"
    if held.kind == YearToDate.key:
        return f"{year} {held.of} to {MONTHS[int(held.last[5:]) - 1]}"
    if held.kind == NextTwelve.key and held.present:
        return "the next 12 months"
    return period(held.first, "long") if held.length == 1 else str(span(held.months))


def stretches(months: Iterable[str]) -> str:
    """Months as they lie: "Jan 2017 and Mar 2017 – Dec 2017" of eleven in which February is wanting."""
    runs: list[list[str]] = []
    for month in sorted(months):
        if runs and later(runs[-1][-1], 1) == month:
            runs[-1].append(month)
        else:
            runs.append([month])
    told = [str(span(run)) for run in runs]
    return " and ".join([", ".join(told[:-1]), told[-1]]) if len(told) > 1 else "".join(told)
