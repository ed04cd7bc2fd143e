"""Metrics of a binary run from its cube: exact points, and draws by re-weighting the cube's buckets.

Points of AUC, average precision, KS and the top tenth are those the scan took from the rows; all others are ratios of
the cube's sums, exact as well. Draw k = exact point + (the figure from the bins in draw k − from the bins unweighted).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.estimate import Quantity, Unknown, made
from metrics.core.evaluation.metrics import binary_figures as of
from metrics.core.evaluation.metrics.biased import largest_distance, sum_of_gaps
from metrics.core.evaluation.metrics.definition import MetricDefinition, table
from metrics.core.evaluation.statistics.bootstrap import Resampled
from metrics.core.evaluation.statistics.cube import LOG_LOSS, ROWS, SQUARED_ERROR, TN, TP, WEIGHT, Cube, Part
from metrics.core.evaluation.statistics.ladders import AUC, AVERAGE_PRECISION, KS
from metrics.core.evaluation.statistics.spread import at_an_end, independent

RANKING = "Ranking: are positives above negatives?"
PROBABILITIES = "Probabilities: are they right?"
TOP_TENTH = "The top tenth"
DECISIONS = "Decisions at 0.5"
_FAWCETT = "Fawcett 2006, Pattern Recognition Letters 27:861–874"
_LIFT = (
    "Ling, Li 1998, KDD; n/10 rounded to a whole number of rows, at least 1; of equal scores at its edge, the "
    "expectation over their order (McSherry, Najork 2008, ECIR)"
)

DEFINITIONS = table(
    (
        MetricDefinition(
            key="roc_auc",
            name="ROC AUC",
            asks=RANKING,
            direction="up",
            range=(0, 1),
            formula="P(score of a positive > score of a negative) + ½ P(equal)",
            source="Hanley, McNeil 1982, Radiology 143:29–36",
            figure=lambda resampled: resampled.auc,
            trials=of.rarer,
            guard=of.needs_both_labels,
            exact=of.taken(AUC),
            elsewhere=("roc_auc_score",),
        ),
        MetricDefinition(
            key="gini",
            name="Gini",
            asks=RANKING,
            direction="up",
            range=(-1, 1),
            formula="2 · ROC AUC − 1",
            source="accuracy ratio of credit scoring",
            figure=lambda resampled: 2 * resampled.auc - 1,
            trials=of.rarer,
            guard=of.needs_both_labels,
            exact=lambda part: 2 * part.figures[AUC] - 1,
        ),
        MetricDefinition(
            key="average_precision",
            name="Average precision",
            asks=RANKING,
            direction="up",
            range=(0, 1),
            formula="Σ (R_k − R_{k−1}) P_k over distinct scores",
            source="scikit-learn, average_precision_score",
            figure=of.average_precision,
            trials=of.rarer,
            guard=of.needs_both_labels,
            exact=of.taken(AVERAGE_PRECISION),
            elsewhere=("average_precision_score",),
        ),
        MetricDefinition(
            key="ks",
            name="Kolmogorov–Smirnov",
            asks=RANKING,
            direction="up",
            range=(0, 1),
            formula="max over thresholds of |TPR − FPR|",
            source="two-sample Kolmogorov–Smirnov statistic of the scores of both labels",
            figure=of.ks,
            spread=largest_distance,
            trials=of.rarer,
            guard=of.needs_both_labels,
            exact=of.taken(KS),
        ),
        MetricDefinition(
            key="log_loss",
            name="Log loss",
            asks=PROBABILITIES,
            direction="down",
            range=(0, math.inf),
            formula="−mean of log p(label), p clipped at the eps of the scores' type",
            source="scikit-learn, log_loss",
            figure=of.share((LOG_LOSS,), (WEIGHT,)),
            elsewhere=("logloss",),
        ),
        MetricDefinition(
            key="brier",
            name="Brier score",
            asks=PROBABILITIES,
            direction="down",
            range=(0, 1),
            formula="mean of (score − label)²",
            source="Brier 1950, Monthly Weather Review 78:1–3",
            figure=of.share((SQUARED_ERROR,), (WEIGHT,)),
            elsewhere=("brier_score_loss", "brier_score"),
        ),
        MetricDefinition(
            key="ece",
            name="Expected calibration error",
            asks=PROBABILITIES,
            direction="down",
            range=(0, 1),
            formula="Σ over ten equal bins of share × |mean score − share of positives|",
            source="Naeini, Cooper, Hauskrecht 2015, AAAI",
            figure=of.ece,
            spread=sum_of_gaps,
        ),
        MetricDefinition(
            key="lift_top10",
            name="Lift in the top tenth",
            asks=TOP_TENTH,
            direction="up",
            range=(0, math.inf),
            formula="precision of the n/10 highest scores / base rate",
            source=_LIFT,
            figure=of.lift_top,
            guard=of.needs_positives,
            exact=of.exact_lift_top,
        ),
        MetricDefinition(
            key="precision_top10",
            name="Precision in the top tenth",
            asks=TOP_TENTH,
            direction="up",
            range=(0, 1),
            formula="positives among the n/10 highest scores / their number",
            source=_LIFT,
            figure=of.precision_top,
            trials=of.top,
            exact=of.exact_precision_top,
        ),
        MetricDefinition(
            key="recall_top10",
            name="Recall in the top tenth",
            asks=TOP_TENTH,
            direction="up",
            range=(0, 1),
            formula="positives among the n/10 highest scores / positives",
            source=_LIFT,
            figure=of.recall_top,
            trials=of.positives,
            guard=of.needs_positives,
            exact=of.exact_recall_top,
        ),
        MetricDefinition(
            key="precision",
            name="Precision at 0.5",
            asks=DECISIONS,
            direction="up",
            range=(0, 1),
            formula="TP / (TP + FP), acting on score > 0.5",
            source=_FAWCETT,
            figure=of.at_half(of.precision),
            trials=of.acted,
            cells=of.precision,
            guard=of.needs_action,
        ),
        MetricDefinition(
            key="recall",
            name="Recall at 0.5",
            asks=DECISIONS,
            direction="up",
            range=(0, 1),
            formula="TP / (TP + FN), acting on score > 0.5",
            source=_FAWCETT,
            figure=of.at_half(of.recall),
            trials=of.positives,
            cells=of.recall,
            guard=of.needs_positives,
        ),
        MetricDefinition(
            key="specificity",
            name="Specificity at 0.5",
            asks=DECISIONS,
            direction="up",
            range=(0, 1),
            formula="TN / (TN + FP), acting on score > 0.5",
            source="Altman, Bland 1994, BMJ 308:1552; the recall of the negatives",
            figure=of.at_half(of.specificity),
            trials=of.negatives,
            cells=of.specificity,
            guard=of.needs_negatives,
        ),
        MetricDefinition(
            key="f1",
            name="F1 at 0.5",
            asks=DECISIONS,
            direction="up",
            range=(0, 1),
            formula="2 TP / (2 TP + FP + FN), acting on score > 0.5",
            source="van Rijsbergen 1979, Information Retrieval, chapter 7",
            figure=of.at_half(of.f1),
            trials=of.positives,
            cells=of.f1,
            guard=of.needs_positives,
        ),
        MetricDefinition(
            key="mcc",
            name="Matthews correlation at 0.5",
            asks=DECISIONS,
            direction="up",
            range=(-1, 1),
            formula="(TP·TN − FP·FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN)), acting on score > 0.5",
            source="Matthews 1975, BBA Protein Structure 405:442–451",
            figure=of.at_half(of.mcc),
            trials=of.rarer,
            cells=of.mcc,
            guard=of.needs_all_cells,
            elsewhere=("matthews_corrcoef",),
        ),
        MetricDefinition(
            key="balanced_accuracy",
            name="Balanced accuracy at 0.5",
            asks=DECISIONS,
            direction="up",
            range=(0, 1),
            formula="(TP/(TP+FN) + TN/(TN+FP)) / 2, acting on score > 0.5",
            source="Brodersen, Ong, Stephan, Buhmann 2010, ICPR",
            figure=of.at_half(of.balanced_accuracy),
            trials=of.rarer,
            cells=of.balanced_accuracy,
            guard=of.needs_both_labels,
            elsewhere=("balanced_accuracy_score",),
        ),
        MetricDefinition(
            key="accuracy",
            name="Accuracy at 0.5",
            asks=DECISIONS,
            direction="up",
            range=(0, 1),
            formula="(TP + TN) / n, acting on score > 0.5",
            source=_FAWCETT,
            figure=of.share((TP, TN), (WEIGHT,)),
            cells=of.accuracy,
            elsewhere=("accuracy_score",),
        ),
        MetricDefinition(
            key="base_rate",
            name="Base rate",
            asks="The rows",
            direction="up",
            range=(0, 1),
            formula="positives / labelled rows",
            source=_FAWCETT,
            figure=of.base_rate,
        ),
    )
)

NO_LABELS = "no labelled rows"
SUM_TOO_FINE = "a sum of cubes with more than 131,072 distinct scores; scan the rows together"


def evaluate(
    cube: Cube, *, seed: int | None, keys: Iterable[str] | None = None, group: tuple[str, str] | None = None
) -> dict[str, Quantity]:
    """Each metric of `keys` (all by default) on the whole, or on one group (column, name), by key.

    seed: the product's, so that all its runs share draws; None for points alone. A metric that is not defined on these
    rows is Unknown with the reason. With fewer than two buckets there are no draws; below 30 they are widened.
    KeyError for an unknown key.
    """
    asked = [DEFINITIONS[key] for key in (DEFINITIONS if keys is None else keys)]
    part = cube.part(group)
    if part is None or part.totals[ROWS] == 0:
        where = "" if group is None else f" where {group[0]} is {group[1]}"
        return {metric.key: Unknown(NO_LABELS + where) for metric in asked}
    undefined = {metric.key: _undefined(metric, part) for metric in asked}
    resampled = Resampled.of(cube, part, seed)
    defined = [metric for metric in asked if undefined[metric.key] is None]
    once = Resampled(part, resampled.weights[:1])  # of a figure whose draws are its own
    rows = _rows(resampled, [metric.key for metric in defined if metric.spread is None])
    rows |= _rows(once, [metric.key for metric in defined if metric.spread is not None])
    return {
        metric.key: _quantity(metric, resampled, rows[metric.key])
        if metric.key in rows
        else Unknown(str(undefined[metric.key]))
        for metric in asked
    }


def binned(cube: Cube, weights: Floats, *, keys: Sequence[str]) -> dict[str, Floats]:
    """Each metric under given weights of the buckets, (R, B) in the order of `cube.buckets`, as (R,).

    From the bins alone: ranking figures take the rows of one bin for ties. NaN where a metric is not defined.
    """
    part = cube.part()
    return {} if part is None else _rows(Resampled(part, weights), keys)


def _rows(resampled: Resampled, keys: Sequence[str]) -> dict[str, Floats]:
    """(1 + K,) of each metric: the figure from the bins unweighted, then under each draw's weights."""
    pieces: dict[str, list[Floats]] = {key: [] for key in keys}
    with np.errstate(invalid="ignore", divide="ignore"):
        for piece in resampled.pieces():
            for key, rows in pieces.items():
                rows.append(np.asarray(DEFINITIONS[key].figure(piece)))
    return {key: np.concatenate(rows) for key, rows in pieces.items()}


def _quantity(metric: MetricDefinition, resampled: Resampled, rows: Floats) -> Quantity:
    point = float(metric.exact(resampled.part) if metric.exact else rows[0])
    drawn, no_band = None, resampled.no_band
    if metric.spread is None:
        drawn = resampled.draws(point, rows, metric.range)
    elif no_band is None and len(resampled.weights) > 1:
        found = metric.spread(resampled, point)
        drawn, no_band = (None, found) if isinstance(found, str) else (found, None)
    if drawn is not None:
        part = resampled.part
        trials = independent((metric.trials or of.rows)(part), part.sums[:, ROWS])
        drawn = at_an_end(drawn, point, metric.range, trials=trials, content=part.grid)
    return made(point, drawn, metric.unit, no_band=no_band)


def _undefined(metric: MetricDefinition, part: Part) -> str | None:
    """Why the metric is not defined on these rows, or None."""
    reason = metric.guard(part) if metric.guard else None
    if reason is None and metric.exact and np.isnan(metric.exact(part)):
        return SUM_TOO_FINE
    return reason
