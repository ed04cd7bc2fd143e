"""A file of rows evaluated by itself: all metrics, the condition it is in, calibration and the profit of thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.estimate import as_json
from metrics.core.evaluation.metrics.binary import evaluate
from metrics.core.evaluation.statistics.cube import ROWS, SCORE_BINS, Cube
from metrics.core.evaluation.statistics.in_process import InProcess
from metrics.core.evaluation.statistics.scan_binary import listed, scan_on
from metrics.core.evaluation.statistics.threshold_sums import Thresholds
from metrics.core.rows.condition import QUANTILES, Condition
from metrics.core.rows.reading import RowsError, rows_at

# Names that files often give to a canonical column; the first that is there is taken where the canonical one is not.
USUAL: Mapping[str, tuple[str, ...]] = {
    "example_id": ("row_id", "id"),
    "event_time": ("event_ts",),
    "ingest_time": ("ingest_ts",),
}
_OPTIONAL = ("event_time", "ingest_time", "weight", "cluster_id")


@dataclass(frozen=True)
class Profit:
    """gain × amount of each true positive − cost of each action."""

    amount: str
    gain: float
    cost: float


@dataclass(frozen=True)
class Asked:
    """What to evaluate a file by.

    renamed: canonical name → name in the file. segments: columns to break down by; "month" is that of event_time.
    drop_missing: leave out rows without a score, or without the amount where there is a profit. bands: draws as well.
    """

    segments: Sequence[str] | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)
    profit: Profit | None = None
    drop_missing: bool = False
    bands: bool = False
    thresholds: int = 200
    time_zone: str = "UTC"
    seed: int = 0
    threads: int = 1


def evaluate_file(path: Path, asked: Asked) -> dict[str, Any]:
    """The evaluation of a Parquet file as plain JSON; thresholds are 0, 1/T … (T − 1)/T, acting on score > threshold.

    Raises RowsError where the rows are not of the form, or a needed cell is empty and rows are not to be dropped;
    OSError and pa.ArrowInvalid where the file cannot be read.
    """
    rows = rows_at(path, renamed=asked.renamed, threads=asked.threads > 1)
    names = rows.schema.names
    segments = listed(rows.schema, b"segments") if asked.segments is None else asked.segments
    needed = ["y_score", *([asked.profit.amount] if asked.profit else [])]
    checked = ["y_true", *needed, *segments, *_OPTIONAL]
    condition = Condition([name for name in checked if name in names])
    thresholds = None
    if asked.profit:
        thresholds = Thresholds(np.arange(asked.thresholds) / asked.thresholds, asked.profit.amount)
    cube = scan_on(
        InProcess(rows, threads=asked.threads),
        segments=segments,
        amounts=(),
        time_zone=asked.time_zone,
        edges=None if asked.bands else np.zeros(0),
        n_buckets=None if asked.bands else 1,
        months=False,
        drop=needed,
        also=[condition, *([thresholds] if thresholds else [])],
    )
    if not asked.drop_missing:
        _refuse_missing(condition, needed)
    return {
        "file": path.name,
        "rows": condition.rows,
        "left_out": condition.dropped,
        "labelled": cube.n,
        "unlabelled": cube.n_unlabelled,
        "nulls": {column: empty.count for column, empty in condition.empty.items()},
        "duplicates": condition.duplicates,
        "delay": _delay(condition),
        **_figures(cube, thresholds, asked, None),
        "segments": {
            column: {name: _figures(cube, thresholds, asked, (column, name)) for name in breakdown.groups}
            for column, breakdown in cube.columns.items()
        },
    }


def usual_names(path: Path, given: Mapping[str, str]) -> dict[str, str]:
    """`given`, and for the canonical columns that the file lacks what it has under a usual name. Raises RowsError."""
    names = rows_at(path).schema.names
    for wanted, name in given.items():
        if name not in names:
            raise RowsError(f"column {name} is missing")
        if wanted in names and wanted != name:
            raise RowsError(f"column {wanted} is there already; it cannot be read from {name}")
    found = dict(given)
    for wanted, usual in USUAL.items():
        known = [name for name in usual if name in names and name not in given.values()]
        if wanted not in names and wanted not in found and known:
            found[wanted] = known[0]
    return found


def _refuse_missing(condition: Condition, needed: Sequence[str]) -> None:
    for column in needed:
        empty = condition.empty[column]
        if empty.count:
            raise RowsError(f"{empty.count} rows have no {column}, the first is row {empty.first}")


def _delay(condition: Condition) -> dict[str, Any] | None:
    """Quantiles from event to storage in seconds; None where the file has not both times."""
    if condition.delays is None:
        return None
    quantiles = condition.delays.quantiles()
    named = None if quantiles is None else dict(zip(map(str, QUANTILES), quantiles, strict=True))
    return {"seconds": named, "negative": condition.delays.negative}


def _figures(cube: Cube, thresholds: Thresholds | None, asked: Asked, group: tuple[str, str] | None) -> dict[str, Any]:
    """What is said of the whole, and alike of each group."""
    part = cube.part(group)
    measured = evaluate(cube, seed=asked.seed if asked.bands else None, group=group)
    found: dict[str, Any] = {
        "rows_measured": int(part.totals[ROWS]) if part else 0,
        "metrics": {key: as_json(quantity) for key, quantity in measured.items()},
        "calibration": _calibration(part.scores.sum(axis=0)) if part else [],
    }
    if thresholds is not None and asked.profit is not None:
        column, name = group or ("", "")
        at = cube.columns[column].groups.index(name) if group else 0
        found["profit"] = _profit(thresholds, asked.profit, column, at)
    return found


def _calibration(scores: Floats) -> list[dict[str, float]]:
    """Twentieths of the score that hold rows: bounds, weight, mean score and share of positives."""
    return [
        {
            "low": at / SCORE_BINS,
            "high": (at + 1) / SCORE_BINS,
            "weight": weight,
            "mean_score": score / weight,
            "observed": positives / weight,
        }
        for at, (weight, positives, score) in enumerate(scores.tolist())
        if weight > 0
    ]


def _profit(thresholds: Thresholds, profit: Profit, column: str, group: int) -> dict[str, Any]:
    """The curve over the thresholds, and its maximum on these rows."""
    acted = thresholds.acted(column, group)
    curve = acted.profit(gain=profit.gain, cost=profit.cost)
    best = int(np.argmax(curve))
    return {
        "best_on_these_rows": {"threshold": float(thresholds.thresholds[best]), "profit": float(curve[best])},
        "threshold": thresholds.thresholds.tolist(),
        "true_positives": acted.true_positives.tolist(),
        "false_positives": acted.false_positives.tolist(),
        "profit": curve.tolist(),
    }
