"""A cube swept over its thresholds: the sums of acting above each, whole and in every draw, before any money is known.

Money is linear in these sums, so a new value matrix redraws the curve from here without looking at the buckets again.
Scores lie in 0 to 1, and a row is acted on where its score is above the threshold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.draws import bucket_weights
from metrics.core.estimate import Unknown
from metrics.core.evaluation.statistics.bootstrap import widening
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.evaluation.statistics.spread import skewed
from metrics.core.kpi.decisions import PLACE, CellName, CellValue
from metrics.core.kpi.matrix import Baseline
from metrics.core.kpi.value import NO_LABELS, money

ACT_ON_ALL = -1.0
ACT_ON_NONE = 1.0

Cells = Mapping[CellName, CellValue]


@dataclass(frozen=True, eq=False)
class Sweep:
    """Sums per unit of weight of acting above each candidate threshold.

    threshold: (T,) ascending. n: weight of the labelled rows. acted: (T, truth 2, 1 + columns) of the rows acted upon.
    drawn: (truth 2, 1 + columns, T, K) of the same in each draw; None where fewer than two buckets leave nothing to
    resample. Position 0 acts on all, so it holds the totals, from which the rows left alone follow. apart: (truth 2,
    1 + columns, T, B) what one more unit of each bucket's weight adds.
    """

    columns: tuple[str, ...]
    n: float
    threshold: Floats
    acted: Floats
    drawn: Floats | None
    apart: Floats

    @property
    def share_acted(self) -> Floats:
        """(T,) share of the weight acted upon."""
        return np.asarray(self.acted[:, :, 0].sum(axis=1))

    @classmethod
    def of(cls, cube: Cube, columns: tuple[str, ...], *, seed: int) -> Sweep | Unknown:
        """Unknown without labelled rows. Raises ValueError for an amount that the cube does not hold."""
        acted = policies(cube, columns)[:, :, :, 1]
        n = float(acted[:, 0, :, 0].sum())
        if n == 0:
            return Unknown(NO_LABELS)
        whole, by_term = acted.sum(axis=0) / n, acted.transpose(2, 3, 1, 0)
        if len(acted) < 2:
            return cls(columns, n, candidates(cube), whole, None, np.zeros((*by_term.shape[:-1], 0)))
        weights = np.asarray(bucket_weights(seed, cube.n_buckets, columns=cube.buckets), dtype=np.float64).T
        sums = by_term.reshape(-1, len(acted)) @ weights
        sums = sums.reshape(*by_term.shape[:-1], weights.shape[1])
        with np.errstate(divide="ignore", invalid="ignore"):
            sums /= sums[:, 0, 0].sum(axis=0)
        centre = whole.transpose(1, 2, 0)[..., None]
        apart = (by_term - centre * by_term[:, 0, :1].sum(axis=0)) / n
        return cls(columns, n, candidates(cube), whole, centre + widening(len(acted)) * (sums - centre), apart)

    def gain(self, cells: Cells, baseline: Baseline, at: int | None = None) -> Floats:
        """Money a unit of weight against the baseline, at each candidate (T,), or (1,) at one."""
        terms = self.acted.transpose(1, 2, 0)[..., None]
        return np.asarray(self._gain(terms, cells, baseline, at)[:, 0])

    def gain_draws(self, cells: Cells, baseline: Baseline, at: int | None = None) -> Floats:
        """The same in each draw, (T, K) or (1, K); cells are numbers or draws. ValueError where there are no draws."""
        if self.drawn is None:
            raise ValueError("fewer than two buckets leave nothing to resample")
        return self._gain(self.drawn, cells, baseline, at)

    def skewness(self, cells: Cells, baseline: Baseline, at: int | None = None) -> Floats:
        """What skewness adds to the draws of the gain, (T, K) or (1, K), as `spread` has it. cells: numbers."""
        points, draws = self.gain(cells, baseline, at), self.gain_draws(cells, baseline, at)
        influence = self._gain(self.apart, cells, baseline, at)
        return np.stack([skewed(*one) - one[0] for one in zip(draws, points.tolist(), influence, strict=True)])

    def gain_assumed(self, cells: Cells, baseline: Baseline) -> Floats:
        """Money a unit of weight of the rows as they are, under each draw of the cells: (T, K), (T, 1) for numbers."""
        terms = self.acted.transpose(1, 2, 0)[..., None]
        return self._gain(terms, cells, baseline, None)

    def outlay(self, cells: Cells) -> Floats:
        """(T,) what acting costs against not acting where it was not needed, over all rows acted upon."""
        in_vain, left = cells["fp"], cells["tn"]
        total = self.share_acted * float(left.base - in_vain.base)
        for sign, cell in ((1, left), (-1, in_vain)):
            if cell.column is not None:
                place = 1 + self.columns.index(cell.column)
                total = total + sign * float(cell.rate) * self.acted[:, :, place].sum(axis=1)
        return np.asarray(total)

    def _gain(self, terms: Floats, cells: Cells, baseline: Baseline, at: int | None) -> Floats:
        """Acting on what is acted upon is worth its cell less the cell of leaving it, on top of acting on none."""
        picked = terms if at is None else terms[:, :, at : at + 1]
        total: Any = 0.0
        for acting, leaving in (("tp", "fn"), ("fp", "tn")):
            truth = PLACE[acting][0]  # type: ignore[index]
            coefficients = self._difference(cells[acting], cells[leaving])  # type: ignore[index]
            for place, coefficient in coefficients.items():
                total = total + coefficient * picked[truth, place]
        if baseline != "act_on_none":
            total = total + self._held(terms[:, :, 0], cells, baseline)
        return np.asarray(total + np.zeros(picked.shape[2:]))

    def _difference(self, acting: CellValue, leaving: CellValue) -> dict[int, Any]:
        """Term → what one of it is worth more when acted upon."""
        found: dict[int, Any] = {0: acting.base - leaving.base}
        for sign, cell in ((1.0, acting), (-1.0, leaving)):
            if cell.column is not None:
                place = 1 + self.columns.index(cell.column)
                found[place] = found.get(place, 0.0) + sign * cell.rate
        return {place: value for place, value in found.items() if np.any(value)}

    def _held(self, totals: Floats, cells: Cells, baseline: Baseline) -> Any:
        """Acting on none, less the baseline; totals (truth 2, 1 + columns, 1 or K)."""
        sums = np.zeros((totals.shape[-1], 2, 2, 1 + len(self.columns)))
        sums[:, :, 0] = totals.transpose(2, 0, 1)  # where rows lie does not matter: both policies below ignore it
        none = money(sums, cells, self.columns, "act_on_none")
        return none if baseline == "none" else none - money(sums, cells, self.columns, baseline)


def candidates(cube: Cube) -> Floats:
    """Thresholds at which the cube is exact, ascending: act on all, its edges, act on none."""
    return np.concatenate([[ACT_ON_ALL], cube.edges, [ACT_ON_NONE]])


def columns_of(cells: Cells) -> tuple[str, ...]:
    """Amount columns that the cells use, ascending."""
    return tuple(sorted({cell.column for cell in cells.values() if cell.column is not None}))


def policies(cube: Cube, columns: tuple[str, ...]) -> Floats:
    """Sums as in Decisions for each candidate, (B, candidates, truth 2, decision 2, 1 + columns).

    Raises ValueError for an amount that the cube does not hold.
    """
    try:
        grid = np.stack([cube.counts, *(cube.amount(column) for column in columns)], axis=-1)
    except KeyError as error:
        raise ValueError(str(error.args[0])) from error
    none = np.zeros((len(grid), 1, *grid.shape[2:]))
    rested = np.concatenate([none, np.cumsum(grid, axis=1)], axis=1)
    return np.stack([rested, rested[:, -1:] - rested], axis=3)
