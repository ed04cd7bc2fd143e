"""Metrics of a binary run from its cube: exact points, and draws by re-weighting the cube's buckets.

Points of AUC, average precision, KS and the top tenth are those the scan took from the rows; all others are ratios of
the cube's sums, exact as well. Draw k = exact point + (the figure from the bins in draw k − from the bins unweighted).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.estimate import Quantity, Unknown, made
from metrics.core.evaluation.metrics.definition import Direction, MetricDefinition
from metrics.core.evaluation.statistics.bootstrap import Resampled
from metrics.core.evaluation.statistics.cube import (
    FN,
    FP,
    LOG_LOSS,
    POSITIVE_ROWS,
    ROWS,
    SQUARED_ERROR,
    TN,
    TP,
    WEIGHT,
    Cube,
    Part,
)
from metrics.core.evaluation.statistics.ladders import AUC, AVERAGE_PRECISION, KS, TOP_POSITIVES, TOP_SHARE, TOP_WEIGHT

_FAWCETT = "Fawcett 2006, Pattern Recognition Letters 27:861–874"
_LIFT = "Ling, Li 1998, KDD; n/10 rounded to a whole number of at least 1, ties by id ascending"

_ROWS: tuple[tuple[str, str, Direction, tuple[float, float], str, str], ...] = (
    (
        "roc_auc",
        "ROC AUC",
        "up",
        (0, 1),
        "P(score of a positive > score of a negative) + ½ P(equal)",
        "Hanley, McNeil 1982, Radiology 143:29–36",
    ),
    (
        "average_precision",
        "Average precision",
        "up",
        (0, 1),
        "Σ (R_k − R_{k−1}) P_k over distinct scores",
        "scikit-learn, average_precision_score",
    ),
    (
        "log_loss",
        "Log loss",
        "down",
        (0, math.inf),
        "−mean of log p(label), p clipped at the eps of the scores' type",
        "scikit-learn, log_loss",
    ),
    ("brier", "Brier score", "down", (0, 1), "mean of (score − label)²", "Brier 1950, Monthly Weather Review 78:1–3"),
    (
        "ece",
        "Expected calibration error",
        "down",
        (0, 1),
        "Σ over ten equal bins of share × |mean score − share of positives|",
        "Naeini, Cooper, Hauskrecht 2015, AAAI",
    ),
    (
        "ks",
        "Kolmogorov–Smirnov",
        "up",
        (0, 1),
        "max over thresholds of |TPR − FPR|",
        "two-sample Kolmogorov–Smirnov statistic of the scores of both labels",
    ),
    ("gini", "Gini", "up", (-1, 1), "2 · ROC AUC − 1", "accuracy ratio of credit scoring"),
    ("precision", "Precision at 0.5", "up", (0, 1), "TP / (TP + FP), acting on score > 0.5", _FAWCETT),
    ("recall", "Recall at 0.5", "up", (0, 1), "TP / (TP + FN), acting on score > 0.5", _FAWCETT),
    (
        "f1",
        "F1 at 0.5",
        "up",
        (0, 1),
        "2 TP / (2 TP + FP + FN), acting on score > 0.5",
        "van Rijsbergen 1979, Information Retrieval, chapter 7",
    ),
    (
        "mcc",
        "Matthews correlation at 0.5",
        "up",
        (-1, 1),
        "(TP·TN − FP·FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN)), acting on score > 0.5",
        "Matthews 1975, BBA Protein Structure 405:442–451",
    ),
    (
        "balanced_accuracy",
        "Balanced accuracy at 0.5",
        "up",
        (0, 1),
        "(TP/(TP+FN) + TN/(TN+FP)) / 2, acting on score > 0.5",
        "Brodersen, Ong, Stephan, Buhmann 2010, ICPR",
    ),
    ("accuracy", "Accuracy at 0.5", "up", (0, 1), "(TP + TN) / n, acting on score > 0.5", _FAWCETT),
    (
        "lift_top10",
        "Lift in the top tenth",
        "up",
        (0, math.inf),
        "precision of the n/10 highest scores / base rate",
        _LIFT,
    ),
    (
        "precision_top10",
        "Precision in the top tenth",
        "up",
        (0, 1),
        "positives among the n/10 highest scores / their number",
        _LIFT,
    ),
    (
        "recall_top10",
        "Recall in the top tenth",
        "up",
        (0, 1),
        "positives among the n/10 highest scores / positives",
        _LIFT,
    ),
    ("base_rate", "Base rate", "up", (0, 1), "positives / labelled rows", _FAWCETT),
)


DEFINITIONS: Mapping[str, MetricDefinition] = {
    key: MetricDefinition(key, name, "binary", direction, "", limits, formula, source)
    for key, name, direction, limits, formula, source in _ROWS
}


__all__ = ["DEFINITIONS", "MetricDefinition", "evaluate"]

NO_LABELS = "no labelled rows"
ONE_CLASS = "all labelled rows have the same label"
NO_POSITIVES = "no labelled row is positive"
NONE_ACTED = "no row scores above 0.5"
MCC_UNDEFINED = "all rows have one label, or fall on one side of 0.5"
SUM_TOO_FINE = "a sum of cubes with more than 131,072 distinct scores; scan the rows together"
SUM_TIED = "a sum of cubes whose top tenth ends among tied scores; scan the rows together"


def evaluate(
    cube: Cube, *, seed: int | None, keys: Iterable[str] | None = None, group: tuple[str, str] | None = None
) -> dict[str, Quantity]:
    """Each metric of `keys` (all by default) on the whole, or on one group (column, name), by key.

    seed: the product's, so that all its runs share draws; None for points alone. A metric that is not defined on these
    rows is Unknown with the reason. With fewer than two buckets there are no draws; below 30 they are widened.
    KeyError for an unknown key.
    """
    definitions = [DEFINITIONS[key] for key in (DEFINITIONS if keys is None else keys)]
    part = cube.part(group)
    if part is None or part.totals[ROWS] == 0:
        where = "" if group is None else f" where {group[0]} is {group[1]}"
        return {definition.key: Unknown(NO_LABELS + where) for definition in definitions}
    undefined = {one.key: _undefined(one.key, part, cube.laddered) for one in definitions}
    resampled = Resampled.of(cube, part, seed)
    rows = _rows(resampled, [key for key, reason in undefined.items() if reason is None])
    return {
        one.key: _quantity(one, resampled, rows[one.key]) if one.key in rows else Unknown(str(undefined[one.key]))
        for one in definitions
    }


def binned(cube: Cube, weights: Floats, *, keys: Sequence[str]) -> dict[str, Floats]:
    """Each metric under given weights of the buckets, (R, B) in the order of `cube.buckets`, as (R,).

    From the bins alone: ranking figures take the rows of one bin for ties. NaN where a metric is not defined.
    """
    part = cube.part()
    return {} if part is None else _rows(Resampled(part, weights), keys)


def _rows(resampled: Resampled, keys: Sequence[str]) -> dict[str, Floats]:
    """(1 + K,) of each metric: the figure from the bins unweighted, then under each draw's weights."""
    found: dict[str, list[Floats]] = {key: [] for key in keys}
    with np.errstate(invalid="ignore", divide="ignore"):
        for piece in resampled.pieces():
            for key, rows in found.items():
                rows.append(_FROM_BINS[key](piece))
    return {key: np.concatenate(rows) for key, rows in found.items()}


