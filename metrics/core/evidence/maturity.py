"""Label maturity: how many of a month's labels are in, and what the month will come to when all are.

Labels come late, and late ones may differ: a month looked at early is not comparable with an old one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from metrics.core.evidence.check import Finding, Judged, NotChecked, Numbers, number, percent
from metrics.core.evidence.columns import Floats, Ints, floats, is_number, months
from metrics.core.evidence.figures import Count, Digits, Figure, Line, Month, Phrase, Share, Toned, table
from metrics.core.evidence.kind import CheckKind
from metrics.core.late import pa
from metrics.core.rows import clocks

MATURE = 0.9
HALF = 0.5
MOST_MONTHS = 120
NAMED = 3
MOST_SHOWN = 36
DAY = np.timedelta64(1, "D")

RULE = (
    "Warning: a month with under 90 % of its labels in; fails: over half of the rows lie in months with under 50 % in. "
    "Shares by chain ladder where the rows without label are not in the table."
)


@dataclass(frozen=True)
class Cohort:
    """A month of events: its rows, labels in, share of all its labels, and the completed estimate.

    ultimate: labels once all are in. mean: mean label so far; completed: mean label once all are in, None where labels
    are no numbers of 0 or more, or the chain ladder has nothing to go by.
    """

    month: str
    rows: int
    labels: int
    share: float
    ultimate: float
    mean: float | None
    completed: float | None


@dataclass(frozen=True, eq=False)
class Maturity:
    """Cohorts in the order of months, and the curve: share of all labels that are in by age in months (0 = same)."""

    cohorts: tuple[Cohort, ...]
    curve: tuple[float, ...]
    triangle: Floats
    until: str
    left_out: int

    def as_json(self) -> dict[str, Any]:
        triangle = [[number(cell) for cell in row] for row in self.triangle.tolist()]
        return {**vars(self), "cohorts": [vars(cohort) for cohort in self.cohorts], "triangle": triangle}


def development_factors(triangle: Floats) -> Floats:
    """Volume-weighted age-to-age factors of a cumulative triangle (cohorts × ages, NaN where not yet known).

    Factor j = Σ C[i, j+1] / Σ C[i, j] over the cohorts known at both ages; 1 where there is nothing to divide by.
    Shape (ages − 1,). Mack (1993), "Distribution-free calculation of the standard error of chain ladder reserve
    estimates", ASTIN Bulletin 23:213–225.
    """
    both = ~np.isnan(triangle[:, 1:]) & ~np.isnan(triangle[:, :-1])
    later = np.where(both, triangle[:, 1:], 0).sum(axis=0)
    earlier = np.where(both, triangle[:, :-1], 0).sum(axis=0)
    return np.asarray(np.divide(later, earlier, out=np.ones_like(later), where=earlier > 0))


def chain_ladder(triangle: Floats) -> Floats:
    """Ultimate of each cohort: its latest known value times all factors still to come, shape (cohorts,).

    The oldest cohort is taken as complete: there is no tail factor. NaN for a cohort of which nothing is known.
    """
    to_ultimate = np.r_[np.cumprod(development_factors(triangle)[::-1])[::-1], 1.0]
    known = ~np.isnan(triangle)
    latest = triangle.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    ultimate = triangle[np.arange(len(triangle)), latest] * to_ultimate[latest]
    return np.where(known.any(axis=1), ultimate, np.nan)


def curve(triangle: Floats) -> Floats:
    """Share of the ultimate that is in by each age, from the development factors; ends at 1. Shape (ages,)."""
    to_ultimate = np.r_[np.cumprod(development_factors(triangle)[::-1])[::-1], 1.0]
    return np.asarray(1 / to_ultimate)


def maturity(table: pa.Table, *, time_zone: str = "UTC") -> Maturity | None:
    """Maturity of the labels of canonical rows; None where it cannot be told.

    Taken: ingest_time of a labelled row is when its label came in; a row without label still waits. Cohorts are
    calendar months of event_time, ages whole calendar months, and the last complete month of ingest_time is where the
    world is looked at: later labels count in their cohort's rows, not in the triangle. A label stored before its event
    has age 0. None without times, or with fewer than two complete months.
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
    n = until - first + 1
    if n < 2:
        return None
    inside = known & (event >= first) & (event <= until)
    counted = inside & arrived & (stored <= until)
    cohort, age = (event - first)[counted], np.maximum(stored - event, 0)[counted]
    triangle = _triangle(cohort, age, np.ones(len(cohort)), n)
    waiting = bool((inside & ~labelled).any())
    summed = _label_sums(table)
    of_labels = None if summed is None else _triangle(cohort, age, summed[counted], n)
    rows = np.bincount(event[inside] - first, minlength=n)
    cohorts = _cohorts(first, rows, triangle, of_labels, waiting=waiting)
    late = int(np.count_nonzero(known & labelled & ~counted))
    return Maturity(tuple(cohorts), tuple(curve(triangle).tolist()), triangle, _month(until), late)


