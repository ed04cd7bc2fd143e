"""Flip points: the values of one assumption at which the best candidate changes, each verified on both sides.

Between neighbouring values of a grid whose best differ, the crossing is found by bracketing; a third candidate that is
best there splits the bracket. Touching without changing is no flip, and neither are the ends of the range. A candidate
that leads for less than one step of the grid, between two values with the same best, is not seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.late import optimize
from metrics.core.selection.objectives import slack

STEPS = 256  # of the grid over the range
_NEAR = (1e-9, 1e-7, 1e-5, 1e-3)  # of the range: how far from a flip it is verified, the least that shows both

Value = Callable[[float], Floats]
"""What each candidate is worth at a value of the assumption, (n,), larger being better."""


@dataclass(frozen=True)
class Flip:
    """At `value` the best, places in the order of the candidates, change from `below` to `above`.

    verified: the values on either side at which both were recomputed, and were so.
    """

    value: float
    below: tuple[int, ...]
    above: tuple[int, ...]
    verified: tuple[float, float]


@dataclass(frozen=True)
class Flips:
    """now: the best at the present value. points: ascending. None within the range is an empty tuple."""

    now: tuple[int, ...]
    points: tuple[Flip, ...]
    present: float

    @property
    def nearest_above(self) -> Flip | None:
        """The first flip above the present value."""
        return next((one for one in self.points if one.value > self.present), None)

    @property
    def nearest_below(self) -> Flip | None:
        """The last flip below the present value."""
        return next((one for one in reversed(self.points) if one.value < self.present), None)


def flips(value: Value, *, low: float, high: float, now: float, steps: int = STEPS) -> Flips:
    """The flip points of an assumption whose range is open, (low, high), and which is now at `now`.

    steps: of the grid, fewer where a value takes long to make. Raises ValueError where the range is none, or the
    present value lies outside of it.
    """
    if not low < high:
        raise ValueError(f"a range goes from a lower to a higher value, not from {low} to {high}")
    if not low <= now <= high:
        raise ValueError(f"the assumption is at {now}, outside of its range from {low} to {high}")
    # Off the round numbers, on which candidates are likely to meet.
    grid = low + (high - low) * (np.arange(steps) + 0.4142) / steps
    firsts = [_best(value(float(at))) for at in grid]
    found: list[tuple[float, tuple[int, ...], tuple[int, ...]]] = []
    for at in range(steps - 1):
        found += _between(value, float(grid[at]), firsts[at], float(grid[at + 1]), firsts[at + 1])
    # Before the first and behind the last of the grid, up to the ends themselves.
    edge = (high - low) * _NEAR[0]
    found = [
        *_between(value, low + edge, _best(value(low + edge)), float(grid[0]), firsts[0]),
        *found,
        *_between(value, float(grid[-1]), firsts[-1], high - edge, _best(value(high - edge))),
    ]
    return Flips(_best(value(now)), tuple(_verified(value, _joined(found, high - low), low, high)), now)


def _best(values: Floats) -> tuple[int, ...]:
    most = values.max()
    return tuple(int(one) for one in np.flatnonzero(values >= most - slack(most)))


def _between(
    value: Value, low: float, below: tuple[int, ...], high: float, above: tuple[int, ...]
) -> list[tuple[float, tuple[int, ...], tuple[int, ...]]]:
    """The changes between two values, of which the best are known."""
    if below == above or high <= low:
        return []
    loser = next((one for one in below if one not in above), below[0])
    winner = next((one for one in above if one not in below), above[0])

    def ahead(at: float) -> float:
        values = value(at)
        return float(values[loser] - values[winner])

    ends = ahead(low), ahead(high)
    if ends[0] <= 0 or ends[1] >= 0:
        # Equal at one end already: the change is there.
        return [(low if ends[0] <= 0 else high, below, above)]
    root = float(optimize.brentq(ahead, low, high, xtol=1e-15 * max(abs(low), abs(high), 1.0), rtol=1e-15))
    there = value(root)
    best = _best(there)
    if there.max() > there[[loser, winner]].max() + 10 * slack(there.max()):
        return [*_between(value, low, below, root, best), *_between(value, root, best, high, above)]
    return [(root, below, above)]


def _joined(
    found: list[tuple[float, tuple[int, ...], tuple[int, ...]]], spread: float
) -> list[tuple[float, tuple[int, ...], tuple[int, ...]]]:
    """Changes at one value are one change; one that leads back to where it came from is none."""
    kept: list[tuple[float, tuple[int, ...], tuple[int, ...]]] = []
    for one in found:
        if kept and one[0] - kept[-1][0] <= 1e-9 * spread:
            kept[-1] = (kept[-1][0], kept[-1][1], one[2])
        else:
            kept.append(one)
    return [one for one in kept if one[1] != one[2]]


def _verified(
    value: Value, found: list[tuple[float, tuple[int, ...], tuple[int, ...]]], low: float, high: float
) -> list[Flip]:
    """The changes that hold when both sides are recomputed."""
    made = []
    at = [low, *(one[0] for one in found), high]
    for place, (here, below, above) in enumerate(found, 1):
        for near in _NEAR:
            left = here - min(near * (high - low), (here - at[place - 1]) / 2)
            right = here + min(near * (high - low), (at[place + 1] - here) / 2)
            if _best(value(left)) == below and _best(value(right)) == above:
                made.append(Flip(here, below, above, (left, right)))
                break
    return made
