"""Many at once: runs that report metrics, and the history of a run's metrics."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from metrics.api.protocol.errors import problem_of
from metrics.api.protocol.idempotency import once
from metrics.api.protocol.uploads import checked
from metrics.api.protocol.view import View
from metrics.api.runs.table import RunInput, sealed
from metrics.models.evaluation import MetricStep
from metrics.queries.evaluation import catalogue
from metrics.services.evaluation import runs as services
from metrics.services.evaluation import training_steps
from metrics.services.writing.refusal import Fault, Invalid, TooLarge, invalid

MOST_RUNS = 500


class BatchInput(serializers.Serializer[Any]):
    runs = serializers.ListField(child=serializers.DictField(), allow_empty=False)


class PointsInput(serializers.Serializer[Any]):
    points = serializers.ListField(child=serializers.DictField(), allow_empty=False)


class Batch(View):
    """Log up to 500 runs that report metrics; each is taken or refused for itself, in the order sent."""

    actions = {"POST": "run.create"}

    @extend_schema(request=BatchInput, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, slug: str) -> Response:
        manifests = request.data.get("runs") if isinstance(request.data, dict) else None
        if not isinstance(manifests, list) or not manifests:
            raise invalid("runs", "is a list of manifests", remedy='send {"runs": [{"model": …, "metrics": {…}}, …]}')
        if len(manifests) > MOST_RUNS:
            message = f"holds {len(manifests):,} runs, at most {MOST_RUNS} are taken at once"
            raise TooLarge(Fault(field="runs", message=message, code="too_large", remedy="send them in several calls"))

        def seal() -> Response:
            answers = [self.one(manifest) for manifest in manifests]
            taken = sum("id" in answer for answer in answers)
            return Response({"runs": answers, "accepted": taken, "rejected": len(answers) - taken})

        return once(request, self.user, seal)

    def one(self, manifest: Any) -> dict[str, Any]:
        try:
            with transaction.atomic():
                given = checked(manifest, RunInput)
                return sealed(services.log_run(self.user, self.product, manifest=given), self.product)
        except (Invalid, ValidationError) as error:
            return problem_of(error)


class History(View):
    """The values of a run's metrics at each step of its training."""

    actions = {"GET": "run.read", "POST": "run.create"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: str) -> Response:
        run = catalogue.run(self.user, pk)
        rows = MetricStep.objects.filter(run=run)
        if metric := request.query_params.get("metric"):
            rows = rows.filter(metric=metric)
        found = rows.values("metric", "step", "value", "at")[: training_steps.MOST_POINTS + 1]
        return Response(
            {"points": list(found[: training_steps.MOST_POINTS]), "more": len(found) > training_steps.MOST_POINTS}
        )

    @extend_schema(request=PointsInput, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, pk: str) -> Response:
        run = catalogue.run(self.user, pk)
        points = request.data.get("points") if isinstance(request.data, dict) else None
        if not isinstance(points, list) or not points:
            raise invalid("points", "is a list of metric, step, value and time")
        return once(request, self.user, lambda: Response({"new": training_steps.log_history(self.user, run, points)}))
