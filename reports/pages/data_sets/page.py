"""The pages of data sets: the list, and one with its versions, its columns, its runs and its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page
from django.urls import reverse

from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.queries.evaluation import data_sets
from metrics.queries.evidence import data_set_checks
from metrics.queries.runs import table as run_queries
from reports.pages.run.blocks import percent
from reports.pages.run.evidence import of_data_set
from reports.pages.run.page import local
from reports.pages.runs.pagination import numbered
from reports.pages.runs.table import RUN_TONES, RUN_WORDS


def list_page(product: Any, page: Page[Any]) -> dict[str, Any]:
    return {
        "rows": [_line(product, data) for data in page.object_list],
        "count": page.paginator.count,
        "pagination": numbered(page, "Data sets", reverse("datasets", args=[product.slug])),
    }


def one_page(data: Any) -> dict[str, Any]:
    """The page of a data set; its evidence comes after it, for it may have to be computed."""
    product, found = data.product, data_sets.content(data)
    versions, logged = data_sets.versions(data), data_sets.runs(data)
    return {
        "versions": [_line(product, one) for one in versions],
        "here": next(_line(product, one) for one in versions if one.pk == data.pk),
        "newest": versions[0].number == data.number,
        "content": found,
        "columns": [
            (title, names)
            for title, names in (
                ("Segments", found.segments),
                ("Amounts", found.amounts),
                ("Features", found.features),
                ("Predictions", found.predictions),
                ("Others", found.others),
            )
            if names
        ],
        "labels": _labels(data, found),
        "runs": _runs(product, data.task, logged),
        "keys": TASKS[data.task].headline,
        "most_runs": data_sets.MOST_RUNS if len(logged) == data_sets.MOST_RUNS else None,
        "evidence_url": reverse("dataset-evidence", args=[product.slug, data.pk]),
    }


def evidence_page(data: Any) -> dict[str, Any]:
    """The checks of a data set's rows with their figures; `too_many` where they are not examined in a page."""
    before = next((v for v in data_sets.versions(data) if v.number < data.number and v.task == data.task), None)
    checks = data_set_checks.checks(data, before)
    if checks is None:
        return {"too_many": data_set_checks.MOST_EXAMINED if data.rows else None, "no_rows": not data.rows}
    return {"panel": of_data_set(checks), "before": before}


def _line(product: Any, data: Any) -> dict[str, Any]:
    found = data_sets.content(data)
    return {
        "name": data.name,
        "number": data.number,
        "url": reverse("dataset", args=[product.slug, data.pk]),
        "role": data.get_role_display(),
        "task": data.get_task_display(),
        "n": data.n_rows,
        "first": local(data.first_event, product) if data.first_event else None,
        "last": local(data.last_event, product) if data.last_event else None,
        "runs": data.n_runs,
        "labels": _labels(data, found),
        "digest": data.digest,
        "created_at": data.created_at,
        "key": data.pk,
    }


def _labels(data: Any, found: data_sets.Content) -> dict[str, str]:
    """How many labels are in: a verdict in words, and where they come from."""
    source = "by votes" if data.votes else ""
    if found.labelled is None or not data.n_rows:
        return {"kind": "", "words": "Not known", "under": ""}
    if found.labelled == data.n_rows:
        return {"kind": "good", "words": "All in", "under": source}
    if not found.labelled:
        return {"kind": "unknown", "words": "None yet", "under": source}
    words = f"{percent(found.labelled / data.n_rows)} in"
    return {"kind": "warn", "words": words, "under": source}


def _runs(product: Any, task: str, logged: Sequence[Any]) -> list[dict[str, Any]]:
    figures = run_queries.figures([one for one in logged if one.state == "scored"], TASKS[task].headline)
    return [
        {
            "name": one.name,
            "url": reverse("run", args=[product.slug, one.pk]),
            "under": f"{one.version.model.name}, version {one.version.name}",
            "kind": RUN_TONES[one.state],
            "words": RUN_WORDS[one.state],
            "figures": [(key, figures.get(one.pk, {}).get(key)) for key in TASKS[task].headline],
            "created_at": one.created_at,
        }
        for one in logged
    ]
