"""Alerts on the money of a product: the chance to meet its target, what is at risk, and what drift may cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from metrics.core import numerals
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.revenue.meeting import chance_of, money_over
from metrics.models.kpi import InForce, Target
from metrics.models.revenue import RevenueResult
from metrics.queries.delivery.alerts.kind import NOT_KEPT, Kind, Slot, Slots, State
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.results import quantity
from metrics.queries.kpi.months import months_of as months_of_target
from metrics.queries.kpi.then import target_of
from metrics.queries.revenue import outlook, risks
from metrics.queries.revenue.then import months_of, of_total
from metrics.things import Thing

TOTAL = "total"
CAUSES = {
    "recent": "what happened in the last months",
    "drift": "another mix of the cases",
    "maturity": "what is still to become known",
    "labels": "labels that are in dispute",
}


class ChanceBelow(Kind):
    key, label = "chance_below", "the chance to meet the target falls"
    words = ("the chance to meet the target is below ", Slot("below", "below", "share", 0.5))

    def now(self, known: Known, slots: Slots) -> list[State]:
        one = outlook.outlook(known)
        goal = None if one.target is None else float(one.target.value)
        chance: Quantity = Unknown(one.no_chance) if one.chance is None else Estimate(one.chance, "share")
        return [self._state(known, slots, chance, goal)]

    def then(self, known: Known, slots: Slots, at: datetime) -> list[State]:
        target = target_of(known, None, at)
        if target is None:
            return [self._state(known, slots, Unknown("no target was set"), None)]
        goal = float(target.value)
        return [self._state(known, slots, chance_of(money_then(known, target, at), goal), goal)]

    def moments(self, known: Known, slots: Slots, since: datetime, until: datetime) -> Iterable[datetime]:
        rows = InForce.objects.filter(product=known.product, kpi=None, created_at__gt=since, created_at__lte=until)
        targets = Target.objects.filter(product=known.product, kpi=None, created_at__gt=since, created_at__lte=until)
        return [*rows.values_list("created_at", flat=True), *targets.values_list("created_at", flat=True)]

    def since(self, known: Known) -> datetime | None:
        rows = InForce.objects.filter(product=known.product, kpi=None).order_by("created_at")
        return rows.values_list("created_at", flat=True).first()

    def _state(self, known: Known, slots: Slots, chance: Quantity, goal: float | None) -> State:
        of = f" of {numerals.word(numerals.Figure(goal, known.product.currency))}" if goal is not None else ""
        limit = numerals.stated(slots["below"], "share")
        thing = Thing("product", (known.product.slug,))
        if isinstance(chance, Unknown):
            text = f"The chance to meet the target{of} is not known: {chance.reason}."
            return State(subject=TOTAL, on=None, text=text, thing=thing)
        on = chance.point < slots["below"]
        place = "below" if on else "not below"
        said = numerals.chance(chance.point)
        if said == limit:
            said = numerals.clear_of(chance.point, slots["below"], "share")
        text = f"The chance to meet the target{of} is {said}, {place} {limit}."
        return State(subject=TOTAL, on=on, text=text, thing=thing)


def money_then(known: Known, target: Target, at: datetime) -> Quantity:
    """Money over a target's months as it was known at a moment: what was brought by then, and projected then."""
    product, total = known.product, of_total(known, at)
    months = months_of_target(target)
    ahead = {month.period: month.quantity for month in months_of(total)}
    why = total.quantity.reason if isinstance(total.quantity, Unknown) else ""
    brought = _brought_then(known, months, at)
    return money_over(months, brought=brought, ahead=ahead, unit=product.currency, why_not=why)


def _brought_then(known: Known, months: Iterable[str], at: datetime) -> Mapping[str, Quantity]:
    """Month → what it brought, as known at a moment: counted by the business, or else as decisions were worth."""
    projection, product = known.projection, known.product
    if projection is not None and projection.revenue_kpi is not None:
        then = Known(product, at=at, today=product.day(at))
        held = dict(then.actuals(projection.revenue_kpi))
        return {month: Estimate(held[month], product.currency) for month in months if month in held}
    rows = RevenueResult.objects.filter(
        product=product,
        kind=RevenueResult.Kind.REALISED,
        period__in=[date.fromisoformat(f"{month}-01") for month in months],
        known_at__lte=at,
    )
    return {f"{row.period:%Y-%m}": quantity(row) for row in rows.order_by("known_at")}


class RiskAbove(Kind):
    """The subject is a cause of risk, so that each rings by itself."""

    key, label = "risk_above", "money at risk by one cause is large"
    words = ("one cause could take more than ", Slot("above", "more than", "money", 10_000), " a year")
    no_history = NOT_KEPT
    causes: frozenset[str] = frozenset(CAUSES)

    def now(self, known: Known, slots: Slots) -> list[State]:
        found = risks.of_product(known)
        return [self._state(known, slots, one) for one in found.causes if one.key in self.causes]

    def _state(self, known: Known, slots: Slots, cause: risks.Risk) -> State:
        currency, thing = known.product.currency, Thing("product", (known.product.slug,))
        named = f"{CAUSES.get(cause.key, cause.key)}{f' ({cause.name})' if cause.name else ''}"
        limit = numerals.amount(slots["above"], currency)
        subject = f"{cause.key} {cause.name}".strip()
        first = named[:1].upper() + named[1:]
        if cause.low is None:
            text = f"{first}: what it could take a year is not known: {cause.why or 'there is no band'}."
            return State(subject=subject, on=None, text=text, thing=thing)
        on = cause.amount > slots["above"]
        amount = numerals.clear_of(cause.amount, slots["above"], currency)
        place = "more than" if on else "not more than"
        text = f"{first}: it could take {amount} a year, {place} {limit}."
        return State(subject=subject, on=on, text=text, thing=thing)


class DriftAbove(RiskAbove):
    key, label = "drift_above", "drift costs money"
    words = (
        "another mix of cases than was measured could take more than ",
        Slot("above", "more than", "money", 10_000),
        " a year",
    )
    causes = frozenset({"drift"})
