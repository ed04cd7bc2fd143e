"""Track record: past projections against what came, and a correction only where a bias is proven.

One score per (actual month, horizon). The bias is the mean log ratio of projected to actual money over all of them, so
that "ran 12 % high" means exp(bias) − 1 = 0.12; by horizon it is told apart, since a month ahead may be right where a
year ahead is not. Bias and coverage are proven on scores that do not overlap: two projections overlap where the spans
from the month they were made in to the month they speak of share a month, because they then share its surprise. What
surprises still have in common counts against the proof: n scores with first-order correlation r weigh as
n (1 − r) / (1 + r) independent ones (Bartlett 1946; Zwiers and von Storch 1995). The measured correlation lies
(1 + 4 r) / n below r on average (Marriott and Pope 1954), which is mended; r is never taken below 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from metrics.core.calendar import later, month_number
from metrics.core.estimate import Estimate, Quantity, Unknown, made
from metrics.core.evaluation.metrics.forecast import naive_mae
from metrics.core.evaluation.metrics.interval_tests import LikelihoodRatio, kupiec_exact
from metrics.core.late import stats
from metrics.core.revenue.projection import SEASON

LEAST_SCORES = 8
PROVEN = 0.01
LEVELS = (0.8, 0.95)


@dataclass(frozen=True, kw_only=True, eq=False)
class Past:
    """A month that was projected, and what came. made: the last month known then; its horizon is counted from there."""

    month: str
    made: str
    projected: Estimate
    actual: float

    @property
    def horizon(self) -> int:
        return month_number(self.month) - month_number(self.made)


class Inside(NamedTuple):
    """How many of the scored months fell inside the band of a level; expected: how many should have.

    apart, test: of the scores that do not overlap, how many they are and whether their bands hold (Kupiec, exact).
    """

    inside: int
    of: int
    expected: float
    apart: int
    test: LikelihoodRatio


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """The scores of projections made so many months before: how many, and their bias, as that of the record."""

    horizon: int
    scores: int
    bias: Quantity


@dataclass(frozen=True, kw_only=True, eq=False)
class Record:
    """What past projections were worth.

    scores: one per (month, horizon), the latest made of each. bias: mean of projected over actual of all of them, less
    1; share above 0 where too high. ahead: the same by horizon, the nearest first. mase: mean absolute error over that
    of the month a year before. inside: by level; only scores with bands count. apart: scores that do not overlap, the
    nearest horizons first. p: two-sided, of these having no bias.
    """

    scores: tuple[Past, ...]
    bias: Quantity
    ahead: tuple[Ahead, ...]
    mase: Quantity
    inside: Mapping[float, Inside]
    apart: int
    p: float | None


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What projections under one mapping version are multiplied by. error: standard error of log(factor)."""

    factor: float
    error: float
    scores: int
    p: float
    mapping: str


def scored(found: Sequence[Past]) -> tuple[Past, ...]:
    """One score per (month, horizon), the last given of each, in their order. ValueError for a horizon below 1."""
    if any(past.horizon < 1 for past in found):
        raise ValueError("a projection speaks of a month after the last one that it knew")
    last = {(past.month, past.horizon): past for past in found}
    return tuple(last[key] for key in sorted(last))


def apart(scores: Sequence[Past]) -> tuple[Past, ...]:
    """The most scores whose spans (made, month] do not overlap: the one that ends first, then the next free one."""
    chosen: list[Past] = []
    for past in sorted(scores, key=lambda one: (one.month, one.horizon)):
        if not chosen or past.made >= chosen[-1].month:
            chosen.append(past)
    return tuple(chosen)


def record(found: Sequence[Past], actuals: Mapping[str, float]) -> Record:
    """The track record of projections. actuals: money by month, for the seasonal naive error that MASE divides by."""
    scores = scored(found)
    of_horizon: dict[int, list[Past]] = {}
    for past in scores:
        of_horizon.setdefault(past.horizon, []).append(past)
    _, _, p = _tested(apart(scores))
    return Record(
        scores=scores,
        bias=_bias(scores),
        ahead=tuple(Ahead(horizon=at, scores=len(held), bias=_bias(held)) for at, held in sorted(of_horizon.items())),
        mase=_mase(scores, actuals),
        inside=_inside(scores),
        apart=len(apart(scores)),
        p=p,
    )


