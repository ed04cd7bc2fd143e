"""Stability: how far one weight may move, the others kept in proportion, before another candidate is best.

Weight stability intervals as of PROMETHEE, level 1, first place only: Mareschal 1988, European Journal of Operational
Research 33:54–64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metrics.core.arrays import FLOOR, Floats
from metrics.core.selection.objectives import slack
from metrics.core.selection.weights import best_at


@dataclass(frozen=True)
class Stability:
    """The closed interval of one weight in which the best stays best.

    below, above: the places of who takes over just outside; None at 0 and at 1.
    """

    low: float
    high: float
    below: tuple[int, ...] | None
    above: tuple[int, ...] | None


@dataclass(frozen=True)
class Change:
    """The nearest change: the objective's place, the weight at which the best changes, how far that is, and to whom."""

    objective: int
    weight: float
    distance: float
    to: tuple[int, ...]


def stability(values: Floats, weights: Sequence[float]) -> tuple[Stability, ...]:
    """The interval of each weight, of partial values (n, m) at weights (m,) that add up to 1.

    Where one weight is 1 the others, which have no proportion, grow alike.
    """
    now = np.asarray(weights, dtype=np.float64)
    best = best_at(values, now)
    return tuple(_stability(values, now, best, at) for at in range(len(now)))


def nearest_change(values: Floats, weights: Sequence[float]) -> Change | None:
    """The change nearest to the weights as they are; None where none changes the best.

    Of equally near ones that of the first objective, and of the lower weight.
    """
    changes = [
        Change(at, weight, abs(weight - weights[at]), to)
        for at, one in enumerate(stability(values, weights))
        for weight, to in ((one.low, one.below), (one.high, one.above))
        if to is not None
    ]
    nearest = min((one.distance for one in changes), default=0.0)
    return next((one for one in changes if one.distance <= nearest + FLOOR), None)


def _stability(values: Floats, now: Floats, best: tuple[int, ...], at: int) -> Stability:
    others = np.delete(np.arange(len(now)), at)
    rest = 1 - now[at]
    shares = now[others] / rest if rest > FLOOR else np.full(len(others), 1 / max(len(others), 1))
    # At weight t each value is along a line: value + slope · (t − now).
    slope = values[:, at] - values[:, others] @ shares
    value = values @ now
    firsts = list(best)
    ahead = np.maximum(value[firsts, None] - value, 0.0)
    closing = slope[firsts, None] - slope
    up, down = closing < -FLOOR, closing > FLOOR
    high = min(1.0, float(now[at] + (ahead[up] / -closing[up]).min(initial=np.inf)))
    low = max(0.0, float(now[at] - (ahead[down] / closing[down]).min(initial=np.inf)))
    return Stability(
        low,
        high,
        _taking_over(value, slope, low - now[at], -1.0) if low > FLOOR else None,
        _taking_over(value, slope, high - now[at], 1.0) if high < 1 - FLOOR else None,
    )


def _taking_over(value: Floats, slope: Floats, moved: float, way: float) -> tuple[int, ...]:
    """Of those that are best after a move, those that are when it goes on."""
    there = value + slope * moved
    tied = np.flatnonzero(there >= there.max() - 10 * slack(there.max()))
    growing = way * slope[tied]
    return tuple(int(one) for one in tied[growing >= growing.max() - FLOOR])
