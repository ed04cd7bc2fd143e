"""Projection: money by month = value per case × volume(t) under its terms (adoption, costs, discount), draw by draw.

The value is already against its named baseline. volume(t) comes from `volume`, whose growth is that of the history
itself, or what an assumption says in its place. How often the bands hold what comes is in docs/coverage.md. Months are
"YYYY-MM"; there is no clock here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats
from metrics.core.calendar import later, month_number
from metrics.core.estimate import Draws, Estimate, Quantity, Unknown, made, no_band_of
from metrics.core.kpi.season import Season
from metrics.core.revenue.structural import MOST
from metrics.core.revenue.terms import Terms
from metrics.core.revenue.volume import LEAST, foretold

SEASON = 12
TESTED_HISTORY = 25  # the first with a month that has two whole years before it, to be tested on
SETTLED_HISTORY = 36
MOST_GROWTH = 1000  # times a year
FEW_YEARS = "few years of history: the band is wider"
NOT_TESTED = "assumed, not tested"


@dataclass(frozen=True, eq=False)
class Projection:
    """Money and volume by month, and the money's total over them.

    history: months in a row that the volume stands on. flags: what a reader must be told beside the band.
    """

    months: Mapping[str, Quantity]
    total: Quantity
    volume: Mapping[str, Quantity]
    history: int
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Realised:
    """Money by past month, and its total over the months that are known; left_out: month → why it is not counted."""

    months: Mapping[str, Quantity]
    total: Quantity
    left_out: Mapping[str, str] = field(default_factory=dict)


def project(
    *,
    value: Quantity,
    volume: Sequence[tuple[str, float]],
    months: int,
    growth: Estimate | None,
    seed: int,
    unit: str,
    season: Season | None = None,
    terms: Terms | None = None,
) -> Projection | Unknown:
    """The `months` months after the last month of `volume`.

    value: money per case; volume: cases by past month; growth: share a year, the history's own where None; season:
    how the value differs by calendar month, not at all where None; terms: adoption, costs, discounting and
    correction, none where None; unit: of the result, the currency. Only the months in a row up to the last one count:
    fewer than 13 give Unknown, 24 and fewer the flag NOT_TESTED, fewer than 36 the flag FEW_YEARS. Without draws of
    the value, or of an assumption in use, the figures are points, and the reason goes with them.
    """
    if isinstance(value, Unknown):
        return value
    if months < 1:
        raise ValueError(f"a projection needs at least one month, got {months}")
    history = _unbroken(volume)
    if isinstance(history, Unknown):
        return history
    if growth is not None and growth.point <= -1:
        return Unknown("growth is −100 % a year or less, which leaves no volume")
    if growth is not None and abs(np.log1p(growth.point)) > np.log(MOST_GROWTH):
        return Unknown(f"growth by a factor beyond {MOST_GROWTH:,} a year, up or down, is no growth of a volume")
    terms = terms or Terms()
    if (fault := terms.fault()) is not None:
        return fault
    last = max(month for month, _ in volume)
    names = [later(last, step) for step in range(1, months + 1)]
    point, drawn = foretold(history, months, growth=growth, seed=seed)
    money = terms.applied(_worth(value, season, names, point, drawn=False), point, drawn=False)
    money_drawn: Floats | None = None
    if drawn is not None and value.draws is not None and terms.drawn:
        money_drawn = terms.applied(_worth(value, season, names, drawn, drawn=True), drawn, drawn=True)
    no_band = no_band_of([value, *terms.held()])
    total = made(float(money.sum()), None if money_drawn is None else money_drawn.sum(axis=1), unit, no_band=no_band)
    return Projection(
        months=_by_month(names, money, money_drawn, unit, no_band),
        total=total,
        volume=_by_month(names, point, drawn, ""),
        history=len(history),
        flags=_flags(len(history)),
    )


def realised(values: Mapping[str, Quantity], volume: Mapping[str, float], *, unit: str) -> Realised:
    """What past months were worth: the value per case measured in each month × the cases that month had.

    values: month → money per case of that month's decisions; volume: month → cases, for the months wanted. A month
    without a value stays out of the total and is listed; the total is Unknown where no month is known.
    """
    months = {month: _month_realised(values.get(month), cases, unit) for month, cases in sorted(volume.items())}
    known = [found for found in months.values() if isinstance(found, Estimate)]
    left_out = {month: found.reason for month, found in months.items() if isinstance(found, Unknown)}
    if not known:
        return Realised(months, Unknown("no month has both decisions and an actual volume"), left_out)
    drawn = [found.draws for found in known if found.draws is not None]
    draws = np.sum(drawn, axis=0) if len(drawn) == len(known) else None
    total = made(sum(found.point for found in known), draws, unit, no_band=no_band_of(known))
    return Realised(months, total, left_out)


def probability_of_meeting(total: Quantity, target: float, *, direction: str = "up") -> float | Unknown:
    """Share of draws at or above the target ("up"), or at or below it ("down"); Unknown where there are no draws."""
    if direction not in ("up", "down"):
        raise ValueError(f"direction is up or down, got {direction!r}")
    if isinstance(total, Unknown):
        return total
    met = total.probability(lambda draws: draws >= target if direction == "up" else draws <= target)
    return Unknown(str(total.why_no_band)) if met is None else met


def _flags(history: int) -> tuple[str, ...]:
    if history < TESTED_HISTORY:
        return (NOT_TESTED, FEW_YEARS)
    return (FEW_YEARS,) if history < SETTLED_HISTORY else ()


def _unbroken(volume: Sequence[tuple[str, float]]) -> Floats | Unknown:
    """Volumes of the months in a row up to the last one, or why they do not carry a projection."""
    known = dict(volume)
    if len(known) != len(volume):
        raise ValueError("a month of volume is given twice")
    if not known:
        return Unknown("no volume is known")
    run, month = [], max(known, key=month_number)
    last = month
    while month in known:
        run.append(float(known[month]))
        month = later(month, -1)
    if len(run) < LEAST:
        gap = f"; {month} is missing" if min(known) < month else ""
        return Unknown(f"a projection needs {LEAST} months of volume in a row, {len(run)} up to {last}{gap}")
    history = np.array(run[::-1])
    bad = np.flatnonzero(~(np.isfinite(history) & (history >= 0)))
    if len(bad):
        return Unknown(f"the volume of {later(last, int(bad[0]) + 1 - len(history))} is below 0 or no number")
    if not history[-MOST:].any():
        return Unknown(f"no month up to {last} has a case")
    return history


def _worth(value: Estimate, season: Season | None, names: Sequence[str], cases: Floats, *, drawn: bool) -> Floats:
    """Value a case in the coming months, (months,) at the points, (K, months) with draws; cases: of the same shape.

    Each whole year is brought to what it is by the months as measured, draw by draw, each month alike (benchmarking of
    small areas: Pfeffermann 2013, Statistical Science 28:40–68): what the months are believed to be moves no year.
    Months beyond the last whole year stand as they are believed. What months without rows add to a draw is taken off
    all months, what those with rows add off these alone, so that at the point the former stand at the value over all.
    """
    worth = np.asarray(value.point if not drawn or value.draws is None else value.draws[:, None])
    if season is None:
        return worth * np.ones(len(names))
    calendar = [name[5:] for name in names]
    apart = np.array([season.point[month] - 1 for month in calendar])
    if drawn:
        apart = np.stack([season.drawn[month] for month in calendar], axis=1)
    measured = worth * np.array([season.measured[month] for month in calendar])
    believed = worth + value.point * apart
    told = np.array([month in season.told for month in calendar])
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is Unknown
        return _benchmarked(believed, measured, cases, told)


def _benchmarked(believed: Floats, measured: Floats, cases: Floats, told: NDArray[np.bool_]) -> Floats:
    """Each whole year as above. told: (months,) whether the month has rows."""
    for start in range(0, len(told) - SEASON + 1, SEASON):
        year = np.s_[..., start : start + SEASON]
        missing, here = cases[year] * (measured[year] - believed[year]), told[start : start + SEASON]
        for of, over in ((here, here), (~here, np.ones(SEASON, dtype=bool))):
            if of.any():
                spread = missing[..., of].sum(axis=-1, keepdims=True) / cases[year][..., over].sum(
                    axis=-1, keepdims=True
                )
                believed[year] += spread * over
    return believed


def _by_month(
    names: Sequence[str], points: Floats, draws: Draws | None, unit: str, no_band: str | None = None
) -> dict[str, Quantity]:
    return {
        name: made(float(points[at]), None if draws is None else draws[:, at].copy(), unit, no_band=no_band)
        for at, name in enumerate(names)
    }


def _month_realised(value: Quantity | None, cases: float, unit: str) -> Quantity:
    if value is None:
        return Unknown("no decisions are known for this month")
    if isinstance(value, Unknown):
        return value
    return value.map(lambda money: money * cases, unit)
