"""Maximum profit and expected maximum profit of a binary run: what its scores are worth at the best threshold there is.

Both choose the threshold on the very rows that they are read from, and the expected one chooses anew for each value of
what is not known: they are in-sample by definition, made to rank models and never a figure to plan with. The honest
best threshold is that of `metrics.core.kpi.threshold`.

A case acted upon is worth `slope · x + offset` where it was needed and costs `cost` where it was not; x is a share that
is known (maximum profit) or has a distribution (expected maximum profit). Thresholds are all distinct scores: the best
for any x lies on the convex hull of the ROC curve.

Verbraken, Verbeke, Baesens 2013, IEEE Transactions on Knowledge and Data Engineering 25:961–973 (MPC, EMPC: of a
customer who would leave the share x stays for an offer, slope = lifetime value − offer, offset = −contact, cost = offer
+ contact); Höppner, Stripling, Baesens, vanden Broucke, Verdonck 2020, European Journal of Operational Research
284:920–933 (EMPC to grow trees by).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from metrics.core import distributions
from metrics.core.arrays import Floats
from metrics.core.estimate import Unknown
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.formula import EvaluationError
from metrics.core.kpi.matrix import Baseline, Matrix, Per, cells_at
from metrics.core.kpi.sweep import Cells, Sweep
from metrics.core.late import special

NO_LABELS = "no labelled examples"
ONE_CLASS = "all labels are equal, so that no threshold tells them apart"
PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of a share, at which a matrix is looked at
NO_SCORES = "the cube no longer carries its distinct scores"


@dataclass(frozen=True)
class Profit:
    """Money a case at the best threshold, and the share of cases acted upon there; chosen on these very rows."""

    per_case: float
    share_acted: float


@dataclass(frozen=True, eq=False)
class Hull:
    """The convex hull of a ROC curve, from acting on none to acting on all.

    tpr, fpr: (H,) ascending, both from 0 to 1. prevalence: share of the weight that is positive, above 0 and below 1.
    """

    tpr: Floats
    fpr: Floats
    prevalence: float

    @classmethod
    def of(cls, negatives: Any, positives: Any) -> Hull | Unknown:
        """From the weight of either label at each distinct score, (levels,) ascending by score."""
        below, above = np.asarray(negatives, dtype=np.float64), np.asarray(positives, dtype=np.float64)
        n, m = float(below.sum()), float(above.sum())
        if n + m == 0:
            return Unknown(NO_LABELS)
        if n == 0 or m == 0:
            return Unknown(ONE_CLASS)
        x = np.concatenate([[0.0], np.cumsum(below[::-1])]) / n
        y = np.concatenate([[0.0], np.cumsum(above[::-1])]) / m
        kept = _upper(x, y)
        return cls(y[kept], x[kept], m / (n + m))

    @classmethod
    def of_cube(cls, cube: Cube) -> Hull | Unknown:
        """Unknown for a cube of so many distinct scores that it does not carry them."""
        if not cube.laddered:
            return Unknown(NO_SCORES)
        ladder = cube.whole.ladder.only(0)
        return cls.of(ladder.sums[:, 0], ladder.sums[:, 1])

    @property
    def share_acted(self) -> Floats:
        """(H,) share of the weight acted upon at each corner."""
        return np.asarray(self.prevalence * self.tpr + (1 - self.prevalence) * self.fpr)


def _upper(x: Floats, y: Floats) -> list[int]:
    """Positions of the corners of the upper hull of points ascending in x and in y (Andrew 1979)."""
    kept: list[int] = []
    for place in range(len(x)):
        while len(kept) > 1:
            a, b = kept[-2], kept[-1]
            if (x[b] - x[a]) * (y[place] - y[a]) < (y[b] - y[a]) * (x[place] - x[a]):
                break
            kept.pop()
        kept.append(place)
    return kept


@dataclass(frozen=True)
class Beta:
    """A share with density proportional to x^(alpha − 1) (1 − x)^(beta − 1)."""

    alpha: float
    beta: float

    def between(self, edges: Floats) -> tuple[Floats, Floats]:
        """Of each interval between neighbouring edges, (E,) ascending from 0 to 1: its probability, and ∫ x there."""
        mean = self.alpha / (self.alpha + self.beta)
        probability = np.diff(special.betainc(self.alpha, self.beta, edges))
        return probability, mean * np.diff(special.betainc(self.alpha + 1, self.beta, edges))


@dataclass(frozen=True)
class Terms:
    """What the publications need: a case acted upon is worth slope · x + offset where needed, and costs `cost` else.

    name: of the assumption that x is. x: its point. spread: its distribution, None where that is not a beta.
    """

    name: str
    x: float
    slope: float
    offset: float
    cost: float
    spread: Beta | None


def terms_of(matrix: Matrix, points: Mapping[str, float], spreads: Mapping[str, Any]) -> Terms | None:
    """A value matrix as the publications have it, None where it does not fit their definition.

    It fits where no cell has an amount of the row, the value is against acting on none, acting where it was not needed
    costs something, and just one assumption is a share (a pure number with a point from 0 to 1) by which acting where
    it was needed gains in a straight line, and on which nothing else depends. spreads: assumption → its family.
    """
    if matrix.columns or matrix.baseline != "act_on_none":
        return None
    found = [held for name in sorted(matrix.names) if (held := _terms(matrix, name, points, spreads.get(name)))]
    return found[0] if len(found) == 1 else None


def _terms(matrix: Matrix, name: str, points: Mapping[str, float], spread: Any) -> Terms | None:
    units = [dict(cell.base.units).get(name) for cell in matrix.cells.values()]
    if not 0 <= points[name] <= 1 or not all(unit is None or unit.is_number for unit in units):
        return None
    needed, wasted = [], []
    for x in PLACES:
        try:
            cells = cells_at(matrix, {**points, name: x})
        except EvaluationError:
            return None
        needed.append(float(cells["tp"].base) - float(cells["fn"].base))
        wasted.append(float(cells["tn"].base) - float(cells["fp"].base))
    slope, offset, cost = needed[-1] - needed[0], needed[0], wasted[0]
    close = 1e-9 * max(map(abs, (*needed, *wasted)))
    straight = all(abs(at - offset - slope * x) <= close for x, at in zip(PLACES, needed, strict=True))
    if not straight or max(wasted) - min(wasted) > close or slope <= close or cost <= 0:
        return None
    whole = isinstance(spread, distributions.Beta) and (spread.low, spread.high) == (0, 1)
    return Terms(name, points[name], slope, offset, cost, Beta(spread.alpha, spread.beta) if whole else None)


def maximum_profit(hull: Hull, *, x: float, slope: float, offset: float, cost: float) -> Profit:
    """The largest π·TPR·(slope·x + offset) − (1 − π)·FPR·cost of all thresholds; of equals the one acting least."""
    gains = hull.prevalence * hull.tpr * (slope * x + offset) - (1 - hull.prevalence) * hull.fpr * cost
    best = int(np.argmax(gains))
    return Profit(float(gains[best]), float(hull.share_acted[best]))


def expected_maximum_profit(hull: Hull, *, x: Beta, slope: float, offset: float, cost: float) -> Profit:
    """The mean over x of the maximum profit at x, the threshold being chosen anew for each x.

    slope and cost above 0. Between two corners of the hull lies the x at which they are worth the same; x between two
    such values chooses one corner, so that the integral is a sum over corners.
    """
    if slope <= 0 or cost <= 0:
        raise ValueError("expected maximum profit needs a slope and a cost above 0")
    up, across = np.diff(hull.tpr) * hull.prevalence, np.diff(hull.fpr) * (1 - hull.prevalence)
    with np.errstate(divide="ignore"):
        turning = (cost * across / up - offset) / slope
    edges = np.concatenate([[0.0], np.clip(turning, 0, 1), [1.0]])
    probability, first = x.between(edges)
    needed = hull.prevalence * hull.tpr * (slope * first + offset * probability)
    gains = needed - (1 - hull.prevalence) * hull.fpr * cost * probability
    return Profit(float(gains.sum()), float((hull.share_acted * probability).sum()))


def expected_best(sweep: Sweep, cells_draws: Cells, *, baseline: Baseline = "act_on_none", per: Per = "total") -> float:
    """The same idea for a value matrix: the mean over the assumptions' draws of the largest point of the curve.

    The rows are held as they are, so that only the assumptions move; no less than the best point at the mean of the
    draws, and the difference is what one might gain by knowing the assumptions before choosing.
    """
    scale = sweep.n if per == "total" else 1.0
    return float(scale * sweep.gain_assumed(cells_draws, baseline).max(axis=0).mean())
