"""The threshold to run at: the profit curve over the cube's thresholds, and the best of them scored honestly.

Candidates are the cube's bin edges, at which its sums are exact, and the two ends: act on all, act on none. The best is
chosen on even buckets and scored on odd ones, and the reverse; the maximum on the rows that chose it is hindsight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.draws import bucket_weights
from metrics.core.estimate import Quantity, Unknown
from metrics.core.evaluation.cube import Cube
from metrics.core.evaluation.resample import widening
from metrics.core.kpi.decisions import WHOLE, Decisions, Floats
from metrics.core.kpi.matrix import Baseline, Per
from metrics.core.kpi.value import NO_LABELS, Cells, money, value

# Scores lie in 0 to 1, and a row is acted on where its score is above the threshold.
ACT_ON_ALL = -1.0
ACT_ON_NONE = 1.0
BAND = 0.80


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

    share_acted: of the weight of labelled rows. low, high: the band at `level`, NaN where there are no draws. unit: of
    point, low and high.
    """

    threshold: Floats
    share_acted: Floats
    point: Floats
    low: Floats
    high: Floats
    unit: str
    level: float = BAND

    def best(self, capacity: float = 1.0) -> int:
        """Position of the highest point among those acting on at most this share; of equals the one acting least.

        Hindsight: it is chosen on the rows that it is read from.
        """
        return _last_highest(np.where(self.share_acted <= capacity + 1e-12, self.point, -np.inf))


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
    sums, columns = _policies(cube, cells)
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
    sums, columns = _policies(cube, cells)
    n = sums[:, 0, :, :, 0].sum()
    if n == 0:
        return Unknown(NO_LABELS)
    scale = float(n) if per == "total" else 1.0

    def gain(means: Floats, at: Cells) -> Any:
        against = 0.0 if baseline == "none" else money(means, at, columns, baseline)
        return scale * (money(means, at, columns) - against)

    whole = sums.sum(axis=0) / n
    points = gain(whole, cells)
    low = high = np.full(len(points), np.nan)
    if len(sums) > 1:
        weights = np.asarray(bucket_weights(seed, cube.n_buckets, columns=cube.buckets), dtype=np.float64)
        drawn = (weights @ sums.reshape(len(sums), -1)).reshape(-1, *whole.shape)
        with np.errstate(divide="ignore", invalid="ignore"):
            means = drawn / drawn[:, :1, :, :, 0].sum(axis=(2, 3))[..., None, None, None]
        # Thresholds lead, so that draws of cells go with draws of sums.
        means = (whole + widening(len(sums)) * (means - whole)).swapaxes(0, 1)
        draws = gain(means, cells if cells_draws is None else cells_draws)
        low, high = np.quantile(draws, [(1 - BAND) / 2, (1 + BAND) / 2], axis=1)
    return ProfitCurve(candidates(cube), whole[:, :, 1, 0].sum(axis=1), points, low, high, unit)


def candidates(cube: Cube) -> Floats:
    """Thresholds at which the cube is exact, ascending: act on all, its edges, act on none."""
    return np.concatenate([[ACT_ON_ALL], cube.edges, [ACT_ON_NONE]])


def _policies(cube: Cube, cells: Cells) -> tuple[Floats, tuple[str, ...]]:
    """Sums as in Decisions for each candidate, (B, candidates, truth 2, decision 2, 1 + columns), and the columns."""
    columns = tuple(sorted({cell.column for cell in cells.values() if cell.column is not None}))
    try:
        grid = np.stack([cube.counts, *(cube.amount(column) for column in columns)], axis=-1)
    except KeyError as error:
        raise ValueError(str(error.args[0])) from error
    none = np.zeros((len(grid), 1, *grid.shape[2:]))
    rested = np.concatenate([none, np.cumsum(grid, axis=1)], axis=1)
    return np.stack([rested, rested[:, -1:] - rested], axis=3), columns


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
