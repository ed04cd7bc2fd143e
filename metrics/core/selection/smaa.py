"""SMAA-2: how acceptable each candidate is over the weights that are admitted and over the draws, under its own names.

Rank acceptability b(i, r): the share of weights and draws for which candidate i has rank r. Central weight vector: the
mean weights among those for which it is first. Confidence factor: the share of draws in which it is first at its own
central weights. Lahdelma, Salminen 2001, Operations Research 49:444–454; Tervonen, Lahdelma 2007, European Journal of
Operational Research 178:500–513.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import FLOOR, Floats
from metrics.core.selection import polygons
from metrics.core.selection.best import first_shares
from metrics.core.selection.objectives import slack
from metrics.core.selection.polygons import Polygon
from metrics.core.selection.simplex import Region
from metrics.core.selection.weights import POINTS, Partial

EXACT_CANDIDATES = 20  # up to which polygons of three weights are cut by every pair of candidates
PAIRS = 1 << 13  # of weights and draws, at least

_AT_ONCE = 1 << 21  # values that are held in memory together


@dataclass(frozen=True, eq=False)
class Acceptability:
    """ranks: (n, n), row candidate, column rank from the first; ties share their ranks alike.

    central: (n, m) central weights; confidence: (n,); both NaN for whoever is never first. points: how many pairs of
    weights and draws they are shares of; 0 where they are exact. held: the objectives held at their points for want of
    draws, so that the shares say too much of certainty.
    """

    ranks: Floats
    central: Floats
    confidence: Floats
    points: int
    held: tuple[str, ...] = ()

    @property
    def first(self) -> Floats:
        """(n,) first rank acceptability."""
        return np.asarray(self.ranks[:, 0])


def acceptability(partial: Partial, within: Region) -> Acceptability:
    """The acceptability of a field over a region of weights: over its draws where there are any, else at its points.

    Draw k goes with point k of the weights; of few draws each goes with several. Raises ValueError where the region is
    empty.
    """
    k = partial.draws.shape[2]
    if not k:
        return replace(at_points(partial.points, within), held=partial.held)
    return replace(sampled(partial.draws, within.points(k * -(-PAIRS // k))), held=partial.held)


def at_points(values: Floats, within: Region) -> Acceptability:
    """Of partial values (n, m) that are certain: exact for two objectives, and for three of up to 20 candidates."""
    exact = within.size == 2 or (within.size == 3 and len(values) <= EXACT_CANDIDATES)
    if within.empty or not exact:
        return sampled(values[:, :, None], within.points(POINTS))
    cells = _lengths if within.size == 2 else _areas
    ranks, central = np.zeros((len(values),) * 2), np.full(values.shape, np.nan)
    for place in range(len(values)):
        ranks[place], mean = cells(values, place, within)
        if ranks[place, 0] > FLOOR:
            central[place] = mean
    return Acceptability(ranks, central, np.where(ranks[:, 0] > FLOOR, 1.0, np.nan), 0)


def at_weights(draws: Floats, weights: Floats) -> Acceptability:
    """Of partial values (n, m, K) at weights (m,) that are fixed: confidence is that of these."""
    values = np.tensordot(weights, draws, axes=(0, 1))
    ranks = _ranks(values)
    return Acceptability(ranks, np.full(draws.shape[:2], np.nan), ranks[:, 0].copy(), draws.shape[2])


def sampled(draws: Floats, weights: Floats) -> Acceptability:
    """Of partial values (n, m, K) and weights (P, m): draw 0 goes with the first P / K weights, and so on.

    Raises ValueError where P is no multiple of K.
    """
    n, m, k = draws.shape
    if len(weights) % k:
        raise ValueError(f"{len(weights):,} weights do not go with {k:,} draws: give a multiple of them")
    ranks, first, central = np.zeros((n, n)), np.zeros(n), np.zeros((n, m))
    by_draw, at_once = weights.reshape(k, -1, m), max(1, _AT_ONCE // (n * k))
    for start in range(0, by_draw.shape[1], at_once):
        mine = by_draw[:, start : start + at_once]
        # Objective by objective: as one product over all it takes several times as long.
        summed = np.zeros((n, k, mine.shape[1]))
        for at in range(m):
            summed += draws[:, at, :, None] * mine[:, :, at]
        values = summed.reshape(n, -1)
        shares = first_shares(values)
        ranks += _ranks(values) * values.shape[1]
        first += shares.sum(axis=1)
        central += shares @ mine.reshape(-1, m)
    some = first > 0
    central = np.where(some[:, None], central / np.where(some, first, 1.0)[:, None], np.nan)
    confidence = np.full(n, np.nan)
    confidence[some] = _confidence(draws, central[some], np.flatnonzero(some))
    return Acceptability(ranks / len(weights), central, confidence, len(weights))


def _ranks(values: Floats) -> Floats:
    """(n, n) share of the columns of values (n, K) in which each candidate has each rank, ties sharing theirs alike."""
    n, k = values.shape
    down = np.ascontiguousarray(-values.T)
    order = np.argsort(down, axis=1)
    ranked = np.take_along_axis(down, order, axis=1)
    places = np.arange(n)
    new = np.ones((k, n), dtype=bool)
    new[:, 1:] = np.diff(ranked, axis=1) > slack(ranked[:, 1:])
    if new.all():
        return np.asarray(np.bincount((order * n + places).ravel(), minlength=n * n).reshape(n, n) / k)
    # A group of equal ones takes the ranks from its first to its last, each of them by the same share.
    start = np.maximum.accumulate(np.where(new, places, 0), axis=1)
    ends = np.concatenate([new[:, 1:], np.ones((k, 1), dtype=bool)], axis=1)
    end = np.minimum.accumulate(np.where(ends, places, n - 1)[:, ::-1], axis=1)[:, ::-1]
    share = (1.0 / (end - start + 1)).ravel()
    steps = np.bincount((order * (n + 1) + start).ravel(), share, minlength=n * (n + 1))
    steps -= np.bincount((order * (n + 1) + end + 1).ravel(), share, minlength=n * (n + 1))
    return np.asarray(np.cumsum(steps.reshape(n, n + 1), axis=1)[:, :n] / k)


def _confidence(draws: Floats, central: Floats, places: NDArray[np.intp]) -> Floats:
    """(c,) share of draws (n, m, K) in which each of `places` is first at its own weights (c, m), ties split."""
    n, _, k = draws.shape
    by_draw = np.ascontiguousarray(draws.transpose(2, 1, 0))
    found = np.zeros(len(places))
    at_once = max(1, _AT_ONCE // (n * len(places)))
    for start in range(0, k, at_once):
        values = np.matmul(central, by_draw[start : start + at_once])
        most = values.max(axis=2)
        least = most - slack(most)
        own = values[:, np.arange(len(places)), places]
        tied = (values >= least[:, :, None]).sum(axis=2)
        found += ((own >= least) / tied).sum(axis=0)
    return np.asarray(found / k)


def _lengths(values: Floats, place: int, within: Region) -> tuple[Floats, Floats]:
    """Shares of the ranks (n,) of a candidate of two objectives, and its mean weights where it is first."""
    low, high = (float(one) for one in within.corners[:, 0])
    ahead = values[place] - values
    cuts = [low, high]
    for a, b in ahead:
        if a * b < 0:
            cuts.append(min(max(-b / (a - b), low), high))
    cuts.sort()
    ranks, total, moment = np.zeros(len(values)), 0.0, 0.0
    for start, end in pairwise(cuts):
        if end - start > FLOOR:
            middle = (start + end) / 2
            first = _take(ranks, ahead @ [middle, 1 - middle], end - start)
            total, moment = total + first, moment + first * middle
    mean = moment / total if total else np.nan
    return ranks / (high - low), np.array([mean, 1 - mean])


def _areas(values: Floats, place: int, within: Region) -> tuple[Floats, Floats]:
    """The same of three objectives: the region is cut by each line on which another is as good."""
    whole: Polygon = tuple((float(x), float(y)) for x, y, _ in within.corners)
    ahead = values[place] - values
    cells = [whole]
    for a, b, c in ahead:
        if min(a, b, c) < 0 < max(a, b, c):
            cells = [part for cell in cells for part in polygons.split(cell, a - c, b - c, -c) if part]
    ranks, total, moment = np.zeros(len(values)), 0.0, np.zeros(2)
    for cell in cells:
        size, (x, y) = polygons.area(cell), polygons.centroid(cell)
        first = _take(ranks, ahead @ [x, y, 1 - x - y], size)
        total, moment = total + first, moment + first * np.array([x, y])
    x, y = moment / total if total else (np.nan, np.nan)
    return ranks / polygons.area(whole), np.array([x, y, 1 - x - y])


def _take(ranks: Floats, ahead: Floats, size: float) -> float:
    """Give a cell's size to the ranks of a candidate that is so far ahead of each, itself among them; the first's."""
    better = int((ahead < -FLOOR).sum())
    tied = int((np.abs(ahead) <= FLOOR).sum())
    ranks[better : better + tied] += size / tied
    return size / tied if not better else 0.0
