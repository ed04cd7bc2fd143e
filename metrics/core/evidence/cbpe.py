"""Expected performance without labels, from calibrated scores (confidence-based performance estimation).

If a score is calibrated, a row with score p is a positive with probability p: the expected confusion follows from the
scores alone. The idea is that of NannyML's CBPE (documentation, "Confidence-based Performance Estimation"). It assumes
that the relation of score to label is that of the reference: it sees a shift of the inputs, not one of that relation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from metrics.core.evidence.columns import Floats, floats, is_number, month_codes
from metrics.core.late import isotonic, linear_model, pa

THRESHOLD = 0.5
FEWEST_OF_A_CLASS = 30
# Isotonic steps follow noise in smaller references; two parameters do not.
ENOUGH_FOR_ISOTONIC = 1000
_CLIP = 1e-6


class Calibration(Protocol):
    """Scores, shape (n,), to probabilities of a positive, shape (n,)."""

    def __call__(self, scores: Floats) -> Floats: ...


@dataclass(frozen=True)
class Performance:
    """What is expected of the scores of a period ("" for all rows), and what was realised on its labelled rows.

    Means over n rows; tn, fp, fn, tp as shares of them. A rate is None where it divides by nothing. realised: accuracy
    and AUC of the labelled rows, None where there are too few labels to tell.
    """

    period: str
    n: int
    tn: float
    fp: float
    fn: float
    tp: float
    roc_auc: float | None
    labelled: int = 0
    realised_accuracy: float | None = None
    realised_roc_auc: float | None = None

    @property
    def accuracy(self) -> float | None:
        return self.tn + self.tp if self.n else None

    @property
    def precision(self) -> float | None:
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float | None:
        return _ratio(self.tp, self.tp + self.fn)

    def as_json(self) -> dict[str, Any]:
        derived = {"accuracy": self.accuracy, "precision": self.precision, "recall": self.recall}
        return {**vars(self), **derived}


def calibrated(scores: Floats, labels: Floats) -> Calibration | None:
    """A calibration fitted on labelled rows; None with fewer than 30 of a class.

    Isotonic regression from 1,000 rows, Platt's logistic regression on the log odds below (scikit-learn).
    """
    positives = int(labels.sum())
    if min(positives, len(labels) - positives) < FEWEST_OF_A_CLASS:
        return None
    if len(labels) >= ENOUGH_FOR_ISOTONIC:
        steps = isotonic.IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(scores, labels)
        return lambda given: np.asarray(steps.predict(given), dtype=np.float64)
    platt = linear_model.LogisticRegression(C=1e6).fit(_log_odds(scores), labels)
    return lambda given: np.asarray(platt.predict_proba(_log_odds(given))[:, 1], dtype=np.float64)


def expected(scores: Floats, probabilities: Floats, *, threshold: float = THRESHOLD, period: str = "") -> Performance:
    """Expected confusion and AUC of scores whose rows are positives with the given probabilities; both shape (n,).

    A row is acted upon if its score exceeds the threshold. AUC: the expected pairs in the right order, ties half, over
    the expected pairs; None where no pair is expected.
    """
    n = len(scores)
    if not n:
        return Performance(period, 0, 0.0, 0.0, 0.0, 0.0, None)
    acted = scores > threshold
    tp, fp = float(probabilities[acted].sum()) / n, float((1 - probabilities[acted]).sum()) / n
    fn, tn = float(probabilities[~acted].sum()) / n, float((1 - probabilities[~acted]).sum()) / n
    return Performance(period, n, tn, fp, fn, tp, _auc(scores, probabilities, 1 - probabilities))


def expected_performance(table: pa.Table, reference: pa.Table, *, time_zone: str = "UTC") -> list[Performance]:
    """Expected performance over all rows and per month, by a calibration fitted on the reference's labelled rows.

    [] where it cannot be told: no scores in [0, 1] on either side, or fewer than 30 labelled rows of a class.
    """
    if not (_scored(table) and _scored(reference) and "y_true" in reference.column_names):
        return []
    known_scores, known_labels = floats(reference["y_score"]), _labels(reference)
    given = ~np.isnan(known_labels)
    calibration = calibrated(known_scores[given], known_labels[given])
    if calibration is None:
        return []
    scores, labels = floats(table["y_score"]), _labels(table)
    probabilities = calibration(scores)
    parts = [("", np.arange(len(scores)))]
    if "event_time" in table.column_names:
        names, at = month_codes(table["event_time"], time_zone)
        parts += [(month, np.flatnonzero(at == place)) for place, month in enumerate(names)]
    return [
        _realised(expected(scores[rows], probabilities[rows], period=period), scores[rows], labels[rows])
        for period, rows in parts
    ]


def _realised(expected: Performance, scores: Floats, labels: Floats) -> Performance:
    given = ~np.isnan(labels)
    if not given.any():
        return expected
    scores, labels = scores[given], labels[given]
    values = {
        "labelled": len(labels),
        "realised_accuracy": float(np.mean((scores > THRESHOLD) == (labels == 1))),
        "realised_roc_auc": _auc(scores, labels, 1 - labels),
    }
    return Performance(**{**vars(expected), **values})


def _auc(scores: Floats, positive: Floats, negative: Floats) -> float | None:
    """Σ positive_i negative_j [s_i > s_j, ties half] / (Σ positive · Σ negative), by distinct score."""
    _, level = np.unique(scores, return_inverse=True)
    up, down = np.bincount(level, weights=positive), np.bincount(level, weights=negative)
    pairs = float(up.sum() * down.sum())
    return float((up * (np.cumsum(down) - down / 2)).sum() / pairs) if pairs > 0 else None


def _scored(table: pa.Table) -> bool:
    if "y_score" not in table.column_names or not is_number(table["y_score"]) or not table.num_rows:
        return False
    scores = floats(table["y_score"])
    return bool(((scores >= 0) & (scores <= 1)).all())


def _labels(table: pa.Table) -> Floats:
    """Labels 0 and 1; NaN where there is none, and for anything else."""
    if "y_true" not in table.column_names or not is_number(table["y_true"]):
        return np.full(table.num_rows, np.nan)
    values = floats(table["y_true"])
    return np.where((values == 0) | (values == 1), values, np.nan)


def _log_odds(scores: Floats) -> Floats:
    clipped = np.clip(scores, _CLIP, 1 - _CLIP)
    return np.asarray(np.log(clipped / (1 - clipped)).reshape(-1, 1))


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
