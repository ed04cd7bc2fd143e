"""Reading runs, models, data sets and metrics, already narrowed to what a person may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, QuerySet

from metrics import access, rights
from metrics.core.estimate import Quantity
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.models.evaluation import DataSet, EvaluationRun, MetricResult, Model, ModelVersion
from metrics.models.product import Membership, Product, User
from metrics.prepared import Prepared
from metrics.queries.documents import evaluation
from metrics.queries.documents.book import Book
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.results import quantity

State = EvaluationRun.State


class Named(NamedTuple):
    """A product in a list of many."""

    pk: str
    slug: str
    name: str
    archived_at: datetime | None


def every_product(user: User) -> QuerySet[Product]:
    """The products that a person may know of: those of their memberships, or all for an administrator; of a token that
    is for one product, that one."""
    only = access.narrowed_to(user)
    rows = Product.objects.all() if only is None else Product.objects.filter(pk=only)
    return rows if user.is_staff else rows.filter(memberships__user=user)


def named(user: User) -> list[Named]:
    """What every page lists: those that are at work, by name."""
    if access.narrowed_to(user) is not None:
        return list(map(Named._make, products(user).values_list(*Named._fields)))
    if user.is_staff:
        return list(map(Named._make, EVERY()))
    rows = OWN(user.pk)
    access.remember_all(user, {product: role for product, *_, role in rows})
    return [one for one in (Named(*product) for *product, _ in rows) if one.archived_at is None]


def _own(user: int) -> QuerySet[Product, tuple[Any, ...]]:
    """A person's products with their role in each."""
    return Product.objects.filter(memberships__user=user).values_list(*Named._fields, "memberships__role")


EVERY = Prepared(lambda: Product.objects.filter(archived_at=None).values_list(*Named._fields))
OWN = Prepared(_own, int)


def products(user: User) -> QuerySet[Product]:
    """Those of them that are at work: what lists, totals, notices and searches are made of."""
    return every_product(user).filter(archived_at=None)


def archived(user: User) -> QuerySet[Product]:
    """Those that are archived: read only, and shown where they are asked for."""
    return every_product(user).exclude(archived_at=None)


def product(user: User, slug: str) -> Product:
    """The product under a slug. Raises Hidden where it is not there, or is not there for this person."""
    for held in MEMBERSHIP(user.pk, slug):  # one at most
        if access.narrowed_to(user) not in (None, held.product_id):
            raise access.Hidden
        access.remember(user, held.product, held.role)
        return held.product
    found = every_product(user).filter(slug=slug).first() if user.is_staff else None
    if found is None:
        raise access.Hidden
    access.remember(user, found, rights.ADMIN)
    return found


def _membership(user: int, slug: str) -> QuerySet[Membership]:
    kpis = [f"product__projection__{role}_kpi" for role in ("value", "volume", "revenue")]  # nearly every page asks
    rows = Membership.objects.filter(user=user, product__slug=slug)
    return rows.select_related("product__projection", *kpis).order_by()


MEMBERSHIP = Prepared(_membership, int, str)


def members(of: Product) -> QuerySet[Membership]:
    return Membership.objects.filter(product=of).select_related("user", "product")


def runs(of: Product | str) -> QuerySet[EvaluationRun]:
    """Runs, newest first, with what a list shows of each."""
    return (
        EvaluationRun.objects.filter(product=of)
        .select_related("version__model", "data_set", "reference", "training", "product", "created_by")
        .order_by("-created_at", "-pk")
    )


def logged(of: str) -> int:
    """How many runs the product under an id has: every page says it."""
    return sum(LOGGED(of))


def _logged(of: str) -> QuerySet[EvaluationRun, int]:
    rows = EvaluationRun.objects.filter(product=of).order_by().values("product")
    return rows.annotate(many=Count("pk")).values_list("many", flat=True)


LOGGED = Prepared(_logged, str)


