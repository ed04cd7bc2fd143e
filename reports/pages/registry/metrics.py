"""The registry of metrics: what a product registered itself, and what every run of a task has."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse

from metrics.core import numerals, unit_names
from metrics.core.evaluation.metrics.definition import MetricDefinition
from metrics.core.evaluation.metrics.tasks import DEFAULT, TASKS
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import registry
from metrics.queries.runs import table
from reports.pages.run.metrics import BETTER, receipt_url

KINDS = {"built_in": "built in", "custom": "by formula", "reported": "reported by runs"}
NAMES = {  # the names that each row of a task has, in words
    "y_true": "the label, or what happened",
    "y_score": "the score",
    "y_pred": "the prediction",
    "y_low": "lower end of the interval",
    "y_high": "upper end of the interval",
    "weight": "the weight; 1 where there is none",
}
AGGREGATES = (
    ("sum(x)", "added up over the rows"),
    ("mean(x)", "its mean over the rows"),
    ("count()", "number of rows; count(y > 0): of those where it holds"),
)


def metrics_page(product: Any, asked: str) -> dict[str, Any]:
    """The list. asked: the task whose built-in metrics are shown, "" for the one that the product's runs have."""
    used = registry.tasks(product)
    task = asked if asked in TASKS else used[0] if used else DEFAULT
    own = registry.own(product)
    champions = [run for run in Known(product).champions.values() if run.task == task]
    best = max(champions, key=lambda run: run.created_at, default=None)
    figures: Mapping[str, Any] = {}
    if best is not None:
        figures = table.figures([best]).get(best.pk, {})
    return {
        "product": product,
        "own": [_own(product, metric, figures.get(metric.key)) for metric in own],
        "unregistered": registry.unregistered(product),
        "groups": _built_in(product, task, figures),
        "champion": best,
        "with_values": best is not None,
        "task": task,
        "task_words": TASKS[task].words,
        "tasks": [(name, known.words, name == task) for name, known in TASKS.items()],
        "count": len(TASKS[task].definitions),
    }


def _own(product: Any, metric: Any, figure: Any) -> dict[str, Any]:
    return {
        "metric": metric,
        "url": reverse("metric", args=[product.slug, metric.key]),
        "kind": KINDS[metric.kind],
        "better": BETTER[metric.direction],
        "task": TASKS[metric.task].words,
        "figure": figure,
        "receipt": receipt_url(figure["receipt"]) if figure else None,
    }


def _built_in(product: Any, task: str, figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The built-in metrics of a task in the groups of a run's page."""
    return [
        {"title": title, "rows": [_row(product, task, key, figures.get(key)) for key in keys]}
        for title, keys in TASKS[task].groups.items()
    ]


def _row(product: Any, task: str, key: str, figure: Any) -> dict[str, Any]:
    return described(TASKS[task].definitions[key], task) | {
        "url": reverse("metric", args=[product.slug, key]),
        "figure": figure,
        "receipt": receipt_url(figure["receipt"]) if figure else None,
    }


def described(metric: MetricDefinition, task: str) -> dict[str, Any]:
    """A built-in metric of a task in words."""
    return {
        "key": metric.key,
        "name": metric.name,
        "task": TASKS[task].words,
        "better": f"near {metric.aim}" if metric.aim else BETTER[metric.direction],
        "unit": unit_names.unit_words(metric.unit) or "number",
        "range": f"{_end(metric.range[0])} to {_end(metric.range[1])}",
        "formula": metric.formula,
        "source": metric.source,
    }


def _end(value: float) -> str:
    if math.isinf(value):
        return f"{numerals.MINUS if value < 0 else ''}∞"
    return numerals.numeral(value, places=0 if value == round(value) else 2)


def metric_page(product: Any, metrics: Sequence[Any]) -> dict[str, Any]:
    """One metric: what it is in each task that has it, and the newest runs' values. metrics: at least one."""
    first = metrics[0]
    own = first.own
    values = registry.newest(product, first.key)
    return {
        "product": product,
        "key": first.key,
        "name": first.name,
        "own": own,
        "kind": KINDS[first.kind],
        "better": BETTER[first.direction],
        "task_words": TASKS[first.task].words,
        "definitions": []
        if own
        else [described(TASKS[metric.task].definitions[metric.key], metric.task) for metric in metrics],
        "values": [
            {
                "run": value.run,
                "url": reverse("run", args=[product.slug, value.run.pk]),
                "figure": value.figure,
                "receipt": receipt_url(value.receipt),
            }
            for value in values
        ],
        "compare_url": _compare_url(product, values, first.key),
    }


def _compare_url(product: Any, values: Sequence[registry.Value], key: str) -> str:
    """The comparison of the newest two runs on the same rows by this metric; "" where there are not two."""
    for value in values[1:]:
        newest = values[0].run
        if newest.data_set_id and newest.data_set_id == value.run.data_set_id:
            return f"{reverse('compare', args=[product.slug])}?run={value.run.pk}&run={newest.pk}&of={key}"
    return ""


def form_names(product: Any, task: str) -> list[dict[str, str]]:
    """What a formula over rows of a task may use: names with what stands behind each."""
    columns = registry.names(product, task)
    named = [
        {"name": name, "says": NAMES.get(column, f"column {column}"), "insert": name}
        for name, column in columns.items()
    ]
    return [
        *named,
        *({"name": name, "says": says, "insert": f"{name[: name.index('(')]}("} for name, says in AGGREGATES),
    ]
