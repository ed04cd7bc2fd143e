"""Rows of two outcomes: labels 0 and 1, and scores in 0 to 1 or decisions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from metrics.core.late import pc
from metrics.core.rows.refusal import UploadWarning, Warn
from metrics.core.rows.sorting import SortedRuns, ordered
from metrics.core.rows.spool import Columns
from metrics.core.rows.table import PROBABILITY_PREFIX
from metrics.core.rows.upload import cells as cell
from metrics.core.rows.upload.column import Cells, how_many
from metrics.core.rows.upload.labels import truth
from metrics.core.rows.upload.once import MEMORY
from metrics.core.rows.upload.predictions import Read, Reading, constant
from metrics.core.rows.upload.task import TaskRows

_BACKWARDS = 0.45  # an area under the curve that is told where chance does not explain it
_BINS = 1 << 16


def _read(reading: Reading) -> list[Read]:
    sheet, warn = reading.sheet, reading.warn
    if sheet.has("y_score"):
        values = sheet.take("y_score").checked(cell.scores, warn)
        return [reading.put("y_score", "score", "y_score", values)]
    return [reading.put("y_score", "prediction", "y_pred", truth(sheet.take("y_pred"), warn))]


def _noticed(seen: Reading, reads: list[Read]) -> list[str]:
    """Warns of decisions, and of scores that look like them."""
    (read,) = reads
    if read.column == "y_pred":
        message = "hard predictions: decisions 0/1 are taken as scores, so ranking and calibration say little"
        seen.told(read.column, "hard_predictions", message, remedy="Send probabilities as y_score.")
    elif not constant(seen, read) and not any(
        how_many(pc.and_(pc.greater(values, 0), pc.less(values, 1))) for values in seen.columns.blocks(read.name)
    ):
        message = "every score is 0 or 1: they look like decisions, not probabilities"
        seen.told(read.column, "looks_hard", message, remedy="Send probabilities.")
    return [read.name]


def check_direction(columns: Columns, warn: Warn) -> None:
    """Warn where the scores rank the labels backwards, far beyond chance; a data set has none."""
    if "y_score" not in columns.names:
        return
    counts = np.zeros((2, _BINS), dtype=np.int64)
    for scores, positive in _labelled(columns):
        bins = np.minimum((scores * _BINS).astype(np.int64), _BINS - 1)
        for label in (0, 1):
            counts[label] += np.bincount(bins[positive == label], minlength=_BINS)
    zeros, ones = (int(count) for count in counts.sum(axis=1))
    if not (ones and zeros):
        return
    # Mann–Whitney: the AUC, ties counted half, and its standard error under chance.
    chance = np.sqrt((ones + zeros + 1) / (12 * ones * zeros))
    most = min(_BACKWARDS, 0.5 - 5 * chance)
    before = np.cumsum(counts[0]) - counts[0]
    if int((before * counts[1]).sum()) / (ones * zeros) >= most:  # at the least: those of one bin in the worst order
        return
    area = _twice_below(columns) / 2 / (ones * zeros)
    if area < most:
        message = f"high scores go with label 0 (AUC {area:.2f}): labels or scores may be inverted"
        warn(UploadWarning(field="y_true", code="inverted", message=message))


def _twice_below(columns: Columns) -> int:
    """Over all pairs of a label 1 and a label 0, 2 where the score of the 0 is lower and 1 where it is the same."""
    runs = SortedRuns(memory=MEMORY)
    for scores, positive in _labelled(columns):
        runs.add(ordered(((scores + 0.0).view(np.uint64), positive.astype(np.int64))))  # of numbers from 0 on in order
    below = zeros = 0
    for part in runs.ranges():
        keys, positive = ordered(part, runs=True)
        starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
        ones = np.add.reduceat(positive, starts)
        others = np.diff(np.append(starts, len(keys))) - ones
        earlier = zeros + np.cumsum(others) - others
        below += int((ones * (2 * earlier + others)).sum())
        zeros += int(others.sum())
    return below


def _labelled(columns: Columns) -> Iterator[tuple[Any, Any]]:
    """Scores, as double, and labels of the rows that have one, a row group at a time."""
    for labels, scores in zip(columns.blocks("y_true"), columns.blocks("y_score"), strict=True):
        known = labels.is_valid().to_numpy(zero_copy_only=False)
        positive = labels.to_numpy(zero_copy_only=False)[known] == 1
        yield scores.to_numpy(zero_copy_only=False)[known].astype(np.float64), positive


def _vote(cells: Cells, warn: Warn) -> Iterator[Any]:
    return (pc.if_else(pc.equal(values, 1.0), "1", "0") for values in truth(cells, warn))


def _mistaken(names: Sequence[str]) -> str:
    probabilities = any(name.startswith(PROBABILITY_PREFIX) for name in names)
    return "The file has a probability for each class: is the task multiclass?" if probabilities else ""


BINARY = TaskRows(
    name="binary",
    predicted=("y_score", "y_pred"),
    predicts=("y_score",),
    instead={"y_score": "y_pred"},
    label=truth,
    alike=("single_class", "ranking and calibration are not defined"),
    read=_read,
    noticed=_noticed,
    checked=check_direction,
    vote=_vote,
    mistaken=_mistaken,
    told=(
        ("y_true", "what came true, 0 or 1; empty: not known yet"),
        ("y_score", "the probability of 1, from 0 to 1"),
        ("y_pred", "instead of y_score: the decision, 0 or 1"),
    ),
    example="y_true=[0, 1, 1, 0], y_score=[0.2, 0.9, 0.4, 0.3]",
)
