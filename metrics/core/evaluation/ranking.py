"""Exact ranking figures from a ladder: the weights of negatives and positives at each distinct score.

A ladder is a tally over (group, level), levels ascending by score, with the sums (negatives, positives). Everything
that depends on the order of the scores alone follows from it, ties included, for all groups in one pass.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.core.evaluation.tally import Floats, Ints, Tally

AUC, AVERAGE_PRECISION, KS, TOP_WEIGHT, TOP_POSITIVES = range(5)
FIGURES = 5
TOP_SHARE = 10  # the top tenth


@dataclass(frozen=True)
class Tie:
    """The edge of a group's top tenth falls among rows of one score and both labels: `left` of them belong to it."""

    group: int
    level: int
    left: float


def ranking(ladder: Tally) -> tuple[Floats, tuple[Tie, ...]]:
    """Exact figures of each group, (groups, 5), NaN where undefined; and the ties only the rows' ids can break.

    The rows of such a tie are not in TOP_POSITIVES yet.

    AUC: the Mann–Whitney statistic, ties one half. Average precision: Σ precision at a distinct score × the share of
    positives there, without interpolation. KS: the largest difference of the two distribution functions.
    The top tenth holds W/10 of the weight W; where weights are whole numbers, the nearest whole number (half to even)
    and at least 1.
    """
    group, level = ladder.places()
    negatives, positives = ladder.sums[:, 0], ladder.sums[:, 1]
    groups = ladder.shape[0]
    all_positives = np.bincount(group, positives, groups).astype(np.float64)
    all_negatives = np.bincount(group, negatives, groups).astype(np.float64)
    starts: Ints = np.searchsorted(group, np.arange(groups)).astype(np.int64)
    positives_below = _below(positives, group, starts)
    negatives_below = _below(negatives, group, starts)
    figures = np.full((groups, FIGURES), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        wins = np.bincount(group, positives * (negatives_below + negatives / 2), groups)
        figures[:, AUC] = wins / (all_positives * all_negatives)
        true_positives = all_positives[group] - positives_below
        acted = true_positives + all_negatives[group] - negatives_below
        gained = np.where(positives > 0, positives * true_positives / acted, 0.0)
        figures[:, AVERAGE_PRECISION] = np.bincount(group, gained, groups) / all_positives
        apart = np.abs(
            (positives_below + positives) / all_positives[group] - (negatives_below + negatives) / all_negatives[group]
        )
    held = np.flatnonzero(np.bincount(group, minlength=groups))
    if len(held):
        figures[held, KS] = np.maximum.reduceat(apart, starts[held])
    ties = _top_tenth(ladder, figures, all_negatives + all_positives, acted, group, level)
    one_class = (all_positives == 0) | (all_negatives == 0)
    figures[one_class, : KS + 1] = np.nan
    return figures, ties


def _below(values: Floats, group: Ints, starts: Ints) -> Floats:
    """Sum of the values at lower levels of the same group."""
    before = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(before[:-1] - before[starts][group], dtype=np.float64)


def _top_tenth(
    ladder: Tally, figures: Floats, total: Floats, acted: Floats, group: Ints, level: Ints
) -> tuple[Tie, ...]:
    """Fill in weight and positives of each group's top tenth; of a tie that ids must break, no row is counted yet."""
    whole_numbers = bool(np.all(ladder.sums == np.floor(ladder.sums)))
    tenth = np.maximum(np.rint(total / TOP_SHARE), 1) if whole_numbers else total / TOP_SHARE
    figures[:, TOP_WEIGHT] = np.where(total > 0, tenth, np.nan)
    negatives, positives = ladder.sums[:, 0], ladder.sums[:, 1]
    weight = negatives + positives
    left = np.clip(tenth[group] - (acted - weight), 0.0, weight)
    mixed = (left > 0) & (left < weight) & (negatives > 0) & (positives > 0)
    taken = np.where(left >= weight, positives, np.where(positives > 0, left, 0.0))
    taken_by_group = np.bincount(group, np.where(mixed, 0.0, taken), len(total))
    figures[:, TOP_POSITIVES] = np.where(total > 0, taken_by_group, np.nan)
    return tuple(Tie(int(group[at]), int(level[at]), float(left[at])) for at in np.flatnonzero(mixed))
