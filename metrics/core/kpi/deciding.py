"""What a policy does with each row, in parts: the sums of `Decisions` in the making."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints
from metrics.core.draws import SMALL_BUCKETS, bucket_ids, buckets_for
from metrics.core.evaluation.statistics.adding import Adding
from metrics.core.evaluation.statistics.container import packed, unpacked
from metrics.core.evaluation.statistics.histogram import CellsAdding
from metrics.core.evaluation.statistics.in_process import InProcess
from metrics.core.evaluation.statistics.jobs import Engine, Measured
from metrics.core.kpi.decisions import CellName, CellValue, Decisions, acts
from metrics.core.late import pa
from metrics.core.rows.buffers import numbers
from metrics.core.rows.groups import MAX_GROUPS, WHOLE, WHOLE_COLUMN
from metrics.core.rows.labelled import Labelled, naming
from metrics.core.rows.reading import TableRows
from metrics.core.rows.table import segment_columns

Labels = Literal["observed", "predicted"]


def decide(
    table: pa.Table,
    *,
    points: Mapping[CellName, CellValue],
    threshold: Mapping[str, Any],
    segments: Sequence[str] | None = None,
    n_groups: int = MAX_GROUPS,
    n_buckets: int | None = None,
    time_zone: str = "UTC",
    labels: Labels = "observed",
) -> Decisions:
    """Apply a policy to the labelled rows of a canonical table (those of weight 0 apart, where it has weights).

    threshold: {"kind": "fixed", "at": t}: act iff score > t, strictly; {"kind": "per_row"}: act iff
    p·(v_tp − v_fn) + (1−p)·(v_fp − v_tn) > 0 with the row's own amounts (Elkan 2001; p > t where acting on a
    positive gains and acting on a negative loses); {"kind": "best", "even": t, "odd": t}: the threshold for the rows
    of even and of odd buckets, each chosen on the other half, so that no row is scored by what it helped to choose.
    segments: columns to group by, the table's own where None: at most n_groups names each, those with most rows, the
    rest under OTHER. Calendar months of event_time, in `time_zone`, are groups of the column MONTH.
    n_buckets: fixed by the caller where one is needed; else as the number of labelled rows asks. labels: "predicted"
    counts a labelled row with probability p as p of a positive and 1 − p of a negative, whatever its label, so that
    money of these sums is what the model itself expects.
    Raises ValueError for a column that is missing or has empty amounts, and for an unknown threshold.
    """
    return decide_on(
        InProcess(TableRows(table)),
        points=points,
        threshold=threshold,
        segments=segments,
        n_groups=n_groups,
        n_buckets=n_buckets,
        time_zone=time_zone,
        labels=labels,
    )


def decide_on(
    engine: Engine,
    *,
    points: Mapping[CellName, CellValue],
    threshold: Mapping[str, Any],
    segments: Sequence[str] | None = None,
    n_groups: int = MAX_GROUPS,
    n_buckets: int | None = None,
    time_zone: str = "UTC",
    labels: Labels = "observed",
) -> Decisions:
    """`decide` of the rows of an engine."""
    schema = engine.schema
    columns = tuple(sorted({cell.column for cell in points.values() if cell.column is not None}))
    for column in (*columns, *(segment_columns(schema.empty_table()) if segments is None else segments)):
        if column not in schema.names:
            raise ValueError(f"the rows have no column {column!r}")
    names = naming(schema, segments=segments, time_zone=time_zone, weighted=False)
    if names.columns:
        engine.name(names)
    groupings = dict(sorted(names.groupings(most=n_groups).items()))
    unit = "cluster_id" if "cluster_id" in schema.names else "example_id"
    weight = ["weight"] if "weight" in schema.names else []
    read = dict.fromkeys([unit, "y_true", "y_score", *weight, *columns, *names.columns])
    groups = [WHOLE, *((column, name) for column, one in groupings.items() for name in one.names)]
    sizes = {WHOLE_COLUMN: 1} | {column: len(one.names) for column, one in groupings.items()}
    policy = Policy(points, threshold, columns, labels)
    deciding = Deciding(policy, sizes, unit=unit, n_buckets=n_buckets)
    engine.over(Measured(groupings, list(read)), [deciding])
    return deciding.decisions(tuple(groups))


@dataclass(frozen=True)
class Policy:
    """As `decide` is asked. columns: the amounts in use, ascending."""

    points: Mapping[CellName, CellValue]
    threshold: Mapping[str, Any]
    columns: tuple[str, ...]
    labels: Labels


@dataclass(frozen=True, eq=False)
class _Decided:
    """What a block adds: cells (n,) as bucket, truth and decision, and sums (n,) each, once or twice."""

    rows: int
    unlabelled: int
    groups: list[Ints]
    bucket: Ints
    parts: list[tuple[Ints, list[Floats]]]
    amounts: list[Floats]
    bad: list[int]


class Deciding:
    """A part: the sums of a policy over labelled rows, by group, bucket, truth and decision; exact until the end.

    n_buckets: where it is fixed; else as the number of rows asks.
    """

    def __init__(self, policy: Policy, sizes: Mapping[str, int], *, unit: str, n_buckets: int | None) -> None:
        self.columns: list[str] = []
        self._policy, self._unit, self._fixed = policy, unit, n_buckets is not None
        self._starts = np.cumsum([0, *sizes.values()])
        self._buckets = n_buckets or SMALL_BUCKETS
        self._hashed = self._buckets
        self._rows = self._unlabelled = 0
        shape = (int(self._starts[-1]), self._buckets, 2, 2)
        self._sums = Adding(shape, counted=False, exact=1 + len(policy.columns))
        self._spread = [CellsAdding("relative", 1) for _ in policy.columns]
        self._bad = [0] * len(policy.columns)

    def prepare(self, rows: Labelled) -> _Decided:
        table, policy = rows.table, self._policy
        amounts = [numbers(table[column]) for column in policy.columns]
        bad = [int(np.count_nonzero(~np.isfinite(amount))) for amount in amounts]
        amounts = [np.where(np.isfinite(amount), amount, 0.0) for amount in amounts]
        score = numbers(table["y_score"])
        bucket = bucket_ids(table[self._unit], self._hashed).astype(np.int64)
        named = dict(zip(policy.columns, amounts, strict=True))
        acted = acts(score, named, bucket, points=policy.points, threshold=policy.threshold).astype(np.int64)
        truth = numbers(table["y_true"]).astype(np.int64)
        weights = [rows.weight, *(amount * rows.weight for amount in amounts)]
        parts = [(truth * 2 + acted, weights)]
        if policy.labels == "predicted":
            shares = ((1, score), (0, 1 - score))
            parts = [(label * 2 + acted, [one * share for one in weights]) for label, share in shares]
        groups = [start + codes for start, codes in zip(self._starts.tolist(), rows.columns.values(), strict=False)]
        unlabelled = int(rows.unlabelled[WHOLE_COLUMN].sum())
        return _Decided(table.num_rows, unlabelled, groups, bucket, parts, amounts, bad)

    def add(self, decided: _Decided) -> None:
        self._rows += decided.rows
        self._unlabelled += decided.unlabelled
        self._bad = [count + more for count, more in zip(self._bad, decided.bad, strict=True)]
        self._fold()
        for group in decided.groups:
            cell = (group * self._buckets + decided.bucket % self._buckets) * 4
            for outcome, weights in decided.parts:
                self._sums.add(cell + outcome, weights)
        for spread, amount in zip(self._spread, decided.amounts, strict=True):
            spread.add(amount, [np.ones(len(amount))])

    def state(self) -> bytes:
        """As bytes; the same rows, in whatever order and parts, give the same."""
        header = {
            "kind": "deciding",
            "n_buckets": self._buckets,
            "rows": self._rows,
            "unlabelled": self._unlabelled,
            "bad": self._bad,
        }
        arrays: list[NDArray[Any]] = self._sums.arrays()
        for spread in self._spread:
            arrays += spread.arrays()
        return packed(header, arrays)

    def merge_state(self, content: bytes) -> None:
        """Add what `state` gave of other rows, made alike. Raises ContainerError."""
        header, arrays = unpacked(content)
        self._rows += header["rows"]
        self._unlabelled += header["unlabelled"]
        self._bad = [count + more for count, more in zip(self._bad, header["bad"], strict=True)]
        self._fold()
        sums, rest = self._sums, arrays[self._sums.width :]
        shape = (sums.shape[0], header["n_buckets"], 2, 2)
        other = Adding(shape, counted=False, exact=sums.exact)
        other.merge_arrays(arrays[: sums.width])
        sums.merge(_folded(other, self._buckets))
        for spread in self._spread:
            spread.merge_arrays(rest[:4])
            rest = rest[4:]

    def decisions(self, groups: tuple[tuple[str, str], ...]) -> Decisions:
        """The sums. Raises ValueError where a row has no finite amount."""
        columns = self._policy.columns
        for column, bad in zip(columns, self._bad, strict=True):
            if bad:
                raise ValueError(f"column {column!r} has no finite value in {bad} rows")
        tally = self._sums.tally()
        held = np.asarray((tally.sums != 0).any(axis=1))
        group, bucket, truth, decision = (side[held] for side in tally.places())
        buckets = np.unique(bucket)
        keys = ((group * len(buckets) + np.searchsorted(buckets, bucket)) * 2 + truth) * 2 + decision
        return Decisions(
            n_buckets=self._buckets,
            columns=columns,
            groups=groups,
            buckets=buckets,
            keys=keys,
            sums=tally.sums[held],
            n_labelled=self._rows,
            n_unlabelled=self._unlabelled,
            amounts={column: spread.cells() for column, spread in zip(columns, self._spread, strict=True)},
        )

    def _fold(self) -> None:
        if not self._fixed and buckets_for(self._rows) != self._buckets:
            self._buckets = buckets_for(self._rows)
            self._sums = _folded(self._sums, self._buckets)


def _folded(sums: Adding, n_buckets: int) -> Adding:
    if sums.shape[1] == n_buckets:
        return sums
    shape = (sums.shape[0], n_buckets, 2, 2)
    return sums.folded(shape, lambda places: (places[0], places[1] % n_buckets, *places[2:]))
