"""The one sentence on old data: what a product's figures rest on was last observed over two months ago."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from metrics.queries.documents.known import Known
from metrics.queries.kpi.months import LongAgo, long_ago
from reports.words.dates import period

NAMED = 3  # products in one sentence; of more the others are counted


@dataclass(frozen=True)
class OldData:
    """The sentence, and the page of the KPI that is known the least far."""

    text: str
    url: str
    action: str


def old_data(known: Known, *, named: bool = False) -> OldData | None:
    """None while what is observed is two months old at most, and where nothing is. named: the product is told too."""
    found = long_ago(known)
    if not found:
        return None
    oldest = found[0].kpi
    told = " and ".join(f"of {one.kpi.name} is {period(one.month, 'long')}" for one in found)
    whose = f"{known.product.name}: the" if named else "The"
    return OldData(
        text=f"{whose} last full month known {told}, over two months ago: no later one is in any figure.",
        url=reverse("kpi", args=[known.product.slug, oldest.key]),
        action=oldest.name,
    )


def old_together(products: Iterable[Known]) -> tuple[OldData, ...]:
    """One sentence for all products that are known until the same month; one of its own for a product by itself, or
    whose figures rest on several months."""
    by_month: dict[str, list[tuple[Known, LongAgo]]] = defaultdict(list)
    told: list[tuple[str, OldData]] = []
    for known in products:
        found = long_ago(known)
        if len({one.month for one in found}) == 1:
            by_month[found[0].month].append((known, found[0]))
        elif (old := old_data(known, named=True)) is not None:
            told.append((found[0].month, old))
    for month, rows in by_month.items():
        alone = old_data(rows[0][0], named=True) if len(rows) == 1 else _of_all(month, rows)
        told += [(month, alone)] if alone is not None else []
    return tuple(old for _, old in sorted(told, key=lambda one: one[0]))


def _of_all(month: str, rows: list[tuple[Known, LongAgo]]) -> OldData:
    names = [f"{known.product.name} ({one.kpi.name})" for known, one in rows]
    more = len(names) - NAMED
    names = [*names[:NAMED], f"{more} more"] if more > 1 else names
    known, oldest = rows[0]
    return OldData(
        text=f"{', '.join(names[:-1])} and {names[-1]}: the last full month known is {period(month, 'long')}, "
        "over two months ago: no later one is in any figure.",
        url=reverse("kpi", args=[known.product.slug, oldest.kpi.key]),
        action=f"{oldest.kpi.name} of {known.product.name}",
    )
