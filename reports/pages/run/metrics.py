"""The metrics of a run as a table: in groups by what they ask, each with its receipt and how it is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.queries.documents.definitions import Definition

BETTER = {"up": "higher", "down": "lower"}


def metric_groups(
    task: str, mine: Mapping[str, Any], theirs: Mapping[str, Any], known: Mapping[str, Definition]
) -> list[dict[str, Any]]:
    """Groups of rows, those that are there; mine, theirs: key → figure of the run and of the champion."""
    own = [key for key in sorted(mine) if key not in TASKS[task].definitions]
    formulas = tuple(key for key in own if key in known and known[key].kind == "custom")
    reported = tuple(key for key in own if key in known and key not in formulas)
    unknown = tuple(key for key in own if key not in known)
    named = (
        ("By the product’s own formulas", formulas),
        ("Reported by the run", reported),
        ("Reported by the run, not registered: in no mapping until it is said which way is better", unknown),
    )
    shown = []
    for title, keys in (*named, *TASKS[task].groups.items()):
        rows = [_row(mine[key], theirs.get(key), known.get(key)) for key in keys if key in mine]
        if rows:
            shown.append({"title": title, "rows": rows})
    return shown


def receipt_url(digest: str) -> str | None:
    return reverse("receipt", args=[digest]) if digest else None


def _row(metric: Any, champion: Any, known: Definition | None) -> dict[str, Any]:
    return {
        "key": metric.key,
        "name": known.name if known else metric.key,
        "registered": known is not None,
        "better": "" if known is None else f"near {known.aim}" if known.aim else BETTER[known.direction],
        "formula": known.formula if known else "",
        "source": known.source if known else "",
        "q": metric.quantity,
        "champion": champion.quantity if champion is not None else None,
        "receipt": receipt_url(metric.receipt),
    }
