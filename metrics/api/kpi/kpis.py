"""KPIs and their targets."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, TypedDict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics import access
from metrics.api.kpi.grades import GradeLetter
from metrics.api.protocol.answers import Answer, Created, FigureOutput, Page, figure
from metrics.api.protocol.view import Exact, Month, View
from metrics.models.evaluation import Direction
from metrics.models.kpi import KPI, Target
from metrics.models.product import Product
from metrics.queries.documents.known import Known
from metrics.queries.kpi import board as queries
from metrics.queries.kpi import catalogue
from metrics.queries.kpi.board import BoardRow
from metrics.services.kpi import kpis as services
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


class KPIOutput(TypedDict):
    key: str
    name: str
    meaning: str
    unit: str
    direction: Annotated[str, Direction]
    aggregation: Annotated[str, KPI.Aggregation]
    owner: str


class TargetOutput(TypedDict):
    """What the KPI, or the revenue where kpi is null, should reach from one month until another, both included."""

    id: str
    kpi: str | None
    value: Decimal
    from_period: str
    until_period: str
    set_by: str


class MappingName(TypedDict):
    id: str
    number: int


class BoardKPI(KPIOutput):
    """A KPI with the figure in force on the champion; chance: that it reaches its target, null without draws."""

    value: FigureOutput
    grade: GradeLetter
    target: TargetOutput | None
    chance: float | None
    run: str | None
    mapping: MappingName | None
    receipt: str | None


def show_kpi(kpi: KPI) -> KPIOutput:
    return {
        "key": kpi.key,
        "name": kpi.name,
        "meaning": kpi.meaning,
        "unit": kpi.unit,
        "direction": kpi.direction,
        "aggregation": kpi.aggregation,
        "owner": kpi.owner,
    }


def show_target(target: Target) -> TargetOutput:
    return {
        "id": target.pk,
        "kpi": target.kpi.key if target.kpi else None,
        "value": target.value,
        "from_period": f"{target.from_period:%Y-%m}",
        "until_period": f"{target.until_period:%Y-%m}",
        "set_by": target.set_by.username,
    }


class KPIs(View):
    """KPIs with the figure in force on the champion."""

    actions = {"GET": "kpi.read", "POST": "kpi.create"}

    @extend_schema(operation_id="products_kpis_list")
    def get(self, request: Request, slug: str) -> Answer[Page[BoardKPI]]:
        board = {row.figure.kpi.pk: row for row in queries.board(Known(self.product))}
        return self.listed(catalogue.kpis(self.product), lambda kpi: show_board(board[kpi.pk]))

    @extend_schema(request=KPIInput)
    def post(self, request: Request, slug: str) -> Created[KPIOutput]:
        return Created(show_kpi(services.create_kpi(self.user, self.product, **self.read(KPIInput))))


def show_board(row: BoardRow) -> BoardKPI:
    of = row.figure
    return {
        **show_kpi(of.kpi),
        "value": figure(of.quantity, of.receipt),
        "grade": of.grade.letter,
        "target": show_target(row.target) if row.target else None,
        "chance": row.chance,
        "run": of.run.pk if of.run else None,
        "mapping": {"id": of.version.mapping_id, "number": of.version.number} if of.version else None,
        "receipt": of.receipt or None,
    }


class OneKPI(View):
    actions = {"GET": "kpi.read", "PATCH": "kpi.update"}

    def get(self, request: Request, slug: str, key: str) -> Answer[BoardKPI]:
        kpi = catalogue.kpi(self.product, key)
        return Answer(
            next(show_board(row) for row in queries.board(Known(self.product)) if row.figure.kpi.pk == kpi.pk)
        )

    @extend_schema(request=KPIChanges)
    def patch(self, request: Request, slug: str, key: str) -> Answer[KPIOutput]:
        kpi = catalogue.kpi(self.product, key)
        return Answer(show_kpi(services.update_kpi(self.user, kpi, **self.read(KPIChanges, partial=True))))


class Targets(View):
    actions = {"GET": "target.list", "POST": "target.set"}

    def get(self, request: Request, slug: str) -> Answer[Page[TargetOutput]]:
        return self.listed(catalogue.targets(self.product), show_target)

    @extend_schema(request=TargetInput)
    def post(self, request: Request, slug: str) -> Created[TargetOutput]:
        access.require(self.user, "target.set", self.product)
        given = self.read(TargetInput)
        key = given.pop("kpi", None)
        kpi = named(self.product, key) if key else None
        return Created(show_target(services.set_target(self.user, self.product, kpi=kpi, **given)))


def named(product: Product, key: str) -> KPI:
    """The KPI that a body names; a fault of the body where there is none."""
    found = catalogue.kpis(product).filter(key=key).first()
    if found is None:
        raise invalid("kpi", f"there is no KPI “{key[:60]}” in this product", code="unknown")
    return found
