"""Taking back what was entered, and bringing it back: rows are marked and copied, never changed or deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from metrics.models.product import User
from metrics.models.row import new_id
from metrics.models.taken_back import TakenBack
from metrics.services.writing.refusal import Conflict

T = TypeVar("T", bound=TakenBack)
OWN = ("id", "created_at", "withdrawn_at", "withdrawn_by", "restores")


def withdraw(actor: User, rows: QuerySet[T]) -> int:
    """Mark as taken back what of these counts; all at one moment, by which they are brought back. Says how many."""
    return rows.filter(withdrawn_at=None).update(withdrawn_at=timezone.now(), withdrawn_by=actor)


def gone_with(row: T, among: QuerySet[T]) -> list[T]:
    """What was taken back together with a row, and is not back. Raises Conflict where there is nothing of it."""
    if row.withdrawn_at is None:
        raise Conflict("it was not taken back, so there is nothing to bring back")
    found = list(among.filter(withdrawn_at=row.withdrawn_at, restored=None))
    if not found:
        raise Conflict("it was brought back already")
    return found


def restore(rows: Sequence[T], **entered: Any) -> list[T]:
    """Enter rows again that were taken back. entered: what is of this entry. Raises Conflict for one that is back."""
    table: Any = type(rows[0])
    fields = [field for field in table._meta.concrete_fields if field.name not in OWN]
    made = [
        table(
            id=new_id(),
            created_at=timezone.now(),
            restores=row,
            **{field.attname: getattr(row, field.attname) for field in fields if field.name not in entered},
            **entered,
        )
        for row in rows
    ]
    try:
        with transaction.atomic():
            table.objects.bulk_create(made, batch_size=500)
    except IntegrityError as error:
        raise Conflict("it was brought back meanwhile") from error
    return made
