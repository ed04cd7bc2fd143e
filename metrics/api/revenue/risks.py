"""What could take a product's money away, by cause."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, TypedDict

from rest_framework.request import Request

from metrics.api.kpi.grades import GradeLetter
from metrics.api.protocol.answers import Answer, plain
from metrics.api.protocol.view import View
from metrics.queries.documents.known import Known
from metrics.queries.revenue.risks import Expiring, Risk, of_product

FACTS = plain("RiskFacts", "What was measured of a cause, by name; each cause has facts of its own.")


class RiskOutput(TypedDict):
    """What a cause does to the money of a year, and the 80 % band of it; at_risk: what the lower end takes away.

    low, high, at_risk: null where there is no band; why: the reason.
    """

    key: str
    name: str
    change: float
    low: float | None
    high: float | None
    why: str | None
    facts: Annotated[dict[str, Any], FACTS]
    at_risk: float | None
    unit: str


class ExpiringOutput(TypedDict):
    """An assumption without which the money counts in no total, now or within 30 days."""

    name: str
    until: date
    expired: bool
    owner: str
    owner_left: bool


class NotKnownOutput(TypedDict):
    key: str
    why: str


class RisksOutput(TypedDict):
    """cases, months: of the past year's volume. why: why there are no causes.

    unseen: models that the value is read from too, in whose rows no cause is looked for. not_known: kinds of causes of
    which the rows tell nothing, and why.
    """

    causes: list[RiskOutput]
    expiring: list[ExpiringOutput]
    cases: float
    months: int
    why: str | None
    unseen: list[str]
    not_known: list[NotKnownOutput]
    grade: GradeLetter | None
    receipt: str | None


class RevenueAtRisk(View):
    """Causes, the costliest first: change, low and high (80 %) in money a year, and the facts behind each.

    Beside them the assumptions that run out, and the grade and the receipt of the value that the causes would move.
    """

    actions = {"GET": "projection.read"}

    def get(self, request: Request, slug: str) -> Answer[RisksOutput]:
        found = of_product(Known(self.product))
        return Answer(
            {
                "causes": [show_risk(risk, self.product.currency) for risk in found.causes],
                "expiring": [show_expiring(assumption) for assumption in found.expiring],
                "cases": found.cases,
                "months": found.months,
                "why": found.why or None,
                "unseen": list(found.unseen),
                "not_known": [{"key": key, "why": why} for key, why in sorted(found.not_known.items())],
                "grade": found.figure.grade.letter if found.figure else None,
                "receipt": (found.figure.receipt or None) if found.figure else None,
            }
        )


def show_risk(risk: Risk, currency: str) -> RiskOutput:
    return {
        "key": risk.key,
        "name": risk.name,
        "change": risk.change,
        "low": risk.low,
        "high": risk.high,
        "why": risk.why or None,
        "facts": dict(risk.facts),
        "at_risk": None if risk.low is None else risk.amount,
        "unit": currency,
    }


def show_expiring(row: Expiring) -> ExpiringOutput:
    return {
        "name": row.name,
        "until": row.until,
        "expired": row.expired,
        "owner": row.owner,
        "owner_left": row.owner_left,
    }
