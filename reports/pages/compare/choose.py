"""What a comparison shows before there are two runs: how to choose, and runs that fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from metrics.core import numerals
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import foremost
from metrics.queries.evaluation import catalogue
from metrics.queries.runs.table import figures
from metrics.queries.selection import comparison
from reports.pages.compare.address import Asked

OFFERED = 8
LACKING = ("No run yet", "There is one run", "")  # by the number of runs: what a comparison lacks


def choose_page(product: Any, held: Sequence[Any], asked: Asked) -> dict[str, Any]:
    """held: the one run that is chosen, or none. Offers runs that may be compared with it, or with the champion."""
    one = held[0] if held else None
    anchor = one or foremost(Known(product))
    offered = list(comparison.alike(anchor)[:OFFERED]) if anchor is not None and anchor.state == "scored" else []
    metric = TASKS[anchor.task].headline[0] if anchor is not None else ""
    values = figures(offered, [metric]) if offered else {}
    known = [read for run in values.values() if isinstance(read := numerals.read(run.get(metric)), numerals.Figure)]
    return {
        "product": product,
        "most": comparison.MOST,
        "metric": metric.replace("_", " "),
        "places": numerals.column_places(known),
        "one": one,
        "anchor": anchor,
        "why": "" if one is None or one.state == "scored" else one.get_state_display(),
        "runs_url": reverse("runs", args=[product.slug]),
        "offered": [
            {
                "run": run,
                "url": asked.at(product, runs=(anchor.pk, run.pk)),
                "value": values.get(run.pk, {}).get(metric),
            }
            for run in offered
            if anchor is not None
        ],
        "lacking": LACKING[len(catalogue.runs(product)[:2])],
    }
