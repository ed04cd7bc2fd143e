"""What moved the total of a portfolio since a moment, product by product, in parts that add up exactly.

The months and the products are those of the total now, and money of other currencies is at the rates of now, so that a
part is what became known of a product since. A month that is over by now and was projected then moved by what came. A
product whose figure counted then and does not now took all of it away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db.models import OuterRef, Subquery

from metrics.core.documents import Document, digest
from metrics.core.estimate import Estimate, Quantity, Unknown, difference
from metrics.core.kpi.months import added
from metrics.models.kpi import InForce
from metrics.models.product import Product
from metrics.models.revenue import RevenueResult
from metrics.models.work import Change
from metrics.queries.documents.revenue import ahead
from metrics.queries.evaluation.results import quantity
from metrics.queries.revenue.in_period import in_period
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.portfolio import Counted, Portfolio
from metrics.queries.revenue.rates import Pair, converted

Kind = Literal["moved", "first", "left"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Mover:
    """One product's part. kind: moved; first: it had no figure then; left: it counts no more. changes: what was done
    to it since, the newest first."""

    outlook: Outlook
    kind: Kind
    part: Estimate
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Moved:
    """before + all parts = after. parts: of the products that moved, the largest first."""

    since: datetime
    before: Quantity
    after: Quantity
    parts: tuple[Mover, ...]


def moved(found: Portfolio, since: datetime) -> Moved:
    """What moved the total over its months since a moment; nothing where the total is Unknown."""
    left = [one for one in found.left_out if _left_since(one, since)]
    several = [*(one.outlook for one in found.counted), *left]
    if isinstance(found.total, Unknown) or not found.months or not several:
        return Moved(since=since, before=found.total, after=found.total, parts=())
    names = _in_force(several, since)
    stale = {pk: name for pk, name in names.items() if name != _receipts(several)[pk] or pk in _pks(left)}
    then = _projected(stale, found.months)
    parts = [part for one in found.counted if (part := _part(one, names, then, found)) is not None]
    parts += [part for one in left if (part := _gone(one, names, then, found)) is not None]
    parts.sort(key=lambda one: -abs(one.part.point))
    change = added([one.part for one in parts], found.currency) if parts else None
    before = difference(found.total, change) if change is not None else found.total
    return Moved(since=since, before=before, after=found.total, parts=_with_changes(parts, since))


def _pks(several: Iterable[Outlook]) -> set[str]:
    return {one.product.pk for one in several}


def _receipts(several: Iterable[Outlook]) -> dict[str, str]:
    return {one.product.pk: one.receipt for one in several}


def _left_since(one: Outlook, since: datetime) -> bool:
    """Whether its figure counted at the moment, and does not now for its grade."""
    grade = one.grade
    known = isinstance(one.total, Estimate) and not grade.counts and grade.since is not None
    return known and grade.since > one.product.day(since)  # type: ignore[operator]


def _in_force(several: Iterable[Outlook], since: datetime) -> dict[str, str]:
    """Product id → the digest of the total that was in force at a moment; "" where there was no figure."""
    rows = InForce.objects.filter(product=OuterRef("pk"), kpi=None, created_at__lte=since).order_by("-created_at")
    held = Product.objects.filter(pk__in=_pks(several)).order_by()
    told = held.annotate(then=Subquery(rows.values("digest")[:1])).values_list("pk", "then")
    return {pk: name or "" for pk, name in told}


def _projected(names: Mapping[str, str], months: Sequence[str]) -> dict[str, dict[str, Quantity]]:
    """Product id → month → what was projected of it then, of the months asked for."""
    wanted = {name for name in names.values() if name}
    documents: dict[str, Document] = (
        dict(RevenueResult.objects.filter(digest__in=wanted).values_list("digest", "document")) if wanted else {}
    )
    figures = {
        (name, month): digest({**document, "figure": month})
        for name, document in documents.items()
        for month in ahead(document)
        if month in months
    }
    stored = RevenueResult.objects.defer("document").filter(digest__in=set(figures.values())) if figures else ()
    rows = {row.digest: quantity(row) for row in stored}
    return {
        pk: {month: rows[figure] for (of, month), figure in figures.items() if of == name and figure in rows}
        for pk, name in names.items()
    }


def _part(
    one: Counted, names: Mapping[str, str], then: Mapping[str, Mapping[str, Quantity]], found: Portfolio
) -> Mover | None:
    """None where it did not move."""
    pk = one.product.pk
    if not names.get(pk):
        return Mover(outlook=one.outlook, kind="first", part=one.part) if isinstance(one.part, Estimate) else None
    if pk not in then:
        return None
    old = dict(then[pk])
    if one.rates:
        old = converted(old, {month: rate for month, rate in one.rates.items() if month in old}, found.currency)
    before = added([old.get(month, one.months[month]) for month in found.months], found.currency)
    change = difference(one.part, before)
    if isinstance(change, Unknown) or change.point == 0:
        return None
    return Mover(outlook=one.outlook, kind="moved", part=change)


def _gone(
    one: Outlook, names: Mapping[str, str], then: Mapping[str, Mapping[str, Quantity]], found: Portfolio
) -> Mover | None:
    """None where it had no figure then, or no month of the total; months that are known counted as they are."""
    pk = one.product.pk
    if not names.get(pk):
        return None
    known = in_period(one, found.period).realised if found.period is not None else {}
    old = {month: money for month, money in {**known, **then.get(pk, {})}.items() if month in found.months}
    if one.product.currency != found.currency:
        rates = Pair(one.product.currency, found.currency).of_months(old, one.known.today)
        if isinstance(rates, Unknown):
            return None
        old = converted(old, rates, found.currency)
    before = added(list(old.values()), found.currency) if old else Unknown("it had no month")
    if isinstance(before, Unknown):
        return None
    part = before.map(lambda value: -value)
    return Mover(outlook=one, kind="left", part=part) if isinstance(part, Estimate) else None


def _with_changes(parts: Sequence[Mover], since: datetime, most: int = 5) -> tuple[Mover, ...]:
    """The largest with what was done to them since."""
    named = [one.outlook.product.pk for one in parts[:most]]
    done: dict[str, list[Change]] = {}
    for change in Change.objects.filter(product__in=named, created_at__gt=since) if named else ():
        done.setdefault(str(change.product_id), []).append(change)
    return tuple(
        Mover(outlook=one.outlook, kind=one.kind, part=one.part, changes=tuple(done.get(one.outlook.product.pk, ())))
        for one in parts
    )
