"""Data sets: the list, logging one, one with its runs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from metrics import access
from metrics.api.protocol.idempotency import once
from metrics.api.protocol.uploads import Uploads
from metrics.api.protocol.view import View
from metrics.models.evaluation import DataSet, Task
from metrics.queries.evaluation import catalogue
from metrics.services.evaluation import data_sets


class DataSetInput(serializers.Serializer[Any]):
    """The manifest of a data set."""

    name = serializers.CharField(max_length=120)
    role = serializers.ChoiceField(choices=DataSet.Role.choices, default=DataSet.Role.EVALUATION.value)
    task = serializers.ChoiceField(choices=Task.choices, default=Task.BINARY.value)
    where = serializers.DictField(required=False)
    rename = serializers.DictField(required=False)
    segments = serializers.ListField(child=serializers.CharField(max_length=120), max_length=32, required=False)
    amounts = serializers.ListField(child=serializers.CharField(max_length=120), max_length=32, required=False)


class DataSets(Uploads, View):
    """Data sets of a product; log one by multipart (`manifest`, `file`)."""

    manifest_form = DataSetInput
    actions = {"GET": "dataset.list", "POST": "dataset.create"}

    @extend_schema(operation_id="products_datasets_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        return self.listed(catalogue.data_sets(self.product), show)

    @extend_schema(request=DataSetInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, slug: str) -> Response:
        manifest, file = self.manifest(), self.file()
        rows = data_sets.receive(self.user, self.product, manifest=manifest, file=file)

        def seal() -> Response:
            found, new = data_sets.seal(self.user, self.product, manifest=manifest, rows=rows)
            return Response(show(found) | {"new": new, "warnings": rows.warnings}, status=201 if new else 200)

        return once(request, self.user, seal)


class OneDataSet(View):
    actions = {"GET": "dataset.read"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str, pk: str) -> Response:
        found = catalogue.data_sets(self.product).filter(pk=pk).first()
        if found is None:
            raise access.Hidden
        runs = catalogue.runs(self.product).filter(data_set=found).values_list("pk", "name")[:100]
        return Response(show(found) | {"runs": [{"id": key, "name": name} for key, name in runs]})


def show(data: DataSet) -> dict[str, Any]:
    return {
        "id": data.pk,
        "name": data.name,
        "version": data.number,
        "role": data.role,
        "task": data.task,
        "digest": data.digest,
        "n": data.n_rows,
        "first_event": data.first_event,
        "last_event": data.last_event,
        "voted": bool(data.votes),
        "warnings": data.warnings,
        "created_at": data.created_at,
    }
