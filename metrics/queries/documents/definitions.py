"""The metrics there are, in words: the built-in ones, told by the code, and those that a product registered itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.models.evaluation import EvaluationRun, Metric
from metrics.models.product import Product
from metrics.prepared import Prepared

BUILT_IN = "built_in"
KINDS = {BUILT_IN: "built in", **{str(value): str(label) for value, label in Metric.Kind.choices}}


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A metric in words. aim: the best value, where that lies between the ends. formula: "" for a reported one.

    own: the row of a metric that the product registered; None for a built-in one.
    """

    key: str
    name: str
    task: str
    direction: str
    kind: str
    unit: str = ""
    aim: str = ""
    formula: str = ""
    source: str = ""
    own: Metric | None = None

    @classmethod
    def of(cls, row: Metric) -> Definition:
        words = {name: getattr(row, name) for name in ("key", "name", "task", "direction", "kind", "unit", "source")}
        return cls(**words, formula=row.formula, own=row)


def built_in(tasks: Iterable[str] | None = None) -> list[Definition]:
    """Those of every task, or of some; a key that several tasks share comes once a task."""
    return [
        Definition(
            key=key,
            name=metric.name,
            task=task,
            direction=metric.direction,
            kind=BUILT_IN,
            unit=metric.unit,
            aim=metric.aim,
            formula=metric.formula,
            source=metric.source,
        )
        for task in (TASKS if tasks is None else tasks)
        for key, metric in TASKS[task].definitions.items()
    ]


def has_threshold(key: str) -> bool:
    """Whether a built-in metric can be asked above any threshold."""
    return any(key in task.definitions and task.definitions[key].cells for task in TASKS.values())


def is_built_in(key: str) -> bool:
    return any(key in task.definitions for task in TASKS.values())


def of_product(product: Product) -> list[Definition]:
    """The built-in metrics and the product's own, by key and task; one query."""
    return of_products([product.pk])[product.pk]


def of_products(products: Iterable[str]) -> dict[str, list[Definition]]:
    """Product → its metrics, as `of_product` has them; one query for all."""
    by_product = {key: built_in() for key in products}
    for row in OWN(by_product):
        by_product[str(row.product_id)].append(Definition.of(row))
    return {key: sorted(rows, key=_by_key) for key, rows in by_product.items()}


def _by_key(metric: Definition) -> tuple[str, str]:
    return metric.key, metric.task


OWN = Prepared(lambda products: Metric.objects.filter(product__in=products).select_related("created_by"), list)


def of_run(run: EvaluationRun) -> dict[str, Definition]:
    """Key → what it is: the built-in metrics, as the run's task has them, and those that its product registered; one
    query."""
    own = {row.key: Definition.of(row) for row in OWN([run.product_id])}
    return {metric.key: metric for metric in (*built_in(), *built_in((run.task,)))} | own
