"""Scenarios: named sets of assumptions at other values, kept for what-ifs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from metrics import access
from metrics.api.protocol.view import Number, View
from metrics.models.revenue import Scenario
from metrics.queries.revenue import scenarios as queries
from metrics.services.revenue import projections as services


class ScenarioInput(serializers.Serializer[Any]):
    """overrides: assumption key → its value in the scenario."""

    name = serializers.CharField(max_length=120)
    overrides = serializers.DictField(child=Number())


def show(scenario: Scenario) -> dict[str, Any]:
    return {
        "key": scenario.key,
        "name": scenario.name,
        "overrides": scenario.overrides,
        "created_at": scenario.created_at,
    }


class Scenarios(View):
    actions = {"GET": "scenario.read", "POST": "scenario.save"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        return self.listed(queries.scenarios(self.product), show)

    @extend_schema(request=ScenarioInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, slug: str) -> Response:
        access.require(self.user, "scenario.save", self.product)
        return Response(show(services.save_scenario(self.user, self.product, **self.read(ScenarioInput))), status=201)


class OneScenario(View):
    actions = {"GET": "scenario.read", "DELETE": "scenario.save"}

    @extend_schema(operation_id="products_scenario_retrieve", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str, key: str) -> Response:
        return Response(show(queries.scenario(self.product, key)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, key: str) -> Response:
        services.remove_scenario(self.user, queries.scenario(self.product, key))
        return Response(status=204)
