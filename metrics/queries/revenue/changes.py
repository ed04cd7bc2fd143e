"""Why headlines moved: the changes of a product, and of all products of a person."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F, Q, QuerySet

from metrics.core.estimate import Quantity
from metrics.models.product import Product, User
from metrics.models.revenue import RevenueResult
from metrics.models.work import Change
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.catalogue import products
from metrics.queries.evaluation.results import quantity

MOVED_NOTHING = Q(before=F("after")) & ~Q(after="")
RECENT = 100  # changes of a product that its outlook is told from
SHOWN = 10
DIGEST = 64


def results(product: Product) -> QuerySet[RevenueResult]:
    """Every stored figure of revenue: what was known when."""
    return RevenueResult.objects.filter(product=product)


def recent(known: Known) -> list[Change]:
    """The newest changes of a product, by a moment where one is asked for, whether they moved anything or not."""
    return known.once("changes", lambda: list(_by(known)[:RECENT]))


def _by(known: Known) -> QuerySet[Change]:
    rows = Change.objects.filter(product=known.product)
    return rows.filter(created_at__lte=known.at) if known.at else rows


def shown(known: Known) -> list[Change]:
    """Why the headline moved, the newest first; what moved nothing is left out."""
    return [change for change in recent(known) if change.before != change.after or not change.after][:SHOWN]


def changes(product: Product, limit: int) -> list[Change]:
    """As `shown`, as far back as is asked for."""
    return list(Change.objects.filter(product=product).exclude(MOVED_NOTHING)[:limit])


def latest_changes(user: User, limit: int = 8) -> list[Change]:
    """Why headlines moved, over all products of a person, the newest first."""
    return list(
        Change.objects.filter(product__in=products(user)).exclude(MOVED_NOTHING).select_related("product")[:limit]
    )


def change_figures(rows: Iterable[Change], known: Known | None = None) -> dict[str, Quantity]:
    """Digest → headline, for the befores and afters of changes. known: of their product, where it is one."""
    wanted = {digest for change in rows for digest in (change.before, change.after) if len(digest) == DIGEST}
    figures = known.money(wanted).values() if known else RevenueResult.objects.filter(digest__in=wanted)
    return {row.digest: quantity(row) for row in figures}
