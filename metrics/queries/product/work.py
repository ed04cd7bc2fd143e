"""Reading the work table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, cast, get_args

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Sum

from metrics import access
from metrics.models.evaluation import EvaluationRun
from metrics.models.product import Product, User
from metrics.models.work import Work
from metrics.queries.evaluation.catalogue import every_product, products

State = Literal["due", "running", "done", "parked"]
STATES: tuple[State, ...] = get_args(State)
HOUR = timedelta(hours=1)


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


def parked_kinds(user: User, *, most: int) -> list[tuple[str, int, list[Work]]]:
    """(kind, how much of it is parked, the newest of it), as `parked`."""
    rows = parked(user)
    counts = rows.order_by("kind").values_list("kind").annotate(Count("pk"))
    return [(kind, count, list(rows.filter(kind=kind)[:most])) for kind, count in counts]


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


def counts() -> dict[tuple[str, State], int]:
    """(kind, state) → how much work there is of it, over all products; each kind that there is with all its states."""
    found: dict[tuple[str, State], int] = {}
    rows = Work.objects.values_list("kind", "state").annotate(Count("pk"), begun=Count("started_at")).order_by()
    for kind, held, count, begun in rows:
        for each in STATES:
            found.setdefault((kind, each), 0)
        if held == Work.State.LEASED:
            found[kind, "running"] += begun
            found[kind, "due"] += count - begun
        else:
            found[kind, held] += count
    return found


def took(*, now: datetime, bounds: Sequence[float]) -> Iterator[tuple[str, list[int], float]]:
    """Of what was done in the last hour, by kind: how much took at most each of the seconds, then all; and the sum."""
    spent = ExpressionWrapper(F("done_at") - F("started_at"), output_field=DurationField())
    rows = Work.objects.filter(state=Work.State.DONE, done_at__gt=now - HOUR, started_at__isnull=False)
    most = {f"within_{n}": timedelta(seconds=bound) for n, bound in enumerate(bounds)}
    within = {name: Count("pk", filter=Q(spent__lte=bound)) for name, bound in most.items()}
    by_kind = rows.annotate(spent=spent).order_by().values_list("kind")
    for kind, total, *counts in by_kind.annotate(sum=Sum("spent"), **within, all=Count("pk")):
        yield kind, counts, total.total_seconds()


def last_sweep() -> dict[str, Any] | None:
    """What the newest sweep found; None before the first one."""
    found = Work.objects.filter(kind="sweep", state=Work.State.DONE).order_by("-done_at").first()
    return found.result if found else None
