"""The card of a KPI or of a model, as Markdown, PDF or JSON; that of a model in the form of Hugging Face too."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from metrics import cards
from metrics.api.protocol.view import View

FREE = {"type": "object", "additionalProperties": True, "description": "The card: its sections, blocks and figures."}
FILES = {
    (200, "text/markdown"): OpenApiTypes.STR,
    (200, "application/pdf"): OpenApiTypes.BINARY,
    (200, "application/json"): FREE,
}


class _Card(View):
    of: str

    def answered(self, key: str, form: str) -> HttpResponse:
        kind, made = cards.ABOVE[self.of](self.user, self.product, key, form)
        return HttpResponse(made, content_type=kind, headers={"Cache-Control": "private, no-store"})


class KPICard(_Card):
    """What a KPI is, who owns it, how it is computed, its grade, evidence, limits and history."""

    actions = {"GET": "kpi.read"}
    of = "kpi"

    @extend_schema(responses=FILES)
    def get(self, request: Request, slug: str, key: str, form: str) -> HttpResponse:
        return self.answered(key, form)


class ModelCard(_Card):
    """What a model foretells, who stands for it, what it measures and is worth, its evidence, limits and history."""

    actions = {"GET": "model.list"}
    of = "model"

    @extend_schema(responses=FILES)
    def get(self, request: Request, slug: str, key: str, form: str) -> HttpResponse:
        return self.answered(key, form)
