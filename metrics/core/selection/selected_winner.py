"""The winner's own figure: corrected for having been chosen because it was the best, with a band that still holds.

The best of k looks better than it is, the more so the closer the others are. Its figure is read here as one of a normal
that was let through only because it came out ahead: given what the others' figures say apart from it, it had to lie
above a limit (Andrews, Kitagawa, McCloskey 2024, Quarterly Journal of Economics 139:305–358, the hybrid of inference
given the choice and of what holds for all k at once; β = α / 10 as there). Their covariance is that of the paired
draws. The corrected point is too high as often as too low, and the band holds its truth as often as it says for any
true values: equal ones, scattered ones, a lone clear winner, unequal noise.

Who was chosen for something else than this figure was let through by no such limit, and where another is as good to
the last digit (shares of few rows) the limit is the figure itself and says nothing: the point stays, and the band is
one that holds for whichever is chosen.

`selection_bias` answers another question: how all candidates differ, each shrunk towards their mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from metrics.core.arrays import FLOOR, Floats, varies
from metrics.core.estimate import Draws, Estimate, Unknown, made
from metrics.core.late import special
from metrics.core.selection.candidates import same
from metrics.core.selection.objectives import Better, goodness

BETA = 0.005  # of the band that holds for all at once, within which the corrected one stays
NO_EXTREME = "what should be near a number is not chosen for being extreme"
GRID = 1024  # values between the ends of that band

How = Literal["as the best", "level with another", "for another reason", "alone"]


@dataclass(frozen=True, eq=False)
class Chosen:
    """The chosen candidate's corrected figure; its draws are those that its band is read from, in their old order.

    among: how many different candidates it was chosen from. naive: the figure as it was. how: "as the best" of them on
    this figure; "level with another" or "for another reason", where the point stays and the band is wider; "alone".
    """

    name: str
    among: int
    naive: Estimate
    corrected: Estimate
    how: How

    @property
    def label(self) -> str:
        """What is printed beside a corrected figure."""
        return f"corrected for choosing among {self.among}"


def chosen(candidates: Mapping[str, Estimate], name: str, direction: Better) -> Chosen | Unknown:
    """The figure of the candidate of that name, corrected for choosing it among these on the same data.

    Candidates with the same point and draws are one. Unknown without draws, and of a figure that should be near a
    number: nobody is chosen for an extreme of it. Raises ValueError for a name that is not
    among them.
    """
    if name not in candidates:
        raise ValueError(f"{name} is not among the candidates: {', '.join(candidates)}")
    if isinstance(direction, float):
        return Unknown(NO_EXTREME)
    mine = candidates[name]
    for other, one in candidates.items():
        if one.draws is None:
            return Unknown(f"{other}: {one.why_no_band}")
    rivals: list[Estimate] = []
    for one in candidates.values():
        if not same(one, mine) and not any(same(one, other) for other in rivals):
            rivals.append(one)
    all_of_them = [mine, *rivals]
    points = goodness(np.array([one.point for one in all_of_them]), direction)
    draws = goodness(np.stack([np.asarray(one.draws) for one in all_of_them]), direction)
    centred = draws - draws.mean(axis=1, keepdims=True)
    covariance = centred @ centred[0] / (draws.shape[1] - 1)
    spread = float(np.sqrt(covariance[0]))
    if not rivals or spread <= FLOOR * (1 + abs(points[0])):
        return Chosen(name, len(all_of_them), mine, mine, "alone")
    away = float(np.quantile(_furthest(centred), 1 - BETA))
    nearest = points[1:].max()
    level = not varies(np.array([points[0], nearest]))
    if level or points[0] < nearest:
        grown = spread * float(np.quantile(_furthest(centred), 0.95)) / special.ndtri(0.975)
        moved = points[0] + grown * _normal_scores(draws[0])
        how: How = "level with another" if level else "for another reason"
        return _made(name, mine, points[0], moved, len(all_of_them), direction, how)
    low, high = _limits(points, covariance)
    values = points[0] + spread * away * np.linspace(-1, 1, GRID)
    at = _confidence(points[0], values, spread, low, high, away)
    # Where it is flat, at an end, the first value of that stretch.
    at, first = np.unique(at, return_index=True)
    ranks = special.ndtr(_normal_scores(draws[0]))
    point, moved = float(np.interp(0.5, at, values[first])), np.interp(ranks, at, values[first])
    return _made(name, mine, point, moved, len(all_of_them), direction, "as the best")


def _made(
    name: str, naive: Estimate, point: float, moved: Draws, among: int, direction: Literal["up", "down"], how: How
) -> Chosen | Unknown:
    sign = 1.0 if direction == "up" else -1.0
    corrected = made(sign * point, sign * moved, naive.unit)
    return corrected if isinstance(corrected, Unknown) else Chosen(name, among, naive, corrected, how)


def _limits(points: Floats, covariance: Floats) -> tuple[float, float]:
    """Between which values the first had to lie to come out ahead, given the rest of the others' figures."""
    along = covariance / covariance[0]
    rest = points - along * points[0]
    ahead = 1 - along
    low = max((float(rest[at] / ahead[at]) for at in range(1, len(points)) if ahead[at] > FLOOR), default=-np.inf)
    high = min((float(rest[at] / ahead[at]) for at in range(1, len(points)) if ahead[at] < -FLOOR), default=np.inf)
    return low, high


def _confidence(point: float, values: Floats, spread: float, low: float, high: float, away: float) -> Floats:
    """Of each true value, how likely a figure above the point was: rises from 0 to 1."""
    least = np.maximum(low, values - away * spread)
    most = np.minimum(high, values + away * spread)
    start, end, here = ((one - values) / spread for one in (least, most, np.full_like(values, point)))
    here = np.clip(here, start, end)
    # On whichever side of 0 the tails lie, by their logarithms: far out both are next to nothing.
    right = start > 0
    a, b = np.where(right, -end, start), np.where(right, -start, end)
    x = np.where(right, -here, here)
    log_a, log_b, log_x = (special.log_ndtr(one) for one in (a, b, x))
    below = np.expm1(log_x - log_a) / np.expm1(np.minimum(log_b - log_a, 700))
    return np.maximum.accumulate(np.clip(np.where(right, below, 1 - below), 0.0, 1.0))


def _furthest(centred: Floats) -> Floats:
    """(K,) of each draw how many standard errors the candidate that is furthest from its mean is away from it."""
    spread = centred.std(axis=1, ddof=1)
    some = spread > 0
    return np.asarray(np.abs(centred[some] / spread[some, None]).max(axis=0))


def _normal_scores(draws: Draws) -> Draws:
    """(K,) the normal quantiles of the draws' ranks."""
    ranks = np.empty(len(draws))
    ranks[np.argsort(draws, kind="stable")] = (np.arange(len(draws)) + 0.5) / len(draws)
    return np.asarray(special.ndtri(ranks))
