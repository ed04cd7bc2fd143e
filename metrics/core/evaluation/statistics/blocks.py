"""Weeks that follow each other are resampled in moving blocks, the same for all series, figures and runs.

A block of b weeks begins at each week with a Poisson(1) weight a draw, which belongs to that week and the product: a
week weighs the mean of the b blocks that it is in. Blocks keep what neighbouring weeks have in common, and overlap, so
that a draw is a smooth mixture of them. A figure is drawn by how it depends on the weight of each week, its number b
comes from that series, and what blocks of a short history cannot show is added: its draws are stretched to the band
that its long-run variance asks for (`long_run`), and lie about its point as its range allows.

Künsch 1989, Annals of Statistics 17:1217–1241 (moving blocks); Politis, White 2004, Econometric Reviews 23:53–70, and
Patton, Politis, White 2009, Econometric Reviews 28:372–375 (their length); Davison, Hinkley 1997, Bootstrap Methods and
their Application, 2.7 (figures as functions of weights).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from metrics.core.arrays import WITHIN, Floats, Ints
from metrics.core.draws import K, bucket_weights
from metrics.core.estimate import NOT_IN_ALL
from metrics.core.evaluation.statistics import long_run
from metrics.core.evaluation.statistics.bootstrap import ONE_BLOCK, Spread
from metrics.core.supports import Support

# Fewer weeks cannot tell how much alike neighbours are.
FEW = 8
# A band of fewer independent weeks says nothing, and what such a series tells of its own dependence says less.
LEAST = 1.0
# By how much a week's weight is raised to see how a figure depends on it.
_NUDGE = 2.0**-10


@dataclass(frozen=True, eq=False)
class Blocks:
    """How B weeks of a group are resampled among the T of the whole.

    weeks: (B,) and whole: (T,) numbers of the weeks, ascending. word: what a unit is called.
    """

    weeks: Ints
    whole: Ints
    seed: int
    n_buckets: int
    word: str

    @property
    def borrows(self) -> bool:
        """Whether the group is too short to tell of its own dependence, and takes that of the whole."""
        return 2 * len(self.weeks) < len(self.whole)

    def summed(self, table: Floats, whole: Floats | None = None) -> Floats:
        """(R, m) sums of a table (B, m), and of the whole (T, m): as they are, then with each week nudged in turn."""
        tables = (table,) if whole is None else (table, whole)
        return np.vstack([part for one in tables for part in (one.sum(axis=0), one.sum(axis=0) + _NUDGE * one)])

    def draws(self, rows: Floats, limits: tuple[float, float]) -> Spread:
        """Draws of a figure (R,) of what was `summed`, or None and why."""
        n = len(self.weeks)
        if n < 2:
            return None, ONE_BLOCK
        point, influence = float(rows[0]), _influence(rows[: 1 + n])
        if not np.isfinite(rows).all():
            return None, NOT_IN_ALL
        drawn, deviation = self._drawn(influence)
        if not deviation > WITHIN * abs(point):
            return np.full(K, point), None
        lender = _influence(rows[1 + n :]) if self.borrows else influence
        if len(lender) < FEW:
            return None, f"{n} {self.word}s are too few to tell how much alike neighbouring {self.word}s are"
        values = n * influence
        half = long_run.half_width(values, long_run.weighed(lender))
        if long_run.effective(values, half) < LEAST:
            return None, f"{n} {self.word}s are so much alike that they tell less than one {self.word} of its own would"
        return Support(*limits).about(point, half / long_run.QUANTILE / deviation * drawn), None

    def _drawn(self, influence: Floats) -> tuple[Floats, float]:
        """(K,) deviations of a figure in the draws, to the first order, and their standard deviation."""
        at = np.searchsorted(self.whole, self.weeks)
        length = block_length(influence)
        begins = np.unique(at[:, None] - np.arange(length))
        numbers = np.where(begins < 0, self.whole[0] + begins, self.whole[np.maximum(begins, 0)])
        up_to = np.concatenate([[0.0], np.cumsum(influence)])
        first, end = (np.searchsorted(at, begins + ahead) for ahead in (0, length))
        means = (up_to[end] - up_to[first]) / length
        weights = bucket_weights(self.seed, self.n_buckets, numbers % self.n_buckets)
        return np.asarray(weights @ means - means.sum()), float(np.sqrt(means @ means))


def block_length(values: Floats) -> int:
    """The length that a series (n,) asks for, at least twice the cube root of n, and at most n.

    The least length is for differences: two runs whose errors look independent may differ by something that lasts. A
    figure by itself loses nothing by it, since its draws are stretched.
    """
    least = math.ceil(2 * math.cbrt(len(values)))
    return min(max(least, round(politis_white(values))), len(values))


def politis_white(values: Floats) -> float:
    """The length of moving (circular) blocks that estimates the variance of the mean of a series (n,) best.

    b = (2 G² / D)^(1/3) n^(1/3) with G = Σ λ(k/M) |k| R(k), D = 4/3 g(0)², g(0) = Σ λ(k/M) R(k), the flat-top window λ,
    and M twice the lag after which autocorrelations stay within 2 √(log₁₀ n / n). From 1 to min(3 √n, n/3), rounded up.
    """
    n = len(values)
    run = max(5, math.ceil(math.sqrt(math.log10(n)))) if n > 1 else 5
    most = min(math.ceil(math.sqrt(n)) + run, n - 1)
    if most < 1:
        return 1.0
    centred = values - values.mean()
    covariance = np.array([centred[: n - lag] @ centred[lag:] for lag in range(most + 1)]) / n
    if not covariance[0] > 0:
        return 1.0
    large = np.abs(covariance[1:] / covariance[0]) >= 2 * math.sqrt(math.log10(n) / n)
    window = min(2 * max(_last_large(large, run), 1), most)
    lags = np.arange(-window, window + 1)
    kept = np.minimum(1, 2 * (1 - np.abs(lags) / window)) * covariance[np.abs(lags)]
    at_zero, slope = kept.sum(), (np.abs(lags) * kept).sum()
    longest = math.ceil(min(3 * math.sqrt(n), n / 3))
    best = (1.5 * (slope / at_zero) ** 2 * n) ** (1 / 3) if at_zero else math.inf
    return float(min(max(best, 1.0), longest))


def _last_large(large: Floats, run: int) -> int:
    """The lag after which as many as `run` autocorrelations are small; where there is none such, the last large one."""
    for lag in range(len(large) - run + 1):
        if not large[lag : lag + run].any():
            return lag
    return int(np.flatnonzero(large)[-1]) + 1 if large.any() else 0


def _influence(rows: Floats) -> Floats:
    """(n,) derivative of a figure by the weight of each week, of its rows (1 + n,): as it is, then each nudged."""
    return np.asarray((rows[1:] - rows[0]) / _NUDGE)