def _quantity(definition: MetricDefinition, resampled: Resampled, rows: Floats) -> Quantity:
    exact = _EXACT.get(definition.key)
    point = float(exact(resampled.part) if exact else rows[0])
    return made(point, resampled.draws(point, rows, definition.range), definition.unit)


def _undefined(key: str, part: Part, laddered: bool) -> str | None:
    """Why the metric is not defined on these rows, or None."""
    totals = part.totals
    none_positive = totals[POSITIVE_ROWS] == 0
    one_class = none_positive or totals[POSITIVE_ROWS] == totals[ROWS]
    none_acted = totals[TP] + totals[FP] == 0
    if key in ("roc_auc", "gini", "average_precision", "ks", "balanced_accuracy") and one_class:
        return ONE_CLASS
    if key in ("recall", "f1", "lift_top10", "recall_top10") and none_positive:
        return NO_POSITIVES
    if key == "precision" and none_acted:
        return NONE_ACTED
    if key == "mcc" and (one_class or none_acted or totals[TN] + totals[FN] == 0):
        return MCC_UNDEFINED
    if key in _EXACT and np.isnan(_EXACT[key](part)):
        return SUM_TIED if laddered else SUM_TOO_FINE
    return None


def _average_precision(resampled: Resampled) -> Floats:
    """Precision at the middle of each bin: at its end the figure is off by a thousand times as much."""
    positives, all_positives = resampled.positives, resampled.positives_to[:, -1:]
    true_positives = all_positives - resampled.positives_to + positives / 2
    false_positives = resampled.negatives_to[:, -1:] - resampled.negatives_to + resampled.negatives / 2
    acted = true_positives + false_positives
    gained = np.divide(positives * true_positives, acted, out=np.zeros_like(acted), where=positives > 0)
    return np.asarray(gained.sum(axis=1) / all_positives[:, 0])


