"""Actuals: what was observed of a KPI, month by month."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics import access
from metrics.api.kpi.kpis import named
from metrics.api.protocol.answers import Answer, Created, Gone, Page
from metrics.api.protocol.view import Exact, Month, View
from metrics.models.kpi import Actual
from metrics.queries.kpi import catalogue
from metrics.services.kpi import kpis as services
from metrics.services.kpi.actuals import read_actuals
from metrics.services.writing.refusal import invalid


class ActualValue(serializers.Serializer[Any]):
    period = Month()
    value = Exact()


class ActualsInput(serializers.Serializer[Any]):
    """Either `values`, or `csv`: a text with a month and a value a line."""

    kpi = serializers.CharField(max_length=60)
    values = ActualValue(many=True, required=False)
    csv = serializers.CharField(required=False, max_length=200_000)
    source = serializers.CharField(max_length=240, allow_blank=True, default="")  # type: ignore[assignment]
    preview = serializers.BooleanField(default=False, help_text="say what would be written, and write nothing")


class ActualOutput(TypedDict):
    """period: the month, "2016-10". known_at: from when on it was known; a later value of a month restates it."""

    id: str
    kpi: str
    period: str
    value: Decimal
    known_at: datetime
    source: str


class ActualsPreview(TypedDict):
    """What an import would write; restated: how many months of it have another value already."""

    would_write: int
    restated: int
    unchanged: int


# import: the value that the whole import is taken back by
ActualsWritten = TypedDict("ActualsWritten", {"import": str | None, "written": int, "unchanged": int})


def show_actual(actual: Actual) -> ActualOutput:
    return {
        "id": actual.pk,
        "kpi": actual.kpi.key,
        "period": f"{actual.period:%Y-%m}",
        "value": actual.value,
        "known_at": actual.known_at,
        "source": actual.source,
    }


class Actuals(View):
    actions = {"GET": "actual.list", "POST": "actual.import"}

    @extend_schema(parameters=[OpenApiParameter("kpi", OpenApiTypes.STR)])
    def get(self, request: Request, slug: str) -> Answer[Page[ActualOutput]]:
        rows = catalogue.all_actuals(self.product)
        if key := request.query_params.get("kpi"):
            rows = rows.filter(kpi__key=key)
        return self.listed(rows, show_actual)

    @extend_schema(request=ActualsInput)
    def post(self, request: Request, slug: str) -> Answer[ActualsPreview] | Created[ActualsWritten]:
        access.require(self.user, "actual.import", self.product)
        given = self.read(ActualsInput)
        kpi = named(self.product, given["kpi"])
        if ("values" in given) == ("csv" in given):
            raise invalid("values", "give either values or csv", remedy="send one of the two")
        if "csv" in given:
            values = read_actuals(given["csv"])
        else:
            values = [(row["period"], row["value"]) for row in given["values"]]
        if given["preview"]:
            new = services.new_actuals(kpi, values)
            return Answer({"would_write": len(new.values), "restated": new.restated, "unchanged": new.unchanged})
        written = services.import_actuals(self.user, kpi, values=values, source=given["source"])
        first = written[0].pk if written else None
        shown: ActualsWritten = {"import": first, "written": len(written), "unchanged": len(values) - len(written)}
        return Created(shown)


class OneActual(View):
    """Take an imported value back; with `?whole=1` the whole import that it came with."""

    actions = {"DELETE": "actual.undo"}

    @extend_schema(parameters=[OpenApiParameter("whole", OpenApiTypes.BOOL)])
    def delete(self, request: Request, slug: str, pk: str) -> Gone:
        actual = catalogue.actual(self.product, pk)
        if request.query_params.get("whole") in ("1", "true"):
            services.withdraw_import(self.user, actual.kpi, known_at=actual.known_at)
        else:
            services.withdraw_actual(self.user, actual)
        return Gone()
