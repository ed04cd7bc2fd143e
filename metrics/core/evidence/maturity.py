"""Label maturity: how many of a month's labels are in, and what the month will come to when all are.

Labels come late, and late ones may differ: a month looked at early is not comparable with an old one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.evidence.arrivals import Arrivals, arrivals, buckets_of, latest, month_name, resampled, ultimates
from metrics.core.evidence.chain_ladder import chain_ladder, curve
from metrics.core.evidence.check import Finding, Judged, NotChecked, Numbers, number, percent
from metrics.core.evidence.figures import Count, Digits, Figure, Line, Month, Phrase, Share, Toned, table
from metrics.core.evidence.kind import CheckKind
from metrics.core.late import pa

MATURE = 0.9
HALF = 0.5
NAMED = 3
MOST_SHOWN = 36
LEAST_NEVER = 0.001

RULE = (
    "Warning: a month with under 90 % of its labels in; fails: over half of the rows lie in months with under 50 % in. "
    "Shares are of the labels that will be, by chain ladder: rows that never have one are none of them."
)


@dataclass(frozen=True)
class Cohort:
    """A month of events: its rows, labels in, share of all its labels, and the completed estimate.

    ultimate: labels once all are in, which rows that never have one are none of. mean: mean label so far; completed:
    mean label once all are in, None where labels are no numbers of 0 or more, or the chain ladder has nothing to go by.
    """

    month: str
    rows: int
    labels: int
    share: float
    ultimate: float
    mean: float | None
    completed: float | None


@dataclass(frozen=True)
class Never:
    """Share of the rows that never have a label, as far as the delays seen so far tell, and its 95 % band."""

    point: float
    low: float | None
    high: float | None


@dataclass(frozen=True, eq=False)
class Maturity:
    """Cohorts in the order of months, and the curve: share of all labels that are in by age in months (0 = same).

    never: None where every row of the table has a label.
    """

    cohorts: tuple[Cohort, ...]
    curve: tuple[float, ...]
    triangle: Floats
    until: str
    left_out: int
    never: Never | None = None

    def as_json(self) -> dict[str, Any]:
        triangle = [[number(cell) for cell in row] for row in self.triangle.tolist()]
        never = None if self.never is None else vars(self.never)
        cohorts = [vars(cohort) for cohort in self.cohorts]
        return {**vars(self), "cohorts": cohorts, "triangle": triangle, "never": never}


def maturity(table: pa.Table, *, time_zone: str = "UTC", seed: int = 0) -> Maturity | None:
    """Maturity of the labels of canonical rows; None where `arrivals` cannot be told."""
    known = arrivals(table, time_zone=time_zone)
    if known is None:
        return None
    triangle = known.triangle()
    cohorts = tuple(_cohorts(known, triangle))
    never = _never(known, table, seed) if known.waiting else None
    shares = tuple(curve(triangle).tolist())
    return Maturity(cohorts, shares, triangle, month_name(known.until), known.left_out, never)


def _never(known: Arrivals, table: pa.Table, seed: int) -> Never | None:
    """Share of the rows that never have a label, with its band by resampling buckets of rows."""
    rows = known.rows.astype(np.float64)
    point = 1 - float(ultimates(known.triangle(), rows, waiting=True).sum() / rows.sum())
    found = resampled(known, *buckets_of(table), seed=seed)
    if found is None:
        return Never(point, None, None)
    low, high = np.quantile(1 - found.ultimate.sum(axis=-1) / found.rows.sum(axis=-1), [0.025, 0.975])
    return Never(point, float(low), float(high))


TOO_FEW = NotChecked(
    "There are not two complete months of labels with event and storage time.",
    "Log event_time and ingest_time, the time at which the label came in.",
)


def judge_maturity(rows: pa.Table, *, time_zone: str = "UTC", seed: int = 0) -> Judged | NotChecked:
    """Whether the labels of every month are in; not checked where there are no times or too few months."""
    known = maturity(rows, time_zone=time_zone, seed=seed)
    if known is None:
        return TOO_FEW
    young = [cohort for cohort in known.cohorts if cohort.share < MATURE]
    good = f"At least {percent(MATURE)} of the labels of every month until {known.until} are in."
    return Judged(
        findings=[*_immature(young, known.cohorts), *_mostly_never(known.never)],
        good=good,
        numbers={**known.as_json(), "mature_from": MATURE},
        also=_never_words(known.never),
    )


def _mostly_never(never: Never | None) -> list[Finding]:
    if never is None or never.point <= HALF:
        return []
    remedy = "See whether labels stopped coming in, or only chosen rows are labelled: figures are of those that are."
    return [Finding("warning", "Over half of the rows seem never to be labelled.", remedy)]


def _never_words(never: Never | None) -> str:
    """How many rows never have a label; figures are of those that have."""
    if never is None or never.point < LEAST_NEVER:
        return ""
    band = "" if never.low is None or never.high is None else f" ({percent(never.low)} to {percent(never.high)})"
    return f" As delays so far tell, {percent(never.point)} of the rows{band} never have a label, and count as neither."


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


def _cohorts(known: Arrivals, triangle: Floats) -> Iterator[Cohort]:
    """A cohort a month with rows."""
    rows = known.rows
    labels, ultimate = latest(triangle), ultimates(triangle, rows.astype(np.float64), waiting=known.waiting)
    of_labels = None if known.label is None else known.triangle(of_labels=True)
    for at in np.flatnonzero(rows).tolist():
        count, total = float(labels[at]), float(ultimate[at])
        if not count and not known.waiting:
            continue
        mean = completed = None
        if of_labels is not None and count:
            mean = float(latest(of_labels)[at] / count)
            completed = number(min(float(chain_ladder(of_labels)[at] / total), known.most))
        yield Cohort(
            month=month_name(known.first + at),
            rows=int(rows[at]),
            labels=int(count),
            share=count / total if total else 0.0,
            ultimate=total,
            mean=mean,
            completed=completed,
        )


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
    run=lambda inputs: judge_maturity(inputs.rows, time_zone=inputs.time_zone, seed=inputs.seed),
    figures=_figures,
)
