"""Noting why figures are about to move, and asking for what depends on the change to be recomputed."""

from __future__ import annotations

from metrics import jobs
from metrics.models.product import Product, User
from metrics.models.work import Change


def changed(actor: User, product: Product, cause: str, text: str) -> None:
    """Write the change and the work it makes, in the caller's transaction."""
    Change.objects.create(product=product, cause=cause, text=text[:240], actor=actor.username)
    jobs.ask("recompute", product.pk, product=product)
