"""The documents of a run: its cube, its metrics, its evidence; and of assumptions."""

from __future__ import annotations

from typing import Any

from metrics.core.documents import Document
from metrics.core.engine import ENGINE
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import AssumptionVersion
from metrics.queries.documents.book import Book


def metric_keys(book: Book, run: EvaluationRun) -> list[str]:
    """The metrics that a run has: all of its task and of its product's formulas when it has rows, and the reported."""
    if not run.rows:
        return sorted(run.reported)
    custom = book.custom(run.product_id)
    formulas = [key for key, one in sorted(custom.items()) if one.task == run.task and one.retired_at is None]
    return list(dict.fromkeys([*TASKS[run.task].definitions, *formulas, *sorted(run.reported)]))


def cube(book: Book, run: EvaluationRun) -> str:
    return book.add(
        {
            "kind": "cube",
            "task": run.task,
            "rows": run.rows,
            "time_zone": run.product.time_zone,
            "engine": ENGINE,
        }
        | _elsewhere(run)
    )


def _elsewhere(run: EvaluationRun) -> dict[str, Any]:
    """Of rows that are not held here, all that names them beside their cube: whoever has the cube can tell it."""
    if not run.source:
        return {}
    return {"source": run.source, "n": run.n_rows, "labels": run.manifest["scan"]["rows_digest"]}


def metric(book: Book, run: EvaluationRun, key: str) -> str:
    """The document of one metric of a run: given by the run, or a function of its rows."""
    document: dict[str, Any] = {"kind": "metric", "product": run.product.slug, "metric": key, "run": run.pk}
    if key in run.reported:
        given = run.reported[key]
        return book.add(
            document
            | {
                "kind": "reported",
                "value": given["value"],
                "standard_error": given.get("standard_error"),
                "unit": given.get("unit", ""),
                "seed": run.product.seed,
                "engine": ENGINE,
            }
        )
    if not run.rows:
        return book.add(document | {"unknown": "the run reported no such metric"})
    document |= {"seed": run.product.seed, "engine": ENGINE}
    if key in TASKS[run.task].definitions:
        noise = _label_noise(book, run)
        return book.add(document | {"task": run.task, "cube": cube(book, run)} | ({"noise": noise} if noise else {}))
    defined = book.custom(run.product_id).get(key)
    if defined is None or defined.task != run.task:
        return book.add(document | {"unknown": f"a {run.get_task_display()} has no such metric"})
    sums = {
        "kind": "sums",
        "formula": defined.formula,
        "columns": defined.columns,
        "rows": run.rows,
        "time_zone": run.product.time_zone,
        "engine": ENGINE,
    }
    formula = {"formula": defined.formula, "columns": defined.columns, "unit": defined.unit}
    return book.add(document | formula | {"sums": book.add(sums)})


def _label_noise(book: Book, run: EvaluationRun) -> str:
    """The document of what disputed labels add to the metrics, or "" where no labelers voted."""
    if run.data_set is None or not run.data_set.votes:
        return ""
    return book.add(
        {
            "kind": "label_noise",
            "task": run.task,
            "rows": run.rows,
            "votes": run.data_set.votes,
            "seed": run.product.seed,
            "engine": ENGINE,
        }
    )


def manifest(run: EvaluationRun) -> dict[str, Any]:
    """The manifest of a run with what the platform knows itself: the digest of the rows, and how they were chosen."""
    known = {"data_digest": run.data_set.digest} if run.data_set else {}
    split = {"split": run.manifest["where"]} if run.manifest.get("where") else {}
    return {**split, **run.manifest, **known}


def evidence(run: EvaluationRun) -> Document | None:
    """What the checks of a run are made from; None where it has no rows to be checked."""
    if not run.rows:
        return None
    training = {"name": str(run.training), "rows": run.training.rows} if run.training and run.training.rows else None
    return {
        "kind": "evidence",
        "task": run.task,
        "rows": run.rows,
        "reference": reference(run),
        "training": training,
        "votes": run.data_set.votes if run.data_set else "",
        "manifest": manifest(run),
        "warnings": run.warnings,
        "time_zone": run.product.time_zone,
        "seed": run.product.seed,
        "engine": ENGINE,
    }


def reference(run: EvaluationRun) -> dict[str, str] | None:
    """The rows that a run is measured against, and what they are called."""
    if run.reference is not None and run.reference.rows:
        return {"name": str(run.reference), "rows": run.reference.rows}
    return {"name": "the reference rows of its file", "rows": run.reference_rows} if run.reference_rows else None


def assumption(version: AssumptionVersion) -> dict[str, Any]:
    return {
        "id": version.assumption.key,
        "unit": version.assumption.unit,
        "distribution": version.distribution,
        "version": version.number,
    }
