"""Reading notices: one's own, in the products that one may still see."""

from __future__ import annotations

from django.db.models import QuerySet

from metrics import access
from metrics.models.notice import Notice
from metrics.models.product import User
from metrics.queries.evaluation.catalogue import products


def of(user: User) -> QuerySet[Notice]:
    """The notices of a person, the newest first."""
    return Notice.objects.filter(user=user, product__in=products(user)).select_related("product")


def unread(user: User) -> QuerySet[Notice]:
    return of(user).filter(read_at=None)


def one(user: User, key: str) -> Notice:
    found = of(user).filter(pk=key).first()
    if found is None:
        raise access.Hidden
    return found
