"""The registry: metrics that a product defines by a formula or lets its runs report, and its models."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from metrics import access, jobs
from metrics.core.evaluation.metrics.custom import parse_custom
from metrics.core.formula import FormulaError
from metrics.models.evaluation import EvaluationRun, Metric, Model
from metrics.models.product import Product, User
from metrics.queries.documents.definitions import is_built_in
from metrics.queries.documents.models import mapped_by
from metrics.queries.evaluation.rows import row_names
from metrics.services.writing import audit
from metrics.services.writing.names import check_free, check_unit, free_model_key
from metrics.services.writing.refusal import Conflict, Fault, Invalid, clean, invalid

Kind = Metric.Kind
ATTEMPTS = 5


@transaction.atomic
def register_metric(actor: User, product: Product, *, key: str, name: str, direction: str, **rest: Any) -> Metric:
    """Register a metric: one by a formula is computed for every run of its task that has rows, the older ones too."""
    access.require(actor, "metric.register", product)
    check_free(product, key)
    check_unit(rest.get("unit", ""))
    kind = Kind.CUSTOM if rest.get("formula") else Kind.REPORTED
    metric = Metric(product=product, key=key, name=name, direction=direction, kind=kind, created_by=actor, **rest)
    clean(metric)
    if kind == Kind.CUSTOM:
        metric.columns = checked(product, metric.task, metric.formula)
    metric.save()
    if kind == Kind.CUSTOM:
        scored = EvaluationRun.objects.filter(product=product, task=metric.task, state=EvaluationRun.State.SCORED)
        for run in scored.exclude(rows="").only("pk").order_by("-created_at"):
            jobs.ask("scan", run.pk, product=product)
    audit.record(actor, "metric.register", key, product=product, formula=metric.formula)
    return metric


def checked(product: Product, task: str, text: str) -> list[str]:
    """The columns that a formula names. Raises Invalid, at the position of the fault, for a text that does not reduce
    rows of the task to one number."""
    try:
        return [column for _, column in parse_custom(text, row_names(product, task)).columns]
    except FormulaError as error:
        fault = Fault(field="formula", message=error.message, code=error.code, position=error.position)
        raise Invalid(fault) from error


@transaction.atomic
def update_metric(actor: User, metric: Metric, **changes: Any) -> Metric:
    """Change how a metric is called or explained, and the way to the better until a mapping uses it.

    What it computes never changes: register another one for that. Raises Invalid.
    """
    product = metric.product
    access.require(actor, "metric.update_definition", product)
    if changes.get("direction", metric.direction) == metric.direction:
        changes.pop("direction", None)
    elif used := mapped_by(product, metric.key):
        raise invalid(
            "direction",
            f"cannot change: the mapping “{used}” uses it",
            code="fixed",
            remedy="register another metric, and name that one in a new version of the mapping",
        )
    for field in changes.keys() & {"formula", "unit", "task", "key"}:
        if changes[field] != getattr(metric, field):
            raise invalid(
                field,
                "cannot change: figures made from it would mean something else",
                code="fixed",
                remedy="retire this metric and register another",
            )
    for field, value in changes.items():
        setattr(metric, field, value)
    clean(metric).save()
    told = {"direction": metric.direction} if "direction" in changes else {}
    audit.record(actor, "metric.update_definition", metric.key, product=product, **told)
    return metric


@transaction.atomic
def retire_metric(actor: User, metric: Metric) -> Metric:
    """Take a metric out of new runs; what was computed stays, with its receipts."""
    product = metric.product
    access.require(actor, "metric.delete", product)
    if metric.retired_at is None:
        metric.retired_at = timezone.now()
        metric.save(update_fields=["retired_at"])
        audit.record(actor, "metric.delete", metric.key, product=product)
    return metric


@transaction.atomic
def restore_metric(actor: User, metric: Metric) -> Metric:
    """Undo of `retire_metric`."""
    product = metric.product
    access.require(actor, "metric.delete", product)
    if metric.retired_at is not None:
        metric.retired_at = None
        metric.save(update_fields=["retired_at"])
        audit.record(actor, "metric.restore", metric.key, product=product)
    return metric


def own_metric(product: Product, key: str) -> Metric:
    """The product's own metric under a key. Raises Conflict for a built-in one, Hidden where there is none."""
    if is_built_in(key):
        raise Conflict("a built-in metric is defined by the code and cannot be changed here")
    metric = Metric.objects.filter(product=product, key=key).select_related("product").first()
    if metric is None:
        raise access.Hidden
    return metric


@transaction.atomic
def create_model(actor: User, product: Product, *, name: str, task: str) -> Model:
    """Name a model before its first run."""
    access.require(actor, "model.create", product)
    model = Model(product=product, name=name.strip(), key=free_model_key(product, name), task=task)
    clean(model).save()
    audit.record(actor, "model.create", name, product=product)
    return model


def named_model(product: Product, name: str, *, task: str) -> Model:
    """The model of this name, made where it is new."""
    for _ in range(ATTEMPTS):  # another may take the key, or the name, at the same moment
        found = Model.objects.filter(product=product, name=name).first()
        if found is not None:
            return found
        try:
            with transaction.atomic():
                return Model.objects.create(product=product, name=name, key=free_model_key(product, name), task=task)
        except IntegrityError:
            continue
    raise Conflict(f"the model {name[:60]} is being made; send it again")


@transaction.atomic
def rename_model(actor: User, model: Model, *, name: str) -> Model:
    """Call a model otherwise. Its key stays: formulas that name it go on meaning it."""
    access.require(actor, "model.update", model.product)
    model.name = name.strip()
    clean(model).save()
    audit.record(actor, "model.update", name, product=model.product)
    return model
