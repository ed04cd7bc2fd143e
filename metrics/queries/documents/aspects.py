"""Metrics at a threshold or in a segment, as operands of a formula: what may be asked, and the answer's document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from metrics.core.engine import ENGINE
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.formula import Aspect, Measured
from metrics.core.formula.aspects import AT_THRESHOLD, BY_SEGMENT
from metrics.models.evaluation import EvaluationRun
from metrics.queries.documents.definitions import has_threshold, is_built_in


def measured(keys: Iterable[str]) -> Measured:
    """Which of these metrics may be asked further, and how; formulas of the product's own may not."""
    return {
        key: (AT_THRESHOLD, BY_SEGMENT) if has_threshold(key) else (BY_SEGMENT,) for key in keys if is_built_in(key)
    }


def operand(run: EvaluationRun, asked: Aspect, *, cube: str) -> dict[str, Any]:
    """The metric's document whole, since it is no result of its own; cube: the digest of the run's, "" without rows."""
    if not cube:
        return {"unknown": f"{asked.name}: the run has no rows, only metrics that it reported"}
    if asked.metric not in TASKS[run.task].definitions:
        return {"unknown": f"{asked.name}: a {run.get_task_display()} has no such metric"}
    document: dict[str, Any] = {
        "kind": "metric",
        "metric": asked.metric,
        "run": run.pk,
        "seed": run.product.seed,
        "engine": ENGINE,
        "task": run.task,
        "cube": cube,
    }
    if asked.segment is not None:
        return {"metric": document | {"segment": list(asked.segment)}}
    if not TASKS[run.task].two_outcomes:
        return {"unknown": f"{asked.name}: only a run with two outcomes has a threshold"}
    return {"metric": document | {"at": asked.threshold}}
