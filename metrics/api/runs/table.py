"""Runs: the list, logging one or many, taking one back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, TypedDict

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics import access, things
from metrics.api.evaluation.data_sets import UploadWarning
from metrics.api.evaluation.tasks import TaskField, TaskName
from metrics.api.protocol.answers import Accepted, Answer, FigureOutput, Page, figure, plain
from metrics.api.protocol.uploads import Uploads
from metrics.api.protocol.view import View
from metrics.api.runs.filters import ASKED, run_list
from metrics.core.pasted.numbers import SIGNS
from metrics.core.rows.table import SCALES
from metrics.models.evaluation import EvaluationRun, ModelVersion
from metrics.models.product import Product
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import catalogue
from metrics.queries.evaluation.beside import place
from metrics.services.evaluation import promotion
from metrics.services.evaluation import runs as services
from metrics.things import Thing


class Described(serializers.Serializer[Any]):
    """What the manifest of any run may say."""

    model = serializers.CharField(max_length=120)
    version = serializers.CharField(max_length=120)
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    dataset = serializers.CharField(max_length=120, required=False, allow_blank=True)
    task = TaskField()
    segments = serializers.ListField(child=serializers.CharField(max_length=120), max_length=32, required=False)
    amounts = serializers.ListField(child=serializers.CharField(max_length=120), max_length=32, required=False)
    metrics = serializers.DictField(required=False)
    interval_level = serializers.FloatField(required=False)
    time_zone = serializers.CharField(max_length=60, required=False, allow_blank=True)
    naive = serializers.DictField(required=False)
    seed = serializers.JSONField(required=False)
    split = serializers.CharField(max_length=120, required=False, allow_blank=True)
    parameters = serializers.DictField(required=False)
    code_commit = serializers.CharField(max_length=120, required=False, allow_blank=True)
    environment = serializers.DictField(required=False)
    trained_on = serializers.JSONField(required=False)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class RunInput(Described):
    """The manifest of a run."""

    where = serializers.DictField(required=False)
    reference = serializers.DictField(required=False)
    rename = serializers.DictField(required=False)
    drop_missing = serializers.BooleanField(default=False)
    classes = serializers.ListField(child=serializers.CharField(max_length=120), max_length=100, required=False)
    label_scale = serializers.ChoiceField(choices=SCALES, required=False)
    label_order = serializers.ListField(child=serializers.CharField(max_length=120), max_length=50, required=False)
    decimal = serializers.ChoiceField(choices=SIGNS, required=False)
    reference_dataset = serializers.CharField(max_length=160, required=False, allow_blank=True)
    training_dataset = serializers.CharField(max_length=160, required=False, allow_blank=True)
    data_digest = serializers.CharField(max_length=128, required=False, allow_blank=True)


class Reason(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500, allow_blank=True)


MANIFEST = plain(
    "Manifest",
    "What was said of a run when it was logged: the fields that a run is logged with, each as it was sent. Parameters, "
    "environment and the like are the sender's own.",
)


class RunOutput(TypedDict):
    """rows_digest: of the rows as they are stored; data_digest: the same for the same rows and labels in any order.
    source: where its rows lie, of a lake run, whose rows are not held here; null of others."""

    id: str
    name: str
    product: str
    model: str
    version: str
    version_state: Annotated[str, ModelVersion.State]
    dataset: str | None
    task: TaskName
    state: Annotated[str, EvaluationRun.State]
    n: int | None
    rows_digest: str | None
    data_digest: str | None
    source: str | None
    warnings: list[UploadWarning]
    error: str | None
    manifest: Annotated[dict[str, Any], MANIFEST]
    withdrawn_reason: str | None
    created_at: datetime
    created_by: str


class ListedRun(RunOutput):
    """metrics: key → figure."""

    metrics: dict[str, FigureOutput]


class MeasuredRun(ListedRun):
    """comparable: whether it saw the rows of the champion.

    unregistered: keys of metrics that it reports and nobody registered: without a direction, in no mapping.
    stands: whether figures in force are read from it. beside_reason: why a run of the champion does not count for it;
    null where it does or did, and for a run of another version.
    """

    comparable: bool
    not_comparable_reason: str | None
    unregistered: list[str]
    stands: bool
    beside_reason: str | None


class SealedOutput(TypedDict):
    """A run that was logged, and where to ask how far it has come."""

    id: str
    name: str
    state: Annotated[str, EvaluationRun.State]
    status: str
    page: str
    warnings: list[UploadWarning]


def show_run(run: EvaluationRun) -> RunOutput:
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
        "source": run.source or None,
        "data_digest": run.data_set.digest if run.data_set else None,
        "warnings": run.warnings,
        "error": run.error or None,
        "manifest": run.manifest,
        "withdrawn_reason": run.withdrawn_reason or None,
        "created_at": run.created_at,
        "created_by": run.created_by.username,
    }


def show_metrics(runs: Iterable[EvaluationRun]) -> dict[str, dict[str, FigureOutput]]:
    found = catalogue.metric_figures(runs)
    return {pk: {key: figure(one.quantity, one.receipt) for key, one in sorted(of.items())} for pk, of in found.items()}


class Runs(Uploads):
    """Runs of a product; log one by multipart (`manifest`, `file`) or JSON with metrics only.

    The list is newest first, by cursor; `sort=-roc_auc` and the filters are those of the runs table's address, `top=50`
    gives the first fifty, `metric=roc_auc,ece` those metrics alone.
    """

    manifest_form = RunInput
    actions = {"GET": "run.list", "POST": "run.create"}
    idempotent = {"POST"}

    @extend_schema(parameters=[OpenApiParameter(name, kind) for name, kind in ASKED.items()])
    def get(self, request: Request, slug: str) -> Answer[Page[ListedRun]]:
        places, page, metrics = run_list(self, request)
        return Answer({**places, "results": [{**show_run(run), "metrics": metrics[run.pk]} for run in page]})

    @extend_schema(request=RunInput)
    def post(self, request: Request, slug: str) -> Accepted[SealedOutput]:
        manifest, file = self.manifest(), self.file()
        received = services.receive(self.user, self.product, manifest=manifest, file=file)

        def seal() -> Accepted[SealedOutput]:
            body = sealed(services.seal(self.user, self.product, received), self.product)
            return Accepted(body, headers={"Location": body["status"]})

        return self.once(seal)


def sealed(run: EvaluationRun, product: Product) -> SealedOutput:
    """What is answered to who logged a run."""
    return {
        "id": run.pk,
        "name": run.name,
        "state": run.state,
        "status": f"/api/v1/runs/{run.pk}/",
        "page": things.page(Thing("run", (product.slug, run.pk))),
        "warnings": run.warnings,
    }


class Acceptance(View):
    """Let a run of the champion stand for it that does not by itself (on other rows, or of reported metrics), or take
    that back: then what stood before stands again."""

    actions = {"POST": "run.accept", "DELETE": "run.accept"}

    @extend_schema(request=None)
    def post(self, request: Request, pk: str) -> Answer[RunOutput]:
        run = self._run(pk)
        promotion.accept(self.user, run)
        return Answer(show_run(run))

    @extend_schema(request=None)
    def delete(self, request: Request, pk: str) -> Answer[RunOutput]:
        run = self._run(pk)
        promotion.take_back(self.user, run)
        return Answer(show_run(run))

    def _run(self, pk: str) -> EvaluationRun:
        run = catalogue.run(self.user, pk)
        access.require_role(self.user, "run.accept", run.product)
        return run


class Withdrawal(View):
    actions = {"POST": "run.withdraw"}

    @extend_schema(request=Reason)
    def post(self, request: Request, pk: str) -> Answer[RunOutput]:
        run = catalogue.run(self.user, pk)
        access.require_role(self.user, "run.withdraw", run.product)
        return Answer(show_run(services.withdraw(self.user, run, **self.read(Reason))))


def whole_run(run: EvaluationRun) -> MeasuredRun:
    """A run with its metrics and whether it may be compared; what it implies for KPIs is added by the room above."""
    known = Known(run.product)
    reason, found = catalogue.not_comparable(run, known.champion_of(run)), place(run, known)
    return {
        **show_run(run),
        "comparable": not reason,
        "not_comparable_reason": reason or None,
        "unregistered": catalogue.unregistered(run, known.metrics),
        "stands": found.stands,
        "beside_reason": found.why or None,
        "metrics": show_metrics([run])[run.pk],
    }
