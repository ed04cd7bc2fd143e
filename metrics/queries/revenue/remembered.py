"""Outlooks of many products, remembered while nothing that they are made from has moved.

Whatever moves a product's figures is audited, but for a run: one that may move them is told as a change once it is
scored. So the number of both, with the day, is a stamp under which an outlook holds whose figures are all computed,
however many other runs are logged beside it; while some are still on their way, it holds as long as the product's work
stands as it did. Targets and rates are read anew each time, for they are few.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum

from metrics.memory import MEMORY
from metrics.models.product import AuditEntry, Product
from metrics.models.work import Change, Work
from metrics.prepared import Prepared
from metrics.queries.revenue.outlook import Outlook, outlooks

# What totals of many products ask of each: kept, so that no document is made of it while it holds.
KEPT = ("total", "receipt", "_ahead", "months", "realised", "realised_total", "realised_receipt", "brought", "grade")
MORE = ("bare", "long_ago", "threats")
OPEN = Q(state__in=[Work.State.DUE, Work.State.LEASED])


@dataclass(frozen=True)
class Stamp:
    """settled: what changes whenever anything does that figures are made from. at_work: that, or the product's work."""

    settled: Hashable
    at_work: Hashable


def remembered(products: Iterable[Product], *, today: date | None = None) -> tuple[Outlook, ...]:
    """The outlooks of several products, at which only what moved since they were last read is read anew."""
    several = outlooks(products, today=today)
    stamps = stamped([one.product for one in several])
    for one in several:
        one.known.totals_alone = True
        vars(one).update(next(filter(None, map(MEMORY.recalled, _names(one, stamps))), {}))
    for one in several:
        if "total" not in vars(one):
            settled, at_work = _names(one, stamps)
            kept = _read(one)
            MEMORY.made(settled if one.settled else at_work, partial(dict, kept))
    return several


def _names(one: Outlook, stamps: dict[str, Stamp]) -> tuple[Hashable, Hashable]:
    stamp, today = stamps[one.product.pk], one.known.today
    return ("outlook", stamp.settled, today), ("outlook at work", stamp.at_work, today)


def _read(one: Outlook) -> dict[str, Any]:
    return {field: getattr(one, field) for field in (*KEPT, *MORE)}


def stamped(products: Iterable[Product]) -> dict[str, Stamp]:
    """Product id → its stamps."""
    held = list(products)
    keys = [one.pk for one in held]
    entries = {slug: tuple(told) for slug, *told in ENTRIES([one.slug for one in held])}
    changes, work = ({key: tuple(told) for key, *told in rows(keys)} for rows in (CHANGES, WORK))
    made = {}
    for one in held:
        settled = (one.pk, entries.get(one.slug), changes.get(one.pk), _settings(one))
        made[one.pk] = Stamp(settled, (settled, work.get(one.pk)))
    return made


def _entries(slugs: Iterable[str]) -> QuerySet[AuditEntry, tuple[Any, ...]]:
    rows = AuditEntry.objects.filter(product__in=slugs).exclude(action="run.create").order_by().values("product")
    return rows.annotate(many=Count("*"), newest=Max("created_at")).values_list("product", "many", "newest")


def _changes(products: Iterable[str]) -> QuerySet[Change, tuple[Any, ...]]:
    rows = Change.objects.filter(product__in=products).order_by().values("product")
    return rows.annotate(many=Count("pk"), newest=Max("created_at")).values_list("product", "many", "newest")


def _work(products: Iterable[str]) -> QuerySet[Work, tuple[Any, ...]]:
    told = {
        "many": Count("pk"),
        "open": Count("pk", filter=OPEN),
        "done": Max("done_at"),
        "newest": Max("created_at"),
        "asked": Sum("generation"),
        "tried": Sum("attempts"),
    }
    rows = Work.objects.filter(product__in=products).order_by().values("product")
    return rows.annotate(**told).values_list("product", *told)


ENTRIES, CHANGES, WORK = Prepared(_entries, list), Prepared(_changes, list), Prepared(_work, list)


def _settings(product: Product) -> tuple[Any, ...]:
    return (product.slug, product.currency, product.time_zone, *product.gates)
