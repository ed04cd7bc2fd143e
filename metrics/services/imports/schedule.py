"""Imports of a product: where runs come from, how often, and when the next one is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from metrics import access, jobs
from metrics.models.evaluation import Import
from metrics.models.product import Product, User
from metrics.models.work import Work
from metrics.services.outgoing.addresses import Refused, check_address
from metrics.services.writing import audit
from metrics.services.writing.refusal import clean, invalid

LEAST_MINUTES = 15  # between imports from one address that come by themselves
MOST_ADDRESSES = 10  # of one product


def save_import(
    actor: User, product: Product, *, uri: str, experiments: Sequence[str] = (), every_minutes: int | None = None
) -> tuple[Import, Work]:
    """Make or change the import from an MLflow server, and ask for it now.

    It runs with the rights of who saved it last. experiments: names, none for all. Raises Invalid for an address that
    may not be asked, for one more than are taken, and for a time between imports that is too short.
    """
    access.require(actor, "import.mlflow", product)
    if every_minutes is not None and every_minutes < LEAST_MINUTES:
        raise invalid(
            "every_minutes",
            f"is {every_minutes}, and at least {LEAST_MINUTES} minutes lie between two imports",
            code="too_often",
            remedy=f"say {LEAST_MINUTES} or more, or ask for an import when it is needed",
        )
    try:
        address = check_address(uri)
    except Refused as error:
        raise invalid("uri", str(error), code="address") from error
    with transaction.atomic():
        held = Import.objects.filter(product=product, kind=Import.Kind.MLFLOW, uri=address).first()
        if held is None and Import.objects.filter(product=product, stopped_at=None).count() >= MOST_ADDRESSES:
            raise invalid(
                "uri", f"is one more than the {MOST_ADDRESSES} that a product imports from", remedy="stop another one"
            )
        held = held or Import(product=product, kind=Import.Kind.MLFLOW, uri=address)
        held.experiments, held.every_minutes = sorted(set(experiments)), every_minutes
        held.created_by, held.stopped_at = actor, None
        clean(held).save()
        audit.record(actor, "import.mlflow", address, product=product, every_minutes=every_minutes)
        return held, _put(held)


@transaction.atomic
def run_again(actor: User, held: Import) -> Work:
    """Ask for an import now. Raises Invalid for one that was stopped."""
    access.require(actor, "import.mlflow", held.product)
    if held.stopped_at is not None:
        raise invalid("import", "was stopped", code="stopped", remedy="save it again, then it runs")
    return _put(held)


@transaction.atomic
def stop(actor: User, held: Import) -> None:
    """Import no more from there; the runs stay."""
    access.require(actor, "import.stop", held.product)
    if held.stopped_at is None:
        held.stopped_at = timezone.now()
        held.save(update_fields=["stopped_at"])
        audit.record(actor, "import.stop", held.uri, product=held.product)


def put_due(*, now: datetime) -> None:
    """Ask for each import that has not begun in its present period, unless it waits or runs already."""
    regular = Import.objects.filter(stopped_at=None, every_minutes__isnull=False, product__archived_at=None)
    for held in regular.select_related("product"):
        every = timedelta(minutes=max(held.every_minutes or 0, LEAST_MINUTES)).total_seconds()
        begun = int(held.last_at.timestamp() // every) if held.last_at else None
        if begun == int(now.timestamp() // every):
            continue
        waits = Work.objects.filter(kind="import", scope=held.pk, state__in=[Work.State.DUE, Work.State.LEASED])
        if not waits.exists():
            _put(held)


def _put(held: Import) -> Work:
    return jobs.put("import", held.pk, product=held.product)
