"""The groups, business units, that products stand in."""

from __future__ import annotations

from metrics.models.product import Group, User
from metrics.queries.evaluation.catalogue import products


def offered(user: User) -> list[str]:
    """The names of the groups of the products that a person may know of."""
    return list(Group.objects.filter(products__in=products(user)).distinct().values_list("name", flat=True))
