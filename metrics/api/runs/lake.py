"""Runs of rows that stay in a lake: their cube or sums come, and say where the rows lie."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics.api.protocol.answers import Accepted
from metrics.api.protocol.uploads import Uploads
from metrics.api.runs.table import Described, SealedOutput, sealed
from metrics.services.evaluation import lake as services
from metrics.services.evaluation import runs

MOST_ROWS = 10**12


class Noticed(serializers.Serializer[Any]):
    """What was noticed of the rows while they were checked."""

    field = serializers.CharField(max_length=120)
    code = serializers.CharField(max_length=40)
    message = serializers.CharField(max_length=500)
    remedy = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class LakeInput(Described):
    """The manifest of a lake run.

    source: where its rows lie, at which snapshot. n_rows, rows_digest: how many, and the digest of their ids and
    labels. cube: the sha256 of the file. months_in: the time zone in which its months were told, that of the product.
    least_count: groups of fewer rows were put together.
    """

    source = serializers.CharField(max_length=300)  # type: ignore[assignment]
    n_rows = serializers.IntegerField(min_value=1, max_value=MOST_ROWS)
    rows_digest = serializers.RegexField(r"^[0-9a-f]{32}\Z")
    cube = serializers.RegexField(r"^[0-9a-f]{64}\Z")
    months_in = serializers.CharField(max_length=60)
    first_event = serializers.DateTimeField(required=False, allow_null=True)
    last_event = serializers.DateTimeField(required=False, allow_null=True)
    parts = serializers.IntegerField(min_value=1, required=False)
    least_count = serializers.IntegerField(min_value=0, required=False)
    warnings = serializers.ListField(child=Noticed(), max_length=200, required=False)
    classes = serializers.ListField(child=serializers.CharField(max_length=120), max_length=1000, required=False)


class Lake(Uploads):
    """Log a run whose rows stay where they lie: `file` is its cube or sums, as `kpiplatform.spark.log_run` makes them
    inside a session of Spark. What needs the rows themselves is unknown for it, with the reason."""

    manifest_form = LakeInput
    actions = {"POST": "run.create"}
    idempotent = {"POST"}

    @extend_schema(request=LakeInput)
    def post(self, request: Request, slug: str) -> Accepted[SealedOutput]:
        received = services.receive(self.user, self.product, manifest=self.manifest(), file=self.file())

        def seal() -> Accepted[SealedOutput]:
            body = sealed(runs.seal(self.user, self.product, received), self.product)
            return Accepted(body, headers={"Location": body["status"]})

        return self.once(seal)
