"""Data sets: the list, logging one, one with its runs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, NotRequired, TypedDict, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics.api.evaluation.tasks import TaskField, TaskName
from metrics.api.protocol.answers import Answer, Created, Page
from metrics.api.protocol.uploads import Uploads
from metrics.api.protocol.view import View
from metrics.core.pasted.numbers import SIGNS
from metrics.core.rows.table import SCALES
from metrics.models.evaluation import DataSet
from metrics.queries.evaluation import catalogue
from metrics.services.evaluation import data_sets


class DataSetInput(serializers.Serializer[Any]):
    """The manifest of a data set.

    label_scale: the level of measurement of the labels that labelers vote on; agreement is judged by it. label_order:
    ordinal labels from least to most, where they are no numbers. decimal: the sign before decimals in amounts.
    """

    name = serializers.CharField(max_length=120)
    role = serializers.ChoiceField(choices=DataSet.Role.choices, default=DataSet.Role.EVALUATION.value)
    task = TaskField()
    where = serializers.DictField(required=False)
    rename = serializers.DictField(required=False)
    segments = serializers.ListField(child=serializers.CharField(max_length=120), max_length=32, required=False)
    amounts = serializers.ListField(child=serializers.CharField(max_length=120), max_length=32, required=False)
    time_zone = serializers.CharField(max_length=60, required=False, allow_blank=True)
    label_scale = serializers.ChoiceField(choices=SCALES, required=False)
    label_order = serializers.ListField(child=serializers.CharField(max_length=120), max_length=50, required=False)
    decimal = serializers.ChoiceField(choices=SIGNS, required=False)


class UploadWarning(TypedDict):
    """What was noticed in a file that was taken: the column, and the first row concerned, counted from 1."""

    field: str
    code: str
    message: str
    row: NotRequired[int]
    remedy: NotRequired[str]


class DataSetOutput(TypedDict):
    """digest: the same for the same rows and labels in any order. voted: it has the votes of labelers."""

    id: str
    name: str
    version: int
    role: Annotated[str, DataSet.Role]
    task: TaskName
    digest: str
    n: int
    first_event: datetime | None
    last_event: datetime | None
    voted: bool
    warnings: list[UploadWarning]
    created_at: datetime


class LoggedDataSet(DataSetOutput):
    """new: false where these very rows were there already."""

    new: bool


class RunName(TypedDict):
    id: str
    name: str


class WholeDataSet(DataSetOutput):
    """runs: the newest hundred on it."""

    runs: list[RunName]


class DataSets(Uploads):
    """Data sets of a product; log one by multipart (`manifest`, `file`)."""

    manifest_form = DataSetInput
    actions = {"GET": "dataset.list", "POST": "dataset.create"}
    idempotent = {"POST"}

    @extend_schema(operation_id="products_datasets_list")
    def get(self, request: Request, slug: str) -> Answer[Page[DataSetOutput]]:
        return self.listed(catalogue.data_sets(self.product), show)

    @extend_schema(request=DataSetInput)
    def post(self, request: Request, slug: str) -> Answer[LoggedDataSet] | Created[LoggedDataSet]:
        manifest, file = self.manifest(), self.file()
        rows = data_sets.receive(self.user, self.product, manifest=manifest, file=file)

        def seal() -> Answer[LoggedDataSet]:
            found, new = data_sets.seal(self.user, self.product, manifest=manifest, rows=rows)
            shown: LoggedDataSet = {**show(found), "new": new, "warnings": cast("list[UploadWarning]", rows.warnings)}
            return Created(shown) if new else Answer(shown)

        return self.once(seal)


class OneDataSet(View):
    actions = {"GET": "dataset.read"}

    def get(self, request: Request, slug: str, pk: str) -> Answer[WholeDataSet]:
        found = catalogue.data_set(self.product, pk)
        runs = catalogue.runs(self.product).filter(data_set=found).values_list("pk", "name")[:100]
        return Answer({**show(found), "runs": [{"id": key, "name": name} for key, name in runs]})


def show(data: DataSet) -> DataSetOutput:
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
