"""Writing the audit: append-only rows that hold ids as text."""

from __future__ import annotations

from typing import Any

from metrics import access
from metrics.models.product import AuditEntry, Product, User
from metrics.queries.product import chain


def record(actor: User, action: str, subject: str, *, product: Product | None = None, **detail: Any) -> None:
    """Write who did what to which thing, as the last of what does it, in its transaction.

    It is sealed here and linked into the chain once it is committed, so that writers do not wait for one another.
    Raises Denied where the actor's right was taken away since it was asked: all that was done is taken back.
    """
    access.require_still(actor)
    entry = AuditEntry(
        actor=actor.mark,
        product=product.slug if product else "",
        action=action,
        subject=subject[:120],
        detail=detail,
    )
    entry.seal = chain.seal(entry)
    entry.save(force_insert=True)
