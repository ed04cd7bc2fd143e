"""Who is best for which weights: shares of the weights, the regions themselves, and where the best changes.

The value of a candidate is Σ w_j u_j, with partial values u linear from the worst to the best point of each objective
among those that may be chosen; larger is better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from metrics.core.arrays import FLOOR, Floats
from metrics.core.selection.ahead import Bools
from metrics.core.selection.best import first_shares
from metrics.core.selection.candidates import Field
from metrics.core.selection.objectives import slack
from metrics.core.selection.simplex import Constraint, Region

EXACT_UP_TO = 3  # objectives
POINTS = 1 << 14  # of the weights, beyond


@dataclass(frozen=True, eq=False)
class Partial:
    """Partial values of a field: points (n, m), between 0 and 1; draws (n, m, K), which may lie beyond.

    worst, best: (m,) ends of the scale, larger being better. An objective in which all points are equal has nothing to
    weigh: its partial values are 0, draws alike. held: the objectives that have no draws and are held at their points;
    whoever prints a chance over the draws says so.
    """

    worst: Floats
    best: Floats
    points: Floats
    draws: Floats
    held: tuple[str, ...] = ()

    @property
    def range(self) -> Floats:
        """(m,) what a weight is the weight of: the whole range of its objective, in the unit."""
        return self.best - self.worst


@dataclass(frozen=True, eq=False)
class Winners:
    """shares: (n,) of the region in which each candidate is best, ties split; adds up to 1.

    regions: of two and three objectives the region of each, None where it has no size; None altogether beyond, where
    the shares are those of `POINTS` points.
    """

    shares: Floats
    regions: tuple[Region | None, ...] | None

    @property
    def leaders(self) -> tuple[int, ...]:
        """The places with the largest share: several where they are equal."""
        most = self.shares.max()
        return tuple(int(one) for one in np.flatnonzero(self.shares >= most - FLOOR))


@dataclass(frozen=True)
class Breakpoint:
    """A first weight, of two, at which the best changes from the places below to those above."""

    weight: float
    below: tuple[int, ...]
    above: tuple[int, ...]


def partial_values(field: Field, *, spanned_by: Bools | None = None) -> Partial:
    """The partial values of a field, on scales from the worst to the best point of all, or of those named by (n,).

    spanned_by: as those that nobody dominates, that a candidate far behind stretches no scale; the values of others
    may then lie beyond 0 and 1. Where those are all alike in an objective, all candidates span it, so that whoever is
    behind in it stays so. Raises ValueError where nobody spans the scales.
    """
    spanning = field.good if spanned_by is None else field.good[spanned_by]
    if not len(spanning):
        raise ValueError("partial values need a candidate")
    worst, best = spanning.min(axis=0), spanning.max(axis=0)
    alike = best - worst <= slack(best)
    worst, best = np.where(alike, field.good.min(axis=0), worst), np.where(alike, field.good.max(axis=0), best)
    spread = best - worst
    scale = np.where(spread <= slack(best), np.inf, spread)
    points = (field.good - worst) / scale
    draws = (field.good_draws - worst[:, None]) / scale[:, None]
    return Partial(worst, best, points, draws, tuple(field.no_draws))


def winners(values: Floats, within: Region) -> Winners:
    """Who is best where in a region, of partial values (n, m). Raises ValueError where the region is empty."""
    if within.empty:
        raise ValueError("the constraints leave no weights: take one back")
    if within.size > EXACT_UP_TO:
        return Winners(first_shares(values @ within.points(POINTS).T).mean(axis=1), None)
    # Those that are equal everywhere share one region.
    different, place = np.unique(np.round(values, 12), axis=0, return_inverse=True)
    place = place.ravel()
    regions = [_region(different, at, within) for at in range(len(different))]
    counts = np.bincount(place)
    shares = np.array([0.0 if one is None else one.share / within.share for one in regions]) / counts
    return Winners(shares[place], tuple(regions[at] for at in place))


def breakpoints(values: Floats, within: Region) -> tuple[Breakpoint, ...]:
    """Where along the first of two weights the best changes, ascending. Raises ValueError for more objectives."""
    if within.size != 2:
        raise ValueError(f"breakpoints are those of two objectives, not of {within.size}")
    found = winners(values, within).regions or ()
    ends: dict[float, tuple[int, ...]] = {}
    for place, one in enumerate(found):
        if one is not None:
            start = round(float(one.corners[0, 0]), 15)
            ends[start] = (*ends.get(start, ()), place)
    starts = sorted(ends)
    return tuple(Breakpoint(here, ends[before], ends[here]) for before, here in pairwise(starts))


def best_at(values: Floats, weights: Sequence[float] | Floats) -> tuple[int, ...]:
    """The places that are best at weights (m,): several where they are equal."""
    found = values @ np.asarray(weights, dtype=np.float64)
    most = found.max()
    return tuple(int(one) for one in np.flatnonzero(found >= most - slack(most)))


def _region(values: Floats, place: int, within: Region) -> Region | None:
    ahead = values[place] - np.delete(values, place, axis=0)
    if (ahead <= 0).all(axis=1).any():
        return None  # another is as good on everything: what is left is an edge
    # Whoever is nowhere ahead cuts nothing off.
    made = within.cut(*(Constraint(tuple(one)) for one in ahead if (one < 0).any()))
    return None if made.empty else made
