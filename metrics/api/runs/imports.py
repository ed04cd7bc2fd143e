"""Imports: runs of another system taken over, now and regularly."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypedDict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics.api.protocol.answers import Accepted, Answer, Gone, Page
from metrics.api.protocol.view import View
from metrics.api.protocol.work import CountsOutput
from metrics.api.protocol.work import begun as work_begun
from metrics.models.evaluation import Import
from metrics.models.work import Work
from metrics.queries.evaluation import imports as queries
from metrics.services.imports import schedule as services
from metrics.services.imports.mlflow_report import Counts

MOST_MINUTES = 366 * 24 * 60
NOTHING: Any = Counts().show()


class ImportInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Import.Kind.choices, default=Import.Kind.MLFLOW.value)
    uri = serializers.CharField(max_length=500)
    experiments = serializers.ListField(
        child=serializers.CharField(max_length=500), max_length=200, required=False, allow_empty=True
    )
    every_minutes = serializers.IntegerField(min_value=1, max_value=MOST_MINUTES, required=False, allow_null=True)


class LastResult(CountsOutput):
    state: Literal["done", "failed"]
    error: str | None
    at: datetime


class ImportOutput(TypedDict):
    """experiments: names, none for all. every_minutes: null where it runs only when asked."""

    id: str
    kind: Annotated[str, Import.Kind]
    uri: str
    experiments: list[str]
    every_minutes: int | None
    last_at: datetime | None
    last_result: LastResult | None
    stopped_at: datetime | None
    created_at: datetime
    created_by: str


# import: what runs; work and status: how far it has come
BegunImport = TypedDict("BegunImport", {"import": ImportOutput, "work": str, "status": str})


def show(held: Import) -> ImportOutput:
    return {
        "id": held.pk,
        "kind": held.kind,
        "uri": held.uri,
        "experiments": held.experiments,
        "every_minutes": held.every_minutes,
        "last_at": held.last_at,
        "last_result": NOTHING | held.last_result if held.last_result else None,
        "stopped_at": held.stopped_at,
        "created_at": held.created_at,
        "created_by": held.created_by.username,
    }


def begun(held: Import, work: Work) -> Accepted[BegunImport]:
    shown: BegunImport = {"import": show(held), **work_begun(work)}
    return Accepted(shown, headers={"Location": shown["status"]})


class Imports(View):
    """Imports of a product; save one, and have it run."""

    actions = {"GET": "import.list", "POST": "import.mlflow"}
    idempotent = {"POST"}

    @extend_schema(operation_id="products_imports_list")
    def get(self, request: Request, slug: str) -> Answer[Page[ImportOutput]]:
        return self.listed(queries.imports(self.product), show)

    @extend_schema(request=ImportInput)
    def post(self, request: Request, slug: str) -> Accepted[BegunImport]:
        given = self.read(ImportInput)
        given.pop("kind")
        return self.once(lambda: begun(*services.save_import(self.user, self.product, **given)))


class OneImport(View):
    actions = {"GET": "import.list", "DELETE": "import.stop"}

    def get(self, request: Request, slug: str, pk: str) -> Answer[ImportOutput]:
        return Answer(show(queries.one(self.product, pk)))

    def delete(self, request: Request, slug: str, pk: str) -> Gone:
        services.stop(self.user, queries.one(self.product, pk))
        return Gone()


class Again(View):
    """Run an import now."""

    actions = {"POST": "import.mlflow"}

    @extend_schema(request=None)
    def post(self, request: Request, slug: str, pk: str) -> Accepted[BegunImport]:
        held = queries.one(self.product, pk)
        return begun(held, services.run_again(self.user, held))
