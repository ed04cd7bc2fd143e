"""Reading the work table."""

from __future__ import annotations

from typing import Any, Literal, cast

from django.db.models import Q, QuerySet

from metrics import access
from metrics.models.evaluation import EvaluationRun
from metrics.models.product import AuditEntry, Product, User
from metrics.models.work import Work
from metrics.queries.evaluation.catalogue import every_product, products

State = Literal["due", "running", "done", "parked"]


def work(user: User, key: str) -> Work:
    found = Work.objects.filter(Q(product__in=every_product(user)), pk=key).first()
    if found is None:
        raise access.Hidden
    return found


def state(of: Work) -> State:
    """How far work has come: leased work that nobody has begun is due."""
    if of.state == Work.State.LEASED:
        return "running" if of.started_at else "due"
    return cast("State", of.state)


def running(of: Product) -> QuerySet[Work]:
    """What is being computed, or waits to be, for a product."""
    return Work.objects.filter(product=of, state__in=[Work.State.DUE, Work.State.LEASED])


def parked(user: User) -> QuerySet[Work]:
    """Work that was given up after its last attempt, of the products that a person may know of."""
    rows = Work.objects.filter(state=Work.State.PARKED).exclude(product__archived_at__isnull=False)
    rows = rows.select_related("product").order_by("-done_at")
    return rows if user.is_staff else rows.filter(product__in=products(user))


def audit(of: Product) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(product=of.slug)


def audited(of: Product) -> dict[str, dict[str, str]]:
    """Of each kind of thing that the audit names by its key, the names by key."""
    things: dict[str, Any] = {"kpi": of.kpis, "assumption": of.assumptions, "scenario": of.scenarios}
    return {kind: dict(rows.values_list("key", "name")) for kind, rows in things.items()}


def parked_all() -> QuerySet[Work]:
    """Everything that was given up, for the operator at the console."""
    return Work.objects.filter(state=Work.State.PARKED)


def of_scope(kind: str, scope: str) -> Work | None:
    """The newest work of a kind for one scope: how far the scan of a run is."""
    return Work.objects.filter(kind=kind, scope=scope).order_by("-created_at").first()


def of_run(run: EvaluationRun) -> Work | None:
    """The newest work by which a run gets its metrics; runs that reported them are scored together."""
    return of_scope("scan", run.pk) if run.rows else of_scope("reported", run.product_id)


def waiting_count() -> int:
    """How much work is due or running, over all products."""
    return Work.objects.filter(state__in=[Work.State.DUE, Work.State.LEASED]).count()
