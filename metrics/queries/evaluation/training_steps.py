"""The way to a run: the values that its metrics took at each step of training."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from metrics.models.evaluation import EvaluationRun, MetricStep

MOST = 50_000  # values read for a page


@dataclass(frozen=True)
class Curve:
    """A metric by step, ascending; a value is None where it was not finite."""

    metric: str
    steps: tuple[int, ...]
    values: tuple[float | None, ...]


def any_of(run: EvaluationRun) -> bool:
    return MetricStep.objects.filter(run=run).exists()


def points(run: EvaluationRun, metric: str = "") -> QuerySet[MetricStep]:
    """Every value of a run's metrics, or of one, by metric, step and time."""
    rows = MetricStep.objects.filter(run=run).order_by("metric", "step", "at")
    return rows.filter(metric=metric) if metric else rows


def of_run(run: EvaluationRun) -> list[Curve]:
    """The curves of a run by the name of the metric; of several values at a step the last one. One query."""
    held: dict[str, dict[int, float | None]] = {}
    for metric, step, value in points(run).values_list("metric", "step", "value")[:MOST]:
        held.setdefault(metric, {})[step] = value
    return [Curve(name, tuple(found), tuple(found.values())) for name, found in held.items()]
