"""Pairs as a calibrated mapping's document holds them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from metrics.models.calibration import Pair
from metrics.models.product import Product

Key = tuple[str, str, str]


LOWER = {"A": "B", "B": "C", "C": "D"}


BEYOND = "the metric lies beyond the pairs that the mapping was fitted on"


def pairs(of: Product) -> QuerySet[Pair]:
    """Pairs that count, those imported last first."""
    rows = Pair.objects.filter(kpi__product=of, withdrawn_at=None)
    return rows.select_related("kpi__product", "imported_by").order_by("-created_at", "at", "x", "y", "pk")


def known_pairs(of: Product, *, at: datetime | None = None, without: str = "") -> dict[Key, list[Pair]]:
    """(KPI key, metric key, kind) → pairs as known now, or at a moment; sorted, whatever the order of import.

    without: a batch that is left out.
    """
    rows = Pair.objects.filter(kpi__product=of).exclude(batch=without).select_related("kpi")
    rows = (
        rows.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=at), created_at__lte=at)
        if at
        else rows.filter(withdrawn_at=None)
    )
    found: dict[Key, list[Pair]] = {}
    for row in rows:
        found.setdefault((row.kpi.key, row.metric, row.kind), []).append(row)
    return {key: sorted(held, key=_order) for key, held in found.items()}


def _order(row: Pair) -> tuple[Any, ...]:
    return (str(row.at or ""), row.x, row.y, row.pk)


def part(held: list[Pair], *, increasing: bool) -> dict[str, Any]:
    """What a KPI document says of the pairs: themselves, with the covariance of their errors, and the direction."""
    return {
        "pairs": [[row.x, row.y, row.x_error, row.y_error, str(row.at or ""), _covariance(row)] for row in held],
        "increasing": increasing,
    }


def _covariance(row: Pair) -> float | None:
    """0 where metric and KPI were measured on different units; None where nothing is known."""
    return 0.0 if row.disjoint else row.covariance
