"""KPIs, targets, assumptions and actuals: what the business says, dated, owned, and kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from metrics import access, jobs
from metrics.core.distributions import DistributionError
from metrics.core.rows.refusal import counted
from metrics.core.supports import Support, check
from metrics.models.kpi import KPI, Actual, Assumption, AssumptionVersion, MappingVersion, Target
from metrics.models.product import Product, User
from metrics.models.work import Change
from metrics.queries.documents import uses
from metrics.queries.documents.supports import stated
from metrics.queries.kpi.catalogue import fixed_aggregation
from metrics.queries.product import people
from metrics.services.delivery import notices
from metrics.services.kpi.mappings import signed_digest
from metrics.services.kpi.months_given import Given, columns, new_actuals, spanned
from metrics.services.writing import audit
from metrics.services.writing.change import changed
from metrics.services.writing.names import check_free, check_unit, free_key
from metrics.services.writing.refusal import Conflict, Fault, Invalid, clean, invalid, save_next

KPI_FIELDS = ("name", "meaning", "unit", "direction", "owner", "aggregation")


@transaction.atomic
def create_kpi(actor: User, product: Product, *, name: str, key: str = "", unit: str = "", **fields: Any) -> KPI:
    """Make a KPI; without a key it gets one from its name."""
    access.require(actor, "kpi.create", product)
    check_unit(unit)
    key = key or free_key(product, name, word="kpi")
    check_free(product, key)
    kpi = KPI(product=product, key=key, name=name, unit=unit, **fields)
    clean(kpi).save()
    audit.record(actor, "kpi.create", key, product=product)
    return kpi


@transaction.atomic
def update_kpi(actor: User, kpi: KPI, **changes: Any) -> KPI:
    """Change what a KPI is called and who owns it. Its key stays; its unit changes while nothing stands on it.

    What it is over several months changes until a mapping of it is signed, and while none of its months has parts.
    """
    access.require(actor, "kpi.update", kpi.product)
    was = kpi.unit
    for field, value in changes.items():
        if field not in KPI_FIELDS:
            raise invalid(field, "cannot be changed", remedy="changeable: " + ", ".join(KPI_FIELDS))
        if field == "aggregation" and value != kpi.aggregation and (why := fixed_aggregation(kpi)):
            raise invalid(field, f"cannot be changed: {why}", code="fixed", remedy="make another KPI")
        if field == "unit" and value != kpi.unit:
            _check_new_unit(kpi, value)
        setattr(kpi, field, value)
    clean(kpi).save()
    if kpi.unit != was:
        _redraft(kpi)
    told = {name: str(value) for name, value in changes.items()}
    if who := people.called(told.get("owner", "")):
        told["owner"] = who.mark
    audit.record(actor, "kpi.update", kpi.key, product=kpi.product, **told)
    return kpi


def _check_new_unit(kpi: KPI, unit: str) -> None:
    check_unit(unit)
    if why := uses.of_kpi(kpi):
        raise invalid("unit", f"cannot be changed: {why}", code="fixed", remedy="make another KPI")


def _redraft(kpi: KPI) -> None:
    """Drafts speak of the KPI as it is now; they are checked against it when they are proposed."""
    for version in MappingVersion.objects.filter(mapping__kpi=kpi, state=MappingVersion.State.DRAFT):
        version.digest = signed_digest(kpi, version.definition, version.model)
        version.save(update_fields=["digest"])
    jobs.ask("recompute", kpi.product_id, product=kpi.product)


@transaction.atomic
def set_target(
    actor: User, product: Product, *, value: Decimal, from_period: date, until_period: date, kpi: KPI | None = None
) -> Target:
    """Set what a KPI, or the product's revenue without one, should reach over a span of months."""
    access.require(actor, "target.set", product)
    if kpi is not None and kpi.product_id != product.pk:
        raise access.Hidden
    if until_period < from_period:
        raise invalid("until_period", "lies before the start", remedy="give a month on or after the start")
    target = Target(
        product=product,
        kpi=kpi,
        value=value,
        from_period=from_period.replace(day=1),
        until_period=until_period.replace(day=1),
        set_by=actor,
    )
    clean(target).save()
    audit.record(actor, "target.set", kpi.key if kpi else "revenue", product=product, value=str(value))
    return target


