"""Why headlines moved: the changes of a product, and of all products of a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from metrics.core.calendar import later, moment
from metrics.core.estimate import Quantity
from metrics.models.kpi import KPIResult
from metrics.models.product import Product, User
from metrics.models.revenue import RevenueResult
from metrics.models.work import Change
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.catalogue import products
from metrics.queries.evaluation.results import quantity
from metrics.queries.revenue.bridge_factors import DIGEST, Differing, Documents, Restated

MOVED_NOTHING = Q(before=F("after")) & ~Q(after="")
BY_RUNS = Q(cause=Change.Cause.RUN)
RECENT = 100  # changes of a product that its outlook is told from
SHOWN = 10


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


def changes(product: Product, limit: int, *, months: Sequence[str] | None = None) -> list[Change]:
    """All that a person changed, whether it moved the headline or not, and the runs that did. months: in a row,
    in which it was; any time where None."""
    rows = Change.objects.filter(product=product).exclude(MOVED_NOTHING & BY_RUNS)
    if months is not None:
        ends = (moment(f"{month}-01T00:00", product.time_zone) for month in (months[0], later(months[-1], 1)))
        rows = rows.filter(**dict(zip(("created_at__gte", "created_at__lt"), ends, strict=True)))
    return list(rows[:limit])


def latest_changes(user: User, limit: int = 8) -> list[Change]:
    """Why headlines moved, over all products of a person, the newest first."""
    return list(
        Change.objects.filter(product__in=products(user)).exclude(MOVED_NOTHING).select_related("product")[:limit]
    )


@dataclass(frozen=True)
class Ends:
    """The headlines that changes lead from and to. restated: by digests before and after, how much of it is another way
    to count.
    """

    figures: Mapping[str, Quantity]
    restated: Mapping[tuple[str, str], Restated]


def ends(rows: Sequence[Change], known: Known | None = None) -> Ends:
    """Of changes of one product, or of several. known: of their product, where it is one."""
    wanted = {digest for change in rows for digest in (change.before, change.after) if len(digest) == DIGEST}
    stored = known.money(wanted) if known else RevenueResult.objects.in_bulk(wanted, field_name="digest")
    values = {row.document["value"] for row in stored.values()}
    kpis = dict(KPIResult.objects.filter(digest__in=values).values_list("digest", "document"))
    moments = {
        digest: Documents(row.document, kpis[row.document["value"]])
        for digest, row in stored.items()
        if row.document["value"] in kpis
    }
    pairs = {(change.before, change.after) for change in rows if change.before != change.after}
    return Ends(
        {digest: quantity(row) for digest, row in stored.items()},
        {
            (before, after): Differing(moments[before], moments[after], lambda _: {}).restated()
            for before, after in pairs
            if before in moments and after in moments
        },
    )
