"""The one place that knows all tasks: what each can be measured by, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from metrics.core.estimate import Quantity
from metrics.core.evaluation.metrics import binary, forecast, multiclass, ranking, regression
from metrics.core.evaluation.metrics.definition import MetricDefinition
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.evaluation.statistics.scan_binary import scan as scan_binary
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.rows.groups import Group
from metrics.core.rows.table import TaskName

Measured = Cube | Sums


class Scan(Protocol):
    """From canonical rows to what is measured of them; segments None: those the table lists. Raises RowsError."""

    def __call__(
        self, table: pa.Table, *, segments: Sequence[str] | None = None, time_zone: str = "UTC"
    ) -> Measured: ...


class Evaluate(Protocol):
    """Metrics by key (all by default), of the whole or of a group; seed None: points alone. KeyError: no such key."""

    def __call__(
        self, measured: Any, /, *, seed: int | None, keys: Iterable[str] | None = None, group: Group | None = None
    ) -> dict[str, Quantity]: ...


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task: how pages call it, its metrics, and how rows become what is measured, then figures.

    words: what its runs are for. headline: the three metrics a table of runs shows, the first of all pages first.
    large: those in large figures on a run's page, before the headline's. compared: those of the first table of a
    comparison, each of another kind. read: what is measured, from its bytes; raises ContainerError for another kind.
    """

    name: TaskName
    words: str
    definitions: dict[str, MetricDefinition]
    headline: tuple[str, str, str]
    compared: tuple[str, ...]
    scan: Scan
    read: Callable[[bytes], Measured]
    evaluate: Evaluate
    large: tuple[str, ...] = ()

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """What its metrics ask → their keys, in the order of the table."""
        asked: dict[str, list[str]] = {}
        for key, metric in self.definitions.items():
            asked.setdefault(metric.asks, []).append(key)
        return {asks: tuple(keys) for asks, keys in asked.items()}


BINARY = Task(
    name="binary",
    words="binary classification",
    definitions=binary.DEFINITIONS,
    headline=("log_loss", "roc_auc", "ece"),
    compared=("log_loss", "brier", "ece", "roc_auc", "average_precision"),
    large=("roc_auc", "log_loss", "ece"),
    scan=scan_binary,
    read=Cube.from_bytes,
    evaluate=binary.evaluate,
)
MULTICLASS = Task(
    name="multiclass",
    words="classification into several classes",
    definitions=multiclass.DEFINITIONS,
    headline=("log_loss", "accuracy", "f1_macro"),
    compared=("log_loss", "accuracy", "f1_macro", "brier"),
    scan=multiclass.scan,
    read=Sums.from_bytes,
    evaluate=multiclass.evaluate,
)
REGRESSION = Task(
    name="regression",
    words="regression",
    definitions=regression.DEFINITIONS,
    headline=("mae", "rmse", "r2"),
    compared=("mae", "rmse", "bias", "r2"),
    scan=regression.scan,
    read=Sums.from_bytes,
    evaluate=regression.evaluate,
)
FORECAST = Task(
    name="forecast",
    words="forecast over time",
    definitions=forecast.DEFINITIONS,
    headline=("mae", "interval_coverage", "wape"),
    compared=("mae", "rmse", "wape", "mase", "bias", "interval_coverage"),
    scan=forecast.scan,
    read=Sums.from_bytes,
    evaluate=forecast.evaluate,
)
RANKING = Task(
    name="ranking",
    words="ranking of results a query",
    definitions=ranking.DEFINITIONS,
    headline=("ndcg_10", "map_10", "mrr"),
    compared=("ndcg_10", "map_10", "mrr"),
    scan=ranking.scan,
    read=Sums.from_bytes,
    evaluate=ranking.evaluate,
)
TASKS: dict[str, Task] = {task.name: task for task in (BINARY, MULTICLASS, REGRESSION, FORECAST, RANKING)}
