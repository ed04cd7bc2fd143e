"""Making a version champion at once, where the product's settings allow it; elsewhere a decision does."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics import access
from metrics.api.evaluation.registry import ModelVersionOutput, show_version
from metrics.api.protocol.answers import Answer
from metrics.api.protocol.view import View
from metrics.queries.evaluation import catalogue
from metrics.services.selection import direct
from metrics.services.writing.refusal import invalid


class PromotionInput(serializers.Serializer[Any]):
    """The run that it stands on from now; without one the newest with rows, else the newest."""

    run = serializers.CharField(max_length=12, required=False)


class Promotion(View):
    """Make a version the champion of its model."""

    actions = {"POST": "version.promote"}

    @extend_schema(request=PromotionInput)
    def post(self, request: Request, slug: str, pk: str) -> Answer[ModelVersionOutput]:
        version = catalogue.version(self.product, pk)
        access.require(self.user, "version.promote", self.product)
        key = self.read(PromotionInput).get("run")
        run = catalogue.runs(self.product).filter(version=version, pk=key).first() if key else None
        if key and run is None:
            raise invalid("run", f"{version.name} has no run “{key}”", code="unknown", remedy="name a run of it")
        direct.promote(self.user, version, run=run)
        return Answer(show_version(version))
