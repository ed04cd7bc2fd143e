"""Rows whose labels are measured: numbers predicted, forecasts over time, and results ranked for queries."""

from __future__ import annotations

from typing import Any

from metrics.core.late import pc
from metrics.core.rows.refusal import counted
from metrics.core.rows.upload import cells as cell
from metrics.core.rows.upload.cells import first_of, how_many
from metrics.core.rows.upload.classes import Classes
from metrics.core.rows.upload.labels import observed, relevance
from metrics.core.rows.upload.plan import Plan
from metrics.core.rows.upload.predictions import Noticed, Read, constant
from metrics.core.rows.upload.sheet import Sheet
from metrics.core.rows.upload.task import TaskRows

_ALIKE = ("constant", "the share of variance explained is not defined")


def _number(sheet: Sheet, plan: Plan, classes: Classes) -> list[Read]:
    column = sheet.take("y_pred")
    return [Read("y_pred", "prediction", column, cell.reals(column))]


def _number_in_bounds(sheet: Sheet, plan: Plan, classes: Classes) -> list[Read]:
    bounds = () if plan.interval is None else plan.interval[:2]
    return [*_number(sheet, plan, classes), *(_bounds(sheet, *bounds) if bounds else ())]


def _score(sheet: Sheet, plan: Plan, classes: Classes) -> list[Read]:
    column = sheet.take("y_score")
    return [Read("y_score", "score", column, cell.reals(column))]


def _bounds(sheet: Sheet, low: str, high: str) -> list[Read]:
    columns = sheet.take(low), sheet.take(high)
    lower, upper = map(cell.reals, columns)
    crossed = pc.greater(lower, upper)
    if how_many(crossed):
        at = first_of(crossed)
        message = f"{counted(how_many(crossed), 'row')} with {low} above {high}; the first has "
        message += f"{lower[at].as_py():g} above {upper[at].as_py():g}"
        raise columns[0].refused("out_of_range", message, bad=crossed, remedy="Are the two bounds exchanged?")
    return [Read("y_low", "lower bound", columns[0], lower), Read("y_high", "upper bound", columns[1], upper)]


def _noticed(seen: Noticed) -> dict[str, Any]:
    constant(seen)
    return seen.columns


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
