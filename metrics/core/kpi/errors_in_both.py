"""A line through pairs whose two sides both have errors of known size, and how sure its slope is.

Pair i is x = ξ + u, y = α + βξ + q + e, where u and e have the stated standard errors and covariance and q, the scatter
of the KPI itself about the line, has one variance τ². A plain fit is too flat by the share of the spread of x that is
signal (Fuller 1987, ch. 1); this one is not. With W = 1 / var(y − βx), the slope makes the residuals r = y − α − βx
uncorrelated with the best estimate of ξ given β, z = x − cov(x, r) W r: York, Evensen, López Martínez and De Basabe
Delgado (2004), "Unified equations for the slope, intercept, and standard errors of the best straight line", for τ = 0.

The slope's draws invert a test that is exact for normal errors: under the true β, z and r are independent, so that the
weighted slope of r on z is normal with a known variance (the conditional score of Stefanski and Carroll 1987). The
usual formula for its standard error leaves out the noise of z and is too narrow by half where a half of x is noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.late import optimize, special

LEVEL = 0.95  # at which a slope's band must end on both sides
CHANCE = 0.1  # of scatter as large, from the stated errors alone, below which the KPI has scatter of its own
LEAST_ERROR = 1e-6  # of the spread of y: a KPI known exactly still lies on no line
STRATA = 10
STEPS = 33
_ROUNDS = 60
_COARSE, _ZOOM, _FINE, _PIECE = 121, 17, 161, 200
_FAR = 5.0  # standard normal deviations up to which slopes are looked for


@dataclass(frozen=True, eq=False, kw_only=True)
class Stated:
    """Pairs, each with the variances of its errors and their covariance; all (n,)."""

    x: Floats
    y: Floats
    xx: Floats
    yy: Floats
    xy: Floats


class Drawn(NamedTuple):
    """Lines, one a draw: slope, intercept, and the scatter of the KPI about it; (K,) each."""

    slope: Floats
    intercept: Floats
    scatter: Floats


class _Ladder(NamedTuple):
    """Ascending normal deviates and the angle of the slope at each, under one variance of the scatter."""

    scatter: float
    deviates: Floats
    angles: Floats


@dataclass(frozen=True, eq=False, kw_only=True)
class Fit:
    """slope, intercept; scatter: standard deviation of the KPI about the line beyond the stated errors.

    excess: the squared residuals in units of the stated variances over their degrees of freedom, n − 2; 1 is expected.
    """

    stated: Stated
    slope: float
    intercept: float
    scatter: float
    excess: float

    @cached_property
    def _ladders(self) -> list[_Ladder]:
        """One for each of STRATA equal shares of the chances of the scatter.

        The squared residuals at the nearest slope fall with the scatter; they are taken at STEPS variances and read
        between them on the scale of the logarithm.
        """
        middles = (np.arange(STRATA) + 0.5) / STRATA
        asked = special.chdtri(len(self.stated.x) - 2, middles)
        most = float(np.var(self.stated.y)) * len(self.stated.y) / float(asked.min())
        steps = np.concatenate([[0.0], most * np.logspace(-8, 0, STEPS)])
        squares = _least(self.stated, steps)
        logs = np.log(steps[1:])
        found = np.exp(np.interp(-np.log(asked), -np.log(np.maximum(squares[1:], 1e-300)), logs))
        scatters = np.where(asked >= squares[0], 0.0, found).tolist() if np.ptp(self.stated.y) else [0.0] * STRATA
        by_scatter = {scatter: _ladder(self.stated, scatter) for scatter in dict.fromkeys(scatters)}
        return [by_scatter[scatter] for scatter in scatters]

    @cached_property
    def ends(self) -> bool:
        """Whether the slope's band has an end on either side; where not, nothing can be told of the slope."""
        below = np.mean([special.ndtr(ladder.deviates[0]) for ladder in self._ladders])
        above = np.mean([special.ndtr(-ladder.deviates[-1]) for ladder in self._ladders])
        return bool(max(below, above) <= (1 - LEVEL) / 2)

    def drawn(self, scatter_at: Floats, slope_at: Floats, level_at: Floats) -> Drawn:
        """Lines at uniforms, (K,) each: the scatter first, then the slope and the level given it."""
        slopes, levels, scatters = (np.empty_like(slope_at) for _ in range(3))
        place = np.minimum((scatter_at * STRATA).astype(np.int64), STRATA - 1)
        for stratum, (scatter, deviates, angles) in enumerate(self._ladders):
            here = place == stratum
            slopes[here] = np.tan(np.interp(special.ndtri(slope_at[here]), deviates, angles)) * _unit(self.stated)
            scatters[here] = np.sqrt(scatter)
            levels[here] = _levels(self.stated, slopes[here], scatter, special.ndtri(level_at[here]))
        return Drawn(slopes, levels, scatters)

    def without(self, weights: Floats) -> tuple[Floats, Floats]:
        """Slopes and intercepts under other weights of the pairs, (R, n), 0 where one is left out; the scatter stays.

        York's iteration, all rows at once; NaN where fewer than two values of x have weight.
        """
        stated, rows = self.stated, np.asarray(weights, dtype=np.float64)
        slope = np.full(len(rows), self.slope)
        for _ in range(_ROUNDS):
            of_pairs = 1 / _variance(stated, slope[:, None], self.scatter**2)
            each = rows * of_pairs
            total = each.sum(axis=1, keepdims=True)
            across = stated.x - (each * stated.x).sum(axis=1, keepdims=True) / total
            up = stated.y - (each * stated.y).sum(axis=1, keepdims=True) / total
            left = up - slope[:, None] * across
            z = across - of_pairs * (stated.xy - slope[:, None] * stated.xx) * left
            z = z - (each * z).sum(axis=1, keepdims=True) / total
            with np.errstate(divide="ignore", invalid="ignore"):
                slope = (each * z * up).sum(axis=1) / (each * z * across).sum(axis=1)
        each = rows / _variance(stated, slope[:, None], self.scatter**2)
        return slope, (each * (stated.y - slope[:, None] * stated.x)).sum(axis=1) / each.sum(axis=1)


