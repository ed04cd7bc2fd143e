"""Writing the audit: append-only rows that hold ids as text."""

from __future__ import annotations

from typing import Any

from metrics.models.product import AuditEntry, Product, User


def record(actor: User, action: str, subject: str, *, product: Product | None = None, **detail: Any) -> None:
    AuditEntry.objects.create(
        actor=actor.username,
        product=product.slug if product else "",
        action=action,
        subject=subject[:120],
        detail=detail,
    )
