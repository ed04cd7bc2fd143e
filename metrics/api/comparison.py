"""Runs side by side over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from metrics.api.view import View, number
from metrics.core.estimate import as_json
from metrics.core.evaluation.compare import Difference
from metrics.queries import comparison, evaluation
from metrics.services.refusal import invalid


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
        product = evaluation.run(self.user, keys[0]).product
        runs = comparison.chosen(self.user, product, keys)
        found = comparison.compared(runs, runs[0], column=request.query_params.get("by", ""))
        return Response(
            {
                "base": {"id": found.base.pk, "name": found.base.name},
                "columns": found.columns,
                "by": found.column or None,
                "runs": [show(one) for one in found.against],
            }
        )


def show(one: comparison.Against) -> dict[str, Any]:
    return {
        "id": one.run.pk,
        "name": one.run.name,
        "comparable": not one.refused,
        "not_comparable_reason": one.refused or None,
        "same_predictions": one.same,
        "metrics": [difference(row) for row in one.metrics],
        "groups": [difference(row) for row in one.groups],
        "kpis": [
            difference(row.difference) | {"name": row.name, "grade": row.grade.letter, "receipt": row.receipt or None}
            for row in one.money
        ],
    }


def difference(row: Difference) -> dict[str, Any]:
    return {
        "key": row.key,
        "group": {"column": row.group[0], "name": row.group[1]} if row.group else None,
        "direction": row.direction,
        "run": number(row.a),
        "base": number(row.b),
        "difference": as_json(row.difference),
        "probability_better": row.probability,
        "verdict": row.verdict,
    }
