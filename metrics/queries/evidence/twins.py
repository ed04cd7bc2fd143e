"""What other runs on the same rows say of a run: the same predictions, an equal manifest and other metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.db.models import QuerySet

from metrics.core.evidence.check import Check
from metrics.core.evidence.reproducibility import REPRODUCIBILITY, Recorded, judge_reproducibility, not_reproducible
from metrics.models.evaluation import DataSet, EvaluationRun, MetricResult
from metrics.prepared import Prepared
from metrics.queries.documents import evaluation

MOST = 200  # runs on the same data that are looked through, the newest first


def _near(of: str, task: str, but: str, sets: Sequence[str]) -> QuerySet[EvaluationRun]:
    rows = EvaluationRun.objects.filter(product=of, task=task, data_set__in=sets).exclude(pk=but)
    return rows.select_related("data_set").order_by("-created_at")[:MOST]


def _points_of(runs: Sequence[str]) -> QuerySet[MetricResult, tuple[str, str, float | None]]:
    rows = MetricResult.objects.filter(run__in=runs, newest=True, point__isnull=False)
    return rows.values_list("run_id", "metric", "point")


NEAR, POINTS = Prepared(_near, str, str, str, list), Prepared(_points_of, list)
SAME = Prepared(
    lambda of, digest: DataSet.objects.filter(product=of, digest=digest).order_by().values_list("pk", flat=True),
    str,
    str,
)


def with_twins(run: EvaluationRun, checks: list[Check]) -> list[Check]:
    """The checks, with what other runs say in that of reproducibility."""
    if run.data_set is None:
        return checks
    same = SAME(run.product_id, run.data_set.digest)
    near = NEAR(run.product_id, run.task, run.pk, same)
    renewed = _reproducibility(run, near)
    return [renewed if check.key == REPRODUCIBILITY.key else check for check in checks]


def _reproducibility(run: EvaluationRun, near: Sequence[EvaluationRun]) -> Check:
    points = _points([run, *near])
    recorded = [
        Recorded(name=other.name, manifest=evaluation.manifest(other), metrics=points.get(other.pk, {}))
        for other in (run, *near)
    ]
    unlike = [pair for pair in not_reproducible(recorded) if run.name in (pair.first, pair.second)]
    check = REPRODUCIBILITY.check(judge_reproducibility(evaluation.manifest(run), unlike))
    same = [other.name for other in near if other.rows == run.rows]
    return replace(check, text=f"The same predictions as {same[0]}, under two names. {check.text}") if same else check


def _points(runs: Sequence[EvaluationRun]) -> dict[str, dict[str, float]]:
    points: dict[str, dict[str, float]] = {}
    for key, metric, point in POINTS([run.pk for run in runs]):
        points.setdefault(key, {})[metric] = float(point or 0.0)
    return points
