"""Outcome: what a past decision promised against what was earned, and whether the promises of many are to be trusted.

CRPS: Gneiting, Raftery 2007, JASA 102:359–378, in the unit of the money, of the draws as they are (1/n², not the fair
form). PIT: the share of draws below what was earned; over many decisions it is uniform where promises are calibrated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from metrics.core.estimate import Draws, Estimate, Unknown
from metrics.core.late import stats
from metrics.core.selection.objectives import slack

NO_SPREAD = "all draws are equal: there is no spread to be surprised by"


@dataclass(frozen=True)
class Score:
    """Earned against promised, in the promise's unit.

    error: |earned − point|. band_80, band_95: percentiles of the draws, their ends inside. surprise: (earned − point)
    over the draws' standard deviation. pit: share of draws below earned, ties counted half. All but the error are
    Unknown without draws.
    """

    earned: float
    unit: str
    error: float
    band_80: tuple[float, float] | Unknown
    band_95: tuple[float, float] | Unknown
    inside_80: bool | Unknown
    inside_95: bool | Unknown
    surprise: float | Unknown
    pit: float | Unknown
    crps: float | Unknown


@dataclass(frozen=True)
class Inside:
    """Of the scored promises, how many held; p: two-sided exact binomial, of so many where each holds by its level."""

    count: int
    share: float
    p: float


@dataclass(frozen=True)
class Record:
    """Over decisions: of the scored ones, how many were inside, and means; not_scored: not known yet, or without draws.

    mean_surprise leaves out promises without spread, and is Unknown where all are. mean_crps: Unknown in mixed units.
    """

    scored: int
    not_scored: int
    inside_80: Inside
    inside_95: Inside
    mean_pit: float
    mean_surprise: float | Unknown
    mean_crps: float | Unknown


def score(promised: Estimate, earned: float) -> Score:
    """The score of one promise. Raises ValueError where what was earned is no finite number."""
    if not np.isfinite(earned):
        raise ValueError(f"what was earned is a finite number, not {earned}")
    error = abs(earned - promised.point)
    if promised.draws is None:
        none = Unknown(str(promised.why_no_band))
        return Score(earned, promised.unit, error, none, none, none, none, none, none, none)
    bands = promised.bands(0.8, 0.95)
    assert bands is not None
    spread = float(np.std(promised.draws, ddof=1)) if len(promised.draws) > 1 else 0.0
    # What rounding leaves of equal draws is no spread.
    varied = spread > slack(promised.point)
    return Score(
        earned=earned,
        unit=promised.unit,
        error=error,
        band_80=bands[0],
        band_95=bands[1],
        inside_80=_inside(earned, bands[0]),
        inside_95=_inside(earned, bands[1]),
        surprise=(earned - promised.point) / spread if varied else Unknown(NO_SPREAD),
        pit=float(np.mean(promised.draws < earned) + np.mean(promised.draws <= earned)) / 2,
        crps=_crps(promised.draws, earned),
    )


def record(scores: Iterable[Score | Unknown]) -> Record | Unknown:
    """The calibration of many decisions; one that is not known yet comes as Unknown. Unknown where none is scored."""
    given = list(scores)
    scored = [one for one in given if isinstance(one, Score) and not isinstance(one.crps, Unknown)]
    if not scored:
        return Unknown("no decision has been scored yet")
    surprises = [one.surprise for one in scored if not isinstance(one.surprise, Unknown)]
    units = sorted({one.unit for one in scored})
    crps: float | Unknown = float(np.mean([one.crps for one in scored]))
    if len(units) > 1:
        crps = Unknown(f"the promises are in {' and '.join(unit or 'pure numbers' for unit in units)}")
    return Record(
        len(scored),
        len(given) - len(scored),
        _held([one.inside_80 is True for one in scored], 0.8),
        _held([one.inside_95 is True for one in scored], 0.95),
        float(np.mean([one.pit for one in scored])),
        float(np.mean(surprises)) if surprises else Unknown(NO_SPREAD),
        crps,
    )


def _held(inside: list[bool], level: float) -> Inside:
    count = sum(inside)
    return Inside(count, count / len(inside), float(stats.binomtest(count, len(inside), level).pvalue))


def _inside(earned: float, band: tuple[float, float]) -> bool:
    within = float(slack(earned, max(abs(end) for end in band)))
    return band[0] - within <= earned <= band[1] + within


def _crps(draws: Draws, earned: float) -> float:
    """mean |x − earned| − ½ mean |x − x'|, the second by the order of the draws."""
    n = len(draws)
    ranked = np.sort(draws)
    pairs = 2 * float(np.dot(2 * np.arange(1, n + 1) - n - 1, ranked)) / n**2
    return float(np.mean(np.abs(draws - earned))) - pairs / 2
