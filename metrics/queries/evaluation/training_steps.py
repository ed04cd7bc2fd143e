"""The way to a run: the values that its metrics took at each step of training."""

from __future__ import annotations

from dataclasses import dataclass

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


def of_run(run: EvaluationRun) -> list[Curve]:
    """The curves of a run by the name of the metric; of several values at a step the last one. One query."""
    rows = MetricStep.objects.filter(run=run).order_by("metric", "step", "at")
    held: dict[str, dict[int, float | None]] = {}
    for metric, step, value in rows.values_list("metric", "step", "value")[:MOST]:
        held.setdefault(metric, {})[step] = value
    return [Curve(name, tuple(found), tuple(found.values())) for name, found in held.items()]
