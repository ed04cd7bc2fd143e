"""Metrics of predictions of a number. Error = prediction − truth, so that a positive bias is a prediction too high."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.evaluation.metrics.definition import Figure, MetricDefinition, table
from metrics.core.evaluation.statistics.histogram import Kind
from metrics.core.evaluation.statistics.in_process import InProcess
from metrics.core.evaluation.statistics.jobs import Engine
from metrics.core.evaluation.statistics.resampling_units import by_row
from metrics.core.evaluation.statistics.scan_terms import measured, scan_terms
from metrics.core.evaluation.statistics.sums import ROWS, WEIGHT, Sums
from metrics.core.evaluation.statistics.term_sums import Terms
from metrics.core.evaluation.statistics.weighted import Weighted, evaluation
from metrics.core.late import pa
from metrics.core.rows.labelled import Labelled, finite
from metrics.core.rows.reading import TableRows
from metrics.core.rows.refusal import counted

EQUAL_TRUTHS = "the truths are equal, or differ by too little of their size for r² to be told"
NO_TRUTH = "all truths are 0"
# Below this share of the mean square, rounding of the sums would show in the variance.
_LEAST_VARIANCE = 1e-9
_HYNDMAN = "Hyndman, Koehler 2006, International Journal of Forecasting 22:679–688"

OFF = "How far off?"
OFF_FOR_THE_SIZE = "How far off, for the size of the truth?"


def mean(term: str) -> Figure:
    """The weighted mean of a term."""
    return lambda weighted: weighted.ratio(term, WEIGHT)


def _r2(weighted: Weighted) -> Floats | str:
    """The variance from sums about 0, which rounding leaves nothing of where truths hardly differ."""
    variance = weighted["square"] - weighted["truth"] ** 2 / weighted[WEIGHT]
    if not variance[0] > _LEAST_VARIANCE * weighted["square"][0]:
        return EQUAL_TRUTHS
    return np.asarray(1 - weighted["squared"] / variance)


def _zeros(weighted: Weighted) -> str | None:
    zeros = round(weighted.total("zeros"))
    return f"{counted(zeros, 'truth')} {'is' if zeros == 1 else 'are'} 0" if zeros else None


def _no_truth(weighted: Weighted) -> str | None:
    return None if weighted.total("size") else NO_TRUTH


DEFINITIONS = table(
    (
        MetricDefinition(
            key="mae",
            name="Mean absolute error",
            asks=OFF,
            direction="down",
            range=(0, math.inf),
            formula="mean of |prediction − truth|, in its unit",
            source=_HYNDMAN,
            figure=mean("absolute"),
            tail="error",
            elsewhere=("mean_absolute_error",),
        ),
        MetricDefinition(
            key="rmse",
            name="Root mean squared error",
            asks=OFF,
            direction="down",
            range=(0, math.inf),
            formula="√ mean of (prediction − truth)², in the unit of the truth",
            source=_HYNDMAN,
            figure=lambda weighted: np.sqrt(weighted.ratio("squared", WEIGHT)),
            tail="error",
            power=2,
            elsewhere=("root_mean_squared_error",),
        ),
        MetricDefinition(
            key="bias",
            name="Bias",
            asks=OFF,
            direction="down",
            range=(-math.inf, math.inf),
            formula="mean of prediction − truth, in the unit of the truth",
            source=(
                "Hyndman, Athanasopoulos 2018, Forecasting: Principles and Practice, section 3.4 (mean error, "
                "sign reversed)"
            ),
            figure=mean("error"),
            tail="error",
            aim="0",
        ),
        MetricDefinition(
            key="wape",
            name="Weighted absolute percentage error",
            asks=OFF_FOR_THE_SIZE,
            direction="down",
            range=(0, math.inf),
            in_percent=True,
            formula="Σ |prediction − truth| / Σ |truth|, a fraction",
            source="Kolassa, Schütz 2007, Foresight 6:40–43 (MAD / mean ratio)",
            figure=lambda weighted: weighted.ratio("absolute", "size"),
            tail="error",
            guard=_no_truth,
        ),
        MetricDefinition(
            key="smape",
            name="Symmetric mean absolute percentage error",
            asks=OFF_FOR_THE_SIZE,
            direction="down",
            range=(0, 2),
            formula="mean of 2 |prediction − truth| / (|truth| + |prediction|), 0 to 2; 0 for a row where both are 0",
            source=(
                "Makridakis 1993, International Journal of Forecasting 9:527–529, absolute values as in the M4 "
                "competition"
            ),
            figure=mean("symmetric"),
        ),
        MetricDefinition(
            key="mape",
            name="Mean absolute percentage error",
            asks=OFF_FOR_THE_SIZE,
            direction="down",
            range=(0, math.inf),
            in_percent=True,
            formula="mean of |prediction − truth| / |truth|, a fraction; unknown where a truth is 0",
            source=_HYNDMAN,
            figure=mean("relative"),
            tail="relative",
            guard=_zeros,
            elsewhere=("mean_absolute_percentage_error",),
        ),
        MetricDefinition(
            key="r2",
            name="R²",
            asks="How much is explained?",
            direction="up",
            range=(-math.inf, 1),
            formula="1 − Σ (truth − prediction)² / Σ (truth − mean truth)²",
            source="Draper, Smith 1998, Applied Regression Analysis; scikit-learn, r2_score",
            figure=_r2,
            elsewhere=("r2_score",),
        ),
    )
)


def scan(table: pa.Table, *, segments: Sequence[str] | None = None, time_zone: str = "UTC") -> Sums:
    """The sums of canonical rows: example_id, y_true with null = not observed yet, y_pred, and what may come with them.

    segments: columns to break down by; by default those the table lists. Months are those of event_time in `time_zone`.
    Rows are resampled by cluster_id where the table has one, else by example_id. `weight`, where present, multiplies
    every term but the counts of rows. Raises RowsError.
    """
    return scan_on(InProcess(TableRows(table)), segments=segments, time_zone=time_zone)


def scan_on(engine: Engine, *, segments: Sequence[str] | None = None, time_zone: str = "UTC") -> Sums:
    """`scan` of the rows of an engine."""
    reading = measured(engine, needs=("y_pred",), segments=segments, time_zone=time_zone)
    return scan_terms(engine, reading, _terms).sums({"task": "regression"})


def _terms(rows: Labelled) -> Terms:
    truth, prediction = finite(rows.table, "y_true"), finite(rows.table, "y_pred")
    units = by_row(rows.table)
    return Terms(
        unit=units.name,
        bucket=units.bucket,
        terms=point_terms(truth, prediction, rows.weight),
        cells=distributions(truth, prediction, rows.weight),
    )


evaluate = evaluation(DEFINITIONS)


def point_terms(truth: Floats, prediction: Floats, weight: Floats) -> dict[str, Floats]:
    """What is summed of each row, (n,) a term, for the metrics of a predicted number."""
    size, error = np.abs(truth), prediction - truth
    apart, both = np.abs(error), size + np.abs(prediction)
    relative = np.divide(apart, size, out=np.zeros_like(size), where=size > 0)
    symmetric = np.divide(2 * apart, both, out=np.zeros_like(size), where=both > 0)
    return {
        ROWS: np.ones(len(truth)),
        WEIGHT: weight,
        "absolute": weight * apart,
        "squared": weight * error**2,
        "squared_over": weight * np.maximum(error, 0) ** 2,
        "error": weight * error,
        "relative": weight * relative,
        "symmetric": weight * symmetric,
        "truth": weight * truth,
        "size": weight * size,
        "square": weight * truth**2,
        "zeros": (truth == 0).astype(np.float64),
    }


def distributions(truth: Floats, prediction: Floats, weight: Floats) -> dict[str, tuple[Kind, Floats, list[Floats]]]:
    """Of the errors, also for the size of the truth: weight. Of predictions: weight, weighted prediction and truth."""
    size = np.abs(truth)
    relative = np.divide(np.abs(prediction - truth), size, out=np.zeros_like(size), where=size > 0)
    return {
        "error": ("even", prediction - truth, [weight]),
        "relative": ("relative", relative, [weight]),
        "prediction": ("relative", prediction, [weight, weight * prediction, weight * truth]),
    }
