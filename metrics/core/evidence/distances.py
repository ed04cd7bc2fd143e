"""How far apart two distributions lie: PSI, Kolmogorov–Smirnov, Jensen–Shannon, Wasserstein.

The reference is sorted once; each month is then compared with it in the time of looking up its values there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.core.arrays import Floats, Ints
from metrics.core.late import distance, stats

DECILES = np.linspace(0, 1, 11)[1:-1]
LEAST_SHARE = 1e-4
COMMON = 10  # a value that a tenth of the reference shares has a bin of its own
BINS_RULE = (
    "PSI over bins made from the reference: a value that 10 % of it or more share is a bin of its own; the deciles of "
    "the rest, inner edges only, equal ones merged, a value on an edge going up; empty shares raised to 0.0001."
)


@dataclass(frozen=True, eq=False)
class Bins:
    """Bins of numbers: len(edges) + 1 between the edges, then one for each common value, which is in no other.

    edges: ascending inner edges, a value on one going up. common: ascending.
    """

    edges: Floats
    common: Floats

    @classmethod
    def of(cls, reference: Floats) -> Bins:
        """From sorted, finite values: each that a tenth of them or more share, and the deciles of all others.

        Deciles by linear interpolation, equal ones merged. One bin where there are no values.
        """
        distinct, counts = np.unique(reference, return_counts=True)
        shared = counts * COMMON >= len(reference)
        rest = np.repeat(distinct[~shared], counts[~shared])
        return cls(np.unique(np.quantile(rest, DECILES)) if len(rest) else np.zeros(0), distinct[shared])

    def __len__(self) -> int:
        return len(self.edges) + 1 + len(self.common)

    @property
    def names(self) -> list[str]:
        """Each bin in words."""
        ends, alone = [f"{edge:.3g}" for edge in self.edges], [f"{value:.3g}" for value in self.common]
        if not ends:
            return ["others" if alone else "all", *alone]
        return [f"below {ends[0]}", *map("{} to {}".format, ends, ends[1:]), f"{ends[-1]} and more", *alone]

    def place(self, values: Floats) -> Ints:
        """The bin of each value, none of them NaN."""
        between = np.searchsorted(self.edges, values, side="right")
        if not len(self.common):
            return between.astype(np.int64)
        at = np.minimum(np.searchsorted(self.common, values), len(self.common) - 1)
        return np.where(self.common[at] == values, len(self.edges) + 1 + at, between).astype(np.int64)

    def shares(self, values: Floats) -> Floats:
        """Share of sorted values in each bin; zeros where there are none."""
        between = np.diff(np.r_[0, np.searchsorted(values, self.edges, side="left"), len(values)])
        alone = np.searchsorted(values, self.common, side="right") - np.searchsorted(values, self.common, side="left")
        np.subtract.at(between, np.searchsorted(self.edges, self.common, side="right"), alone)
        return np.asarray(np.r_[between, alone] / max(len(values), 1), dtype=np.float64)


def psi(reference: Floats, current: Floats) -> float:
    """Population stability index of two vectors of shares over the same bins: Σ (q − p) ln(q / p).

    Empty shares are raised to 1e-4 on either side and not made up for elsewhere. 0 where the shares are equal.
    """
    p, q = np.maximum(reference, LEAST_SHARE), np.maximum(current, LEAST_SHARE)
    return float(((q - p) * np.log(q / p)).sum())


def jensen_shannon(reference: Floats, current: Floats) -> float:
    """Jensen–Shannon distance of two vectors of shares, base 2: from 0, equal, to 1, nothing in common (scipy).

    The square root of the divergence. 0 where either vector is all zero, as of no values.
    """
    if not (reference.any() and current.any()):
        return 0.0
    return float(distance.jensenshannon(reference, current, base=2))


def ks_p_value(distance: float, n: int, m: int) -> float:
    """Probability of a Kolmogorov–Smirnov distance this large under one distribution; scipy's asymptotic form."""
    return float(np.clip(stats.kstwo.sf(distance, max(np.round(n * m / (n + m)), 1.0)), 0.0, 1.0))


class Sorted:
    """A reference sample, sorted, prepared for any number of comparisons.

    values: shape (n,), n > 0, finite. A current sample comes sorted, not empty, with its ranks: how many reference
    values are at most each of its own, shape (m,). `ranks` finds them; for many parts of one column it pays to find
    them once.
    """

    def __init__(self, values: Floats) -> None:
        self.values = np.sort(values)
        # Sums are taken around the median: far from 0 their differences would lose digits.
        self.centre = float(self.values[len(values) // 2])
        with np.errstate(over="ignore", invalid="ignore"):
            self.sums = np.r_[0.0, np.cumsum(self.values - self.centre)]
        starts = np.r_[True, self.values[1:] != self.values[:-1]]
        self.first = np.maximum.accumulate(np.where(starts, np.arange(len(values)), 0))

    def ranks(self, current: Floats) -> Ints:
        """How many reference values are at most each of the current ones."""
        return np.searchsorted(self.values, current, side="right").astype(np.int64)

    def ks(self, current: Floats, ranks: Ints) -> float:
        """Two-sample Kolmogorov–Smirnov distance sup |F − G|.

        Between two values of the current sample G stands still and F rises, so the greatest distance lies at one of
        them, just before or at it.
        """
        n, m = len(self.values), len(current)
        last = np.flatnonzero(np.r_[current[1:] != current[:-1], True])
        at, value = ranks[last], current[last]
        before = np.maximum(at - 1, 0)
        below = np.where((at > 0) & (self.values[before] == value), self.first[before], at)
        upper, lower = (last + 1) / m, np.r_[0, last[:-1] + 1] / m
        return float(max(np.abs(at / n - upper).max(), np.abs(below / n - lower).max()))

    def wasserstein(self, current: Floats, ranks: Ints) -> float:
        """Wasserstein-1 distance ∫ |F − G|, in the unit of the values.

        Exact: between two current values G is constant and F rises through it at most once, so the integral is two
        differences of ∫ F, and ∫ F up to x is a running sum of the reference. Not finite where that sum is not, as
        for values near 1e308.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            return self._wasserstein(current, ranks)

    def _wasserstein(self, current: Floats, ranks: Ints) -> float:
        n, m = len(self.values), len(current)
        low, high = min(self.values[0], current[0]), max(self.values[-1], current[-1])
        ends = np.r_[low, current, high]
        area = self._area(ends, np.r_[int(self.values[0] == low), ranks, n])
        start, stop, area_start, area_stop = ends[:-1], ends[1:], area[:-1], area[1:]
        # Where F reaches the level of G: the reference's own quantile, kept inside the interval.
        level = np.arange(m + 1) / m
        place = np.clip(np.ceil(level * n).astype(np.int64) - 1, 0, n - 1)
        crossing = self.values[place]
        area_crossing = self._area(crossing, place + 1)
        early, late = crossing <= start, crossing >= stop
        crossing = np.where(early, start, np.where(late, stop, crossing))
        area_crossing = np.where(early, area_start, np.where(late, area_stop, area_crossing))
        over = level * (crossing - start) - (area_crossing - area_start)
        under = (area_stop - area_crossing) - level * (stop - crossing)
        return float(max((over + under).sum(), 0.0))

    def _area(self, x: Floats, ranks: Ints) -> Floats:
        """∫ F from −∞ to x. Reference values equal to x add nothing, so it does not matter which of them count."""
        return np.asarray((ranks * (x - self.centre) - self.sums[ranks]) / len(self.values), dtype=np.float64)
