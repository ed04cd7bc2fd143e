"""What the page of a regression or a forecast draws: its errors, and predictions beside what was observed."""

from __future__ import annotations

from dataclasses import dataclass

from metrics.core.evaluation.metrics import residuals
from metrics.core.evaluation.statistics.sums import Sums
from metrics.memory import remembered
from metrics.models.evaluation import EvaluationRun
from metrics.queries.evaluation import statistics


@dataclass(frozen=True, eq=False)
class Residuals:
    """Bars of prediction − truth, tenths of the rows by prediction, and the nominal level of the intervals, if any."""

    n: int
    errors: tuple[residuals.ErrorBar, ...]
    tenths: tuple[residuals.PredictedBand, ...]
    interval: float | None


def of_run(run: EvaluationRun) -> Residuals | None:
    """The residuals of a run; None where no numbers were predicted, and while nothing is measured."""
    file = statistics.cube_file(run)
    return _of(file, run.task) if file else None


@remembered
def _of(file: str, task: str) -> Residuals | None:
    sums = statistics.read(file, task)
    if not isinstance(sums, Sums) or "error" not in sums.cells:
        return None
    return Residuals(
        n=sums.n,
        errors=residuals.error_histogram(sums),
        tenths=residuals.predicted_observed(sums),
        interval=sums.facts.get("interval"),
    )