def last_manifest(of: Product) -> Mapping[str, Any]:
    """How the newest run that stands was sent; {} where there is none, or it has no rows."""
    newest = runs(of).exclude(state__in=[EvaluationRun.State.FAILED, EvaluationRun.State.WITHDRAWN]).first()
    return newest.manifest if newest is not None and newest.n_rows else {}


def run(user: User, key: str) -> EvaluationRun:
    """Raises Hidden where it is not there, or is not there for this person."""
    found = access.there(next(iter(RUN(key)), None))
    if access.role(user, found.product) is None:
        raise access.Hidden
    return found


RUN = Prepared(
    lambda key: EvaluationRun.objects.filter(pk=key).select_related(
        "product", "version__model", "data_set", "reference", "training", "created_by", "withdrawn_by"
    ),
    str,
)


def models(of: Product) -> QuerySet[Model]:
    return Model.objects.filter(product=of).prefetch_related("versions")


def model(of: Product, key: str) -> Model:
    return access.there(models(of).filter(pk=key).first())


def versions(of: Product) -> QuerySet[ModelVersion]:
    return ModelVersion.objects.filter(model__product=of).select_related("model").order_by("model__name", "name")


def version(of: Product, key: str) -> ModelVersion:
    return access.there(versions(of).filter(pk=key).first())


def data_sets(of: Product) -> QuerySet[DataSet]:
    return DataSet.objects.filter(product=of).select_related("created_by")


def data_set(of: Product, key: str) -> DataSet:
    return access.there(data_sets(of).filter(pk=key).first())


def unregistered(run: EvaluationRun, known: Iterable[str]) -> list[str]:
    """The metrics that a run reports and that nobody registered. known: the keys of those that somebody did."""
    return sorted(set(run.reported) - set(known) - set(TASKS[run.task].definitions))


@dataclass(frozen=True)
class MetricFigure:
    """A metric of a run: its figure, and the digest of its receipt where there is one."""

    key: str
    quantity: Quantity
    receipt: str


def metric_figures(
    found: Iterable[EvaluationRun], keys: Iterable[str] | None = None
) -> dict[str, dict[str, MetricFigure]]:
    """Run id → metric key → current figure, in one query for all of them. keys: those alone that are asked for."""
    wanted: dict[str, tuple[str, str]] = {}
    held, book, asked = list(found), Book(), None if keys is None else set(keys)
    for one in held:
        has = evaluation.metric_keys(book, one)
        wanted |= {evaluation.metric(book, one, key): (one.pk, key) for key in has if asked is None or key in asked}
    figures: dict[str, dict[str, MetricFigure]] = {one.pk: {} for one in held}
    runs = [one.pk for one in held]
    for row in RESULTS(runs) if asked is None else OF_METRICS(runs, asked):
        if row.digest in wanted:
            figures[row.run_id][row.metric] = MetricFigure(row.metric, quantity(row), row.digest)
    return figures


RESULTS = Prepared(lambda runs: MetricResult.objects.filter(run__in=runs).defer("document"), list)
OF_METRICS = Prepared(
    lambda runs, keys: MetricResult.objects.filter(run__in=runs, metric__in=keys).defer("document"), list, list
)


def not_comparable(one: EvaluationRun, champion: EvaluationRun | None) -> str:
    """Why a run may not be compared with the champion; empty where it may, or where there is no champion."""
    if champion is None or champion.pk == one.pk or champion.data_set is None:
        return ""
    if one.data_set is None:
        return "it reports metrics only, so the rows behind them are not known"
    if one.data_set.digest != champion.data_set.digest:
        ours, theirs = one.data_set, champion.data_set
        return (
            f"it was scored on other rows ({ours.n_rows:,}, digest {ours.digest[:4]}) than the champion "
            f"({theirs.n_rows:,}, digest {theirs.digest[:4]})"
        )
    return ""


def champion_of(one: EvaluationRun) -> EvaluationRun | None:
    """The champion's run of the same model: what others of it are compared with."""
    return Known(one.product).champion_of(one)
