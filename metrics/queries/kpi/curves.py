"""What a binary run's page draws: read from the stored cube, and from the stored sums of decisions.

Files in the store never change, so what was made of one is kept in memory by its digest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metrics.core.assumptions import EVERYTHING
from metrics.core.documents import canonical
from metrics.core.estimate import Unknown
from metrics.core.evaluation.metrics import curves
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.kpi.pricing import Pricing
from metrics.core.kpi.sweep import Sweep, columns_of
from metrics.core.kpi.threshold import ProfitCurve, curve_of
from metrics.core.kpi.value_matrix import cells, matrix_of
from metrics.memory import remembered
from metrics.models.evaluation import EvaluationRun
from metrics.queries.documents.book import Book
from metrics.queries.documents.source import Shelf, read
from metrics.queries.evaluation.statistics import cube_file


@dataclass(frozen=True, eq=False)
class Curves:
    """The curves of a whole run; None where they are not defined."""

    roc: curves.Curve | None
    precision_recall: curves.Curve | None
    calibration: tuple[curves.CalibrationBin, ...]
    distribution: tuple[curves.ScoreBar, ...]
    n: int
    positives: int


def of_run(run: EvaluationRun) -> Curves | None:
    """The curves of a binary run; None while it has no cube, and for other tasks."""
    file = cube_file(run) if TASKS[run.task].two_outcomes else ""
    return _curves(file, run.product.seed) if file else None


def profit(run: EvaluationRun, document: Mapping[str, Any]) -> ProfitCurve | Unknown:
    """Money by threshold under the value matrix of a KPI document."""
    file = cube_file(run)
    if not file:
        return Unknown("the run has no cube")
    return _profit(file, canonical(document))


@remembered
def _curves(file: str, seed: int) -> Curves:
    cube = read(file, Cube.from_bytes)
    return Curves(
        curves.roc_curve(cube),
        curves.precision_recall_curve(cube),
        curves.calibration(cube, seed=seed),
        curves.score_distribution(cube),
        cube.n,
        cube.positives,
    )


@remembered
def _profit(file: str, document: bytes) -> ProfitCurve | Unknown:
    pricing = Pricing(json.loads(document), Shelf(Book()))
    matrix = matrix_of(pricing.document)
    at_points, at_draws = cells(pricing, EVERYTHING)
    try:
        # Not kept, as the explorer's is: twenty megabytes a run, of which a page shows one curve.
        sweep = Sweep.of(read(file, Cube.from_bytes), columns_of(at_points), seed=pricing.document["seed"])
    except ValueError as error:
        return Unknown(str(error)[:300])
    if isinstance(sweep, Unknown):
        return sweep
    return curve_of(sweep, at_points, cells_draws=at_draws, baseline=matrix.baseline, per=matrix.per, unit=matrix.unit)
