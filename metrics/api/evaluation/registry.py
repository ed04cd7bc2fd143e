"""The registry: models, their versions, and metrics."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypedDict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics import access
from metrics.api.evaluation.tasks import TaskField, TaskName
from metrics.api.protocol.answers import Answer, Created, Page
from metrics.api.protocol.hints import Component
from metrics.api.protocol.view import View
from metrics.models.evaluation import Direction, Model, ModelVersion
from metrics.queries.documents import definitions
from metrics.queries.documents.definitions import Definition
from metrics.queries.evaluation import catalogue
from metrics.services.evaluation import registry


class ModelInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    task = TaskField()


class ModelChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)


class VersionName(TypedDict):
    id: str
    name: str
    state: Annotated[str, ModelVersion.State]


class ModelVersionOutput(VersionName):
    """model: the name of the one that it is a version of."""

    model: str


class ModelOutput(TypedDict):
    """key: its name in formulas, `key.recall`; made from its first name, it never changes."""

    id: str
    key: str
    name: str
    task: TaskName
    versions: list[VersionName]


class Models(View):
    actions = {"GET": "model.list", "POST": "model.create"}

    def get(self, request: Request, slug: str) -> Answer[Page[ModelOutput]]:
        return self.listed(catalogue.models(self.product), show_model)

    @extend_schema(request=ModelInput)
    def post(self, request: Request, slug: str) -> Created[ModelOutput]:
        return Created(show_model(registry.create_model(self.user, self.product, **self.read(ModelInput))))


class OneModel(View):
    actions = {"PATCH": "model.update"}

    @extend_schema(request=ModelChange)
    def patch(self, request: Request, slug: str, pk: str) -> Answer[ModelOutput]:
        model = catalogue.model(self.product, pk)
        return Answer(show_model(registry.rename_model(self.user, model, **self.read(ModelChange))))


def show_model(model: Model) -> ModelOutput:
    versions: list[VersionName] = [{"id": row.pk, "name": row.name, "state": row.state} for row in model.versions.all()]
    return {"id": model.pk, "key": model.key, "name": model.name, "task": model.task, "versions": versions}


class Versions(View):
    actions = {"GET": "model.list"}

    def get(self, request: Request, slug: str) -> Answer[Page[ModelVersionOutput]]:
        return self.listed(catalogue.versions(self.product), show_version)


def show_version(version: ModelVersion) -> ModelVersionOutput:
    return {"id": version.pk, "model": version.model.name, "name": version.name, "state": version.state}


class MetricInput(serializers.Serializer[Any]):
    """With a formula over the rows the metric is computed by the platform; without one, runs report it."""

    key = serializers.CharField(max_length=60)
    name = serializers.CharField(max_length=120)
    direction = serializers.ChoiceField(choices=Direction.choices)
    task = TaskField()
    unit = serializers.CharField(max_length=60, required=False, allow_blank=True)
    formula = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    source = serializers.CharField(max_length=500, required=False, allow_blank=True)  # type: ignore[assignment]


class MetricChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120, required=False)
    source = serializers.CharField(max_length=500, required=False, allow_blank=True)  # type: ignore[assignment]
    formula = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    direction = serializers.ChoiceField(choices=Direction.choices, required=False)
    unit = serializers.CharField(max_length=60, required=False, allow_blank=True)


KIND = Component("MetricKind", lambda _: {"type": "string", "enum": list(definitions.KINDS)})


class MetricOutput(TypedDict):
    key: str
    name: str
    task: TaskName
    direction: Annotated[str, Direction]
    unit: str
    kind: Annotated[str, KIND]
    formula: str
    source: str
    retired_at: datetime | None


class Metrics(View):
    actions = {"GET": "metric.list", "POST": "metric.register"}

    @extend_schema(operation_id="products_metrics_list")
    def get(self, request: Request, slug: str) -> Answer[Page[MetricOutput]]:
        return self.listed(definitions.of_product(self.product), show_metric)

    @extend_schema(request=MetricInput)
    def post(self, request: Request, slug: str) -> Created[MetricOutput]:
        metric = registry.register_metric(self.user, self.product, **self.read(MetricInput))
        return Created(show_metric(Definition.of(metric)))


class OneMetric(View):
    """A metric of the product's own: how it is called may change, what it computes may not; retire it instead."""

    actions = {"GET": "metric.list", "PATCH": "metric.update_definition", "DELETE": "metric.delete"}

    def get(self, request: Request, slug: str, key: str) -> Answer[MetricOutput]:
        for metric in definitions.of_product(self.product):
            if metric.key == key:
                return Answer(show_metric(metric))
        raise access.Hidden

    @extend_schema(request=MetricChange)
    def patch(self, request: Request, slug: str, key: str) -> Answer[MetricOutput]:
        changes, metric = self.read(MetricChange), registry.own_metric(self.product, key)
        return Answer(show_metric(Definition.of(registry.update_metric(self.user, metric, **changes))))

    def delete(self, request: Request, slug: str, key: str) -> Answer[MetricOutput]:
        metric = registry.own_metric(self.product, key)
        return Answer(show_metric(Definition.of(registry.retire_metric(self.user, metric))))


def show_metric(metric: Definition) -> MetricOutput:
    return {
        "key": metric.key,
        "name": metric.name,
        "task": metric.task,
        "direction": metric.direction,
        "unit": metric.unit,
        "kind": metric.kind,
        "formula": metric.formula,
        "source": metric.source,
        "retired_at": metric.own.retired_at if metric.own else None,
    }
