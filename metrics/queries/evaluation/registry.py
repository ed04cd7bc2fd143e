"""What the registry of metrics shows: where each is used, its newest values, and a formula tried out on a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max

from metrics import store
from metrics.core.estimate import Quantity, Unknown
from metrics.core.evaluation.metrics.custom import evaluate_custom, formula_names, parse_custom, scan_custom
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.rows.table import SEGMENTS_KEY, read_rows
from metrics.memory import remembered
from metrics.models.evaluation import Direction, EvaluationRun, Metric, MetricResult, Model
from metrics.models.product import Product
from metrics.queries.documents import definitions
from metrics.queries.documents.definitions import Definition
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import catalogue, results
from metrics.queries.evaluation import rows as stored_rows
from metrics.queries.evaluation.rows import row_names

MOST_UNREGISTERED = 200
NEWEST = 12  # runs whose values stand on the page of a metric
MOST_TRIED = 1_000_000  # rows that a formula is tried out on while somebody types
ALWAYS = ("example_id", "y_true", "weight", "cluster_id", "event_time", "series", "query_id")
DIRECTION_WORDS = {str(value): str(label) for value, label in Direction.choices}
NO_RUN = "no scored run of this task has rows to try it on"


@dataclass(frozen=True, kw_only=True)
class Value:
    """A metric of one run: its figure without draws, and the digest of its receipt."""

    run: EvaluationRun
    figure: Mapping[str, Any]
    receipt: str


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A formula tried out: on which run, if there is one, and what it gives."""

    run: EvaluationRun | None
    quantity: Quantity


def tasks(product: Product) -> tuple[str, ...]:
    """The tasks that the product's models have, in the order of the house."""
    used = set(Model.objects.filter(product=product).values_list("task", flat=True))
    return tuple(task for task in TASKS if task in used)


def own(product: Product) -> list[Metric]:
    """The metrics that the product registered itself, those in use first."""
    own = Metric.objects.filter(product=product).select_related("created_by")
    return sorted(own, key=lambda metric: (metric.retired_at is not None, metric.key))


@dataclass(frozen=True, kw_only=True)
class Unregistered:
    """A metric that runs report and nobody registered. task: that of a run of them; runs: how many they are."""

    key: str
    task: str
    runs: int


def unregistered(product: Product) -> list[Unregistered]:
    """What runs of a product report and nobody registered, by key; one query beside that of what is registered."""
    known = {metric.key for metric in definitions.of_product(product)}
    held = MetricResult.objects.filter(product=product, newest=True).exclude(metric__in=known).order_by("metric")
    rows = held.values("metric").annotate(task=Max("run__task"), runs=Count("run", distinct=True))
    return [Unregistered(key=row["metric"], task=row["task"], runs=row["runs"]) for row in rows[:MOST_UNREGISTERED]]


def of_key(product: Product, key: str) -> list[Definition]:
    """The metric under a key: the product's own one, or the built-in one of each task; none where there is no such."""
    return [metric for metric in definitions.of_product(product) if metric.key == key]


def newest(product: Product, key: str) -> list[Value]:
    """The newest scored runs that have the metric, with its value, in one query."""
    rows = MetricResult.objects.filter(product=product, metric=key, newest=True).defer("draws", "document")
    rows = rows.filter(run__state=EvaluationRun.State.SCORED).select_related("run__version__model", "run__product")
    return [
        Value(run=row.run, figure=results.stored(row), receipt=row.digest)
        for row in rows.order_by("-run__created_at", "-run_id")[:NEWEST]
    ]


def names(product: Product, task: str) -> dict[str, str]:
    """Name that a formula over rows of a task may use → the column behind it."""
    return formula_names(row_names(product, task))


def tried(product: Product, task: str, formula: str, unit: str) -> Trial:
    """A checked formula on the rows of a champion of the task, else of its newest scored run that has any."""
    champions = Known(product).champions.values()
    best = next((run for run in champions if run.task == task and run.rows), None)
    scored = catalogue.runs(product).filter(task=task, state=EvaluationRun.State.SCORED).exclude(rows="")
    run = best or scored.first()
    if run is None or not store.has(run.rows):
        return Trial(run=None, quantity=Unknown(NO_RUN))
    if (run.n_rows or 0) > MOST_TRIED:
        return Trial(run=run, quantity=Unknown(f"{run.n_rows:,} rows: computed once it is registered"))
    columns = tuple(row_names(product, task))
    return Trial(run=run, quantity=_tried(run.rows, formula, columns, unit, product.seed, product.time_zone))


@remembered
def _tried(file: str, formula: str, columns: Sequence[str], unit: str, seed: int, time_zone: str) -> Quantity:
    metric = parse_custom(formula, columns)
    used = {*ALWAYS, *(column for _, column in metric.columns)}
    there = stored_rows.schema(file).names
    rows = read_rows(store.path(file), columns=[name for name in there if name in used])
    meant = {key: value for key, value in rows.schema.metadata.items() if key != SEGMENTS_KEY}  # those are not read
    rows = rows.replace_schema_metadata(meant)
    return evaluate_custom(scan_custom(rows, metric, time_zone=time_zone), metric, seed=seed, unit=unit)
