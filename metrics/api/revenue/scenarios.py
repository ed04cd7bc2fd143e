"""Scenarios: named sets of assumptions at other values, kept for what-ifs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics import access
from metrics.api.protocol.answers import Answer, Created, Gone, Page
from metrics.api.protocol.view import Number, View
from metrics.models.revenue import Scenario
from metrics.queries.revenue import scenarios as queries
from metrics.services.revenue import projections as services


class ScenarioInput(serializers.Serializer[Any]):
    """overrides: assumption key → its value in the scenario."""

    name = serializers.CharField(max_length=120)
    overrides = serializers.DictField(child=Number())


class ScenarioOutput(TypedDict):
    """overrides: assumption key → its value in the scenario."""

    key: str
    name: str
    overrides: dict[str, float]
    created_at: datetime


def show(scenario: Scenario) -> ScenarioOutput:
    return {
        "key": scenario.key,
        "name": scenario.name,
        "overrides": scenario.overrides,
        "created_at": scenario.created_at,
    }


class Scenarios(View):
    actions = {"GET": "scenario.read", "POST": "scenario.save"}

    def get(self, request: Request, slug: str) -> Answer[Page[ScenarioOutput]]:
        return self.listed(queries.scenarios(self.product), show)

    @extend_schema(request=ScenarioInput)
    def post(self, request: Request, slug: str) -> Created[ScenarioOutput]:
        access.require(self.user, "scenario.save", self.product)
        return Created(show(services.save_scenario(self.user, self.product, **self.read(ScenarioInput))))


class OneScenario(View):
    actions = {"GET": "scenario.read", "DELETE": "scenario.save"}

    @extend_schema(operation_id="products_scenario_retrieve")
    def get(self, request: Request, slug: str, key: str) -> Answer[ScenarioOutput]:
        return Answer(show(queries.scenario(self.product, key)))

    def delete(self, request: Request, slug: str, key: str) -> Gone:
        services.remove_scenario(self.user, queries.scenario(self.product, key))
        return Gone()
