"""Days to come that somebody should know of: targets that end, assumptions that expire, answers that are due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from metrics.core import numerals
from metrics.models.kpi import Target
from metrics.models.product import Product
from metrics.models.selection import Round
from metrics.queries.documents.known import Known
from metrics.queries.revenue.rates import month_end
from metrics.things import Thing


@dataclass(frozen=True)
class Day:
    """key: what makes it the same entry when it is read again. of: what to look at. made_at: when it was set."""

    key: str
    on: date
    title: str
    says: str
    of: Thing
    product: Product
    made_at: datetime


def days(products: Sequence[Product]) -> list[Day]:
    """Those of several products, the earliest first; what is over stays, as a calendar keeps it."""
    several = Known.of(products)
    found = [*_targets(several), *_expiries(several), *_answers(several)]
    return sorted(found, key=lambda day: (day.on, day.title, day.key))


def _targets(several: Sequence[Known]) -> Iterable[Day]:
    products = {known.product.pk: known.product for known in several}
    for row in Target.objects.filter(product__in=products, withdrawn_at=None).select_related("kpi"):
        product = products[row.product_id]
        unit = row.kpi.unit if row.kpi else product.currency
        worded = numerals.stated(float(row.value), unit)
        name = row.kpi.name if row.kpi else product.name
        yield Day(
            f"target-{row.pk}",
            month_end(f"{row.until_period:%Y-%m}"),
            f"{name}: the target of {worded} ends",
            f"{product.name}: the last day of its months.",
            Thing("kpi", (product.slug, row.kpi.key)) if row.kpi else Thing("product", (product.slug,)),
            product,
            row.created_at,
        )


def _expiries(several: Sequence[Known]) -> Iterable[Day]:
    for known in several:
        for key, version in known.assumptions.items():
            if version.valid_until is None:
                continue
            yield Day(
                f"assumption-{version.pk}",
                version.valid_until,
                f"{version.assumption.name} holds until today",
                f"{known.product.name}: money that stands on it is graded D from tomorrow, and enters no total.",
                Thing("assumption", (known.product.slug, key)),
                known.product,
                version.created_at,
            )


def _answers(several: Sequence[Known]) -> Iterable[Day]:
    products = {known.product.pk: known.product for known in several}
    rows = Round.objects.filter(decision__product__in=products, closed_at=None).exclude(ends_on=None)
    for row in rows.select_related("decision__model"):
        decision, product = row.decision, products[row.decision.product_id]
        if row.ends_on is None:
            continue
        yield Day(
            f"round-{row.pk}",
            row.ends_on,
            f"{product.name}, decision {decision.number}: whoever has not answered is left out",
            "The roles say until the day before what they would give up.",
            Thing("decision", (product.slug, str(decision.number))),
            product,
            row.created_at,
        )
