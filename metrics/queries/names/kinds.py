"""The kinds of things that have names: where a search looks for each, and who may open its page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, Prefetch, QuerySet, Value, When
from django.db.models.functions import Cast, Concat

from metrics import access
from metrics.models.evaluation import DataSet, EvaluationRun, Model
from metrics.models.kpi import KPI, Assumption, AssumptionVersion, Mapping
from metrics.models.product import Membership, Product, User
from metrics.models.selection import Decision, TermsVersion
from metrics.queries.documents.definitions import Definition, of_products
from metrics.queries.kpi.catalogue import readable

Rows = Callable[[list[str]], QuerySet[Any]]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What is looked through for one kind of thing.

    action: what opening the page of one is called in metrics.access, asked for each product. rows: those of the
    products of some ids, with what a list shows of each. fields: where words may stand, the name first; () of
    runs, which are so many that they are looked for in a way of their own.
    """

    action: str
    rows: Rows
    fields: tuple[str, ...]


def _versions_of_mappings(products: list[str]) -> QuerySet[Mapping]:
    rows = Mapping.objects.filter(product__in=products).select_related("product", "kpi")
    return rows.prefetch_related("versions")


def _assumptions(products: list[str]) -> QuerySet[Assumption]:
    newest = Prefetch("versions", queryset=AssumptionVersion.objects.order_by("-number"))
    return Assumption.objects.filter(product__in=products).select_related("product").prefetch_related(newest)


def _newest_data_sets(products: list[str]) -> QuerySet[DataSet]:
    return DataSet.objects.filter(product__in=products).select_related("product").order_by("name", "-number")


def _terms(products: list[str]) -> QuerySet[TermsVersion]:
    """By model, the version in force before the newer ones that are on their way."""
    called = Concat(Value("Terms of choice of "), "model__name", output_field=CharField())
    in_force = Case(When(state=TermsVersion.State.APPROVED, then=Value(0)), default=Value(1))
    rows = TermsVersion.objects.filter(model__product__in=products).select_related("model__product")
    return rows.annotate(called=called).order_by("model__name", in_force, "-number")


def _decisions(products: list[str]) -> QuerySet[Decision]:
    number = Cast("number", CharField())
    called = Concat(Value("Decision "), number, Value(" on "), "model__name", output_field=CharField())
    related = ("product", "model", "chosen__version", "before__version")
    rows = Decision.objects.filter(product__in=products).select_related(*related)
    return rows.annotate(called=called).order_by("-created_at", "-number")


KINDS: dict[str, Kind] = {
    "product": Kind(
        action="product.read",
        rows=lambda products: Product.objects.filter(pk__in=products),
        fields=("name", "sentence", "slug"),
    ),
    "kpi": Kind(
        action="kpi.read",
        rows=lambda products: KPI.objects.filter(product__in=products).select_related("product"),
        fields=("name", "key", "meaning", "product__name"),
    ),
    "mapping": Kind(
        action="mapping.list",
        rows=_versions_of_mappings,
        fields=("name", "kpi__name", "product__name"),
    ),
    "assumption": Kind(
        action="assumption.list",
        rows=_assumptions,
        fields=("name", "key", "product__name"),
    ),
    "run": Kind(
        action="run.read",
        rows=lambda products: (
            EvaluationRun.objects.filter(product__in=products)
            .select_related("product", "version__model", "data_set")
            .order_by("-created_at", "-pk")
        ),
        fields=(),
    ),
    "model": Kind(
        action="run.list",
        rows=lambda products: (
            Model.objects.filter(product__in=products).select_related("product").prefetch_related("versions")
        ),
        fields=("name", "product__name"),
    ),
    "decision": Kind(
        action="decision.read",
        rows=_decisions,
        fields=("called", "chosen__version__name", "before__version__name", "product__name"),
    ),
    "terms": Kind(action="terms.read", rows=_terms, fields=("called", "model__product__name")),
    "data_set": Kind(action="dataset.read", rows=_newest_data_sets, fields=("name", "product__name")),
    "person": Kind(
        action="member.list",
        rows=lambda products: (
            Membership.objects.filter(product__in=products).select_related("user", "product").order_by("user__username")
        ),
        fields=("user__username", "user__first_name", "user__last_name"),
    ),
}


def open_version(user: User, mapping: Mapping) -> Any:
    """The version of a mapping that a person is led to: the one in force, else the newest that they may read; None
    where they may read none yet."""
    for one in mapping.versions.all():
        one.mapping = mapping
    versions = [one for one in mapping.versions.all() if readable(user, one)]
    return min(versions, key=lambda one: (one.state != "approved", -one.number), default=None)


def metrics(user: User, products: Iterable[Product]) -> list[tuple[Product, Definition]]:
    """The metrics of some products, in their order; a built-in one once, of the first product with its task."""
    mine = [product for product in products if access.may(user, "metric.list", product)]
    if not mine:
        return []
    used: dict[str, set[str]] = {}
    for key, task in Model.objects.filter(product__in=mine).values_list("product_id", "task"):
        used.setdefault(str(key), set()).add(task)
    found: dict[tuple[str, str], tuple[Product, Definition]] = {}
    by_product = of_products([product.pk for product in mine])
    for product in mine:
        for metric in by_product[product.pk]:
            if metric.own is not None:
                found[product.pk, metric.key] = (product, metric)
            elif metric.task in used.get(product.pk, ()):
                found.setdefault(("", metric.key), (product, metric))
    return list(found.values())
