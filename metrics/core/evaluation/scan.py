"""From canonical rows to the evaluation cube, in one vectorised pass.

One sort by score serves all: each column of groups then needs only a stable sort of small integers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from metrics.core.draws import bucket_ids, buckets_for
from metrics.core.evaluation.cube import (
    BINS,
    GROUP_BINS,
    MAX_GROUPS,
    MAX_LEVELS,
    MAX_MONTHS,
    MISSING,
    MONTH,
    OTHER,
    SCORE_BINS,
    Breakdown,
    Cube,
    kept_groups,
)
from metrics.core.evaluation.ranking import TOP_POSITIVES, Tie, ranking
from metrics.core.evaluation.tally import Floats, Ints, Tally


class RowsError(ValueError):
    """The table is not in the canonical form; the message names the column."""


def scan(
    table: pa.Table,
    *,
    segments: Sequence[str] | None = None,
    amounts: Sequence[str] | None = None,
    time_zone: str = "UTC",
    edges: Floats | None = None,
) -> Cube:
    """The evaluation cube of a table of canonical rows (example_id, y_true with null = not labelled, y_score, …).

    segments, amounts: columns to break down by and to sum; by default those the table's metadata lists.
    Months are those of event_time in `time_zone`, as the column "month". Rows are resampled by cluster_id where the
    table has one, else by example_id. `weight`, where present, multiplies every sum. edges: inner edges to bin by
    instead of this table's own quantiles, so that the cubes of several tables add. Raises RowsError.
    """
    segments = _listed(table, b"segments") if segments is None else segments
    amounts = _listed(table, b"amounts") if amounts is None else amounts
    rows = _labelled(table)
    n_buckets = buckets_for(len(rows.label))
    sums, left_out = _amounts(rows.table, amounts)
    inner = quantile_edges(rows.score) if edges is None else np.asarray(edges, dtype=np.float64)
    measured = _Measured.of(rows, inner, n_buckets)
    whole = measured.breakdown(Groups(("",), np.zeros(table.num_rows, dtype=np.int64)), tuple(sums.values()))
    laddered = len(measured.levels) <= MAX_LEVELS
    return Cube(
        n_buckets=n_buckets,
        edges=inner,
        levels=measured.levels if laddered else np.zeros(0),
        laddered=laddered,
        amounts=tuple(sums),
        whole=whole,
        columns={name: measured.breakdown(groups) for name, groups in _columns(table, segments, time_zone).items()},
        left_out=left_out,
    )


def quantile_edges(scores: NDArray[Any]) -> Floats:
    """At most 255 inner edges, each a score that occurs, so that about as many rows lie in each of 256 bins.

    With 256 distinct scores or fewer each has a bin of its own, and binned figures are exact.
    """
    distinct = np.unique(np.asarray(scores, dtype=np.float64))
    if len(distinct) <= BINS:
        return distinct[:-1]
    ranked = np.sort(np.asarray(scores, dtype=np.float64))
    at = np.ceil(np.arange(1, BINS) * len(ranked) / BINS).astype(np.int64) - 1
    edges = np.unique(ranked[at])
    return np.asarray(edges[edges < ranked[-1]])


@dataclass(frozen=True)
class Groups:
    """Group of every row of the table, labelled or not."""

    names: tuple[str, ...]
    codes: Ints


@dataclass(frozen=True, eq=False)
class _Rows:
    """The labelled rows with a weight as arrays, and which rows of the table they are."""

    table: pa.Table
    kept: Ints
    unlabelled: NDArray[np.bool_]
    label: Ints
    score: NDArray[Any]
    weight: Floats


def _labelled(table: pa.Table) -> _Rows:
    for name in ("example_id", "y_true", "y_score"):
        if name not in table.column_names:
            raise RowsError(f"column {name} is missing")
    truth = _numbers(table, "y_true", empty=np.nan)
    unlabelled = np.isnan(truth)
    score = table["y_score"].to_numpy()
    if score.dtype.kind != "f":
        raise RowsError("column y_score does not hold floating-point numbers")
    if not bool(((score >= 0) & (score <= 1)).all()):
        raise RowsError("column y_score holds values that are empty or outside 0 to 1")
    if not bool((unlabelled | (truth == 0) | (truth == 1)).all()):
        raise RowsError("column y_true holds values other than 0 and 1")
    weight = _numbers(table, "weight", empty=np.nan) if "weight" in table.column_names else np.ones(len(truth))
    if not bool((np.isfinite(weight) & (weight >= 0)).all()):
        raise RowsError("column weight holds values that are empty, negative or not finite")
    kept = np.flatnonzero(~unlabelled & (weight > 0))
    return _Rows(table.take(kept), kept, unlabelled, truth[kept].astype(np.int64), score[kept], weight[kept])


def _numbers(table: pa.Table, name: str, *, empty: float) -> Floats:
    column = pc.fill_null(table[name].cast(pa.float64()), empty)
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _amounts(table: pa.Table, names: Sequence[str]) -> tuple[dict[str, Floats], dict[str, str]]:
    """Amount columns of the labelled rows, and why others cannot be summed."""
    sums: dict[str, Floats] = {}
    left_out: dict[str, str] = {}
    for name in names:
        values = _numbers(table, name, empty=np.nan)
        bad = int(np.count_nonzero(~np.isfinite(values)))
        if bad:
            left_out[name] = f"{bad} labelled rows have no finite {name}"
        else:
            sums[name] = values
    return sums, left_out


def _listed(table: pa.Table, key: bytes) -> list[str]:
    return [str(name) for name in json.loads((table.schema.metadata or {}).get(key, b"[]"))]


def _columns(table: pa.Table, segments: Sequence[str], time_zone: str) -> dict[str, Groups]:
    columns = {name: _grouped(pc.cast(table[name], pa.string()), MAX_GROUPS) for name in segments}
    if "event_time" in table.column_names and MONTH not in columns:
        columns[MONTH] = _grouped(_months(table["event_time"], time_zone), MAX_MONTHS)
    return columns


def _months(times: pa.ChunkedArray, time_zone: str) -> pa.ChunkedArray:
    """Calendar month of each time in a time zone as text, "2016-10"; a time without a zone is taken as UTC."""
    utc = times.cast(pa.timestamp("us", tz="UTC"))
    local = (
        utc.cast(pa.timestamp("us"))
        if time_zone == "UTC"
        else pc.local_timestamp(utc.cast(pa.timestamp("us", tz=time_zone)))
    )
    months = np.asarray(local.to_numpy(), dtype="datetime64[M]")
    distinct, code = np.unique(months, return_inverse=True)
    texts = pa.array([None if np.isnat(month) else str(month) for month in distinct], type=pa.string())
    return pa.chunked_array([texts.take(pa.array(code))])


def _grouped(texts: pa.ChunkedArray, most: int) -> Groups:
    encoded = pc.fill_null(texts, MISSING).combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    present = [str(name) for name in encoded.dictionary.to_pylist()]
    codes = np.asarray(encoded.indices, dtype=np.int64)
    counts = np.bincount(codes, minlength=len(present))
    names = kept_groups({name: float(count) for name, count in zip(present, counts, strict=True)}, most)
    place = {name: at for at, name in enumerate(names)}
    renumbered = np.array([place.get(name, place.get(OTHER, 0)) for name in present], dtype=np.int64)
    return Groups(names, renumbered[codes] if len(codes) else codes)


@dataclass(frozen=True, eq=False)
class _Measured:
    """Per labelled row: bucket, bins, level, and what is summed."""

    rows: _Rows
    n_buckets: int
    bucket: Ints
    bin: Ints
    n_bins: int
    levels: Floats
    level: Ints
    sums: tuple[NDArray[Any], ...]

    @classmethod
    def of(cls, rows: _Rows, edges: Floats, n_buckets: int) -> _Measured:
        score = rows.score.astype(np.float64)
        unit = "cluster_id" if "cluster_id" in rows.table.column_names else "example_id"
        levels, level = np.unique(score, return_inverse=True)
        weight, positive, acted = rows.weight, rows.label == 1, score > 0.5
        return cls(
            rows=rows,
            n_buckets=n_buckets,
            bucket=bucket_ids(rows.table[unit], n_buckets).astype(np.int64),
            bin=np.searchsorted(edges, levels, side="left")[level].astype(np.int64),
            n_bins=len(edges) + 1,
            levels=levels,
            level=level.astype(np.int64),
            sums=(
                np.ones(len(score)),
                positive,
                weight,
                weight * _log_loss(rows.score, positive),
                weight * (score - rows.label) ** 2,
                weight * (~positive & ~acted),
                weight * (~positive & acted),
                weight * (positive & ~acted),
                weight * (positive & acted),
            ),
        )

    def breakdown(self, groups: Groups, amounts: tuple[Floats, ...] | None = None) -> Breakdown:
        """Sums by group: 256 bins with the amounts for the whole, else 64 bins without."""
        code, size = groups.codes[self.rows.kept], len(groups.names)
        whole = amounts is not None
        weight, label, score = self.rows.weight, self.rows.label, self.rows.score.astype(np.float64)
        bins = self.n_bins if whole else min(self.n_bins, GROUP_BINS)
        twentieth = np.minimum((score * SCORE_BINS).astype(np.int64), SCORE_BINS - 1)
        ladder = Tally.of((size, len(self.levels)), (code, self.level), (weight * (label == 0), weight * label))
        figures, ties = ranking(ladder)
        for tie in ties:
            figures[tie.group, TOP_POSITIVES] += self._broken(tie, code)
        return Breakdown(
            groups=groups.names,
            grid=Tally.of(
                (size, self.n_buckets, bins, 2),
                (code, self.bucket, self.bin * bins // self.n_bins, label),
                (weight, *(weight * amount for amount in amounts or ())),
            ),
            sums=Tally.of((size, self.n_buckets), (code, self.bucket), self.sums),
            scores=Tally.of(
                (size, self.n_buckets, SCORE_BINS),
                (code, self.bucket, twentieth),
                (weight, weight * label, weight * score),
            ),
            ladder=ladder if len(self.levels) <= MAX_LEVELS else _no_ladder(size),
            figures=figures,
            unlabelled=np.bincount(groups.codes[self.rows.unlabelled], minlength=size).astype(np.int64),
        )

    def _broken(self, tie: Tie, code: Ints) -> float:
        """Positives among the rows of a tie that belong to the top tenth: ids ascending, as far as the weight goes."""
        tied = np.flatnonzero((code == tie.group) & (self.level == tie.level))
        tied = tied[np.argsort(self.id_rank[tied], kind="stable")]
        weight = self.rows.weight[tied]
        before = np.cumsum(weight) - weight
        return float((np.clip(tie.left - before, 0.0, weight) * self.rows.label[tied]).sum())

    @cached_property
    def id_rank(self) -> Ints:
        """Order of the ids: as numbers where all are decimal integers, else as text."""
        ids = self.rows.table["example_id"].cast(pa.large_string())
        try:
            return np.asarray(ids.cast(pa.int64()).to_numpy(), dtype=np.int64)
        except pa.ArrowInvalid:
            return np.asarray(pc.rank(ids, tiebreaker="dense"), dtype=np.int64)


def _no_ladder(groups: int) -> Tally:
    return Tally((groups, 0), np.zeros(0, dtype=np.int64), np.zeros((0, 2)))


def _log_loss(score: NDArray[Any], positive: NDArray[np.bool_]) -> Floats:
    """−log of the probability given to the label, clipped at the eps of the scores' own type as scikit-learn does."""
    eps = np.finfo(score.dtype).eps
    given = np.clip(np.where(positive, score, 1 - score), eps, 1 - eps)
    return np.asarray(-np.log(given.astype(np.float64)), dtype=np.float64)
