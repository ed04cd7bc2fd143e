"""Rows of two outcomes: labels 0 and 1, and scores in 0 to 1 or decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from metrics.core.late import pc
from metrics.core.rows.refusal import UploadWarning, Warn
from metrics.core.rows.table import PROBABILITY_PREFIX
from metrics.core.rows.upload import cells as cell
from metrics.core.rows.upload.cells import Column, how_many
from metrics.core.rows.upload.classes import Classes
from metrics.core.rows.upload.labels import truth
from metrics.core.rows.upload.plan import Plan
from metrics.core.rows.upload.predictions import Noticed, Read, constant
from metrics.core.rows.upload.sheet import Sheet
from metrics.core.rows.upload.task import TaskRows


def _read(sheet: Sheet, plan: Plan, classes: Classes) -> list[Read]:
    if sheet.has("y_score"):
        column = sheet.take("y_score")
        return [Read("y_score", "score", column, cell.scores(column))]
    column = sheet.take("y_pred")
    return [Read("y_score", "prediction", column, truth(column))]


def _noticed(seen: Noticed) -> dict[str, Any]:
    """Warns of decisions, and of scores that look like them."""
    column, values = seen.column, seen.columns["y_score"]
    if column.name == "y_pred":
        message = "hard predictions: decisions 0/1 are taken as scores, so ranking and calibration say little"
        seen.warn(column.warned("hard_predictions", message, remedy="Send probabilities as y_score."))
    elif not constant(seen) and not how_many(pc.and_(pc.greater(values, 0), pc.less(values, 1))):
        message = "every score is 0 or 1: they look like decisions, not probabilities"
        seen.warn(column.warned("looks_hard", message, remedy="Send probabilities."))
    return seen.columns


def check_direction(labels: Any, predictions: Mapping[str, Any], warn: Warn) -> None:
    """Warn where the scores rank the labels backwards, far beyond chance; a data set has none."""
    if "y_score" not in predictions:
        return
    known = labels.is_valid().to_numpy(zero_copy_only=False)
    positive = labels.to_numpy(zero_copy_only=False)[known] == 1
    ones, zeros = int(positive.sum()), int((~positive).sum())
    if ones and zeros:
        scores = predictions["y_score"].to_numpy(zero_copy_only=False)[known]
        lower, higher = np.sort(scores[~positive]), np.sort(scores[positive])
        # Mann–Whitney: the AUC, ties counted half, and its standard error under chance.
        below = sum(int(np.searchsorted(lower, higher, side).sum()) for side in ("left", "right")) / 2
        area = below / (ones * zeros)
        chance = np.sqrt((ones + zeros + 1) / (12 * ones * zeros))
        if area < min(0.45, 0.5 - 5 * chance):
            message = f"high scores go with label 0 (AUC {area:.2f}): labels or scores may be inverted"
            warn(UploadWarning(field="y_true", code="inverted", message=message))


def _vote(column: Column) -> Any:
    return pc.if_else(pc.equal(truth(column), 1.0), "1", "0")


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
