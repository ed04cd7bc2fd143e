"""Scenarios that are kept: named sets of assumptions at other values, for what-ifs."""

from __future__ import annotations

from django.db.models import QuerySet

from metrics import access
from metrics.models.kpi import AssumptionVersion
from metrics.models.product import Product
from metrics.models.revenue import Scenario
from metrics.queries.documents.known import Known
from metrics.queries.documents.supports import GROWTH

SHOWN = 10  # removed ones that a page lists


def scenarios(product: Product) -> QuerySet[Scenario]:
    return Scenario.objects.filter(product=product, withdrawn_at=None).select_related("product", "saved_by")


def scenario(product: Product, key: str) -> Scenario:
    """Raises Hidden where the product has none of that key."""
    return access.there(scenarios(product).filter(key=key).first())


def removed(product: Product) -> list[Scenario]:
    """Those that were removed and are not back, the last first."""
    rows = Scenario.objects.filter(product=product, restored=None).exclude(withdrawn_at=None)
    return list(rows.select_related("product", "withdrawn_by").order_by("-withdrawn_at", "pk")[:SHOWN])


def one_removed(product: Product, pk: str) -> Scenario:
    """One that was removed, whether it is back or not. Raises Hidden where there is none."""
    rows = Scenario.objects.filter(product=product).exclude(withdrawn_at=None)
    return access.there(rows.select_related("product").filter(pk=pk).first())


def stands(known: Known, name: str) -> AssumptionVersion | None:
    """The version in force of what a scenario calls by this name; "growth" is the assumption on growth."""
    growth = known.projection.growth_id if known.projection else None
    if name == GROWTH and growth:
        return next((row for row in known.assumptions.values() if row.assumption_id == growth), None)
    return known.assumptions.get(name)
