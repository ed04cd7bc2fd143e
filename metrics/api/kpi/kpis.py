"""KPIs, targets, assumptions and actuals."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from metrics import access
from metrics.api.protocol.view import Exact, Month, View, number
from metrics.models.kpi import KPI, Actual, Assumption, AssumptionVersion, Target
from metrics.models.product import Product
from metrics.queries.kpi import board as queries
from metrics.queries.kpi import catalogue
from metrics.queries.kpi.board import BoardRow
from metrics.services.kpi import kpis as services
from metrics.services.kpi.actuals import read_actuals
from metrics.services.writing.refusal import invalid


class KPIInput(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=60)
    name = serializers.CharField(max_length=120)
    unit = serializers.CharField(max_length=60, required=False, allow_blank=True)
    meaning = serializers.CharField(max_length=240, required=False, allow_blank=True)
    direction = serializers.CharField(max_length=4, required=False)
    aggregation = serializers.CharField(max_length=5, required=False)
    owner = serializers.CharField(max_length=120, required=False, allow_blank=True)


class KPIChanges(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120, required=False)
    meaning = serializers.CharField(max_length=240, required=False, allow_blank=True)
    direction = serializers.CharField(max_length=4, required=False)
    owner = serializers.CharField(max_length=120, required=False, allow_blank=True)


class TargetInput(serializers.Serializer[Any]):
    kpi = serializers.CharField(max_length=60, required=False, allow_null=True)
    value = Exact()
    from_period = Month()
    until_period = Month()


class AssumptionChanges(serializers.Serializer[Any]):
    distribution = serializers.DictField()
    owner = serializers.CharField(max_length=120, required=False, allow_blank=True)
    source = serializers.CharField(max_length=500, required=False, allow_blank=True)
    valid_until = serializers.DateField(required=False, allow_null=True)
    after = serializers.IntegerField(required=False, allow_null=True)


class AssumptionInput(AssumptionChanges):
    key = serializers.CharField(max_length=60)
    name = serializers.CharField(max_length=120)
    unit = serializers.CharField(max_length=60, required=False, allow_blank=True)
    after = None  # type: ignore[assignment]


class ActualValue(serializers.Serializer[Any]):
    period = Month()
    value = Exact()


class ActualsInput(serializers.Serializer[Any]):
    """Either `values`, or `csv`: a text with a month and a value a line."""

    kpi = serializers.CharField(max_length=60)
    values = ActualValue(many=True, required=False)
    csv = serializers.CharField(required=False, max_length=200_000)
    source = serializers.CharField(max_length=240, allow_blank=True, default="")
    preview = serializers.BooleanField(default=False, help_text="say what would be written, and write nothing")


def show_kpi(kpi: KPI) -> dict[str, Any]:
    fields = ("key", "name", "meaning", "unit", "direction", "aggregation", "owner")
    return {field: getattr(kpi, field) for field in fields}


def show_target(target: Target) -> dict[str, Any]:
    return {
        "id": target.pk,
        "kpi": target.kpi.key if target.kpi else None,
        "value": target.value,
        "from_period": f"{target.from_period:%Y-%m}",
        "until_period": f"{target.until_period:%Y-%m}",
        "set_by": target.set_by.username,
    }


def show_assumption(assumption: Assumption, version: AssumptionVersion | None) -> dict[str, Any]:
    shown = {"id": assumption.pk, "key": assumption.key, "name": assumption.name, "unit": assumption.unit}
    if version is None:
        return shown
    return shown | {
        "version": version.number,
        "distribution": version.distribution,
        "owner": version.owner,
        "source": version.source,
        "valid_until": version.valid_until,
        "since": version.created_at,
    }


class KPIs(View):
    """KPIs with the figure in force on the champion."""

    actions = {"GET": "kpi.read", "POST": "kpi.create"}

    @extend_schema(operation_id="products_kpis_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        board = {row.figure.kpi.pk: row for row in queries.board(self.product)}
        return self.listed(catalogue.kpis(self.product), lambda kpi: show_board(board[kpi.pk]))

    @extend_schema(request=KPIInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, slug: str) -> Response:
        return Response(show_kpi(services.create_kpi(self.user, self.product, **self.read(KPIInput))), status=201)


def show_board(row: BoardRow) -> dict[str, Any]:
    figure = row.figure
    return show_kpi(figure.kpi) | {
        "value": number(figure.quantity, figure.receipt),
        "grade": figure.grade.letter,
        "target": show_target(row.target) if row.target else None,
        "chance": row.chance,
        "run": figure.run.pk if figure.run else None,
        "mapping": {"id": figure.version.mapping_id, "number": figure.version.number} if figure.version else None,
        "receipt": figure.receipt or None,
    }


class OneKPI(View):
    actions = {"GET": "kpi.read", "PATCH": "kpi.update"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str, key: str) -> Response:
        kpi = catalogue.kpi(self.product, key)
        return Response(next(show_board(row) for row in queries.board(self.product) if row.figure.kpi.pk == kpi.pk))

    @extend_schema(request=KPIChanges, responses=OpenApiTypes.OBJECT)
    def patch(self, request: Request, slug: str, key: str) -> Response:
        kpi = catalogue.kpi(self.product, key)
        return Response(show_kpi(services.update_kpi(self.user, kpi, **self.read(KPIChanges, partial=True))))


class Targets(View):
    actions = {"GET": "target.list", "POST": "target.set"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        return self.listed(catalogue.targets(self.product), show_target)

    @extend_schema(request=TargetInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, slug: str) -> Response:
        access.require(self.user, "target.set", self.product)
        given = self.read(TargetInput)
        key = given.pop("kpi", None)
        kpi = named(self.product, key) if key else None
        return Response(show_target(services.set_target(self.user, self.product, kpi=kpi, **given)), status=201)


def named(product: Product, key: str) -> KPI:
    """The KPI that a body names; a fault of the body where there is none."""
    found = catalogue.kpis(product).filter(key=key).first()
    if found is None:
        raise invalid("kpi", f"there is no KPI “{key[:60]}” in this product", code="unknown")
    return found


class Assumptions(View):
    actions = {"GET": "assumption.list", "POST": "assumption.create"}

    @extend_schema(operation_id="products_assumptions_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        rows = catalogue.assumptions(self.product)
        return self.listed(rows, lambda row: show_assumption(row, next(iter(row.versions.all()), None)))

    @extend_schema(request=AssumptionInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, slug: str) -> Response:
        version = services.create_assumption(self.user, self.product, **self.read(AssumptionInput))
        return Response(show_assumption(version.assumption, version), status=201)


class OneAssumption(View):
    actions = {"GET": "assumption.list", "POST": "assumption.update"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str, key: str) -> Response:
        row = assumption(self.product, key)
        versions = list(row.versions.all())
        shown = show_assumption(row, versions[0] if versions else None)
        return Response(shown | {"versions": [show_assumption(row, version) for version in versions]})

    @extend_schema(
        operation_id="products_assumptions_versions_create",
        request=AssumptionChanges,
        responses={201: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request, slug: str, key: str) -> Response:
        row = assumption(self.product, key)
        version = services.update_assumption(self.user, row, **self.read(AssumptionChanges))
        return Response(show_assumption(version.assumption, version), status=201)


def assumption(product: Product, key: str) -> Assumption:
    """The assumption of an address. Raises Hidden where there is none."""
    found = catalogue.assumptions(product).filter(key=key).first()
    if found is None:
        raise access.Hidden
    return found


def show_actual(actual: Actual) -> dict[str, Any]:
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

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        rows = catalogue.all_actuals(self.product)
        if key := request.query_params.get("kpi"):
            rows = rows.filter(kpi__key=key)
        return self.listed(rows, show_actual)

    @extend_schema(request=ActualsInput, responses={200: OpenApiTypes.OBJECT, 201: OpenApiTypes.OBJECT})
    def post(self, request: Request, slug: str) -> Response:
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
            would = {"would_write": len(new.values), "restated": new.restated, "unchanged": new.unchanged}
            return Response(would)
        written = services.import_actuals(self.user, kpi, values=values, source=given["source"])
        shown = {"import": written[0].pk if written else None, "written": len(written)}
        return Response(shown | {"unchanged": len(values) - len(written)}, status=201)


class OneActual(View):
    """Take an imported value back; with `?whole=1` the whole import that it came with."""

    actions = {"DELETE": "actual.undo"}

    @extend_schema(parameters=[OpenApiParameter("whole", OpenApiTypes.BOOL)], responses={204: None})
    def delete(self, request: Request, slug: str, pk: str) -> Response:
        actual = catalogue.all_actuals(self.product).filter(pk=pk).first()
        if actual is None:
            raise access.Hidden
        if request.query_params.get("whole") in ("1", "true"):
            services.withdraw_import(self.user, actual.kpi, known_at=actual.known_at)
        else:
            services.withdraw_actual(self.user, actual)
        return Response(status=204)
