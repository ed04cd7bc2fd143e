"""Many at once: runs that report metrics, and the history of a run's metrics."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from metrics import access
from metrics.api.protocol.answers import Answer, Problem
from metrics.api.protocol.errors import problem_of
from metrics.api.protocol.parsing import SeveralRuns, Unread
from metrics.api.protocol.uploads import checked
from metrics.api.protocol.view import View
from metrics.api.runs.table import RunInput, SealedOutput, sealed
from metrics.models.evaluation import MetricStep
from metrics.queries.evaluation import catalogue
from metrics.queries.evaluation import training_steps as steps
from metrics.services.evaluation import runs as services
from metrics.services.evaluation import training_steps
from metrics.services.writing.refusal import Fault, Invalid, TooLarge, invalid

MOST_RUNS = 500


class BatchInput(serializers.Serializer[Any]):
    runs = serializers.ListField(child=serializers.DictField(), allow_empty=False)


class PointsInput(serializers.Serializer[Any]):
    points = serializers.ListField(child=serializers.DictField(), allow_empty=False)


class BatchOutput(TypedDict):
    """runs: of each sent, in that order, what was logged or why it was refused."""

    runs: list[SealedOutput | Problem]
    accepted: int
    rejected: int


class StepOutput(TypedDict):
    """value: null where it was not finite."""

    metric: str
    step: int
    value: float | None
    at: datetime


class HistoryOutput(TypedDict):
    """more: whether there are points beyond the first so many that are given."""

    points: list[StepOutput]
    more: bool


class NewPoints(TypedDict):
    new: int


class Batch(View):
    """Log up to 500 runs that report metrics; each is taken or refused for itself, in the order sent."""

    actions = {"POST": "run.create"}
    idempotent = {"POST"}
    parser_classes = [SeveralRuns]

    @extend_schema(request=BatchInput)
    def post(self, request: Request, slug: str) -> Answer[BatchOutput]:
        manifests = request.data.get("runs") if isinstance(request.data, dict) else None
        if not isinstance(manifests, list) or not manifests:
            raise invalid("runs", "is a list of manifests", remedy='send {"runs": [{"model": …, "metrics": {…}}, …]}')
        if len(manifests) > MOST_RUNS:
            message = f"holds {len(manifests):,} runs, at most {MOST_RUNS} are taken at once"
            raise TooLarge(Fault(field="runs", message=message, code="too_large", remedy="send them in several calls"))

        def seal() -> Answer[BatchOutput]:
            answers = [self.one(manifest) for manifest in manifests]
            taken = sum("id" in answer for answer in answers)
            return Answer({"runs": answers, "accepted": taken, "rejected": len(answers) - taken})

        return self.once(seal)

    def one(self, manifest: Any) -> SealedOutput | Problem:
        try:
            if isinstance(manifest, Unread):
                raise Invalid(*manifest.faults)
            with transaction.atomic():
                given = checked(manifest, RunInput)
                return sealed(services.log_run(self.user, self.product, manifest=given), self.product)
        except (Invalid, ValidationError) as error:
            return problem_of(error)


class History(View):
    """The values of a run's metrics at each step of its training."""

    actions = {"GET": "run.read", "POST": "run.create"}
    idempotent = {"POST"}

    @extend_schema(parameters=[OpenApiParameter("metric", str)])
    def get(self, request: Request, pk: str) -> Answer[HistoryOutput]:
        run = catalogue.run(self.user, pk)
        rows = steps.points(run, request.query_params.get("metric", ""))
        found = list(rows[: training_steps.MOST_POINTS + 1])
        points = [show_point(row) for row in found[: training_steps.MOST_POINTS]]
        return Answer({"points": points, "more": len(found) > training_steps.MOST_POINTS})

    @extend_schema(request=PointsInput)
    def post(self, request: Request, pk: str) -> Answer[NewPoints]:
        run = catalogue.run(self.user, pk)
        access.require_role(self.user, "run.create", run.product)
        points = request.data.get("points") if isinstance(request.data, dict) else None
        if not isinstance(points, list) or not points:
            raise invalid("points", "is a list of metric, step, value and time")
        return self.once(lambda: Answer(NewPoints(new=training_steps.log_history(self.user, run, points))))


def show_point(row: MetricStep) -> StepOutput:
    return {"metric": row.metric, "step": row.step, "value": row.value, "at": row.at}
