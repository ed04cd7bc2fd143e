"""KPIs and their targets."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypedDict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics import access
from metrics.api.kpi.grades import GradeLetter
from metrics.api.protocol.answers import (
    Answer,
    Created,
    FigureOutput,
    Gone,
    NumberOutput,
    Page,
    amount,
    figure,
    number,
    unit_text,
)
from metrics.api.protocol.moments import AT, asked
from metrics.api.protocol.view import Exact, Month, View
from metrics.core.kpi.months import Together
from metrics.core.pasted.numbers import trimmed
from metrics.models.evaluation import Direction
from metrics.models.kpi import KPI, Target
from metrics.models.product import Product
from metrics.queries.documents.known import Known
from metrics.queries.kpi import against_target, catalogue, months, taken_back
from metrics.queries.kpi import board as queries
from metrics.queries.kpi.board import BoardRow
from metrics.queries.kpi.months import Observed
from metrics.queries.kpi.then import of_kpi, target_of
from metrics.queries.product import owners
from metrics.services.kpi import kpis as services
from metrics.services.kpi import undone, unsigned
from metrics.services.writing.refusal import invalid


class KPIInput(serializers.Serializer[Any]):
    """aggregation: what it is over several months: "sum"; "ratio" (where none is given), the sum of numerators over the
    sum of denominators; or "last", what stands at the end of the last month."""

    key = serializers.CharField(max_length=60, required=False, allow_blank=True, help_text="default: from the name")
    name = serializers.CharField(max_length=120)
    unit = serializers.CharField(max_length=60, required=False, allow_blank=True)
    meaning = serializers.CharField(max_length=240, required=False, allow_blank=True)
    direction = serializers.CharField(max_length=4, required=False)
    aggregation = serializers.CharField(max_length=5, required=False)
    owner = serializers.CharField(max_length=120, required=False, allow_blank=True)


class KPIChanges(serializers.Serializer[Any]):
    """aggregation: only until a mapping of the KPI is signed, and while no month of it has a numerator. unit: only
    while nothing stands on it."""

    name = serializers.CharField(max_length=120, required=False)
    unit = serializers.CharField(max_length=60, required=False, allow_blank=True)
    meaning = serializers.CharField(max_length=240, required=False, allow_blank=True)
    direction = serializers.CharField(max_length=4, required=False)
    aggregation = serializers.CharField(max_length=5, required=False)
    owner = serializers.CharField(max_length=120, required=False, allow_blank=True)


class TargetInput(serializers.Serializer[Any]):
    """Without months it is for those that are projected, at most twelve; where none are, for this month and the eleven
    after it."""

    kpi = serializers.CharField(max_length=60, required=False, allow_null=True)
    value = Exact()
    from_period = Month(required=False)
    until_period = Month(required=False)


class KPIOutput(TypedDict):
    """owner_left: whether the owner is a person who is no member of the product any more."""

    key: str
    name: str
    meaning: str
    unit: str
    unit_text: str
    direction: Annotated[str, Direction]
    aggregation: Annotated[str, KPI.Aggregation]
    owner: str
    owner_left: bool


class TargetOutput(TypedDict):
    """What the KPI, or the revenue where kpi is null, should reach from one month until another, both included.

    text: the value in words, with its unit.
    reached: what was observed of the KPI over all these months, unknown with the reason where one of them is not over
    or not known; null of the revenue. met: whether that meets the target.
    """

    id: str
    kpi: str | None
    value: Decimal
    text: str
    from_period: str
    until_period: str
    set_by: str
    reached: NumberOutput | None
    met: bool | None


class LackingMonth(TypedDict):
    period: str
    reason: str


class TogetherOutput(TypedDict):
    """What was observed over several months, put together as the KPI's aggregation says.

    value: over the months counted. months: those asked for. lacking: of those that the whole needs, each that is not
    counted, and why. whole: the value where nothing is lacking, else unknown with what is.
    """

    value: NumberOutput
    whole: NumberOutput
    months: list[str]
    counted: list[str]
    lacking: list[LackingMonth]


class RunningMonth(TypedDict):
    """What is known so far of a month, and why it is no full one."""

    period: str
    value: float
    reason: str


class ObservedOutput(TogetherOutput):
    """of_target: the months are those of the target; else the last full one. running: a newer month that is partial."""

    of_target: bool
    running: RunningMonth | None


class MappingName(TypedDict):
    id: str
    number: int


class BoardKPI(KPIOutput):
    """A KPI with the figure in force on the champion, or, without a mapping, what was observed, which has no grade.

    chance: that it reaches its target, null without draws. no_chance: why there is none; "" where there is one, or no
    target, or it is known whether the target was met. grade_reasons: why the grade is not better.

    Where an earlier moment was asked for, value, grade, target, run, mapping and receipt are those of then. since: from
    when on the figure had been in force, null where nothing was known. now: the figure as it is now. Both are
    null where no moment was asked for.
    """

    value: FigureOutput
    grade: GradeLetter | None
    grade_reasons: list[str]
    target: TargetOutput | None
    chance: float | None
    no_chance: str
    observed: ObservedOutput | None
    run: str | None
    mapping: MappingName | None
    receipt: str | None
    since: datetime | None
    now: FigureOutput | None


def show_kpi(kpi: KPI, left: frozenset[str]) -> KPIOutput:
    return {
        "key": kpi.key,
        "name": kpi.name,
        "meaning": kpi.meaning,
        "unit": kpi.unit,
        "unit_text": unit_text(kpi.unit),
        "direction": kpi.direction,
        "aggregation": kpi.aggregation,
        "owner": kpi.owner,
        "owner_left": kpi.owner in left,
    }


def show_target(target: Target, known: Known) -> TargetOutput:
    seen = months.observed(known, target.kpi, target) if target.kpi else None
    whole = months.over(known, target.kpi, months.months_of(target)).whole if target.kpi else None
    return {
        "id": target.pk,
        "kpi": target.kpi.key if target.kpi else None,
        "value": trimmed(target.value),
        "text": amount(target.value, target.kpi.unit if target.kpi else target.product.currency),
        "from_period": f"{target.from_period:%Y-%m}",
        "until_period": f"{target.until_period:%Y-%m}",
        "set_by": target.set_by.username,
        "reached": number(whole) if whole else None,
        "met": against_target.met(target.kpi, target, seen) if target.kpi else None,
    }


def show_together(found: Together) -> TogetherOutput:
    return {
        "value": number(found.figure),
        "whole": number(found.whole),
        "months": list(found.wanted),
        "counted": list(found.counted),
        "lacking": [{"period": month, "reason": reason} for month, reason in found.lacking.items()],
    }


def _show_observed(seen: Observed) -> ObservedOutput:
    running: RunningMonth | None = None
    if seen.running is not None:
        period, value, reason = seen.running
        running = {"period": period, "value": value, "reason": reason}
    return {**show_together(seen.together), "of_target": seen.of_target, "running": running}


class KPIs(View):
    """KPIs with the figure in force on the champion, now or at a moment."""

    actions = {"GET": "kpi.read", "POST": "kpi.create"}

    @extend_schema(operation_id="products_kpis_list", parameters=[AT])
    def get(self, request: Request, slug: str) -> Answer[Page[BoardKPI]]:
        known, at = Known(self.product), asked(request, self.product)
        board = {row.figure.kpi.pk: row for row in queries.board(known)}
        return self.listed(catalogue.kpis(self.product), lambda kpi: show_at(board[kpi.pk], known, at))

    @extend_schema(request=KPIInput)
    def post(self, request: Request, slug: str) -> Created[KPIOutput]:
        made = services.create_kpi(self.user, self.product, **self.read(KPIInput))
        return Created(show_kpi(made, owners.gone(self.product, [made.owner])))


def show_board(row: BoardRow, known: Known) -> BoardKPI:
    of = row.figure
    return {
        **show_kpi(of.kpi, owners.left(known)),
        "value": figure(of.quantity, of.receipt),
        "grade": of.grade.letter or None,
        "grade_reasons": list(of.grade.reasons),
        "target": show_target(row.target, known) if row.target else None,
        "chance": row.chance,
        "no_chance": row.no_chance,
        "observed": _show_observed(row.observed) if row.observed else None,
        "run": of.run.pk if of.run else None,
        "mapping": {"id": of.version.mapping_id, "number": of.version.number} if of.version else None,
        "receipt": of.receipt or None,
        "since": None,
        "now": None,
    }


THEN = "a chance is told of the figure as it is now"


def show_at(row: BoardRow, known: Known, at: datetime | None) -> BoardKPI:
    """The KPI as it is now, or as it was known at a moment, beside what it is now."""
    told = show_board(row, known)
    if at is None:
        return told
    kpi = row.figure.kpi
    then, target = of_kpi(kpi, known, at), target_of(known, kpi, at)
    told["since"], told["now"] = then.since, told["value"]
    told["value"], told["receipt"] = figure(then.quantity, then.receipt), then.receipt or None
    told["grade"] = then.grade.letter or None
    told["target"] = show_target(target, known) if target else None
    told["chance"], told["no_chance"], told["observed"] = None, THEN, None
    told["run"] = then.run.pk if then.run else None
    told["mapping"] = {"id": then.version.mapping_id, "number": then.version.number} if then.version else None
    return told


class OneKPI(View):
    """A KPI with the figure in force, now or at a moment; deleted while nothing that was signed stands on it."""

    actions = {"GET": "kpi.read", "PATCH": "kpi.update", "DELETE": "kpi.update"}

    @extend_schema(parameters=[AT])
    def get(self, request: Request, slug: str, key: str) -> Answer[BoardKPI]:
        kpi, at, known = catalogue.kpi(self.product, key), asked(request, self.product), Known(self.product)
        return Answer(next(show_at(row, known, at) for row in queries.board(known) if row.figure.kpi.pk == kpi.pk))

    @extend_schema(request=KPIChanges)
    def patch(self, request: Request, slug: str, key: str) -> Answer[KPIOutput]:
        kpi = catalogue.kpi(self.product, key)
        changed = services.update_kpi(self.user, kpi, **self.read(KPIChanges, partial=True))
        return Answer(show_kpi(changed, owners.gone(self.product, [changed.owner])))

    def delete(self, request: Request, slug: str, key: str) -> Gone:
        unsigned.delete_kpi(self.user, catalogue.kpi(self.product, key))
        return Gone()


class Targets(View):
    actions = {"GET": "target.list", "POST": "target.set"}

    def get(self, request: Request, slug: str) -> Answer[Page[TargetOutput]]:
        known = Known(self.product)
        return self.listed(catalogue.targets(self.product), lambda target: show_target(target, known))

    @extend_schema(request=TargetInput)
    def post(self, request: Request, slug: str) -> Created[TargetOutput]:
        access.require(self.user, "target.set", self.product)
        given = self.read(TargetInput)
        key = given.pop("kpi", None)
        kpi = named(self.product, key) if key else None
        if {"from_period", "until_period"} - given.keys():
            first, last = months.usual_target(Known(self.product))
            given = {"from_period": first, "until_period": last} | given
        target = services.set_target(self.user, self.product, kpi=kpi, **given)
        return Created(show_target(target, Known(self.product)))


class OneTarget(View):
    """Withdraw a target; no figure of money changes by it."""

    actions = {"DELETE": "target.set"}

    def delete(self, request: Request, slug: str, pk: str) -> Gone:
        undone.withdraw_target(self.user, catalogue.target(self.product, pk))
        return Gone()


class TargetRestoration(View):
    """Set a target again that was withdrawn."""

    actions = {"POST": "target.set"}

    @extend_schema(request=None)
    def post(self, request: Request, slug: str, pk: str) -> Created[TargetOutput]:
        made = undone.restore_target(self.user, taken_back.target(self.product, pk))
        return Created(show_target(made, Known(self.product)))


def named(product: Product, key: str) -> KPI:
    """The KPI that a body names; a fault of the body where there is none."""
    found = catalogue.kpis(product).filter(key=key).first()
    if found is None:
        raise invalid("kpi", f"there is no KPI “{key[:60]}” in this product", code="unknown")
    return found
