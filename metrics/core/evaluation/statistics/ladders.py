"""Exact ranking figures from ladders: the weights of negatives and positives at each distinct score.

Everything that depends on the order of the scores alone follows from them, ties included, for all groups in one pass.
A ladder may come in slices, scores ascending, so that it need not be in memory whole.
"""

from __future__ import annotations

import numpy as np

from metrics.core.arrays import Floats, Ints
from metrics.core.evaluation.statistics.tally import Tally

AUC, AVERAGE_PRECISION, KS, TOP_WEIGHT, TOP_POSITIVES = range(5)
FIGURES = 5
TOP_SHARE = 10  # the top tenth
MOST_REPEATED = 1e6  # heavier rows are no repetition


def unit_of(lightest: float, heaviest: float, *, whole_numbers: bool) -> float:
    """What a top tenth is a whole number of: 1 where weights are whole numbers, which repeat a row; the weight where
    all rows have the same; else 0, for none.
    """
    if whole_numbers and heaviest <= MOST_REPEATED:
        return 1.0
    return heaviest if heaviest - lightest <= 1e-12 * heaviest else 0.0


def ranking(ladder: Tally, *, unit: float) -> Floats:
    """Figures of each group as `Ranked.figures`, from a whole ladder: a tally over (group, level)."""
    group, _ = ladder.places()
    negatives, positives = ladder.sums[:, 0], ladder.sums[:, 1]
    totals = [np.bincount(group, values, ladder.shape[0]).astype(np.float64) for values in (negatives, positives)]
    ranked = Ranked(*totals, unit=unit)
    ranked.add(group, negatives, positives)
    return ranked.figures()


class Ranked:
    """The figures of a set of groups in the making.

    negatives, positives: (groups,) total weight of either label, known before. unit: as `unit_of`.

    AUC: the Mann–Whitney statistic, ties one half. Average precision: Σ precision at a distinct score × the share of
    positives there, without interpolation. KS: the largest difference of the two distribution functions.
    The top tenth holds W/10 of the weight W; where there is a unit, the nearest multiple of it (half to even) and at
    least one. Of the rows of one score at its edge it takes a part, positives and negatives in the proportion in
    which they stand there: the expectation over every order of these rows (McSherry, Najork 2008, ECIR).
    """

    def __init__(self, negatives: Floats, positives: Floats, *, unit: float) -> None:
        self._negatives = np.asarray(negatives, dtype=np.float64)
        self._positives = np.asarray(positives, dtype=np.float64)
        total = self._negatives + self._positives
        tenth = np.maximum(np.rint(np.rint(total / unit) / TOP_SHARE), 1) * unit if unit else total / TOP_SHARE
        self._tenth = np.where(total > 0, tenth, np.nan)
        self._below = np.zeros((2, len(total)))
        self._wins, self._gained, self._apart = np.zeros((3, len(total)))
        self._top = np.full(len(total), np.nan)

    def add(self, group: Ints, negatives: Floats, positives: Floats) -> None:
        """Add a slice of the ladder.

        The three are (m,), ascending by group and then level, one entry for each (group, level) with rows; all levels
        lie above those of earlier slices.
        """
        if not len(group):
            return
        starts = np.concatenate([[0], np.flatnonzero(np.diff(group)) + 1])
        held, counts = group[starts], np.diff(starts, append=len(group))

        def spread(by_group: Floats) -> Floats:
            return np.repeat(by_group[held], counts)

        negatives_below = self._moved(0, negatives, held, starts, counts)
        positives_below = self._moved(1, positives, held, starts, counts)
        positives_here_and_above = spread(self._positives) - positives_below
        acted = positives_here_and_above + (spread(self._negatives) - negatives_below)
        with np.errstate(invalid="ignore", divide="ignore"):
            np.add.at(self._wins, group, positives * (negatives_below + negatives / 2))
            np.add.at(self._gained, group, positives * positives_here_and_above / acted)
            apart = (positives_below + positives) / spread(self._positives)
            apart -= (negatives_below + negatives) / spread(self._negatives)
            self._apart[held] = np.fmax(self._apart[held], np.maximum.reduceat(np.abs(apart), starts))
        above = acted - negatives - positives
        inside = np.add.reduceat(above < spread(self._tenth), starts)
        reached = (inside > 0) & np.isnan(self._top[held])
        edge, name = (starts + counts - inside)[reached], held[reached]
        tied = negatives[edge] + positives[edge]
        left = np.minimum(self._tenth[name] - above[edge], tied)
        self._top[name] = positives_here_and_above[edge] - positives[edge] + positives[edge] * left / tied

    def _moved(self, label: int, values: Floats, held: Ints, starts: Ints, counts: Ints) -> Floats:
        """Sum of the values at lower levels of the same group, earlier slices included."""
        before = np.cumsum(values) - values
        below: Floats = before + np.repeat(self._below[label, held] - before[starts], counts)
        last = starts + counts - 1
        self._below[label, held] = below[last] + values[last]
        return below

    def figures(self) -> Floats:
        """(groups, 5) in the order of AUC … TOP_POSITIVES, NaN where undefined; once the whole ladder was added."""
        with np.errstate(invalid="ignore", divide="ignore"):
            auc = self._wins / (self._positives * self._negatives)
            average_precision = self._gained / self._positives
        figures = np.column_stack([auc, average_precision, self._apart, self._tenth, self._top])
        figures[(self._positives == 0) | (self._negatives == 0), : KS + 1] = np.nan
        return figures
