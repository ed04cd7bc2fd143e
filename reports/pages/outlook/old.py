"""The one sentence on old data: what a product's figures rest on was last observed long ago, and how long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from metrics.queries.documents.known import Known
from metrics.queries.kpi.months import LongAgo, long_ago
from reports.words.dates import period
from reports.words.phrases import count

YEARS = 24  # months from which on it is years that are told
NAMED = 3  # products in one sentence; of more the others are counted


@dataclass(frozen=True)
class OldData:
    """The sentence, and the page of the KPI that is known the least far."""

    text: str
    url: str
    action: str


def old_data(known: Known) -> OldData | None:
    """None while what is observed is two months old at most, and where nothing is."""
    return told_old(known.product, long_ago(known))


def told_old(product: Any, found: Sequence[LongAgo], *, named: bool = False) -> OldData | None:
    """named: the product is told too."""
    if not found:
        return None
    oldest = found[0].kpi
    told = " and ".join(f"of {one.kpi.name} is {period(one.month, 'long')}" for one in found)
    whose = f"{product.name}: the" if named else "The"
    return OldData(
        text=f"{whose} last full month known {told}, {_over(found)} ago: no later one is in any figure.",
        url=reverse("kpi", args=[product.slug, oldest.key]),
        action=oldest.name,
    )


def old_together(products: Iterable[tuple[Any, Sequence[LongAgo]]]) -> tuple[OldData, ...]:
    """One sentence for all products that are known until the same month; one of its own for a product by itself, or
    whose figures rest on several months. products: each with what was last observed long ago."""
    by_month: dict[str, list[tuple[Any, Sequence[LongAgo]]]] = defaultdict(list)
    told: list[tuple[str, OldData]] = []
    for product, found in products:
        if len({one.month for one in found}) == 1:
            by_month[found[0].month].append((product, found))
        elif (old := told_old(product, found, named=True)) is not None:
            told.append((found[0].month, old))
    for month, rows in by_month.items():
        alone = told_old(*rows[0], named=True) if len(rows) == 1 else _of_all(month, rows)
        told += [(month, alone)] if alone is not None else []
    return tuple(old for _, old in sorted(told, key=lambda one: one[0]))


def _of_all(month: str, rows: list[tuple[Any, Sequence[LongAgo]]]) -> OldData:
    names = [f"{product.name} ({found[0].kpi.name})" for product, found in rows]
    more = len(names) - NAMED
    names = [*names[:NAMED], f"{more} more"] if more > 1 else names
    product, (oldest, *_) = rows[0]
    return OldData(
        text=f"{', '.join(names[:-1])} and {names[-1]}: the last full month known is {period(month, 'long')}, "
        f"{_over(rows[0][1])} ago: no later one is in any figure.",
        url=reverse("kpi", args=[product.slug, oldest.kpi.key]),
        action=f"{oldest.kpi.name} of {product.name}",
    )


def _over(found: Sequence[LongAgo]) -> str:
    """Of several, what holds for all: "over two months", "over nine years"."""
    passed = min(one.passed for one in found)
    return f"over {count(passed, 'month') if passed < YEARS else count(passed // 12, 'year')}"
