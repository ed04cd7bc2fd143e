"""Pairs of metric and observed KPI, on which calibrated mappings are fitted."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from metrics import access
from metrics.api.kpi.kpis import named
from metrics.api.protocol.view import Number, View
from metrics.models.calibration import Pair
from metrics.queries.documents import calibration
from metrics.queries.kpi import calibration as kpi_calibration
from metrics.services.kpi import calibration as services
from metrics.services.kpi.calibration import PairRow
from metrics.services.writing.refusal import invalid


class PairInput(serializers.Serializer[Any]):
    x = Number()
    y = Number()
    x_error = Number(required=False, allow_null=True, min_value=0)
    y_error = Number(required=False, allow_null=True, min_value=0)
    covariance = Number(required=False, allow_null=True)
    disjoint = serializers.BooleanField(required=False)
    at = serializers.DateField(required=False, allow_null=True)


class PairsInput(serializers.Serializer[Any]):
    """Either `pairs`, or `csv`: a text whose first line names the columns x, y, x_error, y_error, at and so on."""

    kpi = serializers.CharField(max_length=60)
    metric = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(choices=Pair.Kind.choices, default=Pair.Kind.HISTORY)
    pairs = PairInput(many=True, required=False)
    csv = serializers.CharField(required=False, max_length=200_000)
    source = serializers.CharField(max_length=240, allow_blank=True, default="")
    preview = serializers.BooleanField(default=False, help_text="say what would be written, and write nothing")


def show(pair: Pair) -> dict[str, Any]:
    fields = ("x", "y", "x_error", "y_error", "covariance", "disjoint", "at", "metric", "kind", "batch", "source")
    return {"id": pair.pk, "kpi": pair.kpi.key} | {field: getattr(pair, field) for field in fields}


class Pairs(View):
    actions = {"GET": "actual.list", "POST": "actual.import"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        rows = calibration.pairs(self.product)
        wanted = {"kpi": "kpi__key", "metric": "metric", "kind": "kind"}
        asked = {field: request.query_params[name] for name, field in wanted.items() if name in request.query_params}
        return self.listed(rows.filter(**asked), show)

    @extend_schema(request=PairsInput, responses={200: OpenApiTypes.OBJECT, 201: OpenApiTypes.OBJECT})
    def post(self, request: Request, slug: str) -> Response:
        access.require(self.user, "actual.import", self.product)
        given = self.read(PairsInput)
        kpi = named(self.product, given["kpi"])
        rows = _rows(given)
        if given["preview"]:
            fresh = services.new_pairs(kpi, metric=given["metric"], kind=given["kind"], rows=rows)
            return Response({"would_write": len(fresh), "unchanged": len(rows) - len(fresh)})
        named_as = {name: given[name] for name in ("metric", "kind", "source")}
        written = services.import_pairs(self.user, kpi, rows=rows, **named_as)
        batch = written[0].batch if written else None
        return Response({"batch": batch, "written": len(written), "unchanged": len(rows) - len(written)}, status=201)


def _rows(given: dict[str, Any]) -> list[PairRow]:
    if ("pairs" in given) == ("csv" in given):
        raise invalid("pairs", "give either pairs or csv", remedy="send one of the two")
    if "csv" in given:
        return services.read_pairs(given["csv"])
    return [PairRow(**row) for row in given["pairs"]]


class OneBatch(View):
    actions = {"DELETE": "actual.undo"}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, batch: str) -> Response:
        services.withdraw_pairs(self.user, kpi_calibration.batch(self.product, batch).kpi, batch)
        return Response(status=204)
