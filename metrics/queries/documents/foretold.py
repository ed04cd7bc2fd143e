"""The document of what a run's scores foretell: its rows, its reference, and the policy of the mapping in force."""

from __future__ import annotations

from typing import Any

from metrics.core.documents import Document
from metrics.core.engine import ENGINE
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.kpi.kind import unit_of_value
from metrics.core.kpi.kinds import kind_of
from metrics.models.evaluation import EvaluationRun
from metrics.queries.documents import evaluation
from metrics.queries.documents import kpi as kpi_documents
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import in_money


def foretold(run: EvaluationRun, known: Known) -> Document | None:
    """None where the run has no rows of two outcomes, or names no reference."""
    named = evaluation.reference(run) if run.rows and TASKS[run.task].two_outcomes else None
    if named is None:
        return None
    return {
        "kind": "foretold",
        "rows": run.rows,
        "reference": named,
        "policy": _policy(run, known),
        "time_zone": known.product.time_zone,
        "seed": known.product.seed,
        "engine": ENGINE,
    }


def _policy(run: EvaluationRun, known: Known) -> dict[str, Any] | None:
    """The decisions of the mapping in force by which runs are worth money; None where none decides on rows."""
    version = in_money(known, run)
    if version is None:
        return None
    kpi = known.book[kpi_documents.kpi(known.book, run, version, known)]
    risk = {} if "unknown" in kpi else kind_of(version.definition).at_risk(kpi)
    if "decisions" not in risk:
        return None
    return {**risk, "unit": unit_of_value(known.product.currency, known.product.case_noun, "case")}
