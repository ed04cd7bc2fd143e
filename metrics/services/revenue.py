"""What a product's revenue is made of."""

from __future__ import annotations

from django.db import transaction

from metrics import access
from metrics.core.units import same
from metrics.models.kpi import KPI, Assumption
from metrics.models.product import Product, User
from metrics.models.revenue import Projection
from metrics.models.work import Change
from metrics.services import audit
from metrics.services.change import changed
from metrics.services.refusal import clean, invalid


@transaction.atomic
def set_projection(
    actor: User,
    product: Product,
    *,
    value_kpi: KPI,
    volume_kpi: KPI,
    growth: Assumption | None = None,
    baseline: str = Projection.Baseline.ACT_ON_NONE,
    months: int = 12,
) -> Projection:
    """Say how the projection is made: money a case, times the volume of cases, times its growth a year."""
    access.require(actor, "projection.edit", product)
    if {value_kpi.product_id, volume_kpi.product_id, growth.product_id if growth else product.pk} != {product.pk}:
        raise access.Hidden
    per_case = f"{product.currency}/{product.case_noun}"
    if not same(value_kpi.unit, per_case):
        raise invalid(
            "value_kpi", f"is in {value_kpi.unit or 'pure numbers'}", code="units", remedy=f"use a KPI in {per_case}"
        )
    if not same(volume_kpi.unit, product.case_noun):
        raise invalid(
            "volume_kpi",
            f"is in {volume_kpi.unit or 'pure numbers'}",
            code="units",
            remedy=f"use a KPI in {product.case_noun}",
        )
    if growth is not None and not same(growth.unit, ""):
        raise invalid("growth", f"is in {growth.unit}", code="units", remedy="use an assumption that is a share")
    projection = Projection.objects.filter(product=product).first() or Projection(product=product)
    projection.value_kpi, projection.volume_kpi, projection.growth = value_kpi, volume_kpi, growth
    projection.baseline, projection.months = baseline, months
    clean(projection).save()
    changed(actor, product, Change.Cause.DEFINITION, f"projection: {value_kpi.name} × {volume_kpi.name}")
    audit.record(actor, "projection.edit", product.slug, product=product)
    return projection
