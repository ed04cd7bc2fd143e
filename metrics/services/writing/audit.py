"""Writing the audit: append-only rows that hold ids as text."""

from __future__ import annotations

from typing import Any

from metrics import access
from metrics.models.product import AuditEntry, Product, User


def record(actor: User, action: str, subject: str, *, product: Product | None = None, **detail: Any) -> None:
    """Write who did what to which thing, as the last of what does it, in its transaction.

    Raises Denied where the actor's right was taken away since it was asked: all that was done is taken back.
    """
    access.require_still(actor)
    AuditEntry.objects.create(
        actor=actor.username,
        product=product.slug if product else "",
        action=action,
        subject=subject[:120],
        detail=detail,
    )
