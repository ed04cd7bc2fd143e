"""Tests of forecast intervals: do truths fall outside as often as the level says, and without runs?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from metrics.core.estimate import Unknown
from metrics.core.evaluation.statistics.sums import ROWS, Sums
from metrics.core.late import special, stats
from metrics.core.rows.groups import Group

NO_INTERVALS = "the rows have no intervals (y_low, y_high)"
MANY = 200
NO_PAIRS = "no row has an earlier one in its series"


class LikelihoodRatio(NamedTuple):
    """A likelihood-ratio statistic and its p-value from χ² with one degree of freedom."""

    statistic: float
    p: float


@dataclass(frozen=True)
class IntervalTests:
    """How many truths of n fell outside their intervals, below and above, against the nominal rate.

    kupiec: of the rate; it takes the rows as independent, which `independence` examines. independence: of an
    exceedance from one in the row before it in the series.
    """

    n: int
    exceedances: int
    below: int
    above: int
    rate: float
    kupiec: LikelihoodRatio
    independence: LikelihoodRatio | Unknown


def kupiec(exceedances: int, n: int, rate: float) -> LikelihoodRatio:
    """Proportion-of-failures test of a share of exceedances against the nominal rate.

    LR = −2 ln[(1−r)^(n−x) r^x / ((1−x/n)^(n−x) (x/n)^x)]. Raises ValueError unless 0 ≤ exceedances ≤ n, n > 0 and
    0 < rate < 1. Kupiec 1995, Journal of Derivatives 3:73–84.
    """
    if not (0 <= exceedances <= n and n > 0 and 0 < rate < 1):
        raise ValueError(f"{exceedances} of {n} at a rate of {rate} cannot be tested")
    return _ratio(_likelihood(exceedances, n, rate), _likelihood(exceedances, n, exceedances / n))


def kupiec_exact(exceedances: int, n: int, rate: float) -> LikelihoodRatio:
    """`kupiec` with its exact p-value: the probability of a statistic as large among n independent draws at the rate.

    For few intervals χ² is wrong: none of 40 outside a band of 95 % has p = 0.04 by it, and happens in 13 %. From 200
    on it is near enough, and is taken.
    """
    found = kupiec(exceedances, n, rate)
    if n >= MANY:
        return found
    counts = np.arange(n + 1)
    ratios = np.array([kupiec(int(count), n, rate).statistic for count in counts])
    as_large = ratios >= found.statistic - 1e-9
    return LikelihoodRatio(found.statistic, min(float(stats.binom.pmf(counts[as_large], n, rate).sum()), 1.0))


def christoffersen(n00: int, n01: int, n10: int, n11: int) -> LikelihoodRatio:
    """Test whether an exceedance (1) is as frequent after a row without one (0) as after one with one.

    n01: pairs of neighbouring rows of which only the later one is an exceedance, and so on.
    LR = −2 ln L(π) / L(π0, π1). Statistic 0 where one of both never comes first: nothing speaks against independence.
    Raises ValueError for a negative count, or no pairs. Christoffersen 1998, International Economic Review 39:841–862.
    """
    if min(n00, n01, n10, n11) < 0 or n00 + n01 + n10 + n11 == 0:
        raise ValueError(f"no pairs of rows, or negative counts: {(n00, n01, n10, n11)}")
    after_none, after_one = n00 + n01, n10 + n11
    apart = sum(
        _likelihood(after, total, after / total) for after, total in ((n01, after_none), (n11, after_one)) if total
    )
    pooled = _likelihood(n01 + n11, after_none + after_one, (n01 + n11) / (after_none + after_one))
    return _ratio(pooled, apart)


def interval_tests(sums: Sums, group: Group | None = None) -> IntervalTests | Unknown:
    """Both tests on the rows of a forecast, or of one group of them; rows count once, whatever their weight.

    A pair of neighbours belongs to the group of its later row. Unknown where no row has an interval or a label.
    """
    level = sums.facts.get("interval")
    if level is None:
        return Unknown(NO_INTERVALS)
    n = round(sums.total(ROWS, group)) if group is None or group in sums.groups else 0
    if not n:
        return Unknown("no labelled rows" if group is None else f"no labelled rows where {group[0]} is {group[1]}")
    below, above, *pairs = (
        round(sums.total(name, group)) for name in ("below", "above", "pairs_00", "pairs_01", "pairs_10", "pairs_11")
    )
    rate = round(1 - level, 12)
    return IntervalTests(
        n=n,
        exceedances=below + above,
        below=below,
        above=above,
        rate=rate,
        kupiec=kupiec(below + above, n, rate),
        independence=christoffersen(*pairs) if sum(pairs) else Unknown(NO_PAIRS),
    )


def _likelihood(hits: int, n: int, rate: float) -> float:
    """Log-likelihood of so many hits among n at a rate; 0 · ln 0 is 0."""
    return float(special.xlogy(hits, rate) + special.xlog1py(n - hits, -rate))


def _ratio(restricted: float, free: float) -> LikelihoodRatio:
    statistic = max(0.0, -2 * (restricted - free))
    return LikelihoodRatio(statistic, float(stats.chi2.sf(statistic, 1)))
