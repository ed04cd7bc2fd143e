"""What a binary run's page draws: read from the stored cube, and from the stored sums of decisions.

Files in the store never change, so what was made of one is kept in memory by its digest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from metrics import store
from metrics.core import replay
from metrics.core.documents import canonical
from metrics.core.estimate import Unknown
from metrics.core.evaluation.metrics import curves
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.kpi.decisions import WHOLE, Decisions
from metrics.core.kpi.sweep import columns_of
from metrics.core.kpi.threshold import ProfitCurve, curve_of
from metrics.models.evaluation import EvaluationRun
from metrics.queries.evaluation.results import shown
from metrics.queries.evaluation.statistics import artifact_file, cube_file
from metrics.queries.kpi.threshold import swept

HELD = 32  # runs whose curves are kept in memory, in each process


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
    file = cube_file(run) if run.task == "binary" else ""
    return _curves(file, run.product.seed) if file else None


def profit(run: EvaluationRun, document: Mapping[str, Any]) -> ProfitCurve | Unknown:
    """Money by threshold under the value matrix of a KPI document."""
    file = cube_file(run)
    if not file:
        return Unknown("the run has no cube")
    return _profit(file, canonical(document))


def value_by_group(document: Mapping[str, Any]) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """What each group's cases are worth under a KPI document of a value matrix; empty where that is not stored."""
    file = artifact_file(document["decisions"]) if "decisions" in document else ""
    return _values(file, canonical(document)) if file else {}


def _cube(file: str) -> Cube:
    return Cube.from_bytes(store.get(file))


@lru_cache(maxsize=HELD)
def _curves(file: str, seed: int) -> Curves:
    cube = _cube(file)
    return Curves(
        curves.roc_curve(cube),
        curves.precision_recall_curve(cube),
        curves.calibration(cube, seed=seed),
        curves.score_distribution(cube),
        cube.n,
        cube.positives,
    )


@lru_cache(maxsize=HELD)
def _profit(file: str, document: bytes) -> ProfitCurve | Unknown:
    found = json.loads(document)
    matrix = replay.matrix(found)
    at_points, at_draws = replay.cells(found)
    try:
        sweep = swept(file, columns_of(at_points), found["seed"])
    except ValueError as error:
        return Unknown(str(error)[:300])
    if isinstance(sweep, Unknown):
        return sweep
    return curve_of(sweep, at_points, cells_draws=at_draws, baseline=matrix.baseline, per=matrix.per, unit=matrix.unit)


@lru_cache(maxsize=HELD)
def _values(file: str, document: bytes) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    found = json.loads(document)
    sums = Decisions.from_bytes(store.get(file))
    return {group: shown(replay.matrix_value(found, sums, group)) for group in sums.groups if group != WHOLE}
