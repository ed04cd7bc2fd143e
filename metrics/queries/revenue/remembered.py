"""Outlooks of many products, remembered while nothing that they are made from has moved.

Whatever moves a product's figures is audited, or done by a worker for that product; so the number of its audit entries
and how its work stands, with the day, are a stamp under which what was read of it holds. Targets and rates are read
anew each time, for they are few.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import Count, Max, Q, Sum

from metrics.memory import MEMORY
from metrics.models.product import AuditEntry, Product
from metrics.models.work import Work
from metrics.queries.revenue.outlook import Outlook, outlooks

# What totals of many products ask of each: kept, so that no document is made of it while it holds.
KEPT = ("total", "receipt", "_ahead", "months", "realised", "realised_total", "realised_receipt", "brought", "grade")
MORE = ("bare", "long_ago", "threats")
OPEN = Q(state__in=[Work.State.DUE, Work.State.LEASED])


def remembered(products: Iterable[Product], *, today: date | None = None) -> tuple[Outlook, ...]:
    """The outlooks of several products, at which only what moved since they were last read is read anew."""
    several = outlooks(products, today=today)
    stamps = stamped([one.product for one in several])
    names = {one.product.pk: ("outlook", stamps[one.product.pk], one.known.today) for one in several}
    for one in several:
        one.known.totals_alone = True
        vars(one).update(MEMORY.recalled(names[one.product.pk]) or {})
    for one in several:
        if "total" not in vars(one):
            _keep(one, names[one.product.pk])
    return several


def stamped(products: Iterable[Product]) -> dict[str, Hashable]:
    """Product id → what changes whenever anything that its figures are made from does."""
    held = list(products)
    entries = AuditEntry.objects.filter(product__in=[one.slug for one in held]).order_by().values("product")
    audited = {row["product"]: row for row in entries.annotate(many=Count("pk"), newest=Max("created_at"))}
    rows = Work.objects.filter(product__in=held).order_by().values("product")
    work = {
        row["product"]: row
        for row in rows.annotate(
            many=Count("pk"),
            open=Count("pk", filter=OPEN),
            done=Max("done_at"),
            newest=Max("created_at"),
            asked=Sum("generation"),
            tried=Sum("attempts"),
        )
    }
    return {one.pk: (one.pk, _told(audited.get(one.slug)), _told(work.get(one.pk)), _settings(one)) for one in held}


def _told(found: Mapping[str, Any] | None) -> tuple[Any, ...]:
    return tuple(found.values()) if found else ()


def _settings(product: Product) -> tuple[Any, ...]:
    return (product.slug, product.currency, product.time_zone, *product.gates)


def _keep(one: Outlook, name: Hashable) -> None:
    for field in (*KEPT, *MORE):
        getattr(one, field)
    kept = {field: vars(one)[field] for field in (*KEPT, *MORE)}
    MEMORY.made(name, lambda: kept)
