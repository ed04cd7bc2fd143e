"""Reading notices: one's own, in the products that one may still see."""

from __future__ import annotations

from django.db.models import Count, F, QuerySet

from metrics import access
from metrics.models.notice import Notice
from metrics.models.product import User
from metrics.prepared import Prepared
from metrics.queries.evaluation.catalogue import products


def of(user: User) -> QuerySet[Notice]:
    """The notices of a person, the newest first."""
    return Notice.objects.filter(user=user, product__in=products(user)).select_related("product")


def unread(user: User) -> QuerySet[Notice]:
    return of(user).filter(read_at=None)


def many_unread(user: User) -> int:
    """How many of them nobody read yet. For every page."""
    if access.narrowed_to(user) is not None:
        return unread(user).count()
    return sum(UNREAD_OF_ANY(user.pk) if user.is_staff else UNREAD(user.pk))


def _unread(user: int) -> QuerySet[Notice]:
    return Notice.objects.filter(user=user, read_at=None, product__archived_at=None)


def _counted(rows: QuerySet[Notice]) -> QuerySet[Notice, int]:
    return rows.order_by().values("user").annotate(many=Count("pk")).values_list("many", flat=True)


UNREAD_OF_ANY = Prepared(lambda user: _counted(_unread(user)), int)
UNREAD = Prepared(lambda user: _counted(_unread(user).filter(product__memberships__user=F("user"))), int)


def one(user: User, key: str) -> Notice:
    found = of(user).filter(pk=key).first()
    if found is None:
        raise access.Hidden
    return found