TOO_FEW = NotChecked(
    "There are not two complete months of labels with event and storage time.",
    "Log event_time and ingest_time, the time at which the label came in.",
)


def judge_maturity(rows: pa.Table, *, time_zone: str = "UTC") -> Judged | NotChecked:
    """Whether the labels of every month are in; not checked where there are no times or too few months."""
    known = maturity(rows, time_zone=time_zone)
    if known is None:
        return TOO_FEW
    young = [cohort for cohort in known.cohorts if cohort.share < MATURE]
    good = f"At least {percent(MATURE)} of the labels of every month until {known.until} are in."
    return Judged(
        findings=_immature(young, known.cohorts), good=good, numbers={**known.as_json(), "mature_from": MATURE}
    )


def _immature(young: list[Cohort], everyone: tuple[Cohort, ...]) -> list[Finding]:
    if not young:
        return []
    latest = young[::-1]
    named = ", ".join(_sentence(cohort) for cohort in latest[:NAMED])
    more = f", and {len(young) - NAMED} more months" if len(young) > NAMED else ""
    very = sum(cohort.rows for cohort in young if cohort.share < HALF)
    verdict: Literal["warning", "fails"] = "fails" if 2 * very > sum(cohort.rows for cohort in everyone) else "warning"
    return [Finding(verdict, f"Immature: {named}{more}.", "Wait for the labels, or read the completed estimate.")]


def _sentence(cohort: Cohort) -> str:
    said = f"{cohort.month} has {percent(cohort.share)} of labels in"
    if cohort.mean is None or cohort.completed is None:
        return said
    return f"{said} (mean label {cohort.mean:.3g} so far, {cohort.completed:.3g} completed)"


def _cohorts(first: int, rows: Ints, triangle: Floats, of_labels: Floats | None, *, waiting: bool) -> list[Cohort]:
    """A cohort a month with rows. With waiting rows in the table its rows are all the labels that it will have."""
    n = len(rows)
    latest = triangle[np.arange(n), n - 1 - np.arange(n)]
    ultimate = np.maximum(rows, latest) if waiting else chain_ladder(triangle)
    sums = None if of_labels is None else of_labels[np.arange(n), n - 1 - np.arange(n)]
    to_come = None if of_labels is None else chain_ladder(of_labels)
    cohorts = []
    for at in np.flatnonzero(rows).tolist():
        labels, total = float(latest[at]), float(ultimate[at])
        if not labels and not waiting:
            continue
        cohorts.append(
            Cohort(
                month=_month(first + at),
                rows=int(rows[at]),
                labels=int(labels),
                share=labels / total if total else 0.0,
                ultimate=total,
                mean=None if sums is None or not labels else float(sums[at] / labels),
                completed=None if to_come is None or not labels else number(float(to_come[at] / total)),
            )
        )
    return cohorts


def _triangle(cohort: Ints, age: Ints, weight: Floats, n: int) -> Floats:
    """Cumulative sums by cohort and age, (n, n); NaN beyond the diagonal, which is not known yet."""
    cells = np.bincount(cohort * n + age, weights=weight, minlength=n * n).reshape(n, n)
    cumulative = np.cumsum(cells, axis=1)
    return np.where(np.add.outer(np.arange(n), np.arange(n)) < n, cumulative, np.nan)


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


def _label_sums(table: pa.Table) -> Floats | None:
    """Labels as numbers to be summed; None where they are no numbers, or any is negative."""
    if not is_number(table["y_true"]):
        return None
    values = np.nan_to_num(floats(table["y_true"]))
    return None if (values < 0).any() else values


def _month(months_since: int) -> str:
    return str(np.datetime64(months_since - 1970 * 12, "M"))


def _figures(numbers: Numbers) -> list[Figure]:
    cohorts, mature_from = numbers["cohorts"][-MOST_SHOWN:], numbers["mature_from"]
    completed = any(cohort["completed"] is not None for cohort in cohorts)
    heads = ("Month", "Rows", "Labels", "Labels in", *(("Mean so far", "Mean, completed") if completed else ()))
    note = Phrase("Looked at until the end of {}; completed by chain ladder.", (Month(numbers["until"], long=True),))
    lines = (_line(cohort, mature_from, completed=completed) for cohort in reversed(cohorts))
    return table("Months, the newest first", heads, lines, note=note)


def _line(cohort: Numbers, mature_from: float, *, completed: bool) -> Line:
    young = cohort["share"] < mature_from
    cells = (Count(cohort["rows"]), Count(cohort["labels"]), Toned(Share(cohort["share"]), "warn" if young else ""))
    means = tuple(Digits(cohort[which], 4, padded=True) for which in ("mean", "completed")) if completed else ()
    return Line(Month(cohort["month"]), (*cells, *means), marked=young)


MATURITY = CheckKind(
    key="maturity",
    name="Label maturity",
    rule=RULE,
    needs={"times": TOO_FEW, "labels": TOO_FEW},
    run=lambda inputs: judge_maturity(inputs.rows, time_zone=inputs.time_zone),
    figures=_figures,
)
