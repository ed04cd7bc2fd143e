"""Correcting and deleting what nobody has signed: units, KPIs, assumptions and drafts. What stands on one keeps it."""

from __future__ import annotations

from django.db import transaction

from metrics import access, jobs
from metrics.core.units import same
from metrics.models.kpi import KPI, Assumption, MappingVersion
from metrics.models.notice import Notice
from metrics.models.product import Product, User
from metrics.queries.documents import uses
from metrics.queries.documents.supports import stated
from metrics.services.kpi.kpis import check_distribution
from metrics.services.writing import audit
from metrics.services.writing.names import check_unit
from metrics.services.writing.refusal import Conflict, clean, invalid
from metrics.things import Thing


@transaction.atomic
def correct_assumption(actor: User, assumption: Assumption, *, name: str, unit: str) -> Assumption:
    """Call an assumption otherwise, or give it another unit, in which what is stated of it has to lie."""
    product = assumption.product
    access.require(actor, "assumption.update", product)
    check_unit(unit)
    if not same(unit, assumption.unit) and (why := uses.of_assumption(assumption)):
        raise invalid("unit", f"cannot be changed: {why}", code="fixed", remedy="make another assumption")
    newest = assumption.versions.order_by("-number").first()
    if newest is not None:
        check_distribution(newest.distribution, stated(product, assumption.key, unit))
    was = {"was": assumption.unit, "was_called": assumption.name}
    assumption.name, assumption.unit = name, unit
    clean(assumption).save(update_fields=["name", "unit"])
    audit.record(actor, "assumption.correct", assumption.key, product=product, unit=unit, name=name, **was)
    _recompute(product)
    return assumption


@transaction.atomic
def delete_kpi(actor: User, kpi: KPI) -> None:
    """Delete a KPI with its drafts, targets, months and pairs. Raises Conflict where something stands on it."""
    access.require(actor, "kpi.update", kpi.product)
    if why := uses.of_kpi(kpi):
        raise Conflict(f"{kpi.name} cannot be deleted: {why}")
    gone = {"targets": kpi.targets.count(), "actuals": kpi.actuals.count()}
    for version in MappingVersion.objects.filter(mapping__kpi=kpi):
        _untell(version)
    audit.record(actor, "kpi.delete", kpi.key, product=kpi.product, name=kpi.name, unit=kpi.unit, **gone)
    kpi.delete()
    _recompute(kpi.product)


@transaction.atomic
def delete_assumption(actor: User, assumption: Assumption) -> None:
    """Delete an assumption with its versions. Raises Conflict where something stands on it."""
    product = assumption.product
    access.require(actor, "assumption.update", product)
    if why := uses.of_assumption(assumption):
        raise Conflict(f"{assumption.name} cannot be deleted: {why}")
    versions = [row.distribution for row in assumption.versions.order_by("number")]
    audit.record(actor, "assumption.delete", assumption.key, product=product, name=assumption.name, versions=versions)
    Notice.objects.filter(product=product, thing=str(Thing("assumption", (product.slug, assumption.key)))).delete()
    assumption.delete()


@transaction.atomic
def delete_draft(actor: User, version: MappingVersion) -> None:
    """Delete a draft, and its mapping where it is the only version. Raises Conflict for any other state."""
    mapping, product = version.mapping, version.mapping.product
    access.require(actor, "mapping.edit_draft", product, own=version.author_id == actor.pk)
    if why := uses.of_version(MappingVersion.objects.get(pk=version.pk)):
        raise Conflict(f"{mapping.name}, version {version.number} cannot be deleted: {why}")
    reasons = [row.reason for row in version.signatures.all() if row.reason]
    _untell(version)
    audit.record(
        actor, "mapping.delete_draft", str(version), product=product, definition=version.definition, objections=reasons
    )
    version.delete()
    if not mapping.versions.exists():
        mapping.delete()


def _untell(version: MappingVersion) -> None:
    """What people were told of a version leads nowhere once it is gone."""
    product = version.mapping.product
    about = Thing("mapping", (product.slug, version.mapping_id, str(version.number)))
    Notice.objects.filter(product=product, thing=str(about)).delete()


def _recompute(product: Product) -> None:
    jobs.ask("recompute", product.pk, product=product)
