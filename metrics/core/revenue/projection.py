"""Projection: money by month = value per case × volume(t) under its terms (adoption, costs, discount), draw by draw.

The value is already against its named baseline. From 36 months of history, volume(t) comes from `volume`. With fewer it
is the same month of the year before, grown, times an error resampled from what this very rule would have got wrong:

    log v(t) = log v(t − 12) + log(1 + growth) + e(t)
    e(t) in the past = log(v(t) / v(t − 12)) − log(1 + growth at its point)

The past errors are rolling-origin errors of the rule, and are split in two. A year's mean error is the level: few years
are known, so a draw scales their root mean square by Student's t. The pattern is what remains in twelve consecutive
months from a random start, kept together, with a random sign. Both are centred on 0 by symmetry: subtracting the mean
error instead would hide a level that moved. How often the bands hold what comes is in docs/coverage.md. Months are
"YYYY-MM"; there is no clock here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from metrics.core.calendar import later, month_number
from metrics.core.draws import K, uniforms
from metrics.core.estimate import NO_DRAWS, Draws, Estimate, Quantity, Unknown, made
from metrics.core.late import stats
from metrics.core.revenue.terms import Terms
from metrics.core.revenue.volume import paths

SEASON = 12
LEAST_HISTORY = 13
TESTED_HISTORY = 24
SETTLED_HISTORY = 36
FEW_YEARS = "few years of history: the band is widened"
# The level's spread is known from one error a year: Student's t of 2 degrees or more, its last half per cent cut.
LEAST_FREEDOM = 2
TAIL = 0.005
NOT_TESTED = "assumed, not tested"

Floats = NDArray[np.float64]


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
    season: Mapping[str, float] | None = None,
    terms: Terms | None = None,
) -> Projection | Unknown:
    """The `months` months after the last month of `volume`.

    value: money per case; volume: cases by past month; growth: share a year, 0 where None; season: calendar month
    "01" to "12" → that month's value as a multiple of `value`, held at the point, 1 where it is not named; terms:
    adoption, costs, discounting and correction, none where None; unit: of the result, the currency. Only the months in
    a row up to the last one count: fewer than 13 give Unknown, fewer than 24 the flag NOT_TESTED, fewer than 36 the
    flag FEW_YEARS. Without draws of the value, or of an assumption in use, the figures are points.
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
    terms = terms or Terms()
    if (fault := terms.fault()) is not None:
        return fault
    last = max(month for month, _ in volume)
    names = [later(last, step) for step in range(1, months + 1)]
    point, drawn = _volumes(history, months, growth, seed)
    factors = np.array([(season or {}).get(name[5:], 1.0) for name in names])
    money = terms.applied(value.point * factors, point, drawn=False)
    money_drawn: Floats | None = None
    if drawn is not None and value.draws is not None and terms.drawn:
        money_drawn = terms.applied(value.draws[:, None] * factors, drawn, drawn=True)
    return Projection(
        months=_by_month(names, money, money_drawn, unit),
        total=made(float(money.sum()), None if money_drawn is None else money_drawn.sum(axis=1), unit),
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
    return Realised(months, made(sum(found.point for found in known), draws, unit), left_out)


def probability_of_meeting(total: Quantity, target: float, *, direction: str = "up") -> float | Unknown:
    """Share of draws at or above the target ("up"), or at or below it ("down"); Unknown where there are no draws."""
    if direction not in ("up", "down"):
        raise ValueError(f"direction is up or down, got {direction!r}")
    if isinstance(total, Unknown):
        return total
    met = total.probability(lambda draws: draws >= target if direction == "up" else draws <= target)
    return Unknown(NO_DRAWS) if met is None else met


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
    if len(run) < LEAST_HISTORY:
        gap = f"; {month} is missing" if min(known) < month else ""
        return Unknown(f"a projection needs {LEAST_HISTORY} months of volume in a row, {len(run)} up to {last}{gap}")
    history = np.array(run[::-1])
    bad = np.flatnonzero(~(np.isfinite(history) & (history > 0)))
    if len(bad):
        return Unknown(f"the volume of {later(last, int(bad[0]) + 1 - len(history))} is not above 0")
    return history


def _volumes(history: Floats, months: int, growth: Estimate | None, seed: int) -> tuple[Floats, Floats | None]:
    """Volume of the coming months: points (months,), draws (K, months), None where growth has no draws."""
    logs = np.log(history)
    grown = np.log1p(growth.point) if growth else 0.0
    if len(history) >= SETTLED_HISTORY:
        return _smoothed(logs, months, growth, float(grown), seed)
    years = np.arange(months) // SEASON + 1
    season = logs[len(logs) - SEASON + np.arange(months) % SEASON]
    point = np.exp(season + years * grown)
    if growth is not None and growth.draws is None:
        return point, None
    path = _errors(logs[SEASON:] - logs[:-SEASON] - grown, months, seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        drift = np.log1p(growth.draws) if growth is not None and growth.draws is not None else np.zeros(K)
    return point, np.exp(season + years * drift[:, None] + path)


def _smoothed(
    logs: Floats, months: int, growth: Estimate | None, grown: float, seed: int
) -> tuple[Floats, Floats | None]:
    """The same from a long history: smoothed without its growth, which is put back month by month."""
    past, ahead = np.arange(1 - len(logs), 1) / SEASON, np.arange(1, months + 1) / SEASON
    found = paths(logs - grown * past, months, seed=seed)
    point = np.exp(found.point + grown * ahead)
    if growth is not None and growth.draws is None:
        return point, None
    with np.errstate(invalid="ignore", divide="ignore"):
        drift = np.full(K, grown) if growth is None or growth.draws is None else np.log1p(growth.draws)
    return point, np.exp(found.drawn + drift[:, None] * ahead)


def _errors(past: Floats, months: int, seed: int) -> Floats:
    """Draws of the log error of the coming months, (K, months), from the rule's past errors, oldest first."""
    around = past[np.arange(len(past) + SEASON - 1) % len(past)]
    windows = np.lib.stride_tricks.sliding_window_view(around, SEASON)
    whole = windows[: max(1, len(past) - SEASON + 1)].mean(axis=1)
    freedom = max(LEAST_FREEDOM, len(past) // SEASON - 1)
    u = np.clip(uniforms(seed, "projection volume level"), TAIL, 1 - TAIL)
    level = np.sqrt(np.mean(whole**2)) * stats.t.ppf(u, freedom)
    start = np.floor(uniforms(seed, "projection volume start") * len(past)).astype(np.int64)
    sign = np.where(uniforms(seed, "projection volume sign") < 0.5, -1.0, 1.0)
    pattern = sign[:, None] * (windows - windows.mean(axis=1, keepdims=True))[start]
    month = np.arange(months)
    # A wrong level carries on: what a year adds comes on top of the years before it.
    return np.asarray((level[:, None] + pattern[:, month % SEASON]) * (month // SEASON + 1))


def _by_month(names: Sequence[str], points: Floats, draws: Draws | None, unit: str) -> dict[str, Quantity]:
    return {
        name: made(float(points[at]), None if draws is None else draws[:, at].copy(), unit)
        for at, name in enumerate(names)
    }


def _month_realised(value: Quantity | None, cases: float, unit: str) -> Quantity:
    if value is None:
        return Unknown("no decisions are known for this month")
    if isinstance(value, Unknown):
        return value
    return value.map(lambda money: money * cases, unit)
