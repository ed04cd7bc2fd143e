"""The demonstration's forecasts: arrivals of each day at both hotels, told a week ahead by five simple rules.

An arrival is a booking of the sample that was not cancelled. Each rule tells a day from what was known a week
before:

    week-before     what came that weekday last week: the naive forecast that the others are held against
    four-weeks      the average of that weekday over the last four weeks
    trend-weekday   least squares on a trend and the weekdays, over the last eight weeks
    ridge-lags      ridge regression on the last four weeks, their means, the trend and the weekdays
    ridge-staffed   the same, raised to the quantile of its own past errors at which too few and too many cost alike

Days of week are those of the bookings as they were, before whole years are added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kpiplatform.demo import rows
from metrics.core.late import pa, pq

Floats = NDArray[np.float64]

HOTELS = ("City Hotel", "Resort Hotel")
FIRST, TEST = np.datetime64("2016-07-01"), np.datetime64("2016-10-01")
AHEAD = 7  # days
QUANTILE = 2 / 3  # an arrival that nobody expected costs twice what one does that did not come
PENALTY = 10.0
ENDS = (0.1, 0.9)  # of the errors of twenty weeks: the interval that holds 80 % of the days
LATELY = 140  # days


@dataclass(frozen=True)
class Rule:
    """A rule of forecasting: its version's name, what it tells of each day, and how it was made."""

    version: str
    tell: Callable[[Floats], Floats]
    parameters: dict[str, Any]


@lru_cache(maxsize=1)
def came() -> Floats:
    """Arrivals by hotel and day from FIRST on, (2, days)."""
    bookings = rows.bookings()
    kept = ~np.asarray(bookings["y_true"].to_numpy(), dtype=bool)
    day = (np.asarray(bookings["event_time"].to_numpy(), dtype="datetime64[D]") - FIRST).astype(np.int64)
    hotel = np.asarray(bookings["segment"].to_pylist()) == HOTELS[1]
    found = np.zeros((2, int(day.max()) + 1))
    np.add.at(found, (hotel[kept].astype(np.int64), day[kept]), 1)
    return found


def week_before(truth: Floats) -> Floats:
    """What came seven days before; NaN on the first seven."""
    return _lag(truth, AHEAD)


def four_weeks(truth: Floats) -> Floats:
    """The mean of that weekday over four weeks."""
    return np.asarray(np.mean([_lag(truth, 7 * weeks) for weeks in range(1, 5)], axis=0))


def trend_weekday(truth: Floats) -> Floats:
    """A trend and the weekdays, fitted to eight weeks that end a week before."""
    return _rolled(truth, _calendar(len(truth)), window=56, penalty=0.0)


def ridge_lags(truth: Floats) -> Floats:
    """Four weeks of the weekday and the means of one and of four weeks, trend and weekdays, on all days before."""
    lags = [_lag(truth, 7 * weeks) for weeks in range(1, 5)]
    means = [np.mean([_lag(truth, AHEAD + day) for day in range(span)], axis=0) for span in (7, 28)]
    return _rolled(truth, np.column_stack([*lags, *means, _calendar(len(truth))]), window=0, penalty=PENALTY)


def ridge_staffed(truth: Floats) -> Floats:
    """The ridge, raised by the quantile of its errors known a week before."""
    told = ridge_lags(truth)
    return np.asarray(told + _past(truth - told, (QUANTILE,))[0])


RULES = (
    Rule("week-before", week_before, {"rule": "the weekday a week before"}),
    Rule("four-weeks", four_weeks, {"rule": "mean of a weekday", "weeks": 4}),
    Rule("trend-weekday", trend_weekday, {"rule": "least squares", "inputs": "trend, weekday", "days": 56}),
    Rule("ridge-lags", ridge_lags, {"rule": "ridge", "inputs": "4 weeks, 2 means, trend, weekday", "penalty": PENALTY}),
    Rule(
        "ridge-staffed",
        ridge_staffed,
        {"rule": "ridge-lags at a quantile of its errors", "quantile": round(QUANTILE, 3), "penalty": PENALTY},
    ),
)
CHAMPION = "ridge-staffed"


