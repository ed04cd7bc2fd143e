"""The threshold to run at: the profit curve over the cube's thresholds, and the best of them scored honestly.

Candidates are the cube's bin edges, at which its sums are exact, and the two ends: act on all, act on none. The best is
chosen on even buckets and scored on odd ones, and the reverse; the maximum on the rows that chose it is hindsight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats
from metrics.core.estimate import Quantity, Unknown, made
from metrics.core.evaluation.statistics.bootstrap import ONE_BLOCK
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.kpi.decisions import Decisions
from metrics.core.kpi.matrix import Baseline, Per
from metrics.core.kpi.sweep import ACT_ON_ALL, ACT_ON_NONE, Sweep, candidates, columns_of, policies
from metrics.core.kpi.value import Cells, money, value
from metrics.core.rows.groups import WHOLE

BAND = 0.80

__all__ = [
    "ACT_ON_ALL",
    "ACT_ON_NONE",
    "BAND",
    "BestThreshold",
    "ProfitCurve",
    "best_threshold",
    "candidates",
    "curve_of",
    "percentiles",
    "profit_curve",
    "step",
]


@dataclass(frozen=True, eq=False)
class BestThreshold:
    """The best threshold and what it is worth.

    even, odd: the threshold for the rows of even and of odd buckets, each chosen on the other half, as `decide` takes
    them. in_use: chosen on all rows, the one to run at from now on. value: of the halves, each scored by what the other
    chose. hindsight: of in_use on the very rows that chose it; never a figure to plan with.
    """

    even: float
    odd: float
    in_use: float
    value: Quantity
    hindsight: Quantity


@dataclass(frozen=True, eq=False)
class ProfitCurve:
    """Money against the baseline by threshold, ascending; all arrays (candidates,).

    share_acted: of the weight of labelled rows. low, high: the band at `level`, NaN where there are no draws. outlay:
    what acting costs where it was not needed, on every row acted upon, that is before it helps anybody. unit: of
    point, low, high and outlay.
    """

    threshold: Floats
    share_acted: Floats
    point: Floats
    low: Floats
    high: Floats
    outlay: Floats
    unit: str
    level: float = BAND

    def best(self, capacity: float = 1.0, budget: float = math.inf) -> int:
        """Position of the highest point within both limits; of equals the one acting least.

        capacity: the largest share acted upon. budget: the largest outlay, in `unit`; acting on none is always within
        it. Hindsight: it is chosen on the rows that it is read from.
        """
        within = (self.share_acted <= capacity + 1e-12) & (self.outlay <= budget + 1e-9 * abs(budget))
        within[-1] = True
        return _last_highest(np.where(within, self.point, -np.inf))

    def at(self, threshold: float) -> int:
        """Position of the candidate nearest to a threshold; the curve is exact at its candidates alone."""
        return int(np.argmin(np.abs(self.threshold - threshold)))


def best_threshold(
    cube: Cube,
    cells: Cells,
    *,
    seed: int,
    cells_draws: Cells | None = None,
    baseline: Baseline = "act_on_none",
    per: Per = "total",
    unit: str = "",
) -> BestThreshold:
    """The best of the cube's thresholds for cells at their points; of equals the one that acts least.

    cells_draws: cells with draws, for the bands; as `cells` where None. Thresholds are chosen once, at the point, never
    draw by draw. Raises ValueError for an amount that the cube does not hold.
    """
    columns = columns_of(cells)
    sums = policies(cube, columns)
    even = cube.buckets % 2 == 0
    # Halves of a set that has but one side are chosen on what there is.
    halves = [rows if rows.any() else np.ones_like(even) for rows in (even, ~even)]
    by_even, by_odd, by_all = (
        _last_highest(money(sums[rows].sum(axis=0), cells, columns)) for rows in (*halves, np.ones_like(even))
    )

    def worth(position: NDArray[np.int64]) -> Quantity:
        policy = _decided(cube, columns, sums[np.arange(len(even)), position])
        drawn = cells if cells_draws is None else cells_draws
        return value(policy, cells, drawn, seed=seed, baseline=baseline, per=per, unit=unit)

    thresholds = candidates(cube)
    return BestThreshold(
        even=float(thresholds[by_odd]),
        odd=float(thresholds[by_even]),
        in_use=float(thresholds[by_all]),
        value=worth(np.where(even, by_odd, by_even)),
        hindsight=worth(np.full(len(even), by_all)),
    )


def profit_curve(
    cube: Cube,
    cells: Cells,
    *,
    seed: int,
    cells_draws: Cells | None = None,
    baseline: Baseline = "act_on_none",
    per: Per = "total",
    unit: str = "",
) -> ProfitCurve | Unknown:
    """Money at every threshold of the cube, with its band; Unknown without labelled rows.

    Arguments and errors as for `best_threshold`.
    """
    sweep = Sweep.of(cube, columns_of(cells), seed=seed)
    return (
        sweep
        if isinstance(sweep, Unknown)
        else curve_of(sweep, cells, cells_draws=cells_draws, baseline=baseline, per=per, unit=unit)
    )


def curve_of(
    sweep: Sweep,
    cells: Cells,
    *,
    cells_draws: Cells | None = None,
    baseline: Baseline = "act_on_none",
    per: Per = "total",
    unit: str = "",
) -> ProfitCurve:
    """The curve of a cube that is swept already: another value matrix costs no look at the buckets again."""
    scale = sweep.n if per == "total" else 1.0
    points = scale * sweep.gain(cells, baseline)
    low = high = np.full(len(points), np.nan)
    if sweep.drawn is not None:
        drawn = sweep.gain_draws(cells if cells_draws is None else cells_draws, baseline)
        draws = scale * (drawn + sweep.skewness(cells, baseline))
        low, high = percentiles(draws, ((1 - BAND) / 2, (1 + BAND) / 2))
    return ProfitCurve(sweep.threshold, sweep.share_acted, points, low, high, scale * sweep.outlay(cells), unit)


def percentiles(draws: Floats, levels: tuple[float, float]) -> tuple[Floats, Floats]:
    """Percentiles of each row of draws (rows, K) as numpy's, by one partial sort; shape (rows,) each."""
    last = draws.shape[1] - 1
    below = [int(level * last) for level in levels]
    ranked = np.partition(draws, sorted({place for low in below for place in (low, min(low + 1, last))}), axis=1)
    ends = []
    for level, low in zip(levels, below, strict=True):
        left, right = ranked[:, low], ranked[:, min(low + 1, last)]
        ends.append(left + (level * last - low) * (right - left))
    return ends[0], ends[1]


