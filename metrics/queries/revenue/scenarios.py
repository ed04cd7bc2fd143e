"""Scenarios that are kept: named sets of assumptions at other values, for what-ifs."""

from __future__ import annotations

from django.db.models import QuerySet

from metrics import access
from metrics.models.product import Product
from metrics.models.revenue import Scenario


def scenarios(product: Product) -> QuerySet[Scenario]:
    return Scenario.objects.filter(product=product).select_related("product")


def scenario(product: Product, key: str) -> Scenario:
    """Raises Hidden where the product has none of that key."""
    found = scenarios(product).filter(key=key).first()
    if found is None:
        raise access.Hidden
    return found
