"""When labels came in: cohorts of months by the age of their labels, and what they come to under resampled rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints
from metrics.core.draws import K, bucket_ids, bucket_weights, buckets_for
from metrics.core.evidence.chain_ladder import chain_ladder
from metrics.core.evidence.columns import floats, is_number, months
from metrics.core.late import pa
from metrics.core.rows import clocks

MOST_MONTHS = 120
DAY = np.timedelta64(1, "D")
_PIECE = 100  # draws at a time


@dataclass(frozen=True, eq=False)
class Arrivals:
    """When the labels of rows came in: cohorts are months of the event from `first` until `until`.

    cohort: (n,) of each row, -1 outside. age: (n,) whole months until its label came, counted: whether it has come.
    waiting: whether rows without a label are in the table, so that no cohort can have more labels than rows. label: the
    labels as numbers, None where they are none of 0 or more.
    """

    first: int
    until: int
    cohort: Ints
    age: Ints
    counted: NDArray[np.bool_]
    waiting: bool
    label: Floats | None
    left_out: int

    @property
    def n(self) -> int:
        return self.until - self.first + 1

    def triangle(self, *, of_labels: bool = False) -> Floats:
        """Cumulative counts of labels by cohort and age, or sums of labels, (n, n)."""
        weight = np.ones(len(self.cohort)) if not of_labels or self.label is None else self.label
        cells = self.cohort[self.counted] * self.n + self.age[self.counted]
        sums = np.bincount(cells, weights=weight[self.counted], minlength=self.n**2).astype(np.float64)
        return cumulated(sums.reshape(self.n, self.n))

    @property
    def rows(self) -> Ints:
        return np.bincount(self.cohort[self.cohort >= 0], minlength=self.n)

    @property
    def most(self) -> float:
        """The greatest label, beyond which no mean lies."""
        return float(self.label[self.counted].max()) if self.label is not None and self.counted.any() else np.inf


def cumulated(cells: Floats) -> Floats:
    """Cumulative over ages, (…, n, n); NaN beyond the diagonal, which is not known yet."""
    n = cells.shape[-1]
    return np.where(np.add.outer(np.arange(n), np.arange(n)) < n, np.cumsum(cells, axis=-1), np.nan)


def ultimates(triangle: Floats, rows: Floats, *, waiting: bool) -> Floats:
    """Labels of each cohort once all are in, (…, n): chain ladder, and no more than its rows where all are there.

    A row that will never have a label is none of them. A cohort without any label yet has the share of the others.
    """
    found = chain_ladder(triangle)
    if not waiting:
        return found
    found = np.minimum(found, rows)
    some = found > 0
    share = np.divide(
        np.where(some, found, 0).sum(axis=-1),
        np.where(some, rows, 0).sum(axis=-1),
        out=np.zeros(found.shape[:-1]),
        where=some.any(axis=-1),
    )
    return np.where(some, found, rows * share[..., None])


def latest(triangle: Floats) -> Floats:
    """The last known value of each cohort, (…, n)."""
    n = triangle.shape[-1]
    return np.asarray(triangle[..., np.arange(n), n - 1 - np.arange(n)])


def arrivals(table: pa.Table, *, time_zone: str = "UTC") -> Arrivals | None:
    """When the labels of canonical rows came in; None where it cannot be told.

    Taken: ingest_time of a labelled row is when its label came in; a row without label still waits, or never has one.
    Cohorts are calendar months of event_time, ages whole calendar months, and the last complete month of ingest_time is
    where the world is looked at: later labels count in their cohort's rows, not in the triangle. A label stored before
    its event has age 0. None without times, or with fewer than two complete months.
    """
    if not {"event_time", "ingest_time", "y_true"} <= set(table.column_names) or not table.num_rows:
        return None
    event, stored = (_month_numbers(table[name], time_zone) for name in ("event_time", "ingest_time"))
    labelled = table["y_true"].is_valid().to_numpy()
    known = event >= 0
    arrived = known & labelled & (stored >= 0)
    if not arrived.any():
        return None
    until = _last_complete(table["ingest_time"], time_zone)
    first = max(int(event[arrived].min()), until - MOST_MONTHS + 1)
    if until - first + 1 < 2:
        return None
    inside = known & (event >= first) & (event <= until)
    counted = inside & arrived & (stored <= until)
    return Arrivals(
        first=first,
        until=until,
        cohort=np.where(inside, event - first, -1),
        age=np.maximum(stored - event, 0),
        counted=counted,
        waiting=bool((inside & ~labelled).any()),
        label=_labels(table),
        left_out=int(np.count_nonzero(known & labelled & ~counted)),
    )


def buckets_of(table: pa.Table) -> tuple[Ints, int]:
    """The bucket of each row, and how many there are."""
    n_buckets = buckets_for(table.num_rows)
    column = "cluster_id" if "cluster_id" in table.column_names else "example_id"
    return bucket_ids(table[column], n_buckets).astype(np.int64), n_buckets


@dataclass(frozen=True, eq=False)
class Resampled:
    """By draw and cohort, (K, n): rows, labels in and once all are in, and the sums of those labels; NaN sums where the
    labels are no numbers."""

    rows: Floats
    labels: Floats
    ultimate: Floats
    so_far: Floats
    completed: Floats


def resampled(known: Arrivals, bucket: Ints, n_buckets: int, *, seed: int) -> Resampled | None:
    """The cohorts under the weights of each draw; None where one bucket leaves nothing to resample."""
    n, inside = known.n, known.cohort >= 0
    present, at = np.unique(bucket[inside], return_inverse=True)
    if len(present) < 2:
        return None
    counted, cohort, age = known.counted[inside], known.cohort[inside], known.age[inside]
    label = np.full(len(cohort), np.nan) if known.label is None else known.label[inside]
    cells, place = np.unique(cohort[counted] * n + age[counted], return_inverse=True)
    spots, size = at[counted] * len(cells) + place, len(present) * len(cells)
    by_cell = [
        np.bincount(spots, weights=column, minlength=size).astype(np.float64).reshape(len(present), len(cells))
        for column in (np.ones(len(place)), label[counted])
    ]
    by_cohort = np.bincount(at * n + cohort, minlength=len(present) * n).reshape(len(present), n)
    weights = np.asarray(bucket_weights(seed, n_buckets, columns=present), dtype=np.float64)
    parts = [_drawn(weights[start : start + _PIECE], by_cell, by_cohort, cells, known) for start in range(0, K, _PIECE)]
    return Resampled(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _drawn(weights: Floats, by_cell: list[Floats], by_cohort: Ints, cells: Ints, known: Arrivals) -> tuple[Floats, ...]:
    n = known.n
    full = np.zeros((2, len(weights), n * n))
    for at, column in enumerate(by_cell):
        full[at][:, cells] = weights @ column
    counts, sums = (cumulated(part.reshape(-1, n, n)) for part in full)
    rows = weights @ by_cohort
    ultimate = ultimates(counts, rows, waiting=known.waiting)
    return rows, latest(counts), ultimate, latest(sums), np.minimum(chain_ladder(sums), known.most * ultimate)


def _month_numbers(times: pa.ChunkedArray, time_zone: str) -> Ints:
    """Months since January of year 0, -1 where there is no time."""
    month = months(times, time_zone)
    return np.where(np.isnat(month), -1, month.astype(np.int64) + 1970 * 12).astype(np.int64)


def _last_complete(stored: pa.ChunkedArray, time_zone: str) -> int:
    """The last calendar month that is over at the latest storage time: its own month if that is on its last day."""
    given = clocks.local(stored, time_zone)
    latest = given[~np.isnat(given)].max()
    this, tomorrow = (day.astype("datetime64[M]").astype(int) + 1970 * 12 for day in (latest, latest + DAY))
    return int(this if tomorrow > this else this - 1)


def _labels(table: pa.Table) -> Floats | None:
    """Labels as numbers to be summed; None where they are no numbers, or any is negative."""
    if not is_number(table["y_true"]):
        return None
    values = np.nan_to_num(floats(table["y_true"]))
    return None if (values < 0).any() else values


def month_name(months_since: int) -> str:
    return str(np.datetime64(months_since - 1970 * 12, "M"))
