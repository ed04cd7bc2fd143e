"""Pairs of metric and observed KPI, on which calibrated mappings are fitted."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, TypedDict

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics import access
from metrics.api.kpi.kpis import named
from metrics.api.protocol.answers import Answer, Created, Gone, Page
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
    source = serializers.CharField(max_length=240, allow_blank=True, default="")  # type: ignore[assignment]
    preview = serializers.BooleanField(default=False, help_text="say what would be written, and write nothing")


class PairOutput(TypedDict):
    """x_error, y_error: standard errors. batch: shared by all pairs of one import."""

    id: str
    kpi: str
    metric: str
    kind: Annotated[str, Pair.Kind]
    x: float
    y: float
    x_error: float | None
    y_error: float | None
    covariance: float | None
    disjoint: bool
    at: date | None
    batch: str
    source: str


class PairsPreview(TypedDict):
    would_write: int
    unchanged: int


class PairsWritten(TypedDict):
    """batch: by which all of them are taken back; null where nothing was written."""

    batch: str | None
    written: int
    unchanged: int


def show(pair: Pair) -> PairOutput:
    return {
        "id": pair.pk,
        "kpi": pair.kpi.key,
        "metric": pair.metric,
        "kind": pair.kind,
        "x": pair.x,
        "y": pair.y,
        "x_error": pair.x_error,
        "y_error": pair.y_error,
        "covariance": pair.covariance,
        "disjoint": pair.disjoint,
        "at": pair.at,
        "batch": pair.batch,
        "source": pair.source,
    }


ASKED = {"kpi": "kpi__key", "metric": "metric", "kind": "kind"}


class Pairs(View):
    actions = {"GET": "actual.list", "POST": "actual.import"}

    @extend_schema(parameters=[OpenApiParameter(name, str) for name in ASKED])
    def get(self, request: Request, slug: str) -> Answer[Page[PairOutput]]:
        rows = calibration.pairs(self.product)
        asked = {field: request.query_params[name] for name, field in ASKED.items() if name in request.query_params}
        return self.listed(rows.filter(**asked), show)

    @extend_schema(request=PairsInput)
    def post(self, request: Request, slug: str) -> Answer[PairsPreview] | Created[PairsWritten]:
        access.require(self.user, "actual.import", self.product)
        given = self.read(PairsInput)
        kpi = named(self.product, given["kpi"])
        rows = _rows(given)
        if given["preview"]:
            fresh = services.new_pairs(kpi, metric=given["metric"], kind=given["kind"], rows=rows)
            return Answer({"would_write": len(fresh), "unchanged": len(rows) - len(fresh)})
        named_as = {name: given[name] for name in ("metric", "kind", "source")}
        written = services.import_pairs(self.user, kpi, rows=rows, **named_as)
        batch = written[0].batch if written else None
        return Created(PairsWritten(batch=batch, written=len(written), unchanged=len(rows) - len(written)))


def _rows(given: dict[str, Any]) -> list[PairRow]:
    if ("pairs" in given) == ("csv" in given):
        raise invalid("pairs", "give either pairs or csv", remedy="send one of the two")
    if "csv" in given:
        return services.read_pairs(given["csv"])
    return [PairRow(**row) for row in given["pairs"]]


class OneBatch(View):
    actions = {"DELETE": "actual.undo"}

    def delete(self, request: Request, slug: str, batch: str) -> Gone:
        services.withdraw_pairs(self.user, kpi_calibration.batch(self.product, batch).kpi, batch)
        return Gone()