def fit(x: Floats, y: Floats, *, x_errors: Floats, y_errors: Floats, covariances: Floats) -> Fit:
    """The line of the stated errors, (n,) each; where they leave more scatter than chance would, with its own.

    The scatter makes the squared residuals what their degrees of freedom ask (Paule and Mandel 1982).
    """
    least = (LEAST_ERROR * (float(np.std(y)) or float(np.std(x)))) ** 2
    stated = Stated(x=x, y=y, xx=x_errors**2, yy=np.maximum(y_errors**2, least), xy=covariances)
    free = len(stated.x) - 2
    found = _nearest(stated, 0.0)[1]
    scatter = _scatter(stated, free) if found > special.chdtri(free, CHANCE) else 0.0
    slope = _slope(stated, scatter)
    intercept = float(_levels(stated, np.array([slope]), scatter, np.zeros(1))[0])
    return Fit(stated=stated, slope=slope, intercept=intercept, scatter=float(np.sqrt(scatter)), excess=found / free)


def _scatter(stated: Stated, asked: float) -> float:
    """The variance under which the squared residuals are as asked; 0 where they are no more without any."""

    def more(scatter: float) -> float:
        return _nearest(stated, scatter)[1] - asked

    if not np.ptp(stated.y) or more(0.0) <= 0:
        return 0.0
    most = float(np.var(stated.y)) * len(stated.y) / asked
    return float(optimize.brentq(more, 0.0, most, xtol=1e-14 * most, rtol=1e-13))


def _levels(stated: Stated, slopes: Floats, scatter: float, deviates: Floats) -> Floats:
    """Intercepts of lines of these slopes, so many of their standard errors from the middle; (G,)."""
    means, masses = (np.empty_like(slopes) for _ in range(2))
    for start in range(0, len(slopes), _PIECE):
        here = slice(start, start + _PIECE)
        weights = 1 / _variance(stated, slopes[here, None], scatter)
        masses[here] = weights.sum(axis=1)
        means[here] = (weights * (stated.y - slopes[here, None] * stated.x)).sum(axis=1) / masses[here]
    return means + deviates / np.sqrt(masses)


def _variance(stated: Stated, slope: Floats | float, scatter: float) -> Floats:
    """Of y − slope · x, (…, n)."""
    return np.asarray(stated.yy + scatter + slope**2 * stated.xx - 2 * slope * stated.xy)


def _residuals(stated: Stated, slope: Floats, scatter: float) -> tuple[Floats, Floats, Floats]:
    """Weights, residuals about their weighted mean, and the z of the module, also centred; each (G, n)."""
    slopes = slope[:, None]
    weights = 1 / _variance(stated, slopes, scatter)
    left = stated.y - slopes * stated.x
    total = weights.sum(axis=1, keepdims=True)
    left = left - (weights * left).sum(axis=1, keepdims=True) / total
    z = stated.x - weights * (stated.xy - slopes * stated.xx) * left
    return weights, left, z - (weights * z).sum(axis=1, keepdims=True) / total


