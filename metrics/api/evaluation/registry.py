"""The registry: models, their versions, and metrics."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from metrics import access
from metrics.api.protocol.view import View
from metrics.models.evaluation import Direction, Metric, Model, ModelVersion, Task
from metrics.queries.evaluation import catalogue
from metrics.services.evaluation import promotion, registry


class ModelInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    task = serializers.ChoiceField(choices=Task.choices, default=Task.BINARY.value)


class ModelChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)


class Models(View):
    actions = {"GET": "model.list", "POST": "model.create"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        return self.listed(catalogue.models(self.product), show_model)

    @extend_schema(request=ModelInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, slug: str) -> Response:
        return Response(show_model(registry.create_model(self.user, self.product, **self.read(ModelInput))), status=201)


class OneModel(View):
    actions = {"PATCH": "model.update"}

    @extend_schema(request=ModelChange, responses=OpenApiTypes.OBJECT)
    def patch(self, request: Request, slug: str, pk: str) -> Response:
        model = catalogue.models(self.product).filter(pk=pk).first()
        if model is None:
            raise access.Hidden
        return Response(show_model(registry.rename_model(self.user, model, **self.read(ModelChange))))


def show_model(model: Model) -> dict[str, Any]:
    versions = [{"id": row.pk, "name": row.name, "state": row.state} for row in model.versions.all()]
    return {"id": model.pk, "name": model.name, "task": model.task, "versions": versions}


class Versions(View):
    actions = {"GET": "model.list"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        return self.listed(catalogue.versions(self.product), show_version)


def show_version(version: ModelVersion) -> dict[str, Any]:
    return {"id": version.pk, "model": version.model.name, "name": version.name, "state": version.state}


class Promotion(View):
    """Make a version the champion of its model."""

    actions = {"POST": "version.promote"}

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, slug: str, pk: str) -> Response:
        version = catalogue.versions(self.product).filter(pk=pk).first()
        if version is None:
            raise access.Hidden
        return Response(show_version(promotion.promote(self.user, version)))


class MetricInput(serializers.Serializer[Any]):
    """With a formula over the rows the metric is computed by the platform; without one, runs report it."""

    key = serializers.CharField(max_length=60)
    name = serializers.CharField(max_length=120)
    direction = serializers.ChoiceField(choices=Direction.choices)
    task = serializers.ChoiceField(choices=Task.choices, default=Task.BINARY.value)
    unit = serializers.CharField(max_length=60, required=False, allow_blank=True)
    formula = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    source = serializers.CharField(max_length=500, required=False, allow_blank=True)


class MetricChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120, required=False)
    source = serializers.CharField(max_length=500, required=False, allow_blank=True)
    formula = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    direction = serializers.ChoiceField(choices=Direction.choices, required=False)
    unit = serializers.CharField(max_length=60, required=False, allow_blank=True)


class Metrics(View):
    actions = {"GET": "metric.list", "POST": "metric.register"}

    @extend_schema(operation_id="products_metrics_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        return self.listed(catalogue.metrics(self.product), show_metric)

    @extend_schema(request=MetricInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, slug: str) -> Response:
        return Response(
            show_metric(registry.register_metric(self.user, self.product, **self.read(MetricInput))), status=201
        )


class OneMetric(View):
    """A metric of the product's own: how it is called may change, what it computes may not; retire it instead."""

    actions = {"GET": "metric.list", "PATCH": "metric.update_definition", "DELETE": "metric.delete"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str, key: str) -> Response:
        return Response(show_metric(self.metric(key)))

    @extend_schema(request=MetricChange, responses=OpenApiTypes.OBJECT)
    def patch(self, request: Request, slug: str, key: str) -> Response:
        changes = self.read(MetricChange)
        return Response(show_metric(registry.update_metric(self.user, self.metric(key), **changes)))

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def delete(self, request: Request, slug: str, key: str) -> Response:
        return Response(show_metric(registry.retire_metric(self.user, self.metric(key))))

    def metric(self, key: str) -> Metric:
        found = catalogue.metrics(self.product).filter(key=key).order_by("product").first()
        if found is None:
            raise access.Hidden
        return found


def show_metric(metric: Metric) -> dict[str, Any]:
    return {
        "key": metric.key,
        "name": metric.name,
        "task": metric.task,
        "direction": metric.direction,
        "unit": metric.unit,
        "kind": metric.kind,
        "formula": metric.formula,
        "source": metric.source,
        "retired_at": metric.retired_at,
    }
