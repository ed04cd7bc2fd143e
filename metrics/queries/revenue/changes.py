"""Why headlines moved: the changes of a product, and of all products of a person."""

from __future__ import annotations

from django.db.models import F, Q, QuerySet

from metrics.core.estimate import Quantity
from metrics.models.product import Product, User
from metrics.models.revenue import RevenueResult
from metrics.models.work import Change
from metrics.queries.evaluation.catalogue import products
from metrics.queries.evaluation.results import quantity

MOVED_NOTHING = Q(before=F("after")) & ~Q(after="")


def results(product: Product) -> QuerySet[RevenueResult]:
    """Every stored figure of revenue: what was known when."""
    return RevenueResult.objects.filter(product=product)


def changes(product: Product, limit: int = 10) -> list[Change]:
    """Why the headline moved, the newest first; what moved nothing is left out."""
    return list(Change.objects.filter(product=product).exclude(MOVED_NOTHING)[:limit])


def latest_changes(user: User, limit: int = 8) -> list[Change]:
    """Why headlines moved, over all products of a person, the newest first."""
    return list(
        Change.objects.filter(product__in=products(user)).exclude(MOVED_NOTHING).select_related("product")[:limit]
    )


def change_figures(found: list[Change]) -> dict[str, Quantity]:
    """Digest → headline, for the befores and afters of changes."""
    wanted = {digest for change in found for digest in (change.before, change.after) if len(digest) == 64}
    return {row.digest: quantity(row) for row in RevenueResult.objects.filter(digest__in=wanted)}