def _score(stated: Stated, slope: Floats, scatter: float) -> Floats:
    """Standard normal under the true slope, (G,): above 0 where the slope is too small."""
    weights, left, z = _residuals(stated, slope, scatter)
    return np.asarray((weights * left * z).sum(axis=1) / np.sqrt((weights * z**2).sum(axis=1)))


def _unit(stated: Stated) -> float:
    """The slope of 45 degrees where both are counted in their spreads."""
    return float(np.std(stated.y) / np.std(stated.x)) or 1.0


def _nearest(stated: Stated, scatter: float) -> tuple[float, float, float]:
    """The angle of the least weighted squares, those squares, and the step between angles that were tried."""
    edge = np.pi / 2
    angles = np.linspace(-edge, edge, _COARSE + 1)[1:] - edge / _COARSE
    for _ in range(4):
        weights, left, _ = _residuals(stated, _unit(stated) * np.tan(angles), scatter)
        squares = (weights * left**2).sum(axis=1)
        best, step = int(squares.argmin()), float(angles[1] - angles[0])
        middle, least = float(angles[best]), float(squares[best])
        angles = np.linspace(max(middle - step, -edge + 1e-12), min(middle + step, edge - 1e-12), _ZOOM)
    return middle, least, step


def _least(stated: Stated, scatters: Floats) -> Floats:
    """The least weighted squares under each variance of the scatter, (S,), to about a millionth."""
    edge = np.pi / 2
    angles = np.broadcast_to(np.linspace(-edge, edge, _COARSE + 1)[1:] - edge / _COARSE, (len(scatters), _COARSE))
    rows, step = np.arange(len(scatters)), 2 * edge / _COARSE
    for _ in range(3):
        slopes = _unit(stated) * np.tan(angles)
        variance = (
            stated.yy + scatters[:, None, None] + slopes[..., None] * (slopes[..., None] * stated.xx - 2 * stated.xy)
        )
        weights, left = 1 / variance, stated.y - slopes[..., None] * stated.x
        mass, sums = weights.sum(axis=-1), (weights * left).sum(axis=-1)
        squares = (weights * left**2).sum(axis=-1) - sums**2 / mass
        best = squares.argmin(axis=1)
        middle = angles[rows, best][:, None]
        angles = np.clip(middle + step * np.linspace(-1, 1, _ZOOM), -edge + 1e-12, edge - 1e-12)
        step *= 2 / (_ZOOM - 1)
    return np.asarray(squares[rows, best])


def _slope(stated: Stated, scatter: float) -> float:
    """The slope of the least weighted squares, to the last digits."""
    unit = _unit(stated)
    middle, _, step = _nearest(stated, scatter)

    def too_flat(angle: float) -> float:
        return float(_score(stated, np.array([unit * np.tan(angle)]), scatter)[0])

    low, high = middle - 1.5 * step, middle + 1.5 * step
    if too_flat(low) > 0 > too_flat(high):
        middle = optimize.brentq(too_flat, low, high, xtol=1e-16, rtol=1e-15)
    return float(unit * np.tan(middle))


def _ladder(stated: Stated, scatter: float) -> _Ladder:
    """Outward from the fit, while the deviates still grow."""
    unit, edge = _unit(stated), np.pi / 2
    best = float(np.arctan(_slope(stated, scatter) / unit))
    sides = []
    for end in (-edge, edge):
        reach = end - best
        for _ in range(40):
            angles = best + reach * np.linspace(0, 1, _FINE)[:-1]
            there = np.abs(_score(stated, unit * np.tan(angles), scatter))
            there[0] = 0.0
            falls = np.flatnonzero(np.diff(there) <= 0)
            last = int(falls[0]) if len(falls) else len(there) - 1
            far = min(int(np.searchsorted(there[: last + 1], _FAR)), last)
            if far > _FINE // 10:
                break
            reach *= 2 * (far + 1) / _FINE
        sides.append((angles[: far + 1], np.sign(end) * there[: far + 1]))
    (low, down), (high, up) = sides
    return _Ladder(scatter, np.concatenate([down[::-1], up[1:]]), np.concatenate([low[::-1], high[1:]]))
