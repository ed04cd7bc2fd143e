"""Runs, models, data sets, metrics."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from metrics import access
from metrics.api.idempotency import once
from metrics.api.parsing import StrictJSON, loads
from metrics.api.view import View, number
from metrics.models.evaluation import DataSet, EvaluationRun, Metric, Model, ModelVersion
from metrics.queries import evaluation
from metrics.services import evaluation as services
from metrics.services import promotion
from metrics.services.refusal import Fault, TooLarge, invalid


class RunInput(serializers.Serializer[Any]):
    """The manifest of a run."""

    model = serializers.CharField(max_length=120)
    version = serializers.CharField(max_length=120)
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    dataset = serializers.CharField(max_length=120, required=False, allow_blank=True)
    task = serializers.ChoiceField(choices=["binary"], default="binary")
    where = serializers.DictField(required=False)
    reference = serializers.DictField(required=False)
    rename = serializers.DictField(required=False)
    segments = serializers.ListField(child=serializers.CharField(max_length=120), max_length=32, required=False)
    amounts = serializers.ListField(child=serializers.CharField(max_length=120), max_length=32, required=False)
    drop_missing = serializers.BooleanField(default=False)
    metrics = serializers.DictField(required=False)
    seed = serializers.JSONField(required=False)
    split = serializers.CharField(max_length=120, required=False, allow_blank=True)
    parameters = serializers.DictField(required=False)
    code_commit = serializers.CharField(max_length=120, required=False, allow_blank=True)
    environment = serializers.DictField(required=False)
    trained_on = serializers.JSONField(required=False)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class Reason(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500, allow_blank=True)


class MetricInput(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=60)
    name = serializers.CharField(max_length=120)
    direction = serializers.CharField(max_length=4)
    unit = serializers.CharField(max_length=60, required=False, allow_blank=True)
    formula = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    source = serializers.CharField(max_length=500, required=False, allow_blank=True)


def show_run(run: EvaluationRun) -> dict[str, Any]:
    return {
        "id": run.pk,
        "name": run.name,
        "product": run.product.slug,
        "model": run.version.model.name,
        "version": run.version.name,
        "version_state": run.version.state,
        "dataset": run.data_set.name if run.data_set else None,
        "task": run.task,
        "state": run.state,
        "n": run.n_rows,
        "rows_digest": run.rows or None,
        "data_digest": run.data_set.digest if run.data_set else None,
        "warnings": run.warnings,
        "error": run.error or None,
        "manifest": run.manifest,
        "withdrawn_reason": run.withdrawn_reason or None,
        "created_at": run.created_at,
        "created_by": run.created_by.username,
    }


def show_metrics(runs: Iterable[EvaluationRun]) -> dict[str, dict[str, Any]]:
    found = evaluation.metric_figures(runs)
    return {pk: {key: number(one.quantity, one.receipt) for key, one in sorted(of.items())} for pk, of in found.items()}


class Runs(View):
    """Runs of a product, newest first; log one by multipart (`manifest`, `file`) or JSON with metrics only."""

    actions = {"GET": "run.list", "POST": "run.create"}
    parser_classes = [StrictJSON, MultiPartParser]

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        rows = evaluation.runs(self.product)
        if model := request.query_params.get("model"):
            rows = rows.filter(version__model__name=model)
        if state := request.query_params.get("state"):
            if state not in EvaluationRun.State.values:
                raise invalid(
                    "state", f"“{state[:40]}” is no state", remedy="one of " + ", ".join(EvaluationRun.State.values)
                )
            rows = rows.filter(state=state)
        answer = self.listed(rows, lambda run: run)
        page: list[EvaluationRun] = answer.data["results"]
        metrics = show_metrics(page)
        answer.data["results"] = [show_run(run) | {"metrics": metrics[run.pk]} for run in page]
        return answer

    @extend_schema(request=RunInput, responses={202: OpenApiTypes.OBJECT})
    def post(self, request: Request, slug: str) -> Response:
        manifest, file = self.manifest(), self.file()
        received = services.receive(self.user, self.product, manifest=manifest, file=file)

        def seal() -> Response:
            run = services.seal(self.user, self.product, received)
            body = {
                "id": run.pk,
                "name": run.name,
                "state": run.state,
                "status": f"/api/v1/runs/{run.pk}/",
                "page": f"/p/{self.product.slug}/runs/{run.pk}/",
                "warnings": run.warnings,
            }
            return Response(body, status=202, headers={"Location": body["status"]})

        return once(request, self.user, seal)

    def manifest(self) -> dict[str, Any]:
        data: Any = self.request.data
        if self.request.content_type.startswith("multipart/"):
            text = data.get("manifest", "")
            if not isinstance(text, str):
                raise invalid("manifest", "is a text part of JSON, not a file")
            if len(text) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
                raise TooLarge(Fault(field="manifest", message="is over the limit", code="too_large"))
            try:
                data = loads(text or "{}")
            except ParseError as error:
                raise invalid("manifest", str(error.detail), code="json") from error
        if not isinstance(data, dict):
            raise invalid("manifest", "is a JSON object")
        body = RunInput(data=data)
        body.is_valid(raise_exception=True)
        unknown = sorted(set(data) - set(body.fields))
        if unknown:
            known = ", ".join(sorted(body.fields))
            raise invalid(
                str(unknown[0])[:60], "is no field of a manifest", code="unknown", remedy=f"the fields are {known}"
            )
        found: dict[str, Any] = body.validated_data
        return found

    def file(self) -> services.File | None:
        sent = self.request.FILES.get("file")
        if sent is None:
            return None
        if sent.size > settings.UPLOAD_MAX_BYTES:
            most = f"{settings.UPLOAD_MAX_BYTES / 2**20:,.0f} MiB"
            raise TooLarge(
                Fault(
                    field="file",
                    message=f"is over {most}",
                    code="too_large",
                    remedy="send fewer columns or rows, or Parquet",
                )
            )
        return services.File(
            path=Path(sent.temporary_file_path()), name=sent.name or "", content_type=sent.content_type or ""
        )


class Withdrawal(View):
    actions = {"POST": "run.withdraw"}

    @extend_schema(request=Reason, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, pk: str) -> Response:
        run = services.withdraw(self.user, evaluation.run(self.user, pk), **self.read(Reason))
        return Response(show_run(run))


def whole_run(run: EvaluationRun) -> dict[str, Any]:
    """A run with its metrics and whether it may be compared; what it implies for KPIs is added by the room above."""
    reason = evaluation.not_comparable(run, evaluation.champion(run.product))
    return show_run(run) | {
        "comparable": not reason,
        "not_comparable_reason": reason or None,
        "metrics": show_metrics([run])[run.pk],
    }


class Models(View):
    actions = {"GET": "model.list"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        return self.listed(evaluation.models(self.product), self.show)

    @staticmethod
    def show(model: Model) -> dict[str, Any]:
        versions = [{"id": row.pk, "name": row.name, "state": row.state} for row in model.versions.all()]
        return {"id": model.pk, "name": model.name, "task": model.task, "versions": versions}


class Versions(View):
    actions = {"GET": "model.list"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        return self.listed(evaluation.versions(self.product), show_version)


def show_version(version: ModelVersion) -> dict[str, Any]:
    return {"id": version.pk, "model": version.model.name, "name": version.name, "state": version.state}


class Promotion(View):
    """Make a version the champion of its model."""

    actions = {"POST": "version.promote"}

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, slug: str, pk: str) -> Response:
        version = evaluation.versions(self.product).filter(pk=pk).first()
        if version is None:
            raise access.Hidden
        return Response(show_version(promotion.promote(self.user, version)))


class DataSets(View):
    actions = {"GET": "dataset.list"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        return self.listed(evaluation.data_sets(self.product), self.show)

    @staticmethod
    def show(data: DataSet) -> dict[str, Any]:
        return {
            "id": data.pk,
            "name": data.name,
            "role": data.role,
            "digest": data.digest,
            "n": data.n_rows,
            "first_event": data.first_event,
            "last_event": data.last_event,
        }


class Metrics(View):
    actions = {"GET": "metric.list", "POST": "metric.register"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        return self.listed(evaluation.metrics(self.product), self.show)

    @extend_schema(request=MetricInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, slug: str) -> Response:
        return Response(
            self.show(services.register_metric(self.user, self.product, **self.read(MetricInput))), status=201
        )

    @staticmethod
    def show(metric: Metric) -> dict[str, Any]:
        return {
            "key": metric.key,
            "name": metric.name,
            "task": metric.task,
            "direction": metric.direction,
            "unit": metric.unit,
            "kind": metric.kind,
            "formula": metric.formula,
            "source": metric.source,
        }
