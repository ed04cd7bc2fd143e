"""What a product's revenue is made of, and the scenarios that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from metrics import access
from metrics.core.distributions import DistributionError
from metrics.core.pasted.numbers import shown
from metrics.core.revenue.projecting import TERMS
from metrics.core.supports import check
from metrics.core.units import same
from metrics.models.kpi import KPI, Assumption
from metrics.models.product import Product, User
from metrics.models.revenue import Projection
from metrics.models.work import Change
from metrics.queries.documents.known import Known
from metrics.queries.kpi.fitting import value_kpi, volume_kpi
from metrics.services.writing import audit
from metrics.services.writing.change import changed
from metrics.services.writing.refusal import clean, invalid

TABLES: dict[str, tuple[type[KPI] | type[Assumption], str]] = {
    **dict.fromkeys(("value_kpi", "volume_kpi", "revenue_kpi"), (KPI, "KPI")),
    **dict.fromkeys(TERMS, (Assumption, "assumption")),
}
SHARE = "an assumption that is a share"


@transaction.atomic
def set_projection(
    actor: User,
    product: Product,
    *,
    value_kpi: KPI,
    volume_kpi: KPI,
    revenue_kpi: KPI | None = None,
    months: int = 12,
    **terms: Assumption | None,
) -> Projection:
    """Say how the projection is made: money a case, times the volume of cases, under its terms.

    revenue_kpi: the money that came, for the track record. terms: growth, adoption, ramp, serving, intervention and
    discount; one that is not named is not set.
    """
    access.require(actor, "projection.edit", product)
    needed = units(product)
    if strange := sorted(set(terms) - set(needed)):
        raise TypeError(f"a projection has no term {strange[0]}")
    kpis = {"value_kpi": value_kpi, "volume_kpi": volume_kpi, "revenue_kpi": revenue_kpi}
    held: dict[str, KPI | Assumption | None] = {**kpis, **terms}
    if {one.product_id for one in held.values() if one is not None} != {product.pk}:
        raise access.Hidden
    for field, one in held.items():
        unit, remedy = needed[field]
        if one is not None and not same(one.unit, unit):
            raise invalid(field, f"is in {one.unit or 'pure numbers'}", code="units", remedy=f"use {remedy}")
    _check_terms(terms)
    _check_volume(volume_kpi)
    projection = Projection.objects.filter(product=product).first() or Projection()
    projection.product = product  # which from now on has this one
    for field in needed:
        setattr(projection, field, held.get(field))
    projection.months = months
    clean(projection).save()
    changed(actor, product, Change.Cause.DEFINITION, f"projection: {value_kpi.name} × {volume_kpi.name}")
    audit.record(actor, "projection.edit", product.slug, product=product)
    return projection


def _check_terms(terms: Mapping[str, Assumption | None]) -> None:
    """Raise Invalid where what is stated of a term, in its newest version, is not where such a term lies."""
    for field, one in terms.items():
        lies, newest = TERMS[field], one.versions.order_by("-number").first() if one is not None else None
        if lies is None or newest is None:
            continue
        try:
            check(newest.distribution, lies)
        except DistributionError as error:
            remedy = f"use an assumption that is {lies.words()}, or give it such a version first"
            raise invalid(field, error.message, code="range", remedy=remedy) from error


def _check_volume(kpi: KPI) -> None:
    """Raise Invalid where a month of what is to be the number of cases is below 0."""
    below = kpi.actuals.filter(withdrawn_at=None, value__lt=0).order_by("period").first()
    if below is not None:
        message = f"{below.period:%Y-%m} of {kpi.name} has {shown(below.value)}: a number of cases is 0 or more"
        raise invalid("volume_kpi", message, code="range", remedy="put that month right first, or take it back")


def named(product: Product, given: Mapping[str, Any]) -> dict[str, Any]:
    """What `set_projection` takes, of a product's keys: KPIs and assumptions under theirs, "" and None for none.

    Raises Invalid for a key that nothing has.
    """
    made = dict(given)
    for field, (table, kind) in TABLES.items():
        if key := made.get(field):
            made[field] = table.objects.filter(product=product, key=key).first()
            if made[field] is None:
                raise invalid(field, f"there is no {kind} “{str(key)[:60]}”", code="unknown")
        elif field in made:
            made[field] = None
    return made


def completed(product: Product, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, with the keys of the KPIs whose units fit where none is named. Raises Invalid where none fits."""
    made, known = dict(given), Known(product)
    for field, fitting in (("value_kpi", value_kpi), ("volume_kpi", volume_kpi)):
        if not made.get(field):
            kpi = fitting(known)
            if kpi is None:
                message = f"there is no KPI in {units(product)[field][0]} yet"
                raise invalid(field, message, code="required", remedy="make one first")
            made[field] = kpi.key
    return made


def units(product: Product) -> dict[str, tuple[str, str]]:
    """Field of a projection → the unit that it must have, and what has it."""
    money, case = product.currency, product.case_noun
    said = case.replace("_", " ")
    return {
        "value_kpi": (f"{money}/{case}", f"a KPI in {money}/{said}"),
        "volume_kpi": (case, f"a KPI in {said}"),
        "revenue_kpi": (money, f"a KPI in {money}"),
        "growth": ("", SHARE),
        "adoption": ("", SHARE),
        "ramp": ("month", "an assumption in month"),
        "serving": (f"{money}/month", f"an assumption in {money}/month"),
        "intervention": (f"{money}/{case}", f"an assumption in {money}/{said}"),
        "discount": ("", SHARE),
    }
