"""Revenue at risk by cause: what trouble in the data would do to the value per case that money is planned with.

The value per case is a mean over labelled rows, of the money of a decision on each; any other value is asked again
(`revaluing`). Each cause moves it in a way of its own, everything else as it is:

recent    the last three months alone instead of all rows: what every cause together has done lately
drift     the mix of one column (feature, score, segment, label) as in the last three months, the value in each bin as
          measured: Σ (share lately − share measured) · value in the bin
maturity  the share of positive labels that chain ladder completes the months to: (π completed − π so far) · (v1 − v0)
labels    the labels that labelers dispute, drawn again from their posterior: no change expected, only spread

Money per row is at the points of the assumptions, decisions are those of the policy. Bands resample buckets of rows, as
everywhere. Causes overlap (a column's mix may be why the label's mix moved): they are ranked, never added up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints
from metrics.core.draws import bucket_ids, bucket_weights, buckets_for
from metrics.core.evaluation.statistics.bootstrap import widening
from metrics.core.evidence.cbpe import Policy
from metrics.core.evidence.columns import floats, shown
from metrics.core.evidence.labels import label_noise
from metrics.core.kpi.decisions import CELLS, CellName, CellValue, acts
from metrics.core.kpi.matrix import Baseline
from metrics.core.late import pa
from metrics.core.revenue.lately import LABEL, LEAST_RECENT, RECENT, bins, columns, lately, outcomes_to_come

CauseKey = Literal["recent", "drift", "maturity", "labels"]
CAUSES: tuple[CauseKey, ...] = get_args(CauseKey)

LEVEL = 0.8
ONE_BLOCK = "all rows are of one cluster, so that nothing tells how it varies"
NO_DRAW = "no resample of the rows has a value"
NOT_VALUED = "the value cannot be told of the rows as they would be then"


@dataclass(frozen=True, kw_only=True)
class Cause:
    """What one cause does to the value per case.

    name: the column, "" where the cause has none. change: per case, in money; low, high: its band at LEVEL, None where
    it has none, why: the reason. facts: what a sentence about it needs.
    """

    key: CauseKey
    name: str
    change: float
    low: float | None
    high: float | None
    facts: Mapping[str, Any]
    why: str = ""

    @property
    def at_risk(self) -> float:
        """Money per case that the lower end of the band would take away, 0 where it takes none or is not known."""
        return 0.0 if self.low is None else max(0.0, -self.low)

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))


def ranked(causes: Iterable[Cause]) -> list[Cause]:
    """The one that may cost most first; those without a band last, for nobody knows what they may cost."""
    return sorted(causes, key=lambda cause: (cause.low is None, -cause.at_risk, cause.key, cause.name))


@dataclass(frozen=True, eq=False)
class _Rows:
    """Labelled rows first of all: truth, gain if the label is 1 and if it is 0, bucket, and which are recent."""

    table: pa.Table
    labelled: NDArray[np.bool_]
    recent: NDArray[np.bool_]
    weight: Floats
    if_one: Floats
    if_zero: Floats
    bucket: Ints
    n_buckets: int
    until: str

    @property
    def gain(self) -> Floats:
        """Money of each row against the baseline; 0 where it has no label, which no mean counts."""
        truth = np.nan_to_num(floats(self.table[LABEL]))
        return np.where(self.labelled, np.where(truth > 0, self.if_one, self.if_zero), 0.0)


def at_risk(
    table: pa.Table,
    *,
    points: Mapping[CellName, CellValue],
    threshold: Mapping[str, Any],
    baseline: Baseline,
    seed: int,
    votes: pa.Table | None = None,
    time_zone: str = "UTC",
) -> list[Cause]:
    """The causes that these rows tell of, the one that may cost most first.

    table: canonical rows of a binary run; points, threshold: as for `decide`, chosen already. Without times, with fewer
    than six months, or with fewer than 100 labelled rows in the last three, nothing is said of recent months; without
    storage times nothing of maturity; without votes nothing of labels. [] without labelled rows. Raises ValueError for
    an amount that is missing.
    """
    rows = _read(table, points=points, threshold=threshold, baseline=baseline, time_zone=time_zone)
    if not rows.labelled.any():
        return []
    found: list[Cause] = []
    if (rows.recent & rows.labelled).sum() >= LEAST_RECENT:
        found += [_recent(rows, seed), *(_mix(rows, name, seed) for name in columns(table))]
    found += [*_maturity(rows, seed, time_zone), *_labels(rows, votes, seed)]
    return ranked(found)


def _read(
    table: pa.Table,
    *,
    points: Mapping[CellName, CellValue],
    threshold: Mapping[str, Any],
    baseline: Baseline,
    time_zone: str,
) -> _Rows:
    weight = floats(table["weight"]) if "weight" in table.column_names else np.ones(table.num_rows)
    labelled = table[LABEL].is_valid().to_numpy() & (weight > 0)
    n_buckets = buckets_for(int(labelled.sum()))
    id_column = "cluster_id" if "cluster_id" in table.column_names else "example_id"
    bucket = bucket_ids(table[id_column], n_buckets).astype(np.int64)
    policy = gains(table, bucket, points=points, threshold=threshold, baseline=baseline)
    assert policy.if_one is not None
    assert policy.if_zero is not None
    recent, until = lately(table, time_zone)
    return _Rows(
        table=table,
        labelled=labelled,
        recent=recent & (weight > 0),
        weight=weight,
        if_one=policy.if_one,
        if_zero=policy.if_zero,
        bucket=bucket,
        n_buckets=n_buckets,
        until=until,
    )


def gains(
    table: pa.Table,
    bucket: Ints,
    *,
    points: Mapping[CellName, CellValue],
    threshold: Mapping[str, Any],
    baseline: Baseline,
) -> Policy:
    """What is done with each row, and its money against the baseline if its label is 1 and if it is 0."""
    amounts = {column: _amount(table, column) for column in {points[cell].column for cell in CELLS} if column}
    money = {cell: _money(points[cell], amounts, table.num_rows) for cell in CELLS}
    acted = acts(floats(table["y_score"]), amounts, bucket, points=points, threshold=threshold)
    one, zero = np.where(acted, money["tp"], money["fn"]), np.where(acted, money["fp"], money["tn"])
    if baseline == "none":
        return Policy(acted, one, zero)
    if baseline == "act_on_none":
        return Policy(acted, one - money["fn"], zero - money["tn"])
    return Policy(acted, one - money["tp"], zero - money["fp"])


def _amount(table: pa.Table, column: str) -> Floats:
    if column not in table.column_names:
        raise ValueError(f"the rows have no column {column!r}")
    return np.nan_to_num(floats(table[column]))


def _money(cell: CellValue, amounts: Mapping[str, Floats], n: int) -> Floats:
    flat = np.full(n, float(cell.base))
    return flat if cell.column is None else flat + float(cell.rate) * amounts[cell.column]


def _recent(rows: _Rows, seed: int) -> Cause:
    measured, lately = rows.labelled * rows.weight, (rows.recent & rows.labelled) * rows.weight
    everywhere = np.zeros(len(rows.bucket), dtype=np.int64)
    sums = _summed(rows, everywhere, 1, [measured, rows.gain * measured, lately, rows.gain * lately])

    def change(s: Floats) -> Floats:
        return np.asarray(s[..., 0, 3] / s[..., 0, 2] - s[..., 0, 1] / s[..., 0, 0])

    facts = {"months": RECENT, "until": rows.until, "rows": int((rows.recent & rows.labelled).sum())}
    return _cause("recent", "", sums, change, rows, seed, facts)


def _mix(rows: _Rows, name: str, seed: int) -> Cause:
    """The mix of a column as lately, the value in each of its bins as measured on all labelled rows."""
    at, labels = bins(rows.table, name)
    measured = rows.labelled & (at >= 0)
    lately = rows.recent & (at >= 0)
    place = np.maximum(at, 0)
    sums = _summed(
        rows,
        place,
        len(labels),
        [measured * rows.weight, rows.gain * measured * rows.weight, lately * rows.weight],
    )

    def change(s: Floats) -> Floats:
        n, money, recent = s[..., 0], s[..., 1], s[..., 2]
        overall = money.sum(axis=-1, keepdims=True) / n.sum(axis=-1, keepdims=True)
        value = np.where(n > 0, money / np.where(n > 0, n, 1), overall)
        share = recent / recent.sum(axis=-1, keepdims=True) - n / n.sum(axis=-1, keepdims=True)
        return np.asarray((share * value).sum(axis=-1))

    total = sums.sum(axis=0)
    moved = total[:, 2] / total[:, 2].sum() - total[:, 0] / total[:, 0].sum()
    most = 1 if name == LABEL else int(np.abs(moved).argmax())
    facts = {
        "until": rows.until,
        "bin": labels[most],
        "share": float(total[most, 0] / total[:, 0].sum()),
        "lately": float(total[most, 2] / total[:, 2].sum()),
    }
    return _cause("drift", shown(name), sums, change, rows, seed, facts)


def _maturity(rows: _Rows, seed: int, time_zone: str) -> list[Cause]:
    coming = outcomes_to_come(rows.table, time_zone, bucket=rows.bucket, n_buckets=rows.n_buckets, seed=seed)
    if coming is None:
        return []
    so_many = coming.completed - coming.so_far
    truth = np.nan_to_num(floats(rows.table[LABEL])).astype(np.int64)
    sums = _summed(rows, truth, 2, [rows.labelled * rows.weight, rows.gain * rows.labelled * rows.weight])

    def change(s: Floats) -> Floats:
        value = s[..., 1] / np.where(s[..., 0] > 0, s[..., 0], np.nan)
        more = so_many if value.ndim == 1 or coming.more is None else coming.more
        return np.asarray(more * (value[..., 1] - value[..., 0]))

    cause = _cause("maturity", "", sums, change, rows, seed, coming.facts)
    return [cause] if np.isfinite(cause.change) else []


def _labels(rows: _Rows, votes: pa.Table | None, seed: int) -> list[Cause]:
    if votes is None:
        return []

    def mean(table: pa.Table) -> dict[str, float]:
        truth, counted = floats(table[LABEL]), rows.labelled * rows.weight
        gain = np.where(np.nan_to_num(truth) > 0, rows.if_one, rows.if_zero)
        return {"value": float((gain * counted).sum() / counted.sum())}

    moved = label_noise(rows.table, votes, seed=seed, evaluate=mean).get("value")
    if moved is None or not len(moved):
        return []
    low, high = np.quantile(moved, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return [Cause(key="labels", name="", change=0.0, low=float(low), high=float(high), facts={"redraws": len(moved)})]


def _summed(rows: _Rows, at: Ints, n_bins: int, columns: list[Floats]) -> Floats:
    """Sums per bucket and bin, (buckets present, n_bins, columns)."""
    present, place = np.unique(rows.bucket, return_inverse=True)
    index, size = place * n_bins + at, len(present) * n_bins
    parts = [np.bincount(index, weights=column, minlength=size).reshape(len(present), n_bins) for column in columns]
    return np.stack(parts, axis=2)


def _cause(
    key: CauseKey, name: str, sums: Floats, change: Any, rows: _Rows, seed: int, facts: Mapping[str, Any]
) -> Cause:
    """The change at the point and its band over draws of the buckets; none where too few rows leave no draws."""
    point = float(change(sums.sum(axis=0)))
    if len(sums) < 2:
        return Cause(key=key, name=name, change=point, low=None, high=None, facts=facts, why=ONE_BLOCK)
    weights = np.asarray(bucket_weights(seed, rows.n_buckets, columns=np.unique(rows.bucket)), dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = change((weights @ sums.reshape(len(sums), -1)).reshape(-1, *sums.shape[1:]))
    drawn = point + widening(len(sums)) * (drawn[np.isfinite(drawn)] - point)
    if not len(drawn):
        return Cause(key=key, name=name, change=point, low=None, high=None, facts=facts, why=NO_DRAW)
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Cause(key=key, name=name, change=point, low=float(low), high=float(high), facts=facts)