def check_distribution(distribution: Mapping[str, Any], lies: Support) -> None:
    """Raise Invalid naming the field of a distribution that cannot be, or does not lie where its quantity does."""
    try:
        check(distribution, lies)
    except DistributionError as error:
        raise Invalid(Fault(field=f"distribution.{error.field}", message=str(error), code="distribution")) from error


@transaction.atomic
def create_assumption(
    actor: User,
    product: Product,
    *,
    name: str,
    distribution: Mapping[str, Any],
    key: str = "",
    unit: str = "",
    owner: str = "",
    source: str = "",
    valid_until: date | None = None,
) -> AssumptionVersion:
    """Make an assumption with its first version; without a key it gets one from its name."""
    access.require(actor, "assumption.create", product)
    check_unit(unit)
    key = key or free_key(product, name, word="assumption")
    check_free(product, key)
    check_distribution(distribution, stated(product, key, unit))
    assumption = Assumption(product=product, key=key, name=name, unit=unit)
    clean(assumption).save()
    version = AssumptionVersion(
        assumption=assumption,
        number=1,
        distribution=dict(distribution),
        owner=owner,
        source=source,
        valid_until=valid_until,
        created_by=actor,
    )
    clean(version).save()
    audit.record(actor, "assumption.create", key, product=product)
    return version


@transaction.atomic
def update_assumption(
    actor: User,
    assumption: Assumption,
    *,
    distribution: Mapping[str, Any],
    owner: str = "",
    source: str = "",
    valid_until: date | None = None,
    after: int | None = None,
) -> AssumptionVersion:
    """Write the next version; all that stands on the assumption is recomputed.

    after: the number of the version that the caller saw. Raises Conflict when a newer one has come since.
    """
    product = assumption.product
    access.require(actor, "assumption.update", product)
    check_distribution(distribution, stated(product, assumption.key, assumption.unit))
    newest = AssumptionVersion.objects.filter(assumption=assumption).order_by("-number").first()
    number = newest.number if newest else 0
    if after is not None and after != number:
        raise Conflict(f"version {number} was saved meanwhile; look at it first")
    version = AssumptionVersion(
        assumption=assumption,
        number=number + 1,
        distribution=dict(distribution),
        owner=owner,
        source=source,
        valid_until=valid_until,
        created_by=actor,
    )
    notices.settle(assumption)
    save_next(version, f"version {version.number}")
    changed(actor, product, Change.Cause.ASSUMPTION, f"{assumption.name}: version {version.number}")
    audit.record(actor, "assumption.update", assumption.key, product=product, version=version.number)
    return version


@transaction.atomic
def import_actuals(
    actor: User, kpi: KPI, *, values: Iterable[Given], source: str, known_at: datetime | None = None
) -> list[Actual]:
    """Write observed values by month. A month known with this value is left as it is; another value restates it.

    A month that is not over at known_at is stored as partial, and a partial one is written again once it is over.
    """
    access.require(actor, "actual.import", kpi.product)
    moment = known_at or timezone.now()
    new = new_actuals(kpi, values, known_at=moment)
    shared = {"kpi": kpi, "known_at": moment, "source": source, "imported_by": actor}
    rows = [
        Actual(period=period, partial=period in new.partial, **columns(value), **shared) for period, value in new.values
    ]
    Actual.objects.bulk_create(rows, batch_size=500)
    if rows:
        text = f"{kpi.name}: {counted(len(rows), 'month')}, {spanned(rows)}"
        changed(actor, kpi.product, Change.Cause.ACTUALS, text)
        partial = [f"{row.period:%Y-%m}" for row in rows if row.partial]
        audit.record(actor, "actual.import", kpi.key, product=kpi.product, months=len(rows), partial=partial)
    return rows
