"""The projection, its what-ifs, and the list of results."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from metrics import access
from metrics.api.protocol.view import Number, View, number
from metrics.core.estimate import Unknown
from metrics.core.replay import PROJECTED
from metrics.models.revenue import RevenueResult
from metrics.queries.evaluation.results import quantity
from metrics.queries.kpi import catalogue as kpi_queries
from metrics.queries.revenue import outlook as queries
from metrics.queries.revenue import what_if
from metrics.queries.revenue.scenarios import scenario
from metrics.services.revenue import projections as services
from metrics.services.writing.refusal import invalid


class ProjectionInput(serializers.Serializer[Any]):
    value_kpi = serializers.CharField(max_length=60)
    volume_kpi = serializers.CharField(max_length=60)
    revenue_kpi = serializers.CharField(max_length=60, required=False, allow_null=True)
    growth = serializers.CharField(max_length=60, required=False, allow_null=True)
    adoption = serializers.CharField(max_length=60, required=False, allow_null=True)
    ramp = serializers.CharField(max_length=60, required=False, allow_null=True)
    serving = serializers.CharField(max_length=60, required=False, allow_null=True)
    intervention = serializers.CharField(max_length=60, required=False, allow_null=True)
    discount = serializers.CharField(max_length=60, required=False, allow_null=True)
    baseline = serializers.CharField(max_length=12, required=False)
    months = serializers.IntegerField(min_value=1, max_value=60, required=False)


class WhatIfInput(serializers.Serializer[Any]):
    """scenario: the key of a kept one; assumptions given beside it come before its own."""

    scenario = serializers.CharField(max_length=60, required=False)
    assumptions = serializers.DictField(child=Number(), required=False)


class OneProjection(View):
    actions = {"GET": "projection.read", "PUT": "projection.edit"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        found = queries.outlook(self.product)
        return Response(
            {
                "total": number(found.total, found.receipt),
                "grade": found.grade.letter,
                "counts": found.counts,
                "chance": found.chance,
                "target": found.target.value if found.target else None,
                "months": [{"period": m.period, "value": number(m.quantity, m.receipt)} for m in found.months],
                "realised": [{"period": m.period, "value": number(m.quantity, m.receipt)} for m in found.realised],
                "realised_total": number(found.realised_total, found.realised_receipt),
                "value": number(found.value, found.value_receipt),
                "receipt": found.receipt or None,
            }
        )

    @extend_schema(request=ProjectionInput, responses=OpenApiTypes.OBJECT)
    def put(self, request: Request, slug: str) -> Response:
        access.require(self.user, "projection.edit", self.product)
        given = self.read(ProjectionInput)
        for field in ("value_kpi", "volume_kpi", "revenue_kpi"):
            if key := given.pop(field, None):
                given[field] = kpi_queries.kpis(self.product).filter(key=key).first()
                if given[field] is None:
                    raise invalid(field, f"there is no KPI “{key[:60]}”", code="unknown")
        for field in PROJECTED:
            if key := given.pop(field, None):
                given[field] = kpi_queries.assumptions(self.product).filter(key=key).first()
                if given[field] is None:
                    raise invalid(field, f"there is no assumption “{key[:60]}”", code="unknown")
        services.set_projection(self.user, self.product, **given)
        return self.get(request, slug)


class WhatIf(View):
    """The projection with assumptions moved and the present decisions held; nothing is stored."""

    actions = {"POST": "scenario.read"}

    @extend_schema(request=WhatIfInput, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, slug: str) -> Response:
        access.require(self.user, "scenario.read", self.product)
        outlook, given = queries.outlook(self.product), self.read(WhatIfInput)
        if "scenario" not in given and "assumptions" not in given:
            raise invalid("assumptions", "is missing", code="required", remedy="give assumptions, or a scenario")
        moved = given.get("assumptions", {})
        if "scenario" in given:
            kept = scenario(self.product, given["scenario"]).overrides
            moved = {**{key: at for key, at in kept.items() if key in what_if.movable(outlook)}, **moved}
        known = what_if.movable(outlook)
        if known and (strange := sorted(set(moved) - known)):
            remedy = "one of " + ", ".join(sorted(known))
            raise invalid(f"assumptions.{strange[0][:60]}", "cannot be moved here", code="unknown", remedy=remedy)
        found = what_if.what_if(outlook, moved)
        if isinstance(found, Unknown):
            return Response({"total": number(found)})
        return Response(
            {
                "total": number(found.total),
                "value": number(found.value),
                "chance": found.chance,
                "months": [{"period": period, "value": number(figure)} for period, figure in found.months],
                "held": "the decision on each case is held as it is now",
            }
        )


class Results(View):
    """Stored revenue figures, newest first: what was known when."""

    actions = {"GET": "projection.read"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        return self.listed(RevenueResult.objects.filter(product=self.product), self.show)

    @staticmethod
    def show(row: RevenueResult) -> dict[str, Any]:
        return {
            "kind": row.kind,
            "period": f"{row.period:%Y-%m}" if row.period else None,
            "known_at": row.known_at,
            "value": number(quantity(row), row.digest),
        }