def _ks(resampled: Resampled) -> Floats:
    apart = resampled.negatives_to / resampled.negatives_to[:, -1:]
    apart -= resampled.positives_to / resampled.positives_to[:, -1:]
    return np.asarray(np.maximum(apart.max(axis=1), -apart.min(axis=1)))


def _precision_top(resampled: Resampled) -> Floats:
    return resampled.top_positives / (resampled.sums[:, WEIGHT] / TOP_SHARE)


def _recall_top(resampled: Resampled) -> Floats:
    return resampled.top_positives / _positives(resampled)


def _positives(resampled: Resampled) -> Floats:
    return np.asarray(resampled.sums[:, TP] + resampled.sums[:, FN])


def _base_rate(resampled: Resampled) -> Floats:
    return _positives(resampled) / resampled.sums[:, WEIGHT]


def _ece(resampled: Resampled) -> Floats:
    """Twentieths of the score merged into tenths; the gap is taken after merging."""
    tenths = resampled.scores.reshape(len(resampled.scores), -1, 2, 3).sum(axis=2)
    gaps = np.abs(tenths[..., 2] - tenths[..., 1])
    return np.asarray(gaps.sum(axis=1) / tenths[..., 0].sum(axis=1))


def _mcc(resampled: Resampled) -> Floats:
    tn, fp, fn, tp = (resampled.sums[:, at] for at in (TN, FP, FN, TP))
    return np.asarray((tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))


def _balanced_accuracy(resampled: Resampled) -> Floats:
    tn, fp, fn, tp = (resampled.sums[:, at] for at in (TN, FP, FN, TP))
    return np.asarray((tp / (tp + fn) + tn / (tn + fp)) / 2)


def _f1(resampled: Resampled) -> Floats:
    fp, fn, tp = (resampled.sums[:, at] for at in (FP, FN, TP))
    return np.asarray(2 * tp / (2 * tp + fp + fn))


def _share(over: tuple[int, ...], of: tuple[int, ...]) -> Callable[[Resampled], Floats]:
    """Ratio of two sums of the cube's columns."""
    return lambda resampled: np.asarray(resampled.sums[:, over].sum(axis=1) / resampled.sums[:, of].sum(axis=1))


_FROM_BINS: Mapping[str, Callable[[Resampled], Floats]] = {
    "roc_auc": lambda resampled: resampled.auc,
    "average_precision": _average_precision,
    "log_loss": _share((LOG_LOSS,), (WEIGHT,)),
    "brier": _share((SQUARED_ERROR,), (WEIGHT,)),
    "ece": _ece,
    "ks": _ks,
    "gini": lambda resampled: 2 * resampled.auc - 1,
    "precision": _share((TP,), (TP, FP)),
    "recall": _share((TP,), (TP, FN)),
    "f1": _f1,
    "mcc": _mcc,
    "balanced_accuracy": _balanced_accuracy,
    "accuracy": _share((TP, TN), (WEIGHT,)),
    "lift_top10": lambda resampled: _precision_top(resampled) / _base_rate(resampled),
    "precision_top10": _precision_top,
    "recall_top10": _recall_top,
    "base_rate": _base_rate,
}

# Points that bins cannot give; the scan took them from the rows themselves.
_EXACT: Mapping[str, Callable[[Part], float]] = {
    "roc_auc": lambda part: part.figures[AUC],
    "gini": lambda part: 2 * part.figures[AUC] - 1,
    "average_precision": lambda part: part.figures[AVERAGE_PRECISION],
    "ks": lambda part: part.figures[KS],
    "precision_top10": lambda part: part.figures[TOP_POSITIVES] / part.figures[TOP_WEIGHT],
    "recall_top10": lambda part: part.figures[TOP_POSITIVES] / (part.totals[TP] + part.totals[FN]),
    "lift_top10": lambda part: (
        part.figures[TOP_POSITIVES]
        / part.figures[TOP_WEIGHT]
        * part.totals[WEIGHT]
        / (part.totals[TP] + part.totals[FN])
    ),
}
