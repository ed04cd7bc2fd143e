"""The one sentence on old data: what a product's figures rest on was last observed over two months ago."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from metrics.queries.documents.known import Known
from metrics.queries.kpi.months import long_ago
from reports.words.dates import period


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
