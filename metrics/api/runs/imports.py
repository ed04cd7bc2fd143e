"""Imports: runs of another system taken over, now and regularly."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from metrics.api.protocol.idempotency import once
from metrics.api.protocol.view import View
from metrics.models.evaluation import Import
from metrics.models.work import Work
from metrics.queries.evaluation import imports as queries
from metrics.services.imports import schedule as services

MOST_MINUTES = 366 * 24 * 60


class ImportInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Import.Kind.choices, default=Import.Kind.MLFLOW.value)
    uri = serializers.CharField(max_length=500)
    experiments = serializers.ListField(
        child=serializers.CharField(max_length=500), max_length=200, required=False, allow_empty=True
    )
    every_minutes = serializers.IntegerField(min_value=1, max_value=MOST_MINUTES, required=False, allow_null=True)


def show(held: Import) -> dict[str, Any]:
    return {
        "id": held.pk,
        "kind": held.kind,
        "uri": held.uri,
        "experiments": held.experiments,
        "every_minutes": held.every_minutes,
        "last_at": held.last_at,
        "last_result": held.last_result or None,
        "stopped_at": held.stopped_at,
        "created_at": held.created_at,
        "created_by": held.created_by.username,
    }


def begun(held: Import, work: Work) -> Response:
    status = f"/api/v1/work/{work.pk}/"
    body = {"import": show(held), "work": work.pk, "status": status}
    return Response(body, status=202, headers={"Location": status})


class Imports(View):
    """Imports of a product; save one, and have it run."""

    actions = {"GET": "import.list", "POST": "import.mlflow"}

    @extend_schema(operation_id="products_imports_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        return self.listed(queries.imports(self.product), show)

    @extend_schema(request=ImportInput, responses={202: OpenApiTypes.OBJECT})
    def post(self, request: Request, slug: str) -> Response:
        given = self.read(ImportInput)
        given.pop("kind")
        return once(request, self.user, lambda: begun(*services.save_import(self.user, self.product, **given)))


class OneImport(View):
    actions = {"GET": "import.list", "DELETE": "import.stop"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str, pk: str) -> Response:
        return Response(show(queries.one(self.product, pk)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, pk: str) -> Response:
        services.stop(self.user, queries.one(self.product, pk))
        return Response(status=204)


class Again(View):
    """Run an import now."""

    actions = {"POST": "import.mlflow"}

    @extend_schema(request=None, responses={202: OpenApiTypes.OBJECT})
    def post(self, request: Request, slug: str, pk: str) -> Response:
        held = queries.one(self.product, pk)
        return begun(held, services.run_again(self.user, held))