def step(
    sweep: Sweep,
    cells: Cells,
    positions: tuple[int, int],
    *,
    cells_draws: Cells | None = None,
    per: Per = "total",
    unit: str = "",
) -> Quantity:
    """What the first of two candidates is worth more than the second, paired draw by draw; the baseline cancels."""
    scale = sweep.n if per == "total" else 1.0
    here, there = (scale * sweep.gain(cells, "none", at) for at in positions)
    draws = None
    if sweep.drawn is not None:
        drawn = cells if cells_draws is None else cells_draws
        one, other = (
            scale * (sweep.gain_draws(drawn, "none", at) + sweep.skewness(cells, "none", at))[0] for at in positions
        )
        draws = np.asarray(one - other)
    return made(float(here[0] - there[0]), draws, unit, no_band=ONE_BLOCK if draws is None else None)


def _decided(cube: Cube, columns: tuple[str, ...], sums: Floats) -> Decisions:
    """The decisions of one policy, from its sums (B, truth, decision, 1 + columns)."""
    flat = sums.reshape(-1, 1 + len(columns))
    return Decisions(
        n_buckets=cube.n_buckets,
        columns=columns,
        groups=(WHOLE,),
        buckets=cube.buckets,
        keys=np.arange(len(flat)),
        sums=flat,
        n_labelled=cube.n,
        n_unlabelled=cube.n_unlabelled,
    )


def _last_highest(points: Floats) -> int:
    return int(len(points) - 1 - np.argmax(points[::-1]))
