"""One run, whole: its metrics, and the KPIs and money that it implies."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from metrics import access, store
from metrics.api.protocol.view import View, number
from metrics.api.runs.table import whole_run
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import catalogue
from metrics.queries.evidence import checks
from metrics.queries.kpi import board
from metrics.queries.kpi.board import KPIFigure
from metrics.queries.kpi.grade import Grader


class OneRun(View):
    actions = {"GET": "run.read"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: str) -> Response:
        run = catalogue.run(self.user, pk)
        known = Known(run.product)
        found = board.of_run(run, known, Grader(run.product, timezone.localdate()), known.approved.values())
        return Response(whole_run(run) | {"kpis": [show_figure(one) for one in found]})


class Evidence(View):
    """The checks of a run, each with its verdict, its rule and the figures behind it."""

    actions = {"GET": "evidence.read"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: str) -> Response:
        run = catalogue.run(self.user, pk)
        found = checks.with_twins(run, checks.checks(run, catalogue.champion(run.product)))
        return Response({"checks": [{"name": check.name, **vars(check)} for check in found]})


class Predictions(View):
    """The rows of a run as they were stored, as Parquet."""

    actions = {"GET": "run.download_predictions"}

    @extend_schema(responses={(200, "application/vnd.apache.parquet"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: str) -> FileResponse:
        run = catalogue.run(self.user, pk)
        access.require(self.user, "run.download_predictions", run.product)
        if not run.rows or not store.path(run.rows).exists():
            raise access.Hidden
        name = f"{run.product.slug}-{run.pk}.parquet"
        return FileResponse(
            store.path(run.rows).open("rb"),
            as_attachment=True,
            filename=name,
            content_type="application/vnd.apache.parquet",
        )


def show_figure(one: KPIFigure) -> dict[str, Any]:
    return {
        "kpi": one.kpi.key,
        "name": one.kpi.name,
        "mapping": one.version.mapping_id if one.version else None,
        "number": one.version.number if one.version else None,
        "state": one.version.state if one.version else None,
        "grade": one.grade.letter,
        "value": number(one.quantity, one.receipt),
        "receipt": one.receipt or None,
    }
