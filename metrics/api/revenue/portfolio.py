"""The portfolio: the totals of the products that one may see, over the months of a period."""

from __future__ import annotations

from typing import TypedDict

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from metrics.api.kpi.grades import GradeLetter
from metrics.api.protocol.answers import Answer, NumberOutput, number
from metrics.api.protocol.view import View
from metrics.core.estimate import Estimate
from metrics.core.periods import KINDS, NoPeriod, asked
from metrics.queries.evaluation.catalogue import products
from metrics.queries.revenue.against import Compared, Standing, compared
from metrics.queries.revenue.asked import AGAINST, ALL, TARGET, frame
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.portfolio import Counted, Portfolio, portfolio
from metrics.services.writing.refusal import invalid

PERIOD = [
    OpenApiParameter("period", str, enum=[*KINDS, ALL], description="whose months are counted; all, where left out"),
    OpenApiParameter("of", str, description="which one: 2027, 2027-Q1 or 2026-11; the present one, where left out"),
    OpenApiParameter("from", str, description="first month of from-to, 2026-09"),
    OpenApiParameter("until", str, description="last month of from-to, 2027-08"),
    OpenApiParameter("against", str, enum=list(AGAINST), description="what it is held against; target, where left out"),
    OpenApiParameter("currency", str, description="of the totals; that of most products, where left out"),
]


class PeriodOutput(TypedDict):
    """months: those asked for. starts: the month in which the fiscal year begins."""

    kind: str
    of: str
    months: list[str]
    starts: int


class HeldAgainstOutput(TypedDict):
    """Over the months that are there on both sides; left_out: product → why it is not in it."""

    against: str
    months: list[str]
    others: list[str]
    now: NumberOutput
    before: NumberOutput
    change: NumberOutput
    left_out: dict[str, str]


class ProductLineOutput(TypedDict):
    """part, realised: what it brings to the totals, in their currency; null where it is in none, why says so."""

    product: str
    name: str
    currency: str
    group: str
    counted: bool
    grade: GradeLetter | None
    part: NumberOutput | None
    realised: NumberOutput | None
    target: float | None
    chance: NumberOutput | None
    why: str


class PortfolioOutput(TypedDict):
    """months: those that all products of the total have. expected: the total without what is realised."""

    period: PeriodOutput | None
    currency: str
    months: list[str]
    total: NumberOutput
    realised_months: list[str]
    realised: NumberOutput
    expected: NumberOutput
    target: float | None
    chance: NumberOutput
    compared: HeldAgainstOutput | None
    products: list[ProductLineOutput]


class PortfolioView(View):
    """Totals over the products that count, draw by draw, over the months that all of them have.

    A month that is over counts as it is known, any other as it is projected. What is in no total is named with why.
    """

    actions = {"GET": "product.list"}

    @extend_schema(operation_id="portfolio", parameters=PERIOD)
    def get(self, request: Request) -> Answer[PortfolioOutput]:
        given, held = request.query_params.dict(), list(products(self.user).select_related("group"))
        now, starts = frame(held)
        against = given.get("against") or TARGET
        if against not in AGAINST:
            raise invalid(
                "against", f"“{against[:40]}” is nothing to compare with", remedy=f"one of {', '.join(AGAINST)}"
            )
        try:
            period = None if given.get("period") == ALL else asked(given, now=now, starts=starts)
        except NoPeriod as refused:
            raise invalid("period", str(refused), remedy="such as period=fiscal-year&of=2027") from refused
        found = portfolio(self.user, currency=given.get("currency", ""), period=period, held=held)
        standing = [Standing(one.outlook, one.months) for one in found.counted]
        return Answer(show(found, compared(standing, against, period, found.currency)))


def show(found: Portfolio, held: Compared | None) -> PortfolioOutput:
    period = found.period
    counted = {one.product.pk: one for one in found.counted}
    return {
        "period": None
        if period is None
        else {"kind": period.kind, "of": period.of, "months": list(period.months), "starts": period.starts},
        "currency": found.currency,
        "months": list(found.months),
        "total": number(found.total),
        "realised_months": list(found.realised_months),
        "realised": number(found.realised),
        "expected": number(found.expected),
        "target": found.goal,
        "chance": number(found.chance),
        "compared": None if held is None else show_compared(held),
        "products": [show_line(one, counted.get(one.product.pk), found) for one in found.outlooks],
    }


def show_compared(held: Compared) -> HeldAgainstOutput:
    return {
        "against": held.kind,
        "months": list(held.months),
        "others": list(held.others),
        "now": number(held.now),
        "before": number(held.before),
        "change": number(held.change),
        "left_out": dict(held.left_out),
    }


def show_line(one: Outlook, counted: Counted | None, found: Portfolio) -> ProductLineOutput:
    pk, meeting = one.product.pk, counted.meeting if counted else None
    why = "" if counted else found.unconverted.get(pk) or found.outside.get(pk) or one.past or one.bare
    if not counted and not why:
        why = "; ".join(one.grade.reasons) if isinstance(one.total, Estimate) else one.total.reason
    return {
        "product": one.product.slug,
        "name": one.product.name,
        "currency": one.product.currency,
        "group": one.product.group.name if one.product.group else "",
        "counted": counted is not None,
        "grade": one.grade.letter if isinstance(one.total, Estimate) else None,
        "part": number(counted.part) if counted else None,
        "realised": number(counted.earned) if counted else None,
        "target": counted.goal if counted and isinstance(counted.goal, float) else None,
        "chance": number(meeting.chance) if meeting else None,
        "why": why,
    }
