"""Reading the imports of a product."""

from __future__ import annotations

from django.db.models import QuerySet

from metrics import access
from metrics.models.evaluation import Import
from metrics.models.product import Product
from metrics.models.work import Work


def imports(of: Product) -> QuerySet[Import]:
    return Import.objects.filter(product=of).select_related("product", "created_by")


def one(of: Product, key: str) -> Import:
    """An import by its id. Raises Hidden where the product has none."""
    found = imports(of).filter(pk=key).first()
    if found is None:
        raise access.Hidden
    return found


def under_way(of: Product) -> set[str]:
    """Ids of the imports that wait or run."""
    states = [Work.State.DUE, Work.State.LEASED]
    return set(Work.objects.filter(product=of, kind="import", state__in=states).values_list("scope", flat=True))
