"""Dominance: who is better on something and worse on nothing, by more than the smallest differences worth having.

a is better than b on an objective where it is ahead by more than the smallest difference; by exactly that much is not
more. a dominates b where it is better on one objective at least, and b on none. With smallest differences above 0
this is not transitive and may run in a circle; candidates of a circle that nobody outside of it dominates all stay on
the front, so that a front is never empty. Deb 2001, Multi-objective optimization using evolutionary algorithms, 2.4;
indifference thresholds as in Roy 1996, Multicriteria methodology for decision aiding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats
from metrics.core.estimate import Unknown
from metrics.core.late import csgraph
from metrics.core.selection.ahead import Ahead, Bools, ahead_by, blocks, counted
from metrics.core.selection.candidates import NOBODY, Field


@dataclass(frozen=True, eq=False)
class Front:
    """Who stands on the front at the points: on (n,), and dominates (n, n), whether row a dominates column b."""

    on: Bools
    dominates: Bools

    def dominated_by(self, place: int) -> list[int]:
        """The places of those who dominate this candidate."""
        return [int(one) for one in np.flatnonzero(self.dominates[:, place])]


@dataclass(frozen=True, eq=False)
class FrontChances:
    """Over joint draws: on (n,), the share in which each stands on the front; dominates (n, n), that a dominates b.

    held: the objectives that were held at their points for want of draws; whoever prints these chances says so.
    """

    on: Floats
    dominates: Floats
    held: tuple[str, ...]


def front(field: Field) -> Front:
    """The front at the points. An empty field has an empty one."""
    dominates = _at_points(field.good, field.smallest)
    return Front(_on_front(dominates), dominates)


def non_dominated(good: Floats) -> Bools:
    """(n,) whether nobody dominates each of the points (n, m), larger being better, where any difference counts."""
    return np.asarray(~_at_points(good, np.zeros(good.shape[1])).any(axis=0))


def front_chances(field: Field, *, hold_points: bool = False) -> FrontChances | Unknown:
    """The chances over joint draws: Unknown where an objective has no draws, or there are none at all.

    hold_points: hold such objectives at their points instead, which says too much of certainty.
    """
    if field.unknown and not hold_points:
        return field.unknown
    n, _, k = field.draws.shape
    if not n or not k:
        return field.unknown or Unknown(NOBODY)
    aheads = [ahead_by(field.good_draws[:, at], smallest) for at, smallest in enumerate(field.smallest)]
    on, counts = np.zeros(n), np.zeros((n, n), dtype=np.uint16 if k < 1 << 16 else np.uint32)
    for draws in blocks(k, n):
        dominates = _dominates(aheads, draws, n)
        counted(counts, dominates)
        on += _on_fronts(dominates).sum(axis=0)
    return FrontChances(on / k, counts / k, tuple(field.no_draws))


def _at_points(good: Floats, smallest: Floats) -> Bools:
    """(n, n) whether a dominates b at the points (n, m)."""
    aheads = [ahead_by(good[:, at, None], least) for at, least in enumerate(smallest)]
    return np.asarray(_dominates(aheads, slice(0, 1), len(good))[0])


def _dominates(aheads: Sequence[Ahead], draws: slice, n: int) -> Bools:
    """(draws, n, n) whether a dominates b in each draw: ahead on an objective, and behind on none."""
    better, worse, one = (np.zeros((draws.stop - draws.start, n, n), dtype=bool) for _ in range(3))
    for ahead in aheads:
        better |= ahead.of(draws, out=one)
        worse |= ahead.behind(draws, out=one)
    return np.asarray(np.greater(better, worse, out=better))


def _on_fronts(dominates: Bools) -> Bools:
    """(K, n) who stands on the front of each draw, of (K, n, n)."""
    on: Bools = np.logical_not(dominates.any(axis=1))
    # Whoever is dominated, but by nobody of the front, may be of a circle.
    outside: Bools = np.logical_not(on)
    for draw, here in enumerate(on):
        outside[draw] &= ~dominates[draw, here].any(axis=0)
    for circling in np.flatnonzero(outside.any(axis=1)):
        on[circling] = _on_front(dominates[circling])
    return on


def _on_front(dominates: Bools) -> Bools:
    """(n,) who is dominated by nobody outside of a circle of its own, of (n, n)."""
    on: Bools = np.logical_not(dominates.any(axis=0))
    reached = on.copy()
    new: Sequence[int] | NDArray[np.intp] = np.flatnonzero(on)
    while len(new):
        fresh = dominates[new].any(axis=0) & ~reached
        reached |= fresh
        new = np.flatnonzero(fresh)
    left = np.flatnonzero(~reached)
    if len(left):
        inner = dominates[np.ix_(left, left)]
        circles, labels = csgraph.connected_components(inner, directed=True, connection="strong")
        entered = np.zeros(circles, dtype=bool)
        for a, b in zip(*np.nonzero(inner), strict=True):
            entered[labels[b]] |= labels[a] != labels[b]
        on[left[~entered[labels]]] = True
    return on
