"""A model's errors beside those of a baseline, on the same rows: what a cost of errors is worth something against.

The baseline is another run, joined by id, or a naive forecast that the rows themselves tell:

    last    the truth before it in its series          day, week    the truth 24 hours, or 7 days, before it
    year    the truth of the same month, day and time of the year before        mean    the mean of all truths

Rows for which the baseline has nothing to say, such as a first day, are in neither: the sums of both are over the same
rows in the same buckets, and their difference is paired (Hyndman, Athanasopoulos 2018, Forecasting: Principles and
Practice, section 3.1, for the naive forecasts).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints
from metrics.core.evaluation.metrics.regression import point_terms
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evaluation.statistics.resampling_units import series_of
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.evaluation.statistics.term_sums import Terms, TermSums
from metrics.core.late import pa, pc
from metrics.core.rows.labelled import Labelled, finite, naming
from metrics.core.rows.reading import RowsError
from metrics.core.rows.table import task_of

BASELINE = "baseline_"  # before the name of a term of the baseline's errors
KEPT = ("absolute", "squared", "squared_over", "error")
LEFT_OUT = "left_out"
NO_TIME = "this naive forecast needs rows with a time"

Naive = Callable[[Floats, Ints, NDArray[np.datetime64]], Floats]


def _before(step: np.timedelta64) -> Naive:
    return lambda truth, series, time: _at(truth, series, time, time - step)


def _year_before(truth: Floats, series: Ints, time: NDArray[np.datetime64]) -> Floats:
    month = time.astype("datetime64[M]")
    day = (time.astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64)
    earlier = (month - 12).astype("datetime64[D]") + day
    wanted = (earlier + (time - time.astype("datetime64[D]"))).astype(time.dtype)
    wanted[earlier.astype("datetime64[M]") != month - 12] = np.datetime64("NaT")  # there was no 29 February
    return _at(truth, series, time, wanted)


def _last(truth: Floats, series: Ints, time: NDArray[np.datetime64]) -> Floats:
    order = np.lexsort((time, series))
    found = np.full(len(truth), np.nan)
    follows = (series[order][1:] == series[order][:-1]) & (time[order][1:] > time[order][:-1])
    found[order[1:][follows]] = truth[order[:-1][follows]]
    return found


def _mean(truth: Floats, series: Ints, time: NDArray[np.datetime64]) -> Floats:
    return np.full(len(truth), truth.mean() if len(truth) else np.nan)


NAIVES: dict[str, tuple[str, Naive]] = {
    "day": ("repeating the value of a day before", _before(np.timedelta64(1, "D"))),
    "week": ("repeating the value of a week before", _before(np.timedelta64(7, "D"))),
    "year": ("repeating the value of a year before", _year_before),
    "last": ("repeating the value before", _last),
    "mean": ("forecasting the average each time", _mean),
}


def _at(truth: Floats, series: Ints, time: NDArray[np.datetime64], wanted: NDArray[np.datetime64]) -> Floats:
    """The truth of the same series at other times, (n,); NaN where there is none, the first where there are several."""
    instants, asked = (one.astype("datetime64[us]").astype(np.int64) for one in (time, wanted))
    moments = np.unique(instants)
    if not len(moments):
        return np.zeros(0)
    known = series * len(moments) + np.searchsorted(moments, instants)
    place = np.minimum(np.searchsorted(moments, asked), len(moments) - 1)
    there = (moments[place] == asked) & ~np.isnat(wanted)
    keys, first = np.unique(known, return_index=True)
    at = np.minimum(np.searchsorted(keys, series * len(moments) + place), len(keys) - 1)
    hit = there & (keys[at] == series * len(moments) + place)
    return np.where(hit, truth[first[at]], np.nan)


def naive(table: pa.Table, name: str) -> Floats:
    """What a naive forecast says of each labelled row, (n,); NaN where it says nothing. Raises RowsError."""
    truth = finite(table, "y_true")
    if "event_time" not in table.column_names:
        if name != "mean":
            raise RowsError(NO_TIME)
        return _mean(truth, np.zeros(0, dtype=np.int64), np.zeros(0, dtype="datetime64[us]"))
    time = np.asarray(table["event_time"].cast(pa.timestamp("us")).to_numpy(), dtype="datetime64[us]")
    return NAIVES[name][1](truth, series_of(table)[1], time)


USUAL = ("week", "day", "last", "mean")  # where no run is the baseline, the first that has something to say


def usual(table: pa.Table) -> str:
    """The naive forecast to begin with: of USUAL the first that says something of half of the labelled rows."""
    known = table.filter(pc.is_finite(table["y_true"].cast(pa.float64())))
    timed = known.num_rows > 0 and "event_time" in known.column_names
    spoken = (name for name in USUAL if timed and np.isfinite(naive(known, name)).mean() >= 0.5)
    return next(spoken, USUAL[-1])


def of_run(table: pa.Table, other: pa.Table) -> Floats:
    """What another run says of each labelled row, (n,), by id; NaN where it has no such row. Raises RowsError."""
    if "y_pred" not in other.column_names or task_of(other) != task_of(table):
        raise RowsError("the baseline is a run of another task")
    place = {key: at for at, key in enumerate(other["example_id"].cast(pa.string()).to_pylist())}
    at = np.array([place.get(key, -1) for key in table["example_id"].cast(pa.string()).to_pylist()], dtype=np.int64)
    said, theirs = finite(other, "y_pred"), other["y_true"].cast(pa.float64()).to_numpy().astype(np.float64)
    known = (at >= 0) & np.isfinite(theirs[at])
    if differ := int((known & (theirs[at] != finite(table, "y_true"))).sum()):
        raise RowsError(f"the baseline has another truth in {differ} rows of the same id")
    return np.where(at >= 0, said[at], np.nan)


def errors_beside(table: pa.Table, *, name: str = "", other: pa.Table | None = None, time_zone: str) -> Sums:
    """The sums of a run's errors and, under BASELINE, of the baseline's, over the labelled rows that both speak of.

    name: of a naive forecast; other: the rows of another run. The fact LEFT_OUT counts the labelled rows of no
    baseline. Raises RowsError.
    """
    if "y_pred" not in table.column_names:
        raise RowsError("column y_pred is missing")
    names = naming(table.schema, segments=None, time_zone=time_zone)
    names.add(names.prepare(table))
    rows = Labelled.of(table, names.groupings())
    said = naive(rows.table, name) if other is None else of_run(rows.table, other)
    there = np.isfinite(said)
    rows = replace(
        rows,
        table=rows.table.filter(pa.array(there)),
        weight=rows.weight[there],
        columns={column: codes[there] for column, codes in rows.columns.items()},
    )
    truth, prediction = finite(rows.table, "y_true"), finite(rows.table, "y_pred")
    theirs = point_terms(truth, said[there], rows.weight)
    terms = point_terms(truth, prediction, rows.weight) | {BASELINE + term: theirs[term] for term in KEPT}
    units = TASKS[task_of(table)].units(rows.table, time_zone=time_zone)
    made = Terms(unit=units.name, bucket=units.bucket, terms=terms)
    sums = TermSums(names.groupings(), made)
    sums.add(sums.placed(rows, made))
    return sums.sums({"task": task_of(table), LEFT_OUT: int((~there).sum())})
