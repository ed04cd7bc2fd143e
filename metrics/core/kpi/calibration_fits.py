"""The two forms of a calibrated mapping, fitted under many weightings of the same pairs at once.

A weighting is a row of weights, one a pair: how often a resample drew it, 0 where it is left out, 1 for the whole.
Linear: Theil–Sen, the weighted median of the slopes between pairs, and of what is left over for the intercept (Sen
1968); one outlying pair does not move it. Isotonic: pool adjacent violators (Barlow et al. 1972), pairs of one x taken
together at their weighted mean, straight between the xs, level beyond the first and last (as scikit-learn does).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats
from metrics.core.late import optimize

Form = Literal["linear", "isotonic", "errors in both"]

MOST_SLOPES = 10_000  # of more, every so-manieth is taken: 140 pairs have 9,730
_PIECE = 50  # weightings at a time: what is made of them stays in the processor's cache


@dataclass(frozen=True, eq=False, kw_only=True)
class Lines:
    """Straight lines, one a weighting: slope and intercept, each (R,); NaN where the xs drawn are all the same."""

    slope: Floats
    intercept: Floats

    def at(self, x: Any) -> Floats:
        """Each line at x of shape (R,), or all of them at each x of shape (G, 1): broadcast against (R,)."""
        return np.asarray(self.slope * x + self.intercept)


@dataclass(frozen=True, eq=False, kw_only=True)
class Steps:
    """Monotone curves, one a weighting, through knots: their xs, ascending, and the fitted ys at them."""

    knots: tuple[tuple[Floats, Floats], ...]

    def at(self, x: Any) -> Floats:
        """Each curve at x of shape (R,), or all of them at each x of shape (G, 1)."""
        wanted = np.broadcast_to(x, (*np.shape(x)[:-1], len(self.knots)))
        found = [np.interp(wanted[..., row], xs, ys) for row, (xs, ys) in enumerate(self.knots)]
        return np.stack(found, axis=-1)


def lines(x: Floats, y: Floats, weights: Floats) -> Lines:
    """The Theil–Sen line under each weighting. x, y: (n,); weights: (R, n), none negative."""
    first, second = np.triu_indices(len(x), 1)
    apart = np.flatnonzero(x[first] != x[second])
    apart = apart[:: max(1, -(-len(apart) // MOST_SLOPES))]
    first, second = first[apart], second[apart]
    slopes = (y[second] - y[first]) / (x[second] - x[first])
    order = np.argsort(slopes, kind="stable")
    slopes, first, second = slopes[order], first[order], second[order]
    slope = np.empty(len(weights))
    columns = weights.astype(np.float32)
    for start in range(0, len(weights), _PIECE):
        here = slice(start, start + _PIECE)
        both = columns[here]
        slope[here] = _medians(slopes, both[:, first] * both[:, second])
    left = y - slope[:, None] * x
    order = np.argsort(left, axis=1, kind="stable")
    ranked = np.take_along_axis(weights, order, axis=1)
    return Lines(slope=slope, intercept=_medians(np.take_along_axis(left, order, axis=1), ranked))


def _medians(values: Floats, weights: NDArray[Any]) -> Floats:
    """Weighted median of ascending values, (n,) or (R, n), under weights (R, n): mid of the two where one half ends.

    NaN where nothing has weight.
    """
    if not values.shape[-1]:
        return np.full(len(weights), np.nan)
    reached = np.cumsum(weights, axis=1)
    half = reached[:, -1].astype(np.float64) / 2
    slack = 1e-6 * half  # weights are sums and products of few numbers: far less is rounding
    low = np.array([np.searchsorted(row, end, side="left") for row, end in zip(reached, half - slack, strict=True)])
    high = np.array([np.searchsorted(row, end, side="right") for row, end in zip(reached, half + slack, strict=True)])
    low, high = (np.minimum(end, values.shape[-1] - 1) for end in (low, high))
    rows = np.arange(len(weights))
    ends = (values[low], values[high]) if values.ndim == 1 else (values[rows, low], values[rows, high])
    return np.where(half > 0, (ends[0] + ends[1]) / 2, np.nan)


def steps(x: Floats, y: Floats, weights: Floats, *, increasing: bool) -> Steps:
    """The isotonic curve under each weighting. x, y: (n,); weights: (R, n), each row with some weight."""
    levels, place = np.unique(x, return_inverse=True)
    members = np.zeros((len(x), len(levels)))
    members[np.arange(len(x)), place] = 1
    mass, total = weights @ members, (weights * y) @ members
    knots = []
    for held, summed in zip(mass, total, strict=True):
        here = held > 0
        means = summed[here] / held[here]
        fitted = optimize.isotonic_regression(means, weights=held[here], increasing=increasing).x
        knots.append((levels[here], fitted))
    return Steps(knots=tuple(knots))
