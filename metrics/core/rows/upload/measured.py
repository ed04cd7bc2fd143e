"""Rows whose labels are measured: numbers predicted, forecasts over time, and results ranked for queries."""

from __future__ import annotations

from metrics.core.late import pc
from metrics.core.rows.refusal import UploadError, counted
from metrics.core.rows.upload import cells as cell
from metrics.core.rows.upload.column import first_of, how_many
from metrics.core.rows.upload.labels import observed, relevance
from metrics.core.rows.upload.predictions import Read, Reading, constant
from metrics.core.rows.upload.task import TaskRows

_ALIKE = ("constant", "the share of variance explained is not defined")


def _number(reading: Reading) -> list[Read]:
    return [_real(reading, "y_pred", "prediction", "y_pred")]


def _number_in_bounds(reading: Reading) -> list[Read]:
    interval = reading.plan.interval
    return [*_number(reading), *(_bounds(reading, interval.low, interval.high) if interval else ())]


def _score(reading: Reading) -> list[Read]:
    return [_real(reading, "y_score", "score", "y_score")]


def _real(reading: Reading, name: str, noun: str, column: str) -> Read:
    return reading.put(name, noun, column, reading.sheet.take(column).checked(cell.reals, reading.warn))


def _bounds(reading: Reading, low: str, high: str) -> list[Read]:
    reads = [_real(reading, "y_low", "lower bound", low), _real(reading, "y_high", "upper bound", high)]
    count, row, first = 0, None, ""
    lower, upper = (reading.columns.blocks(read.name) for read in reads)
    for below, above, rows in zip(lower, upper, reading.sheet.numbered(), strict=True):
        crossed = pc.greater(below, above)
        if row is None and how_many(crossed):
            at = first_of(crossed)
            row, first = int(rows[at]), f"{below[at].as_py():g} above {above[at].as_py():g}"
        count += how_many(crossed)
    if count:
        message = f"{counted(count, 'row')} with {low} above {high}; the first has {first}"
        raise UploadError(low, "out_of_range", message, row=row, remedy="Are the two bounds exchanged?")
    return reads


def _noticed(seen: Reading, reads: list[Read]) -> list[str]:
    constant(seen, reads[0])
    return [read.name for read in reads]


REGRESSION = TaskRows(
    name="regression",
    predicted=("y_pred",),
    predicts=("y_pred",),
    label=observed,
    alike=_ALIKE,
    read=_number,
    noticed=_noticed,
    told=(
        ("y_true", "the number that came true; empty: not known yet"),
        ("y_pred", "the number that was predicted"),
    ),
    example="y_true=[10.0, 12.5, 9.0], y_pred=[11.0, 12.0, 9.5]",
)
FORECAST = TaskRows(
    name="forecast",
    predicted=("y_pred", "y_low", "y_high"),
    predicts=("y_pred", "y_low", "y_high"),
    needed=("event_time",),
    placed=("series",),
    intervals=True,
    timed=True,
    label=observed,
    alike=_ALIKE,
    read=_number_in_bounds,
    noticed=_noticed,
    told=(
        ("y_true", "the number that came true; empty: not known yet"),
        ("y_pred", "the number that was predicted for it"),
        ("event_time", "the time that was predicted, such as 2026-03-01T10:00"),
        ("series", "which series it is of, where there are several"),
        ("lo90, hi90", "an interval with its level in the names, or y_low and y_high with the level under “More”"),
    ),
    example='y_true=[10.0, 12.5], y_pred=[11.0, 12.0], event_time=["2026-03-01T10:00Z", "2026-03-01T11:00Z"]',
)
RANKING = TaskRows(
    name="ranking",
    predicted=("y_score",),
    predicts=("y_score",),
    needed=("query_id",),
    placed=("query_id",),
    judged=True,
    label=relevance,
    alike=("constant", "no order of the results is better than another"),
    read=_score,
    noticed=_noticed,
    once="Give every pair of a query and a result an id of its own.",
    told=(
        ("query_id", "the query that the result answers"),
        ("y_true", "how relevant the result is, 0 or more; empty: not judged yet"),
        ("y_score", "by which the results of a query are put in order, the highest first"),
    ),
    example="query_id=[1, 1, 2, 2], y_true=[1, 0, 0, 2], y_score=[0.9, 0.1, 0.4, 0.6]",
)
