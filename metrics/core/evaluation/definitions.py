"""What each metric of a binary run is: direction, range, formula and source, as a page or a receipt prints it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Direction = Literal["up", "down"]


@dataclass(frozen=True)
class MetricDefinition:
    """A metric in words.

    direction: which way is better. range: smallest and largest value it can take. aim: the best value, in words, where
    it lies between the ends; the direction then says nothing. unit "": a pure number, or the unit of the label.
    """

    key: str
    name: str
    task: str
    direction: Direction
    unit: str
    range: tuple[float, float]
    formula: str
    source: str
    aim: str = ""


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
