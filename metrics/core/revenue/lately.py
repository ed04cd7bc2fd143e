"""What the rows of the last months are, which columns may have another mix in them, and which outcomes are to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evidence.arrivals import Arrivals, arrivals, resampled
from metrics.core.evidence.columns import codes, features, floats, is_number, month_codes, segments
from metrics.core.evidence.distances import Bins
from metrics.core.evidence.maturity import maturity
from metrics.core.late import pa
from metrics.core.rows.table import task_of

RECENT = 3  # months
LEAST_MONTHS = 6
LEAST_RECENT = 100  # labelled rows of the last months
MOST_BINS = 50
LABEL = "y_true"
GIVEN = ("y_score", "y_pred")


def lately(table: pa.Table, time_zone: str) -> tuple[NDArray[np.bool_], str]:
    """Rows of the last three months, and the last of these; none where fewer than six months are there."""
    nothing = np.zeros(table.num_rows, dtype=np.bool_)
    if "event_time" not in table.column_names:
        return nothing, ""
    names, at = month_codes(table["event_time"], time_zone)
    if len(names) < LEAST_MONTHS:
        return nothing, ""
    return at >= len(names) - RECENT, names[-1]


def not_known(table: pa.Table, votes: pa.Table | None, time_zone: str) -> dict[str, str]:
    """Kind of cause → why these rows tell nothing of it; kinds that they tell of are left out."""
    why = {}
    if lacking := _why_not_lately(table, time_zone):
        why["recent"] = why["drift"] = lacking
    if not TASKS[task_of(table)].two_outcomes:
        why["maturity"] = "it is told of cases with two outcomes, and these have others"
    elif arrivals(table, time_zone=time_zone) is None:
        why["maturity"] = "the rows do not say, for two full months or more, when each outcome became known"
    if votes is None:
        why["labels"] = "no second opinions on the labels were sent"
    return why


def _why_not_lately(table: pa.Table, time_zone: str) -> str:
    if "event_time" not in table.column_names:
        return "the rows do not say when each case was"
    months = len(month_codes(table["event_time"], time_zone)[0])
    if months < LEAST_MONTHS:
        return f"the rows are of {months} month{'' if months == 1 else 's'}, and {LEAST_MONTHS} are needed"
    recent, _ = lately(table, time_zone)
    known = int((recent & table[LABEL].is_valid().to_numpy()).sum())
    if known < LEAST_RECENT:
        return f"{known} outcomes of the last {RECENT} months are known, and {LEAST_RECENT} are needed"
    return ""


def columns(table: pa.Table) -> list[str]:
    """Features, segments, what the model said, and the label."""
    return [name for name in (*features(table), *segments(table), *GIVEN, LABEL) if name in table.column_names]


def bins(table: pa.Table, name: str, most: int = MOST_BINS) -> tuple[Ints, list[str]]:
    """Bin of each row and the bins' names: those of PSI of a number, categories of a text; -1 where it is empty.

    The label of two outcomes is itself. most: categories by name, the others being one more.
    """
    column = table[name]
    if not is_number(column):
        texts, at = codes(column)
        return _most_frequent(texts, at, most)
    values = floats(column)
    if name == LABEL and TASKS[task_of(table)].two_outcomes:
        return np.where(np.isfinite(values), np.nan_to_num(values), -1).astype(np.int64), ["negative", "positive"]
    known = np.isfinite(values)
    made = Bins.of(np.sort(values[known]))
    at = np.where(known, made.place(np.nan_to_num(values)), -1)
    return at.astype(np.int64), made.names


def _most_frequent(texts: list[str], at: Ints, most: int) -> tuple[Ints, list[str]]:
    counts = np.bincount(at[at >= 0], minlength=len(texts))
    kept = sorted(range(len(texts)), key=lambda one: (-counts[one], texts[one]))[:most]
    place = np.full(len(texts) + 1, len(kept), dtype=np.int64)
    place[kept], place[-1] = np.arange(len(kept)), -1
    return place[at], [*(texts[one] for one in kept), "others"]


@dataclass(frozen=True, eq=False)
class ToCome:
    """arrived: share of all labels that are in. so_far, completed: share of positives now, and once all are in.

    never: share of rows that never have a label. more: completed less so far in each draw, (K,); None where nothing can
    be resampled.
    """

    arrived: float
    so_far: float
    completed: float
    never: float
    more: Floats | None

    @property
    def facts(self) -> dict[str, Any]:
        return {"in": self.arrived, "so_far": self.so_far, "completed": self.completed, "never": self.never}


def outcomes_to_come(table: pa.Table, time_zone: str, *, bucket: Ints, n_buckets: int, seed: int) -> ToCome | None:
    """What chain ladder completes the months of a table of two outcomes to; None where it cannot be told.

    bucket, n_buckets, seed: what is resampled, as for the value that this moves.
    """
    told, known = maturity(table, time_zone=time_zone, seed=seed), arrivals(table, time_zone=time_zone)
    if told is None or known is None:
        return None
    whole = [cohort for cohort in told.cohorts if cohort.completed is not None]
    expected = sum(cohort.ultimate for cohort in whole)
    if not whole or expected <= 0:
        return None
    completed = sum(cohort.ultimate * (cohort.completed or 0.0) for cohort in whole) / expected
    labels = sum(cohort.labels for cohort in whole)
    so_far = sum(cohort.labels * (cohort.mean or 0.0) for cohort in whole) / labels if labels else completed
    never = round(told.never.point, 3) if told.never else 0.0
    return ToCome(labels / expected, so_far, completed, never, _more(known, bucket, n_buckets, seed))


def _more(known: Arrivals, bucket: Ints, n_buckets: int, seed: int) -> Floats | None:
    """Share of positives once all labels are in, less that so far, over the cohorts that have labels; (K,)."""
    drawn = resampled(known, bucket, n_buckets, seed=seed)
    if drawn is None:
        return None
    some = drawn.labels > 0
    labels, ultimate, so_far, completed = (
        np.where(some, column, 0).sum(axis=-1)
        for column in (drawn.labels, drawn.ultimate, drawn.so_far, drawn.completed)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        more = completed / ultimate - so_far / labels
    return np.where(np.isfinite(more), more, 0.0)
