"""Reading runs, models, data sets and metrics, already narrowed to what a person may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from metrics import access, rights
from metrics.core.estimate import Quantity
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.models.evaluation import DataSet, EvaluationRun, MetricResult, Model, ModelVersion
from metrics.models.product import Membership, Product, User
from metrics.queries.documents import evaluation
from metrics.queries.documents.book import Book
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.results import quantity

State = EvaluationRun.State


def every_product(user: User) -> QuerySet[Product]:
    """The products that a person may know of: those of their memberships, or all for an administrator; of a token that
    is for one product, that one."""
    only = access.narrowed_to(user)
    rows = Product.objects.all() if only is None else Product.objects.filter(pk=only)
    return rows if user.is_staff else rows.filter(memberships__user=user)


def products(user: User) -> QuerySet[Product]:
    """Those of them that are at work: what lists, totals, notices and searches are made of."""
    return every_product(user).filter(archived_at=None)


def archived(user: User) -> QuerySet[Product]:
    """Those that are archived: read only, and shown where they are asked for."""
    return every_product(user).exclude(archived_at=None)


def product(user: User, slug: str) -> Product:
    """The product under a slug. Raises Hidden where it is not there, or is not there for this person."""
    memberships = Membership.objects.filter(user=user, product__slug=slug)
    kpis = [f"product__projection__{role}_kpi" for role in ("value", "volume", "revenue")]  # nearly every page asks
    for held in memberships.select_related("product__projection", *kpis).order_by():  # one at most
        if access.narrowed_to(user) not in (None, held.product_id):
            raise access.Hidden
        access.remember(user, held.product, held.role)
        return held.product
    found = every_product(user).filter(slug=slug).first() if user.is_staff else None
    if found is None:
        raise access.Hidden
    access.remember(user, found, rights.ADMIN)
    return found


def members(of: Product) -> QuerySet[Membership]:
    return Membership.objects.filter(product=of).select_related("user", "product")


def runs(of: Product) -> QuerySet[EvaluationRun]:
    """Runs, newest first, with what a list shows of each."""
    return (
        EvaluationRun.objects.filter(product=of)
        .select_related("version__model", "data_set", "reference", "training", "product", "created_by")
        .order_by("-created_at", "-pk")
    )


def logged(of: str) -> int:
    """How many runs the product under an id has: every page says it."""
    return EvaluationRun.objects.filter(product=of).count()


def last_manifest(of: Product) -> Mapping[str, Any]:
    """How the newest run that stands was sent; {} where there is none, or it has no rows."""
    newest = runs(of).exclude(state__in=[EvaluationRun.State.FAILED, EvaluationRun.State.WITHDRAWN]).first()
    return newest.manifest if newest is not None and newest.n_rows else {}


def run(user: User, key: str) -> EvaluationRun:
    rows = EvaluationRun.objects.select_related(
        "product", "version__model", "data_set", "reference", "training", "created_by", "withdrawn_by"
    )
    return access.there(rows.filter(pk=key, product__in=every_product(user)).first())


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
    rows = MetricResult.objects.filter(run__in=held).defer("document")
    for row in rows if asked is None else rows.filter(metric__in=asked):
        if row.digest in wanted:
            figures[row.run_id][row.metric] = MetricFigure(row.metric, quantity(row), row.digest)
    return figures


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
