"""The one place that knows all tasks: what each can be measured by, and how."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from metrics.core.evaluation.metrics import binary, forecast, multiclass, ranking, regression
from metrics.core.evaluation.metrics.definition import MetricDefinition
from metrics.core.evaluation.statistics import scan_binary
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.evaluation.statistics.jobs import Engine
from metrics.core.evaluation.statistics.resampling_units import UnitsOf, by_block, by_query, by_row
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.evaluation.statistics.weighted import Evaluate
from metrics.core.late import pa
from metrics.core.rows.refusal import UploadError, shown
from metrics.core.rows.upload import measured
from metrics.core.rows.upload.binary import BINARY as BINARY_ROWS
from metrics.core.rows.upload.multiclass import MULTICLASS as MULTICLASS_ROWS
from metrics.core.rows.upload.task import TaskRows

Measured = Cube | Sums


class Scan(Protocol):
    """From canonical rows to what is measured of them; segments None: those the table lists. Raises RowsError."""

    def __call__(
        self, table: pa.Table, *, segments: Sequence[str] | None = None, time_zone: str = "UTC"
    ) -> Measured: ...


class ScanOn(Protocol):
    """As Scan, of the rows of an engine, whose memory need not hold them. Raises RowsError."""

    def __call__(
        self, engine: Engine, *, segments: Sequence[str] | None = None, time_zone: str = "UTC"
    ) -> Measured: ...


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task: how pages call it, its metrics, and how rows become what is measured, then figures.

    words: what its runs are for. rows: its columns, and how an upload reads them. units: what is resampled whole.
    headline: the three metrics a table of runs shows, the first of all pages first. large: those in large figures on a
    run's page, before the headline's. compared: those of the first table of a comparison, each of another kind.

    scan, scan_on: of a table, and of the rows of an engine. read: what is measured, from its bytes; raises
    ContainerError for another kind. two_outcomes: a score stands for one of two, so that thresholds can be put on it.
    weighs: the weights of rows count. earns: the metric that is the share of cases which earn something, and which
    those are; a first formula is made of it.
    """

    words: str
    rows: TaskRows
    units: UnitsOf
    definitions: dict[str, MetricDefinition]
    headline: tuple[str, str, str]
    compared: tuple[str, ...]
    scan: Scan
    scan_on: ScanOn
    read: Callable[[bytes], Measured]
    evaluate: Evaluate
    large: tuple[str, ...] = ()
    two_outcomes: bool = False
    weighs: bool = True
    earns: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        return self.rows.name

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """What its metrics ask → their keys, in the order of the table."""
        asked: dict[str, list[str]] = {}
        for key, metric in self.definitions.items():
            asked.setdefault(metric.asks, []).append(key)
        return {asks: tuple(keys) for asks, keys in asked.items()}


BINARY = Task(
    words="binary classification",
    rows=BINARY_ROWS,
    units=by_row,
    two_outcomes=True,
    definitions=binary.DEFINITIONS,
    headline=("log_loss", "roc_auc", "ece"),
    compared=("log_loss", "brier", "ece", "roc_auc", "average_precision"),
    large=("roc_auc", "log_loss", "ece"),
    scan=scan_binary.scan,
    scan_on=scan_binary.scan_on,
    read=Cube.from_bytes,
    evaluate=binary.evaluate,
)
MULTICLASS = Task(
    words="classification into several classes",
    rows=MULTICLASS_ROWS,
    units=by_row,
    definitions=multiclass.DEFINITIONS,
    headline=("log_loss", "accuracy", "f1_macro"),
    compared=("log_loss", "accuracy", "f1_macro", "brier"),
    scan=multiclass.scan,
    scan_on=multiclass.scan_on,
    read=Sums.from_bytes,
    evaluate=multiclass.evaluate,
)
REGRESSION = Task(
    words="regression",
    rows=measured.REGRESSION,
    units=by_row,
    definitions=regression.DEFINITIONS,
    headline=("mae", "rmse", "r2"),
    compared=("mae", "rmse", "bias", "r2"),
    scan=regression.scan,
    scan_on=regression.scan_on,
    read=Sums.from_bytes,
    evaluate=regression.evaluate,
)
FORECAST = Task(
    words="forecast over time",
    rows=measured.FORECAST,
    units=by_block,
    definitions=forecast.DEFINITIONS,
    headline=("mae", "interval_coverage", "wape"),
    compared=("mae", "rmse", "wape", "mase", "bias", "interval_coverage"),
    scan=forecast.scan,
    scan_on=forecast.scan_on,
    read=Sums.from_bytes,
    evaluate=forecast.evaluate,
)
RANKING = Task(
    words="ranking of results a query",
    rows=measured.RANKING,
    units=by_query,
    weighs=False,
    definitions=ranking.DEFINITIONS,
    headline=("ndcg_10", "map_10", "mrr"),
    compared=("ndcg_10", "map_10", "mrr"),
    earns=("hit_rate_10", "with a relevant result among its first ten"),
    scan=ranking.scan,
    scan_on=ranking.scan_on,
    read=Sums.from_bytes,
    evaluate=ranking.evaluate,
)
TASKS: dict[str, Task] = {task.name: task for task in (BINARY, MULTICLASS, REGRESSION, FORECAST, RANKING)}
DEFAULT = BINARY.name  # where none is named


def in_words() -> list[tuple[str, str]]:
    """Name and words of every task, to choose from."""
    return [(name, task.words) for name, task in TASKS.items()]


def rows_of(task: str) -> TaskRows:
    """The rows of a task, for an upload. Raises UploadError for an unknown task."""
    if task not in TASKS:
        message = f"the task {shown(task)} is not known"
        raise UploadError("task", "unsupported_task", message, remedy=f"The tasks are {', '.join(TASKS)}.")
    return TASKS[task].rows
