"""Runs side by side over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from metrics.api.protocol.view import View, number
from metrics.core.estimate import as_json
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.selection.compare import Difference
from metrics.queries.evaluation import catalogue
from metrics.queries.selection import comparison
from metrics.queries.selection.comparison_by_group import ByGroup, by_group
from metrics.services.writing.refusal import invalid


class Comparison(View):
    """Paired differences of runs (`?run=a&run=b…`, the first is the base); `by=` a segment column or "month"."""

    actions = {"GET": "run.compare"}

    @extend_schema(
        parameters=[OpenApiParameter("run", str, many=True), OpenApiParameter("by", str)],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        keys = list(dict.fromkeys(request.query_params.getlist("run")))
        if not comparison.FEWEST <= len(keys) <= comparison.MOST:
            raise invalid(
                "run",
                f"{len(keys)} runs were named; from {comparison.FEWEST} to {comparison.MOST} are compared",
                remedy="name them as ?run=…&run=…",
            )
        product = catalogue.run(self.user, keys[0]).product
        runs = comparison.chosen(self.user, product, keys)
        found = comparison.compared(runs, runs[0])
        by = request.query_params.get("by", "")
        headline = TASKS[found.base.task].headline
        groups = by_group(runs, runs[0], by, keys=headline) if by in found.columns else None
        return Response(
            {
                "base": {"id": found.base.pk, "name": found.base.name},
                "columns": found.columns,
                "by": groups.column if groups else None,
                "runs": [show(one, found, groups) for one in found.against],
            }
        )


def show(one: comparison.Against, found: comparison.Comparison, groups: ByGroup | None) -> dict[str, Any]:
    column, found_groups = (groups.column, groups.groups) if groups else ("", ())
    return {
        "id": one.run.pk,
        "name": one.run.name,
        "comparable": not one.refused,
        "not_comparable_reason": one.refused or None,
        "same_predictions": one.same,
        "metrics": [difference(row) for row in one.metrics],
        "groups": [
            difference(row) | {"group": {"column": column, "name": group.name}}
            for group in found_groups
            for row in group.runs.get(one.run.pk, {}).values()
        ],
        "kpis": [
            difference(row.difference) | {"name": row.name, "grade": row.grade.letter, "receipt": row.receipt or None}
            for row in one.money
        ],
        "corrected": [
            difference(row) | {"corrected_for_choosing_among": found.among[key]} for key, row in one.corrected.items()
        ],
    }


def difference(row: Difference) -> dict[str, Any]:
    return {
        "key": row.key,
        "direction": row.direction,
        "run": number(row.a),
        "base": number(row.b),
        "difference": as_json(row.difference),
        "probability_better": row.probability,
        "verdict": row.verdict,
    }
