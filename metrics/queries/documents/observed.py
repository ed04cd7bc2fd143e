"""What was observed of KPIs, month by month, as known at a moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, Q, QuerySet, When

from metrics.core.calendar import day_of
from metrics.core.estimate import Estimate
from metrics.core.kpi.months import Month, divided
from metrics.models.kpi import Actual
from metrics.prepared import Prepared

Months = dict[str, Month]
COLUMNS = (
    "value",
    "numerator",
    "denominator",
    "partial",
    "partly_at",
    "restores",
    "kpi__unit",
    "kpi__product__time_zone",
)


def of_products(
    products: Iterable[str],
    *,
    at: datetime | None = None,
    without: Collection[str] = (),
    kpis: Collection[str] | None = None,
) -> dict[str, dict[str, Months]]:
    """Product → KPI → month → what is known of it, months ascending; the newest known of a month stands.

    at: the moment, now where None; what was taken back since was known then. without: rows that are left out. kpis: of
    these alone, of all for None.
    """
    if at is None and not without:
        rows: Iterable[tuple[Any, ...]] = NOW(products) if kpis is None else OF_KPIS(products, kpis)
    else:
        told = Actual.objects.filter(kpi__product__in=products).exclude(pk__in=without)
        told = told if kpis is None else told.filter(kpi__in=kpis)
        known = Q(withdrawn_at=None) | Q(withdrawn_at__gt=at) if at else Q(withdrawn_at=None)
        rows = _columns(told.filter(known, known_at__lte=at) if at else told.filter(known))
    newest: dict[str, dict[str, dict[str, tuple[Any, ...]]]] = defaultdict(lambda: defaultdict(dict))
    for product, kpi, period, *columns in rows:
        newest[product][kpi][period.isoformat()[:7]] = tuple(columns)
    return {
        product: {kpi: {name: month(*months[name]) for name in sorted(months)} for kpi, months in by_kpi.items()}
        for product, by_kpi in newest.items()
    }


def _columns(rows: QuerySet[Actual]) -> QuerySet[Actual, tuple[Any, ...]]:
    partly = rows.annotate(partly_at=Case(When(partial=True, then="known_at")))  # of the others the moment is not read
    return partly.order_by("known_at", "created_at").values_list("kpi__product", "kpi", "period", *COLUMNS)


def _now(products: Iterable[str]) -> QuerySet[Actual]:
    return Actual.objects.filter(kpi__product__in=products, withdrawn_at=None)


NOW = Prepared(lambda products: _columns(_now(products)), list)
OF_KPIS = Prepared(lambda products, kpis: _columns(_now(products).filter(kpi__in=kpis)), list, list)


def month(
    value: Decimal | None,
    numerator: Decimal | None,
    denominator: Decimal | None,
    partial: bool,
    partly_at: datetime | None,
    restores: str | None,
    unit: str,
    time_zone: str,
) -> Month:
    """The columns of an actual as a month that can be put together with others."""
    why = why_partial(None if restores else partly_at, time_zone) if partial else ""
    if numerator is None or denominator is None:
        assert value is not None
        return Month(value=Estimate(float(value), unit), partial=why)
    over, under = Estimate(float(numerator)), Estimate(float(denominator))
    ratio = divided(over, under, unit)
    return Month(value=ratio, numerator=over, denominator=under, partial=why)


def why_partial(known_at: datetime | None, time_zone: str) -> str:
    """Why an actual is not of its whole month. known_at: when it was entered; None of one that was brought back."""
    if known_at is None:
        return "entered before the month was over"
    day = day_of(known_at, time_zone)
    return f"entered on {day.day} {day:%b %Y}, before the month was over"
