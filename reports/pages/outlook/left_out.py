"""Why no total counts a product, and where that is mended."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from metrics.queries.revenue.outlook import Outlook
from reports.words.phrases import sentence


@dataclass(frozen=True)
class LeftOut:
    """A product that is not in the total: what to do, and why as far as the line of coverage says it not."""

    name: str
    why: str
    url: str
    action: str


def of_itself(one: Outlook) -> LeftOut | None:
    """Why no total counts the product, whatever the total's months and currency; None where one may."""
    name, slug = one.product.name, one.product.slug
    if one.past:
        volume = one.known.projection.volume_kpi.key if one.known.projection else ""
        why = sentence(f"a manager can {one.past.partition(': ')[2]}")
        return LeftOut(name, why, reverse("kpi", args=[slug, volume]), "See what is known of it")
    if not one.grade.counts:
        return LeftOut(
            name, sentence("; ".join(one.grade.reasons)), reverse("assumptions", args=[slug]), "See what it assumes"
        )
    if one.bare:
        return LeftOut(name, "", reverse("mappings", args=[slug]), "Name a baseline in its mapping")
    return None