def naive_error() -> float:
    """How far off the naive forecast was on the days before the test, on average."""
    days = int((TEST - FIRST).astype(np.int64))
    return float(np.mean([np.nanmean(np.abs(hotel - week_before(hotel))[:days]) for hotel in came()]))


def forecasts(rule: Rule, folder: Path, years: int = 0) -> Path:
    """Write what a rule told of each day of the test, as it would be sent: with an interval of 80 %."""
    truth = came()
    told = np.stack([np.maximum(rule.tell(hotel), 0) for hotel in truth])
    ends = told + np.stack([_past(truth[hotel] - told[hotel], ENDS) for hotel in (0, 1)], axis=1)
    begun, n = int((TEST - FIRST).astype(np.int64)), truth.shape[1]
    day = np.tile(np.arange(begun, n), 2)
    hotel = np.repeat([0, 1], n - begun)
    stamps = rows.moved(FIRST + day, years)
    columns = {
        "example_id": pa.array(2 * day + hotel),
        "event_time": stamps,
        "series": pa.array(np.array(HOTELS)[hotel]),
        "hotel": pa.array(np.array(HOTELS)[hotel]),
        "y_true": pa.array(truth[hotel, day]),
        "y_pred": pa.array(told[hotel, day].round(3)),
        "y_low": pa.array(np.maximum(ends[0], 0)[hotel, day].round(3)),
        "y_high": pa.array(np.maximum(ends[1], 0)[hotel, day].round(3)),
    }
    path = folder / f"{rule.version}.parquet"
    pq.write_table(pa.table(columns), path, compression="zstd")
    return path


def _lag(truth: Floats, days: int) -> Floats:
    """What came so many days before; NaN where nothing is known of that day."""
    found = np.full(len(truth), np.nan)
    found[days:] = truth[:-days]
    return found


def _calendar(days: int) -> Floats:
    """A constant, a trend in years, and six of the weekdays, (days, 8)."""
    day = np.arange(days)
    return np.column_stack([np.ones(days), day / 365, *((day % 7 == weekday).astype(float) for weekday in range(1, 7))])


def _rolled(truth: Floats, inputs: Floats, *, window: int, penalty: float) -> Floats:
    """Each day from a fit, made anew each week, to days known a week before: the last `window` of them, or all for 0.

    NaN while there are fewer than three weeks to fit to.
    """
    found = np.full(len(truth), np.nan)
    whole = np.asarray(np.isfinite(inputs).all(axis=1))
    held = penalty * np.eye(inputs.shape[1])
    for week in _weeks(len(truth)):
        known = np.arange(max(week[0] - AHEAD - window, 0) if window else 0, week[0] - AHEAD + 1)
        known = known[whole[known]]
        if len(known) >= 21:
            x, y = inputs[known], truth[known]
            found[week] = inputs[week] @ np.linalg.lstsq(x.T @ x + held, x.T @ y, rcond=None)[0]
    return found


def _past(errors: Floats, shares: tuple[float, ...]) -> Floats:
    """Quantiles of the newest errors known a week before each week, (shares, days); 0 with fewer than two weeks."""
    found = np.zeros((len(shares), len(errors)))
    for week in _weeks(len(errors)):
        known = errors[max(week[0] - AHEAD + 1 - LATELY, 0) : week[0] - AHEAD + 1]
        known = known[np.isfinite(known)]
        if len(known) >= 14:
            found[:, week] = np.quantile(known, shares)[:, None]
    return found


def _weeks(days: int) -> Iterator[NDArray[np.int64]]:
    """The days of each week, from the second on; the last may be short."""
    return (np.arange(first, min(first + 7, days)) for first in range(AHEAD, days, 7))
