"""The plan of some months: the projection that was in force when their target was set, or the oldest that reaches them.

What was projected is read from what is stored, whatever changed since; see `InForce`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from metrics.core.documents import Document, digests
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.models.kpi import InForce
from metrics.models.revenue import RevenueResult
from metrics.queries.documents.revenue import ahead
from metrics.queries.evaluation.results import quantity
from metrics.queries.revenue.in_period import target_of
from metrics.queries.revenue.outlook import Outlook

NO_PLAN = "no projection that was kept reaches these months"
MOST = 64  # projections of a product that are looked through, the newest of them
Held = list[tuple[str, datetime]]


@dataclass(frozen=True, eq=False)
class Plan:
    """day: of the projection, where the product is. months: month → what was projected of it then."""

    day: date
    months: Mapping[str, Quantity]


def plans(several: Sequence[Outlook], months: Sequence[str]) -> dict[str, Plan | Unknown]:
    """Product id → its plan of some months, in a number of queries that does not grow with the products."""
    kept = _in_force([one.product.pk for one in several])
    chosen = _chosen(several, kept, tuple(months))
    wanted = {
        pk: digests(document, "figure", [month for month in ahead(document) if month in months])
        for pk, (document, _) in chosen.items()
    }
    names = {name for by_month in wanted.values() for name in by_month.values()}
    stored = RevenueResult.objects.defer("document", "detail").filter(digest__in=names)
    rows = {row.digest: quantity(row) for row in stored}
    found: dict[str, Plan | Unknown] = {}
    for one in several:
        held = chosen.get(one.product.pk)
        by_month = wanted.get(one.product.pk, {})
        projected = {month: row for month, name in by_month.items() if isinstance(row := rows.get(name), Estimate)}
        known = held is not None and projected
        found[one.product.pk] = Plan(one.product.day(held[1]), projected) if held and known else Unknown(NO_PLAN)
    return found


def _in_force(products: Sequence[str]) -> dict[str, Held]:
    """Product id → the totals that were in force, the oldest first."""
    kept: dict[str, Held] = {}
    rows = InForce.objects.filter(product__in=products, kpi=None).exclude(digest="").order_by("created_at", "pk")
    for product, name, since in rows.values_list("product", "digest", "created_at"):
        kept.setdefault(product, []).append((name, since))
    return {product: held[-MOST:] for product, held in kept.items()}


def _chosen(
    several: Sequence[Outlook], kept: Mapping[str, Held], months: tuple[str, ...]
) -> dict[str, tuple[Document, datetime]]:
    """Later projections reach later months, so the oldest that reaches the last is found by halving."""
    least: dict[str, int] = {}
    spans = {one.product.pk: [0, len(kept[one.product.pk]) - 1] for one in several if one.product.pk in kept}
    for one in several:
        if one.product.pk in kept and (target := target_of(one, months)) is not None:
            before = [at for at, (_, since) in enumerate(kept[one.product.pk]) if since <= target.created_at]
            least[one.product.pk] = max(before, default=0)
    documents: dict[str, Document] = {}

    def reaches(pk: str, at: int) -> bool:
        document = documents.get(kept[pk][at][0])
        return document is not None and max(ahead(document), default="") >= months[-1]

    def read(asked: Mapping[str, int]) -> None:
        wanted = {kept[pk][at][0] for pk, at in asked.items()} - documents.keys()
        if wanted:
            rows = RevenueResult.objects.filter(digest__in=wanted).values_list("digest", "document")
            documents.update(rows)

    read(least)
    found = {pk: at for pk, at in least.items() if reaches(pk, at)}
    open_ = {pk: ends for pk, ends in spans.items() if pk not in found}
    while asked := {pk: (low + high) // 2 for pk, (low, high) in open_.items() if low < high}:
        read(asked)
        for pk, middle in asked.items():
            open_[pk] = [open_[pk][0], middle] if reaches(pk, middle) else [middle + 1, open_[pk][1]]
    last = {pk: low for pk, (low, _) in open_.items()}
    read(last)
    found |= {pk: at for pk, at in last.items() if documents.get(kept[pk][at][0]) is not None}
    return {pk: (documents[kept[pk][at][0]], kept[pk][at][1]) for pk, at in found.items()}
