"""What may be written in a formula: names with their unit and what they are, offered while one types."""

from __future__ import annotations

from dataclasses import dataclass

from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.formula import FUNCTIONS
from metrics.core.formula.aspects import SAYS, SIGNATURES
from metrics.core.formula.functions import WHERE, WHERE_SIGNATURE
from metrics.queries.documents.known import Known


@dataclass(frozen=True)
class Offer:
    """One word of the language. what: "assumption", "KPI", "metric" or "function"; unit: "" of a function."""

    inserts: str
    name: str
    says: str
    unit: str
    what: str


def offers(known: Known, *, formula: bool, but: str = "") -> list[Offer]:
    """Assumptions alone in cells and prices; in a formula KPIs (but its own), the metrics of the models' tasks and
    functions too, and where the product has several models the metrics of each under its key."""
    held = sorted(known.assumptions.items())
    found = [_named(key, row.assumption.name, row.assumption.unit, "assumption") for key, row in held]
    if formula:
        kpis = sorted((key, row) for key, row in known.kpis.items() if key != but)
        found += [_named(key, row.name, row.unit, "KPI") for key, row in kpis]
        metrics = sorted((key, row) for key, row in known.metrics.items() if row.own is not None or _had(key, known))
        found += [_named(key, row.name, row.unit, "metric") for key, row in metrics]
        found += _of_models(known) if len(known.models) > 1 else []
    functions = {name: (one.signature, one.says) for name, one in FUNCTIONS.items()}
    functions[WHERE] = (WHERE_SIGNATURE, "a where the condition holds, else b")
    if formula:
        functions |= {name: (SIGNATURES[name], SAYS[name]) for name in SIGNATURES}
    return found + [Offer(f"{name}(", *functions[name], "", "function") for name in sorted(functions)]


def _had(key: str, known: Known) -> bool:
    """Whether a metric is of a task that a model of the product has; any is, while there is no model."""
    return not known.models or any(key in TASKS[model.task].definitions for model in known.models.values())


def _of_models(known: Known) -> list[Offer]:
    """The metrics that a model's runs have: those of its task, and those that they report."""
    return [
        _named(f"{model.key}.{key}", f"{row.name}, of {model.name}", row.unit, "metric")
        for model in known.models.values()
        for key, row in sorted(known.metrics.items())
        if key in TASKS[model.task].definitions or (row.own is not None and row.own.task == model.task)
    ]


def _named(key: str, name: str, unit: str, what: str) -> Offer:
    return Offer(key, key, name, unit.replace("_", " ") or "number", what)
