"""What the metrics of a run are: name, direction, how each is computed, and where that comes from."""

from __future__ import annotations

from dataclasses import dataclass

from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.models.evaluation import EvaluationRun, Metric


@dataclass(frozen=True)
class Definition:
    """A metric in words. aim: the best value, where that lies between the ends. formula: "" for a reported one."""

    key: str
    name: str
    direction: str
    kind: str
    unit: str = ""
    aim: str = ""
    formula: str = ""
    source: str = ""


def of_run(run: EvaluationRun) -> dict[str, Definition]:
    """Key → what it is, for the metrics of the run's task and those that its product registered; one query."""
    found = {
        key: Definition(
            key, one.name, one.direction, Metric.Kind.BUILT_IN.value, one.unit, one.aim, one.formula, one.source
        )
        for key, one in TASKS[run.task].definitions.items()
    }
    for row in Metric.objects.filter(product=run.product_id):
        found.setdefault(
            row.key,
            Definition(row.key, row.name, row.direction, row.kind, row.unit, "", row.formula, row.source),
        )
    return found


def headline(task: str) -> tuple[str, str, str]:
    """The three metrics by which a task is looked at first."""
    return TASKS[task].headline
