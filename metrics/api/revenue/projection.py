"""The projection, its what-ifs, and the list of results."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypedDict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics import access
from metrics.api.kpi.grades import GradeLetter
from metrics.api.protocol.answers import Answer, FigureOutput, Page, UnknownFigure, amount, figure
from metrics.api.protocol.moments import AT, asked
from metrics.api.protocol.view import Number, View
from metrics.core import numerals
from metrics.core.estimate import Estimate, Unknown
from metrics.models.kpi import Target
from metrics.models.revenue import RevenueResult
from metrics.queries.documents.known import Known
from metrics.queries.documents.supports import outside
from metrics.queries.evaluation.results import quantity
from metrics.queries.kpi.then import target_of
from metrics.queries.revenue import changes, then, what_if
from metrics.queries.revenue import outlook as queries
from metrics.queries.revenue.scenarios import scenario
from metrics.services.revenue import projections as services
from metrics.services.writing.refusal import invalid


class ProjectionInput(serializers.Serializer[Any]):
    """value_kpi, volume_kpi: where they are left out, the KPIs whose units fit."""

    value_kpi = serializers.CharField(max_length=60, required=False)
    volume_kpi = serializers.CharField(max_length=60, required=False)
    revenue_kpi = serializers.CharField(max_length=60, required=False, allow_null=True)
    growth = serializers.CharField(max_length=60, required=False, allow_null=True)
    adoption = serializers.CharField(max_length=60, required=False, allow_null=True)
    ramp = serializers.CharField(max_length=60, required=False, allow_null=True)
    serving = serializers.CharField(max_length=60, required=False, allow_null=True)
    intervention = serializers.CharField(max_length=60, required=False, allow_null=True)
    discount = serializers.CharField(max_length=60, required=False, allow_null=True)
    months = serializers.IntegerField(min_value=1, max_value=60, required=False)


class WhatIfInput(serializers.Serializer[Any]):
    """scenario: the key of a kept one; assumptions given beside it come before its own."""

    scenario = serializers.CharField(max_length=60, required=False)
    assumptions = serializers.DictField(child=Number(), required=False)


class MonthOutput(TypedDict):
    period: str
    value: FigureOutput


class ProjectionOutput(TypedDict):
    """total: of the months that are projected. chance: that the target is met by its own months, those that are over
    as they are known; null where that is not known. no_chance: why it is not. no_total: why what is known counts in no
    total. chance_text, target_text: as pages word them. value: that of a case.

    Where a moment was asked for: since when the total had been in force, null where nothing was known, and now, as it
    is now; the months are those of that total, and what was realised is not told.
    """

    total: FigureOutput
    grade: GradeLetter
    counts: bool
    no_total: str
    chance: float | None
    chance_text: str | None
    no_chance: str
    target: Decimal | None
    target_text: str | None
    months: list[MonthOutput]
    realised: list[MonthOutput]
    realised_total: FigureOutput
    value: FigureOutput
    receipt: str | None
    since: datetime | None
    now: FigureOutput | None


class WhatIfOutput(TypedDict):
    """held: what the what-if does not move. chance, no_chance: as in the projection."""

    total: FigureOutput
    value: FigureOutput
    chance: float | None
    no_chance: str
    months: list[MonthOutput]
    held: str


class UnknownWhatIf(TypedDict):
    total: UnknownFigure


class ResultOutput(TypedDict):
    """period: the month that it speaks of; null for a total."""

    kind: Annotated[str, RevenueResult.Kind]
    period: str | None
    known_at: datetime
    value: FigureOutput


class OneProjection(View):
    """The projection in force, now or at a moment."""

    actions = {"GET": "projection.read", "PUT": "projection.edit"}

    @extend_schema(parameters=[AT])
    def get(self, request: Request, slug: str) -> Answer[ProjectionOutput]:
        known, at = Known(self.product), asked(request, self.product)
        found = queries.outlook(known)
        if at is not None:
            return Answer(show_then(known, at, figure(found.total, found.receipt)))
        return Answer(
            {
                "total": figure(found.total, found.receipt),
                "grade": found.grade.letter,
                "counts": found.counts,
                "no_total": found.no_total,
                "chance": found.chance,
                "chance_text": None if found.chance is None else numerals.plain(numerals.chance(found.chance)),
                "no_chance": found.no_chance,
                **_target(found.target),
                "months": [{"period": m.period, "value": figure(m.quantity, m.receipt)} for m in found.months],
                "realised": [{"period": m.period, "value": figure(m.quantity, m.receipt)} for m in found.realised],
                "realised_total": figure(found.realised_total, found.realised_receipt),
                "value": figure(found.value, found.value_receipt),
                "receipt": found.receipt or None,
                "since": None,
                "now": None,
            }
        )

    @extend_schema(request=ProjectionInput)
    def put(self, request: Request, slug: str) -> Answer[ProjectionOutput]:
        access.require(self.user, "projection.edit", self.product)
        given = services.completed(self.product, self.read(ProjectionInput))
        services.set_projection(self.user, self.product, **services.named(self.product, given))
        return self.get(request, slug)


class AimOutput(TypedDict):
    target: Decimal | None
    target_text: str | None


def _target(found: Target | None) -> AimOutput:
    if found is None:
        return {"target": None, "target_text": None}
    return {"target": found.value, "target_text": amount(found.value, found.product.currency)}


THEN = "a chance is told of the total as it is now"


def show_then(known: Known, at: datetime, now: FigureOutput) -> ProjectionOutput:
    """The projection as it was known at a moment."""
    total, target = then.of_total(known, at), target_of(known, None, at)
    value, receipt = then.value_of(total)
    return {
        "total": figure(total.quantity, total.receipt),
        "grade": total.grade.letter,
        "counts": isinstance(total.quantity, Estimate) and total.grade.counts,
        "no_total": "; ".join(total.grade.reasons) if isinstance(total.quantity, Estimate) else "",
        "chance": None,
        "chance_text": None,
        "no_chance": THEN,
        **_target(target),
        "months": [{"period": m.period, "value": figure(m.quantity, m.receipt)} for m in then.months_of(total)],
        "realised": [],
        "realised_total": figure(Unknown("what was realised is told as it is known now")),
        "value": figure(value, receipt),
        "receipt": total.receipt or None,
        "since": total.since,
        "now": now,
    }


class WhatIf(View):
    """The projection with assumptions moved and the present decisions held; nothing is stored."""

    actions = {"POST": "scenario.read"}

    @extend_schema(request=WhatIfInput)
    def post(self, request: Request, slug: str) -> Answer[WhatIfOutput | UnknownWhatIf]:
        access.require(self.user, "scenario.read", self.product)
        outlook, given = queries.outlook(Known(self.product)), self.read(WhatIfInput)
        if "scenario" not in given and "assumptions" not in given:
            raise invalid("assumptions", "is missing", code="required", remedy="give assumptions, or a scenario")
        kept = scenario(self.product, given["scenario"]) if "scenario" in given else None
        moved = what_if.asked(outlook, given.get("assumptions", {}), kept)
        for name in what_if.strange(outlook, moved):
            remedy = "one of " + ", ".join(sorted(what_if.names(outlook)))
            raise invalid(f"assumptions.{name[:60]}", "cannot be moved here", code="unknown", remedy=remedy)
        for name, lies in outside(outlook.known, moved).items():
            field = f"assumptions.{name}" if name in given.get("assumptions", {}) else "scenario"
            message = f"{name}: {lies.refusal(moved[name])}" if field == "scenario" else lies.refusal(moved[name])
            raise invalid(field, message, code="range", remedy=f"give {name} a value that is {lies.words()}")
        found = what_if.what_if(outlook, moved)
        if isinstance(found, Unknown):
            return Answer({"total": {"unknown": found.reason, "receipt": None}})
        return Answer(
            {
                "total": figure(found.total),
                "value": figure(found.value),
                "chance": found.chance,
                "no_chance": found.no_chance,
                "months": [{"period": period, "value": figure(projected)} for period, projected in found.months],
                "held": "the decision on each case is held as it is now",
            }
        )


class Results(View):
    """Stored revenue figures, newest first: what was known when."""

    actions = {"GET": "projection.read"}

    def get(self, request: Request, slug: str) -> Answer[Page[ResultOutput]]:
        return self.listed(changes.results(self.product), self.show)

    @staticmethod
    def show(row: RevenueResult) -> ResultOutput:
        return {
            "kind": row.kind,
            "period": f"{row.period:%Y-%m}" if row.period else None,
            "known_at": row.known_at,
            "value": figure(quantity(row), row.digest),
        }
