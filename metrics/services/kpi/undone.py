"""Taking back observed months and targets, and bringing them back; each is written down with who did it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from metrics import access
from metrics.core.rows.refusal import counted
from metrics.models.kpi import KPI, Actual, Target
from metrics.models.product import User
from metrics.models.work import Change
from metrics.services.kpi.months_given import Parts, new_actuals, spanned
from metrics.services.writing import audit, taking_back
from metrics.services.writing.change import changed
from metrics.services.writing.refusal import Conflict


@transaction.atomic
def withdraw_actual(actor: User, actual: Actual) -> None:
    """Undo an imported value; what was known before stands again."""
    product = actual.kpi.product
    access.require(actor, "actual.undo", product)
    if taking_back.withdraw(actor, Actual.objects.filter(pk=actual.pk)):
        changed(actor, product, Change.Cause.ACTUALS, f"{actual.kpi.name}: {actual.period:%b %Y} taken back")
        audit.record(actor, "actual.undo", actual.kpi.key, product=product, period=str(actual.period))


@transaction.atomic
def withdraw_import(actor: User, kpi: KPI, *, known_at: datetime) -> int:
    """Undo one import as a whole; for each of its months what was known before stands again. Says how many months."""
    access.require(actor, "actual.undo", kpi.product)
    months = taking_back.withdraw(actor, Actual.objects.filter(kpi=kpi, known_at=known_at))
    if months:
        text = f"{kpi.name}: an import of {counted(months, 'month')} taken back"
        changed(actor, kpi.product, Change.Cause.ACTUALS, text)
        audit.record(actor, "actual.undo", kpi.key, product=kpi.product, months=months)
    return months


@transaction.atomic
def restore_actuals(actor: User, actual: Actual) -> list[Actual]:
    """Bring back a month with all that was taken back together with it; where a newer value stands, that one stays.

    Gives those that are back. Raises Conflict where nothing can come back, Invalid where a month does not fit the KPI
    any more.
    """
    kpi = actual.kpi
    access.require(actor, "actual.undo", kpi.product)
    rows = taking_back.gone_with(actual, Actual.objects.filter(kpi=kpi))
    newest = dict(
        Actual.objects.filter(kpi=kpi, withdrawn_at=None).order_by("known_at").values_list("period", "known_at")
    )
    back = [row for row in rows if row.period not in newest or newest[row.period] < row.known_at]
    if not back:
        raise Conflict("newer values stand for all of its months; take those back first")
    new_actuals(kpi, [(row.period, _given(row)) for row in back])
    made = taking_back.restore(back, known_at=timezone.now(), imported_by=actor)
    changed(
        actor,
        kpi.product,
        Change.Cause.ACTUALS,
        f"{kpi.name}: {counted(len(made), 'month')}, {spanned(made)}, brought back",
    )
    audit.record(actor, "actual.restore", kpi.key, product=kpi.product, months=len(made))
    return made


def _given(row: Actual) -> Decimal | Parts:
    if row.value is not None:
        return row.value
    assert row.numerator is not None
    assert row.denominator is not None
    return Parts(row.numerator, row.denominator)


@transaction.atomic
def withdraw_target(actor: User, target: Target) -> None:
    """Take a target back; an older one of the same months stands again."""
    access.require(actor, "target.set", target.product)
    if taking_back.withdraw(actor, Target.objects.filter(pk=target.pk)):
        audit.record(actor, "target.withdraw", _subject(target), product=target.product, value=str(target.value))


@transaction.atomic
def restore_target(actor: User, target: Target) -> Target:
    """Set a target again that was withdrawn. Raises Conflict where it was not, or is back."""
    access.require(actor, "target.set", target.product)
    (made,) = taking_back.restore(taking_back.gone_with(target, Target.objects.filter(pk=target.pk)), set_by=actor)
    audit.record(actor, "target.restore", _subject(target), product=target.product, value=str(target.value))
    return made


def _subject(target: Target) -> str:
    return target.kpi.key if target.kpi else "revenue"
