"""How a multiclass run confuses its classes, and the figures of each class with their bands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metrics.core.arrays import Floats
from metrics.core.estimate import Unknown, made
from metrics.core.evaluation.metrics.by_class import ByClass
from metrics.core.evaluation.metrics.multiclass import confusion
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.evaluation.statistics.weighted import Weighted
from metrics.memory import remembered
from metrics.models.evaluation import EvaluationRun
from metrics.queries.evaluation import statistics
from metrics.queries.evaluation.results import shown

NO_LABEL = "no row has this label"
NEVER = "it is never predicted"
NEITHER = "it is neither a label nor a prediction"


@dataclass(frozen=True)
class Class:
    """A class: weight of its labels and its predictions, and precision, recall and F1 as pages print them."""

    name: str
    labels: float
    predictions: float
    precision: Mapping[str, Any]
    recall: Mapping[str, Any]
    f1: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Classes:
    """counts[t][p]: weight of the rows with label t and prediction p, in the order of `classes`."""

    classes: tuple[Class, ...]
    counts: tuple[tuple[float, ...], ...]


def of_run(run: EvaluationRun) -> Classes | None:
    """The classes of a run; None for other tasks, while nothing is measured, and where no row is labelled."""
    file = statistics.cube_file(run) if TASKS[run.task].rows.classed else ""
    return _of(file, run.task, run.product.seed) if file else None


def class_names(run: EvaluationRun | None) -> list[str]:
    """The classes that a run was scanned with; none where its task has none, and while it is not scanned."""
    if run is None or not TASKS[run.task].rows.classed:
        return []
    file = statistics.cube_file(run)
    sums = statistics.read(file, run.task) if file else None
    return list(sums.facts["classes"]) if isinstance(sums, Sums) else []


def commonest_class(run: EvaluationRun | None) -> str:
    """The class of most of the labelled rows, by their weight; of equal ones the first, and "" where there is none."""
    found = None if run is None else of_run(run)
    return max(found.classes, key=lambda one: one.labels).name if found is not None else ""


@remembered
def _of(file: str, task: str, seed: int) -> Classes | None:
    sums = statistics.read(file, task)
    assert isinstance(sums, Sums)
    weighted = Weighted.of(sums, seed=seed)
    if weighted is None:
        return None
    table, by_class = confusion(sums), ByClass.of(weighted)
    figures = (
        (by_class.shares(by_class.predictions), by_class.predictions, NEVER),
        (by_class.shares(by_class.labels), by_class.labels, NO_LABEL),
        (2 * by_class.shares(by_class.labels + by_class.predictions), by_class.labels + by_class.predictions, NEITHER),
    )
    return Classes(
        tuple(
            Class(
                name,
                float(by_class.labels[0, at]),
                float(by_class.predictions[0, at]),
                *(_figure(weighted, share[:, at], of[0, at], why) for share, of, why in figures),
            )
            for at, name in enumerate(table.classes)
        ),
        tuple(tuple(row) for row in table.counts.tolist()),
    )


def _figure(weighted: Weighted, rows: Floats, of: float, why: str) -> Mapping[str, Any]:
    drawn, no_band = weighted.draws(rows, (0.0, 1.0))
    return shown(made(float(rows[0]), drawn, no_band=no_band) if of > 0 else Unknown(why))
