"""Figures of a binary run from the bins of its cube, their exact points, and why they may not be defined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.evaluation.metrics.definition import OfCells
from metrics.core.evaluation.statistics.bootstrap import Resampled
from metrics.core.evaluation.statistics.cube import FN, FP, POSITIVE_ROWS, ROWS, TN, TP, WEIGHT, Part
from metrics.core.evaluation.statistics.ladders import TOP_POSITIVES, TOP_SHARE, TOP_WEIGHT

ONE_CLASS = "all labelled rows have the same label"
NO_POSITIVES = "no labelled row is positive"
NO_NEGATIVES = "every labelled row is positive"
NONE_ACTED = "no row scores above 0.5"
ALL_ACTED = "every row scores above 0.5"


def rows(part: Part) -> float:
    return float(part.totals[ROWS])


def positives(part: Part) -> float:
    return float(part.totals[POSITIVE_ROWS])


def negatives(part: Part) -> float:
    return rows(part) - positives(part)


def rarer(part: Part) -> float:
    return min(positives(part), negatives(part))


def acted(part: Part) -> float:
    """Rows that score above 0.5: their share of the weight, of all rows."""
    return rows(part) * float((part.totals[TP] + part.totals[FP]) / part.totals[WEIGHT])


def top(part: Part) -> float:
    return rows(part) / TOP_SHARE


def needs_both_labels(part: Part) -> str | None:
    return ONE_CLASS if part.totals[POSITIVE_ROWS] in (0, part.totals[ROWS]) else None


def needs_positives(part: Part) -> str | None:
    return NO_POSITIVES if part.totals[POSITIVE_ROWS] == 0 else None


def needs_negatives(part: Part) -> str | None:
    return NO_NEGATIVES if part.totals[POSITIVE_ROWS] == part.totals[ROWS] else None


def needs_action(part: Part) -> str | None:
    return NONE_ACTED if part.totals[TP] + part.totals[FP] == 0 else None


def needs_all_cells(part: Part) -> str | None:
    none_passed = part.totals[TN] + part.totals[FN] == 0
    return needs_both_labels(part) or needs_action(part) or (ALL_ACTED if none_passed else None)


def taken(figure: int) -> Callable[[Part], float]:
    """A figure that the scan took from the rows."""
    return lambda part: float(part.figures[figure])


def share(over: tuple[int, ...], of: tuple[int, ...]) -> Callable[[Resampled], Floats]:
    """Ratio of two sums of the cube's columns."""
    return lambda resampled: np.asarray(resampled.sums[:, over].sum(axis=1) / resampled.sums[:, of].sum(axis=1))


def average_precision(resampled: Resampled) -> Floats:
    """Precision at the middle of each bin: at its end the figure is off by a thousand times as much."""
    positives, all_positives = resampled.positives, resampled.positives_to[:, -1:]
    true_positives = all_positives - resampled.positives_to + positives / 2
    false_positives = resampled.negatives_to[:, -1:] - resampled.negatives_to + resampled.negatives / 2
    acted = true_positives + false_positives
    gained = np.divide(positives * true_positives, acted, out=np.zeros_like(acted), where=positives > 0)
    return np.asarray(gained.sum(axis=1) / all_positives[:, 0])


def ks(resampled: Resampled) -> Floats:
    apart = resampled.negatives_to / resampled.negatives_to[:, -1:]
    apart -= resampled.positives_to / resampled.positives_to[:, -1:]
    return np.asarray(np.maximum(apart.max(axis=1), -apart.min(axis=1)))


def ece(resampled: Resampled) -> Floats:
    """Twentieths of the score merged into tenths; the gap is taken after merging."""
    tenths = resampled.scores.reshape(len(resampled.scores), -1, 2, 3).sum(axis=2)
    gaps = np.abs(tenths[..., 2] - tenths[..., 1])
    return np.asarray(gaps.sum(axis=1) / tenths[..., 0].sum(axis=1))


def at_half(cells: OfCells) -> Callable[[Resampled], Floats]:
    """A figure of the four cells, where scores above 0.5 are acted upon."""
    return lambda resampled: np.asarray(cells(*(resampled.sums[:, at] for at in (TP, FP, TN, FN))))


def precision(tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
    return tp / (tp + fp)


def recall(tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
    return tp / (tp + fn)


def specificity(tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
    return tn / (tn + fp)


def f1(tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
    return 2 * tp / (2 * tp + fp + fn)


def mcc(tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
    # Of shares: the product of four sums of light or heavy weights is beyond what a number holds.
    n = tp + fp + tn + fn
    tp, fp, tn, fn = tp / n, fp / n, tn / n, fn / n
    return (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))


def balanced_accuracy(tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
    return (tp / (tp + fn) + tn / (tn + fp)) / 2


def accuracy(tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
    """Of shares, which add up to 1."""
    return tp + tn


def base_rate(resampled: Resampled) -> Floats:
    return _positives(resampled) / resampled.sums[:, WEIGHT]


def precision_top(resampled: Resampled) -> Floats:
    return resampled.top_positives / (resampled.sums[:, WEIGHT] / TOP_SHARE)


def recall_top(resampled: Resampled) -> Floats:
    return resampled.top_positives / _positives(resampled)


def lift_top(resampled: Resampled) -> Floats:
    return precision_top(resampled) / base_rate(resampled)


def exact_precision_top(part: Part) -> float:
    return float(part.figures[TOP_POSITIVES] / part.figures[TOP_WEIGHT])


def exact_recall_top(part: Part) -> float:
    return float(part.figures[TOP_POSITIVES] / (part.totals[TP] + part.totals[FN]))


def exact_lift_top(part: Part) -> float:
    return float(exact_precision_top(part) * part.totals[WEIGHT] / (part.totals[TP] + part.totals[FN]))


def _positives(resampled: Resampled) -> Floats:
    return np.asarray(resampled.sums[:, TP] + resampled.sums[:, FN])
