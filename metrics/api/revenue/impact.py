"""What a change would do before it is made: figures before and after, and the grades that it takes or gives."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from metrics import access
from metrics.api.kpi.kpis import AssumptionChanges, assumption
from metrics.api.protocol.view import View
from metrics.core.estimate import as_json
from metrics.queries.documents.known import Known
from metrics.queries.kpi import catalogue as queries
from metrics.queries.revenue import impact
from metrics.services.kpi.kpis import check_distribution


class VersionImpact(View):
    """What approving a version would change: each KPI, realised quarters and the projected total, before and after."""

    actions = {"GET": "mapping.preview"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: str, version: int) -> Response:
        access.require_role(self.user, "mapping.preview", queries.mapping(self.user, pk).product)
        found = queries.version(self.user, pk, version)
        return Response(show_impact(impact.of_version(found, Known(found.mapping.product))))


class AssumptionPreview(AssumptionChanges):
    """What would be saved; who owns it changes no figure."""

    after = None  # type: ignore[assignment]


class AssumptionImpact(View):
    """What saving an assumption's next version would change; nothing is stored."""

    actions = {"POST": "assumption.update"}

    @extend_schema(request=AssumptionPreview, responses={200: OpenApiTypes.OBJECT})
    def post(self, request: Request, slug: str, key: str) -> Response:
        row, given = assumption(self.product, key), self.read(AssumptionPreview)
        check_distribution(given["distribution"])
        more = {name: given[name] for name in ("source", "valid_until") if name in given}
        return Response(show_impact(impact.of_assumption(row, given["distribution"], Known(self.product), **more)))


def show_impact(found: impact.Impact) -> dict[str, Any]:
    shown = {"held": found.held, "still": found.still, "results": [show_moved(row) for row in found.rows]}
    return shown | {"grades": [show_regraded(row) for row in found.grades]}


def show_moved(row: impact.Moved) -> dict[str, Any]:
    figures = {"before": row.before, "after": row.after, "difference": row.difference}
    return {"kind": row.kind, "key": row.key} | {name: as_json(found) for name, found in figures.items()}


def show_regraded(row: impact.Regraded) -> dict[str, Any]:
    """reasons: why the grade after the change is not better."""
    letters = {"before": row.before.letter, "after": row.after.letter}
    return {"kind": row.kind, "key": row.key} | letters | {"reasons": row.after.reasons}
