"""What was taken back and is not back: it can be brought back by whoever may take back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from django.db.models import QuerySet

from metrics import access
from metrics.models.calibration import Pair
from metrics.models.kpi import KPI, Actual, Target
from metrics.models.product import Product, User
from metrics.models.taken_back import TakenBack

SHOWN = 10  # goings that a page lists
T = TypeVar("T", bound=TakenBack)


@dataclass(frozen=True)
class Gone(Generic[T]):
    """Rows that were taken back together, when and by whom; by None of those before that was written down."""

    rows: Sequence[T]
    at: datetime
    by: User | None

    @property
    def first(self) -> T:
        return self.rows[0]


def _actuals(of: KPI) -> QuerySet[Actual]:
    rows = Actual.objects.filter(kpi=of, restored=None).exclude(withdrawn_at=None)
    return rows.select_related("kpi__product", "withdrawn_by").order_by("-withdrawn_at", "period")


def _pairs(of: KPI) -> QuerySet[Pair]:
    rows = Pair.objects.filter(kpi=of, restored=None).exclude(withdrawn_at=None)
    return rows.select_related("kpi__product", "withdrawn_by").order_by("-withdrawn_at", "at", "x", "y")


def _targets(of: Product) -> QuerySet[Target]:
    rows = Target.objects.filter(product=of, restored=None).exclude(withdrawn_at=None)
    return rows.select_related("kpi", "product", "withdrawn_by").order_by("-withdrawn_at", "pk")


def actuals(of: KPI) -> list[Gone[Actual]]:
    """Months that were taken back, those last first."""
    return _together(_actuals(of))


def pairs(of: KPI) -> list[Gone[Pair]]:
    """Imports of pairs that were taken back, those last first."""
    return _together(_pairs(of))


def targets(of: Product, kpi: KPI | None = None) -> list[Gone[Target]]:
    """Targets that were withdrawn, those last first. kpi: of that one alone."""
    rows = _targets(of)
    return _together((rows.filter(kpi=kpi) if kpi else rows)[:SHOWN])


def _together(rows: Iterable[T]) -> list[Gone[T]]:
    found: dict[datetime, list[T]] = {}
    for row in rows:
        assert row.withdrawn_at is not None
        found.setdefault(row.withdrawn_at, []).append(row)
    return [Gone(held, at, held[0].withdrawn_by) for at, held in list(found.items())[:SHOWN]]


def actual(of: Product, key: str) -> Actual:
    """A month that was taken back, whether it is back or not. Raises Hidden where there is none."""
    rows = Actual.objects.filter(kpi__product=of).exclude(withdrawn_at=None)
    return access.there(rows.select_related("kpi__product").filter(pk=key).first())


def pair(of: Product, batch: str) -> Pair:
    """A pair of an import that was taken back. Raises Hidden where there is none."""
    rows = Pair.objects.filter(kpi__product=of, batch=batch).exclude(withdrawn_at=None)
    return access.there(rows.select_related("kpi__product").first())


def target(of: Product, key: str) -> Target:
    """A target that was withdrawn. Raises Hidden where there is none."""
    rows = Target.objects.filter(product=of).exclude(withdrawn_at=None).select_related("kpi", "product")
    return access.there(rows.filter(pk=key).first())
