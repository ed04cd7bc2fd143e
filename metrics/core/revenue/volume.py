"""Volume: cases of the coming months by seasonal exponential smoothing of their logarithms.

ETS(A, N, A) (Hyndman, Koehler, Ord, Snyder 2008, "Forecasting with Exponential Smoothing", ch. 2), on logarithms, so
that cases stay above 0 and a season is a share of its level:

    y(t) = level + season(t) + e(t)     level += α e(t)     season(t) += γ e(t)

α and γ minimise the sum of squared one-step errors over a grid: no search that could end elsewhere on another machine.
Only from 36 months; the rule of `projection` serves shorter histories. A growth assumption is taken out of the history
before, and put back after.

The model's own bands are too narrow, since the model itself is uncertain: the errors of a path are scaled, at each
horizon, by what the model would have got wrong from every earlier month (rolling origin, fitted on what was known
then), never down, and drawn from Student's t with a degree of freedom for each year beyond the first, 3 at least.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from metrics.core.draws import uniforms
from metrics.core.late import stats

SEASON = 12
LEAST = 36
LEAST_FIT = 24  # months known at an earlier origin
ALPHAS = np.array([0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 0.95])
GAMMAS = np.array([0.0, 0.03, 0.1, 0.2, 0.35])
LEAST_FREEDOM = 3
TAIL = 0.005
NO_WIDTH = 1e-9  # of a logarithm: a history that repeats exactly has no errors to scale

Floats = NDArray[np.float64]


class Paths(NamedTuple):
    """Logarithms of the coming months: points (months,), and draws (K, months)."""

    point: Floats
    drawn: Floats


class Run(NamedTuple):
    """The model run through a history with every pair of the grid: states and one-step errors after each month.

    level (n + 1, G), season (n + 1, 12, G) by calendar place, errors (n, G).
    """

    alpha: Floats
    gamma: Floats
    level: Floats
    season: Floats
    errors: Floats


def paths(logs: Floats, months: int, *, seed: int) -> Paths:
    """Volume of `months` coming months from the logarithms of 36 or more past ones, oldest first; read-only."""
    if len(logs) < LEAST:
        raise ValueError(f"{LEAST} months are needed, got {len(logs)}")
    return _paths(np.asarray(logs, dtype=np.float64).tobytes(), months, seed)


@lru_cache(maxsize=64)
def _paths(content: bytes, months: int, seed: int) -> Paths:
    """Remembered: a what-if and a bridge ask for the same history many times."""
    logs = np.frombuffer(content)
    run = filtered(logs)
    best = int(np.argmin((run.errors[SEASON:] ** 2).sum(axis=0)))
    point = forecast(run, len(logs), best, months)
    found = Paths(point, point + _spread(run, logs, best, months, seed))
    for array in found:
        array.flags.writeable = False
    return found


def filtered(logs: Floats) -> Run:
    """Run every pair of the grid through the history, starting from the means of its first two years."""
    alpha, gamma = (grid.ravel() for grid in np.meshgrid(ALPHAS, GAMMAS))
    n, pairs = len(logs), len(alpha)
    start = logs[: 2 * SEASON].mean()
    first = logs[: 2 * SEASON].reshape(2, SEASON).mean(axis=0) - start
    level, season = np.empty((n + 1, pairs)), np.empty((n + 1, SEASON, pairs))
    errors = np.empty((n, pairs))
    level[0], season[0] = start, first[:, None]
    for at in range(n):
        place = at % SEASON
        errors[at] = logs[at] - level[at] - season[at, place]
        level[at + 1] = level[at] + alpha * errors[at]
        season[at + 1] = season[at]
        season[at + 1, place] += gamma * errors[at]
    return Run(alpha, gamma, level, season, errors)


def forecast(run: Run, known: int, pair: int, months: int) -> Floats:
    """Points of the months after the first `known` ones, (months,), with one pair of the grid."""
    places = (known + np.arange(months)) % SEASON
    return np.asarray(run.level[known, pair] + run.season[known, places, pair])


def _spread(run: Run, logs: Floats, pair: int, months: int, seed: int) -> Floats:
    """Draws of the error of each coming month, (K, months): shocks that the level and the season keep."""
    n = len(logs)
    sigma = np.sqrt((run.errors[SEASON:, pair] ** 2).sum() / (n - SEASON - 2))
    u = np.stack([uniforms(seed, f"volume shock {step}") for step in range(months)], axis=1)
    shocks = sigma * stats.norm.ppf(u)
    kept = _kept(float(run.alpha[pair]), float(run.gamma[pair]), months)
    own = shocks @ kept
    width = np.maximum(np.sqrt((kept**2).sum(axis=0)) * sigma, NO_WIDTH)
    factor = _widening(run, logs, width)
    freedom = max(LEAST_FREEDOM, n // SEASON - 1)
    tail = np.clip(uniforms(seed, "volume width"), TAIL, 1 - TAIL)
    scale = np.sqrt(freedom / stats.chi2.ppf(tail, freedom))
    return np.asarray(own * factor * scale[:, None])


def _kept(alpha: float, gamma: float, months: int) -> Floats:
    """What of the shock of month i is in month j, (months, months): all of its own, α after, and γ a season later."""
    step = np.arange(months)[None, :] - np.arange(months)[:, None]
    return np.where(step == 0, 1.0, np.where(step > 0, alpha + gamma * (step % SEASON == 0), 0.0))


def _widening(run: Run, logs: Floats, width: Floats) -> Floats:
    """What the model's own width is multiplied by at each horizon, (months,): 1 or more, and never less further out.

    Each origin is fitted on what was known there, by the errors up to it.
    """
    n, reach = len(logs), min(len(width), SEASON, len(logs) - LEAST_FIT)
    squares = np.cumsum(run.errors**2, axis=0)
    missed = np.zeros(reach)
    for origin in range(LEAST_FIT, n):
        pair = int(np.argmin(squares[origin - 1] - squares[SEASON - 1]))
        ahead = min(reach, n - origin)
        missed[:ahead] += (logs[origin : origin + ahead] - forecast(run, origin, pair, ahead)) ** 2
    origins = n - LEAST_FIT - np.arange(reach)
    factor = np.maximum.accumulate(np.maximum(1.0, np.sqrt(missed / origins) / width[:reach]))
    return np.concatenate([factor, np.full(len(width) - reach, factor[-1])])
