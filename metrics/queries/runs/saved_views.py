"""Saved views of the runs table: each person's own, in each product."""

from __future__ import annotations

from django.db.models import QuerySet

from metrics import access
from metrics.models.product import Product, SavedView, User


def views(user: User, of: Product) -> QuerySet[SavedView]:
    return SavedView.objects.filter(user=user, product=of)


def view(user: User, of: Product, key: str) -> SavedView:
    """One of a person's views. Raises Hidden where it is not there, or is somebody else's."""
    found = views(user, of).filter(pk=key).first()
    if found is None:
        raise access.Hidden
    return found