def correction(found: Sequence[Past], *, mapping: str, corrected: Sequence[str]) -> Correction | None:
    """What projections of a mapping version should be multiplied by; None unless a bias is proven.

    found: projections of that version, as they were before any correction. corrected: mapping versions that have been
    corrected already: none is corrected twice. Needs 8 scores that do not overlap, and p < 0.01. One factor is for all
    horizons, so it goes no further than what all scores together ran, and there is none where these ran the other way.
    """
    if mapping in corrected:
        return None
    scores = apart(scored(found))
    bias, error, p = _tested(scores)
    if len(scores) < LEAST_SCORES or bias is None or error is None or p is None or p >= PROVEN:
        return None
    overall = _mean_log(scored(found))
    if overall is None or overall * bias <= 0:
        return None
    factor = float(np.exp(-min(bias, overall, key=abs)))
    return Correction(factor=factor, error=error, scores=len(scores), p=p, mapping=mapping)


def _mean_log(scores: Sequence[Past]) -> float | None:
    """Mean log ratio of projected to actual money; None without scores, and where some money is not above 0."""
    if not scores or any(min(past.projected.point, past.actual) <= 0 for past in scores):
        return None
    return float(np.mean(np.log([past.projected.point / past.actual for past in scores])))


def _bias(scores: Sequence[Past]) -> Quantity:
    if not scores:
        return Unknown("no projection has met its month yet")
    mean = _mean_log(scores)
    if mean is None:
        return Unknown("a bias in per cent needs projections and actuals above 0")
    return made(float(np.expm1(mean)), None)


def _tested(scores: Sequence[Past]) -> tuple[float | None, float | None, float | None]:
    """Mean log ratio, its standard error, and the p-value of none; None each where it cannot be found."""
    if not scores or any(min(past.projected.point, past.actual) <= 0 for past in scores):
        return None, None, None
    ratios = np.log([past.projected.point / past.actual for past in scores])
    bias, n = float(ratios.mean()), len(ratios)
    if n < 2:
        return bias, None, None
    around = ratios - bias
    spread = float((around**2).sum())
    if spread <= 1e-24 * n:
        return bias, 0.0, 0.0 if abs(bias) > 1e-9 else 1.0
    weight = _weight(float((around[1:] * around[:-1]).sum()) / spread, n)
    if weight <= 2:
        return bias, None, None
    error = float(np.sqrt(spread / (n - 1) / weight))
    return bias, error, float(2 * stats.t.sf(abs(bias) / error, weight - 1))


def _weight(correlation: float, n: int) -> float:
    """How many independent scores n scores of this first-order correlation, as measured, are worth."""
    alike = min(max((correlation + 1 / n) / (1 - 4 / n), 0.0), 1.0) if n > 4 else 1.0
    return n * (1 - alike) / (1 + alike)


def _mase(scores: Sequence[Past], actuals: Mapping[str, float]) -> Quantity:
    if not scores:
        return Unknown("no projection has met its month yet")
    pairs = [
        (actuals[before], actuals[month]) for month in sorted(actuals) if (before := later(month, -SEASON)) in actuals
    ]
    if not pairs:
        return Unknown("no month is known whose month a year before is known too")
    first, second = zip(*pairs, strict=True)
    try:
        # Pairs a year apart stand side by side, so that a gap in the months pairs none wrongly.
        naive = naive_mae([*first, *second], len(pairs))
    except ValueError as error:
        return Unknown(str(error))
    return made(float(np.mean([abs(past.projected.point - past.actual) for past in scores])) / naive, None)


def _inside(scores: Sequence[Past]) -> dict[float, Inside]:
    """By level, of the scores that have bands; none where none has."""
    banded = [(past, bands) for past in scores if (bands := past.projected.bands(*LEVELS)) is not None]
    if not banded:
        return {}
    place = {past: at for at, (past, _) in enumerate(banded)}
    free = [place[past] for past in apart([past for past, _ in banded])]
    found = {}
    for which, level in enumerate(LEVELS):
        held = [bands[which][0] <= past.actual <= bands[which][1] for past, bands in banded]
        missed = sum(not held[at] for at in free)
        test = kupiec_exact(missed, len(free), round(1 - level, 12))
        found[level] = Inside(sum(held), len(held), level * len(held), len(free), test)
    return found
