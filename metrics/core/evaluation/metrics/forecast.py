"""Metrics of forecasts over time: those of a predicted number, against a naive forecast, and of intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats
from metrics.core.evaluation.metrics import regression
from metrics.core.evaluation.metrics.definition import NOMINAL, MetricDefinition, table
from metrics.core.evaluation.metrics.interval_tests import NO_INTERVALS
from metrics.core.evaluation.metrics.regression import distributions, mean, point_terms
from metrics.core.evaluation.statistics.in_process import InProcess
from metrics.core.evaluation.statistics.jobs import Engine
from metrics.core.evaluation.statistics.pairs import pairs
from metrics.core.evaluation.statistics.resampling_units import Block, Span, Units, by_block
from metrics.core.evaluation.statistics.scan_terms import measured, scan_terms
from metrics.core.evaluation.statistics.sums import WEIGHT, Sums
from metrics.core.evaluation.statistics.term_sums import Terms
from metrics.core.evaluation.statistics.weighted import Weighted, evaluation
from metrics.core.late import pa
from metrics.core.rows.labelled import Labelled, finite
from metrics.core.rows.reading import RowsError, TableRows
from metrics.core.rows.table import interval_of, naive_of

NO_NAIVE = "no naive forecast to measure against was named with the rows"
BETTER = "Better than a naive forecast?"
INTERVALS = "Intervals: do they hold what they promise?"
_GNEITING = "Gneiting, Raftery 2007, Journal of the American Statistical Association 102:359–378"
_PINBALL = "Koenker, Bassett 1978, Econometrica 46:33–50"


def _mase(weighted: Weighted) -> Floats:
    return np.asarray(weighted.ratio("absolute", WEIGHT)) / float(weighted.sums.facts["naive"]["mae"])


def _no_naive(weighted: Weighted) -> str | None:
    return NO_NAIVE if weighted.sums.facts["naive"] is None else None


def _no_interval(weighted: Weighted) -> str | None:
    return None if "interval" in weighted.sums.facts else NO_INTERVALS


DEFINITIONS = table(
    (
        *(regression.DEFINITIONS[key] for key in ("mae", "rmse", "bias", "wape", "smape", "mape")),
        MetricDefinition(
            key="mase",
            name="Mean absolute scaled error",
            asks=BETTER,
            direction="down",
            range=(0, math.inf),
            formula="mean absolute error / that of the named naive forecast on the training data",
            source="Hyndman, Koehler 2006, International Journal of Forecasting 22:679–688",
            figure=_mase,
            tail="error",
            guard=_no_naive,
        ),
        replace(regression.DEFINITIONS["r2"], asks=BETTER),
        MetricDefinition(
            key="interval_coverage",
            name="Interval coverage",
            asks=INTERVALS,
            direction="up",
            range=(0, 1),
            formula="share of truths with y_low ≤ truth ≤ y_high",
            source=_GNEITING,
            figure=mean("covered"),
            guard=_no_interval,
            aim=NOMINAL,
        ),
        MetricDefinition(
            key="interval_width",
            name="Interval width",
            asks=INTERVALS,
            direction="down",
            range=(0, math.inf),
            formula="mean of y_high − y_low, in the unit of the truth",
            source=_GNEITING,
            figure=mean("width"),
            guard=_no_interval,
        ),
        MetricDefinition(
            key="winkler",
            name="Interval score",
            asks=INTERVALS,
            direction="down",
            range=(0, math.inf),
            formula=(
                "mean of y_high − y_low + 2 / (1 − level) × how far the truth lies outside, in the unit of the truth"
            ),
            source=f"Winkler 1972, Journal of the American Statistical Association 67:187–191; {_GNEITING}",
            figure=mean("score"),
            tail="error",
            guard=_no_interval,
        ),
        MetricDefinition(
            key="pinball_low",
            name="Pinball loss of the lower end",
            asks=INTERVALS,
            direction="down",
            range=(0, math.inf),
            formula=(
                "mean of max(q (truth − y_low), (q − 1) (truth − y_low)), q = (1 − level) / 2, in the unit of the truth"
            ),
            source=_PINBALL,
            figure=mean("low"),
            tail="error",
            guard=_no_interval,
        ),
        MetricDefinition(
            key="pinball_high",
            name="Pinball loss of the upper end",
            asks=INTERVALS,
            direction="down",
            range=(0, math.inf),
            formula=(
                "mean of max(q (truth − y_high), (q − 1) (truth − y_high)), q = (1 + level) / 2, in the unit of "
                "the truth"
            ),
            source=_PINBALL,
            figure=mean("high"),
            tail="error",
            guard=_no_interval,
        ),
    )
)


def scan(
    table: pa.Table, *, segments: Sequence[str] | None = None, time_zone: str = "UTC", block: Block | None = None
) -> Sums:
    """The sums of canonical rows: those of a regression with event_time, and series, y_low and y_high where given.

    Rows are resampled by cluster_id where the table has one; else by ISO week in `time_zone`, or day where the rows
    span fewer than 56 days, of all series together. block: the one or the other whatever the span, so that sums of
    several tables add. Neighbours in time are told within one table: a sum of two lacks the pair across both. Raises
    RowsError.
    """
    return scan_on(InProcess(TableRows(table)), segments=segments, time_zone=time_zone, block=block)


def scan_on(
    engine: Engine, *, segments: Sequence[str] | None = None, time_zone: str = "UTC", block: Block | None = None
) -> Sums:
    """`scan` of the rows of an engine."""
    schema = engine.schema
    more = ("example_id", "event_time", "series", "y_low", "y_high")
    reading = measured(engine, needs=("y_pred", "event_time"), columns=more, segments=segments, time_zone=time_zone)
    facts: dict[str, Any] = {"task": "forecast", "naive": naive_of(schema.empty_table())}
    level = None
    if "y_low" in schema.names:
        level = facts["interval"] = _level(schema)
    if block is None and "cluster_id" not in schema.names:
        span = Span(time_zone)
        engine.over(reading, [span])
        block = span.block
    make = _TermsOf(time_zone, block or "day", level)
    sums = scan_terms(engine, reading, make)
    return sums.sums(facts, beside=None if level is None else pairs(engine, reading, make.units))


@dataclass(frozen=True)
class _TermsOf:
    """What is summed of rows. level: nominal, of the interval; None where there is none."""

    time_zone: str
    block: Block
    level: float | None

    def __call__(self, rows: Labelled) -> Terms:
        truth, prediction = finite(rows.table, "y_true"), finite(rows.table, "y_pred")
        units, terms = self.units(rows), point_terms(truth, prediction, rows.weight)
        if self.level is not None:
            terms |= _interval_terms(rows, truth, self.level)
        return Terms(
            unit=units.name,
            bucket=units.bucket,
            terms=terms,
            cells=distributions(truth, prediction, rows.weight),
        )

    def units(self, rows: Labelled) -> Units:
        """What is resampled whole."""
        return by_block(rows.table, time_zone=self.time_zone, block=self.block)


evaluate = evaluation(DEFINITIONS)


def naive_mae(train: Sequence[float] | NDArray[Any], season: int) -> float:
    """Mean absolute error of forecasting each training value by the one a season before: what MASE divides by.

    season: 1 for the last value, 12 for monthly values with a yearly pattern. Raises ValueError where no value has one
    a season before, where values are not finite, or where the naive forecast makes no error.
    """
    values = np.asarray(train, dtype=np.float64)
    if season < 1 or len(values) <= season:
        raise ValueError(f"{len(values)} values hold no pair {season} apart")
    error = float(np.abs(values[season:] - values[:-season]).mean())
    if not (np.isfinite(error) and error > 0):
        raise ValueError("the naive forecast makes no error on these values, or they are not finite")
    return error


def _level(schema: pa.Schema) -> float:
    level = interval_of(schema.empty_table())
    if "y_high" not in schema.names or level is None:
        raise RowsError("column y_low needs y_high beside it, and the nominal level of the interval")
    if not 0 < level < 1:
        raise RowsError(f"the nominal level of an interval lies between 0 and 1, got {level}")
    return level


def _interval_terms(rows: Labelled, truth: Floats, level: float) -> dict[str, Floats]:
    low, high = finite(rows.table, "y_low"), finite(rows.table, "y_high")
    if bool((low > high).any()):
        raise RowsError("column y_low holds values above y_high")
    tail, weight = (1 - level) / 2, rows.weight
    below, above = truth < low, truth > high
    width, short, over = high - low, np.maximum(low - truth, 0), np.maximum(truth - high, 0)
    return {
        "covered": weight * ~(below | above),
        "width": weight * width,
        "score": weight * (width + 2 / (1 - level) * (short + over)),
        "low": weight * np.maximum(tail * (truth - low), (tail - 1) * (truth - low)),
        "high": weight * np.maximum((1 - tail) * (truth - high), -tail * (truth - high)),
        "below": below.astype(np.float64),
        "above": above.astype(np.float64),
    }
