"""What a data scientist's home shows: the products of a person with what was logged in each, and the newest runs."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from metrics.models.evaluation import EvaluationRun, ModelVersion
from metrics.models.product import Product, User
from metrics.queries.evaluation.catalogue import products


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A product on a data scientist's home: how many runs, the newest, and the champions."""

    product: Product
    runs: int
    newest: EvaluationRun | None
    champions: tuple[ModelVersion, ...]


def summaries(user: User) -> list[Summary]:
    """The products of a person with what was logged in each, in a number of queries that does not grow."""
    logged = _of_product()
    counted = logged.order_by().values("product").annotate(n=Count("*")).values("n")
    held = list(
        products(user).annotate(n_runs=Coalesce(Subquery(counted), 0), newest_run=Subquery(logged.values("pk")[:1]))
    )
    newest = EvaluationRun.objects.filter(pk__in=[one.newest_run for one in held if one.newest_run])
    by_product = {run.product_id: run for run in newest.select_related("version__model")}
    champions: dict[str, list[ModelVersion]] = {}
    for version in ModelVersion.objects.filter(
        model__product__in=held, state=ModelVersion.State.CHAMPION
    ).select_related("model"):
        champions.setdefault(version.model.product_id, []).append(version)
    return [
        Summary(
            product=one,
            runs=one.n_runs,
            newest=by_product.get(one.pk),
            champions=tuple(champions.get(one.pk, ())),
        )
        for one in held
    ]


def recent(user: User, limit: int = 8) -> list[EvaluationRun]:
    """The newest runs over all of a person's products.

    They are as new as the limit-th newest of any one product: so much is read from the index of each, and no more.
    """
    nth = _of_product().values("created_at")[limit - 1 : limit]
    since = products(user).annotate(nth=Subquery(nth)).aggregate(since=Max("nth"))["since"]
    rows = EvaluationRun.objects.filter(product__in=list(products(user).values_list("pk", flat=True)))
    if since is not None:
        rows = rows.filter(created_at__gte=since)
    rows = rows.select_related("product", "version__model", "data_set", "created_by")
    return list(rows.order_by("-created_at", "-pk")[:limit])


def _of_product() -> QuerySet[EvaluationRun]:
    """The runs of the product of the query around, newest first."""
    return EvaluationRun.objects.filter(product=OuterRef("pk")).order_by("-created_at", "-pk")
