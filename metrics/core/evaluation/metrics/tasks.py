"""The one place that knows all tasks: what each can be measured by, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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


@dataclass(frozen=True)
class Task:
    """A task: its metrics, and the three keys a table of runs shows; how rows become what is measured, then figures.

    read: what is measured, from its bytes; raises ContainerError for those of another kind.
    """

    name: TaskName
    definitions: Mapping[str, MetricDefinition]
    headline: tuple[str, str, str]
    scan: Scan
    read: Callable[[bytes], Measured]
    evaluate: Evaluate


_ALL = (
    Task(
        "binary",
        binary.DEFINITIONS,
        ("log_loss", "roc_auc", "ece"),
        scan_binary,
        Cube.from_bytes,
        binary.evaluate,
    ),
    Task(
        "multiclass",
        multiclass.DEFINITIONS,
        ("log_loss", "accuracy", "f1_macro"),
        multiclass.scan,
        Sums.from_bytes,
        multiclass.evaluate,
    ),
    Task(
        "regression",
        regression.DEFINITIONS,
        ("mae", "rmse", "r2"),
        regression.scan,
        Sums.from_bytes,
        regression.evaluate,
    ),
    Task(
        "forecast",
        forecast.DEFINITIONS,
        ("mae", "interval_coverage", "wape"),
        forecast.scan,
        Sums.from_bytes,
        forecast.evaluate,
    ),
    Task(
        "ranking",
        ranking.DEFINITIONS,
        ("ndcg_10", "map_10", "mrr"),
        ranking.scan,
        Sums.from_bytes,
        ranking.evaluate,
    ),
)
TASKS: Mapping[str, Task] = {task.name: task for task in _ALL}
