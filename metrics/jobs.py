"""The work table's door: put work in, lease what is due, say what came of it.

A row stays until the task that computes it marks it done in the transaction that writes the result. A change that comes
while a row runs raises its generation; finishing an older generation puts the row back to due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Min, Q, QuerySet
from django.utils import timezone

from metrics import origin
from metrics.models.product import Product
from metrics.models.work import Work
from metrics.prepared import Prepared

MOST_ATTEMPTS = 5
LEASE = timedelta(seconds=20)  # renewed every few seconds while the work runs; a killed worker's row is due after it
FIRST_REPUBLISH = timedelta(seconds=30)
LAST_REPUBLISH = timedelta(minutes=15)
LATE = timedelta(minutes=5)  # due work that has waited so long says that the installation is stuck, or too small
QUEUES = {"scan": "scan", "evidence": "scan", "import": "scan", "risk": "scan", "foretold": "scan", "upload": "scan"}
QUEUES |= dict.fromkeys(("pack", "pack_again", "delivery_pack"), "scan")  # where a choice turns over is long to find
# Kinds of work that are done on a floor above the chain, such as the making of a pack; each is put in as Django starts.
ABOVE: dict[str, Callable[[Work], None]] = {}


def clock() -> datetime:
    """The time by which work is due and leased: the database's, as machines may differ by hours in theirs.

    SQLite is written by one machine alone, whose time it is.
    """
    if not _locks():
        return timezone.now()
    with transaction.get_connection().cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


def put(kind: str, scope: str, *, product: Product | None = None, payload: dict[str, Any] | None = None) -> Work:
    """Ask for work and give its row, for who wants to watch it."""
    created = ask(kind, scope, product=product, payload=payload)
    return created or Work.objects.exclude(state=Work.State.DONE).get(kind=kind, scope=scope)


def ask(
    kind: str,
    scope: str,
    *,
    product: Product | None = None,
    payload: dict[str, Any] | None = None,
    due_at: datetime | None = None,
) -> Work | None:
    """Ask for work, once a (kind, scope): an open row is joined, and runs again if it is running now.

    due_at: when it may begin, where a row is made; at once for None. Gives the row where one was made. Call it inside
    the transaction of the change that makes the work necessary.
    """
    open_rows = Work.objects.filter(kind=kind, scope=scope).exclude(state__in=[Work.State.DONE, Work.State.PARKED])
    parked = Work.objects.filter(kind=kind, scope=scope, state=Work.State.PARKED)
    again = {"generation": F("generation") + 1, "payload": payload or {}, **origin.kept()}
    for _ in range(3):
        if open_rows.update(**again):
            return None
        # parked work that is asked for again is due again
        if parked.update(**again, **_anew(), error=""):
            return None
        try:
            with transaction.atomic():
                given = {"product": product, "payload": payload or {}, "due_at": due_at or clock()}
                return Work.objects.create(kind=kind, scope=scope, **given, **origin.kept())
        except IntegrityError:  # somebody else put it in at the same moment: join that one
            continue
    raise RuntimeError(f"could not put {kind} {scope} into the work table")


def new(kind: str, scope: str, *, product: Product) -> Work:
    """Ask for work on a scope that did not exist before, so that no open row can be joined."""
    return Work.objects.create(kind=kind, scope=scope, product=product, due_at=clock(), **origin.kept())


def queue(kind: str) -> str:
    return QUEUES.get(kind, "quick")


def lease_due(*, now: datetime, limit: int = 50) -> list[tuple[str, str]]:
    """Lease due rows, and rows whose lease ran out; give (id, queue) of each, to be handed to the broker as hints."""
    due = Q(state=Work.State.DUE, due_at__lte=now) | Q(state=Work.State.LEASED, leased_until__lte=now)
    leased = []
    # A lease that ran out was a dead worker's; the embedded worker, which renews none, may be at it still.
    waits = {"started_at": None} if _locks() else {}
    with transaction.atomic():
        rows: QuerySet[Work] = Work.objects.filter(due).order_by("due_at")
        for work in rows.select_for_update(skip_locked=True)[:limit] if _locks() else rows[:limit]:
            back_off = min(FIRST_REPUBLISH * 2 ** min(work.published, 10), LAST_REPUBLISH)
            Work.objects.filter(pk=work.pk).update(
                state=Work.State.LEASED, leased_until=now + back_off, published=F("published") + 1, **waits
            )
            leased.append((work.pk, queue(work.kind)))
    return leased


def start(work_id: str, *, now: datetime) -> Work | None:
    """Count an attempt, in a transaction of its own, before computing. None when there is nothing to do any more.

    A row that used up its attempts is parked here, so that work which kills its process cannot do so for ever.
    """
    with transaction.atomic():
        row = Work.objects.filter(pk=work_id)
        work = (row.select_for_update() if _locks() else row).first()
        if work is None or work.state in (Work.State.DONE, Work.State.PARKED):
            return None
        if work.attempts >= MOST_ATTEMPTS:
            park(work, work.error or "its process was killed each time; look at memory and at the rows", now=now)
            return None
        work.attempts += 1
        work.state = Work.State.LEASED
        work.leased_until = now + LEASE
        work.started_at = now
        work.save(update_fields=["attempts", "state", "leased_until", "started_at"])
    return work


def finish(work: Work, *, result: dict[str, Any] | None = None) -> None:
    """Mark the work done, within the transaction that writes its result; due again if a change came meanwhile."""
    done = Work.objects.filter(pk=work.pk, generation=work.generation).exclude(state=Work.State.DONE)
    known = {"done_at": clock(), "started_at": work.started_at, "result": result, "error": ""}
    if not done.update(state=Work.State.DONE, **known):
        _due_again(work)


def _due_again(work: Work) -> None:
    """For a change that came while the work ran: due at once, with all its attempts."""
    Work.objects.filter(pk=work.pk).exclude(state=Work.State.DONE).update(**_anew())


def _anew() -> dict[str, Any]:
    """What a row is that is due at once, with all its attempts."""
    return {"state": Work.State.DUE, "due_at": clock(), "started_at": None, "attempts": 0, "published": 0}


def fail(work: Work, error: str, *, now: datetime, final: bool = False) -> None:
    """Put the work back with its error, to be tried again after a pause; park it after the last attempt.

    A change that came meanwhile may be the remedy, so it is computed even after the last attempt.
    """
    if final or work.attempts >= MOST_ATTEMPTS:
        if not park(work, error, now=now):
            _due_again(work)
        return
    pause = timedelta(seconds=min(2**work.attempts, 60))
    Work.objects.filter(pk=work.pk).exclude(state=Work.State.DONE).update(
        state=Work.State.DUE, due_at=now + pause, started_at=None, error=error[:2000]
    )


def park(work: Work, error: str, *, now: datetime) -> bool:
    """Give the work up, with its error; False when a change came since it was read."""
    rows = Work.objects.filter(pk=work.pk, generation=work.generation).exclude(state=Work.State.DONE)
    return bool(rows.update(state=Work.State.PARKED, error=error[:2000], done_at=now))


def retry(work_id: str) -> bool:
    """Make parked work due again; False when it is not parked."""
    return bool(Work.objects.filter(pk=work_id, state=Work.State.PARKED).update(**_anew(), **origin.kept()))


def hand_out_again() -> int:
    """Make what was handed to the broker and not begun due at once, as the broker has lost it; give how much it is."""
    out = Work.objects.filter(state=Work.State.LEASED, started_at=None)
    return out.update(state=Work.State.DUE, published=0, leased_until=None)


def oldest_due(*, now: datetime) -> dict[str, timedelta]:
    """Queue → how long its oldest due work has waited to be begun: what liveness is judged by.

    What is being computed does not wait, however long it takes; what a dead worker held waits again.
    """
    waits = Q(state=Work.State.DUE) | Q(state=Work.State.LEASED, started_at=None)
    if _locks():
        waits |= Q(state=Work.State.LEASED, leased_until__lte=now)
    ages = dict.fromkeys(("quick", "scan"), timedelta(0))
    rows = Work.objects.filter(waits, state__in=[Work.State.DUE, Work.State.LEASED], due_at__lte=now)
    for kind, since in rows.values_list("kind").annotate(Min("due_at")).order_by():
        ages[queue(kind)] = max(ages[queue(kind)], now - since)
    return ages


def open_count(product: Product | None = None) -> int:
    return len(OPEN_OF(product.pk)) if product else _open().count()


def _open() -> QuerySet[Work]:
    return Work.objects.filter(state__in=[Work.State.DUE, Work.State.LEASED])


OPEN_OF = Prepared(lambda product: _open().filter(product=product).order_by().values_list("pk", flat=True), str)


def gave_up(product: Product, kind: str) -> bool:
    """Whether work of this kind is parked for a product."""
    return bool(PARKED(product.pk, kind))


PARKED = Prepared(
    lambda product, kind: (
        Work.objects.filter(product=product, kind=kind, state=Work.State.PARKED)
        .order_by()
        .values_list("pk", flat=True)[:1]
    ),
    str,
    str,
)


def open_counts(products: Iterable[Product]) -> dict[str, int]:
    """Product → how much of its work is due or under way, in one query."""
    counts = {product.pk: 0 for product in products}
    rows = Work.objects.filter(state__in=[Work.State.DUE, Work.State.LEASED], product__in=counts)
    return counts | dict(rows.values_list("product").annotate(Count("pk")).order_by())


def _locks() -> bool:
    """PostgreSQL locks rows, and its workers renew their leases; SQLite locks the file as the transaction begins."""
    return bool(transaction.get_connection().features.has_select_for_update_skip_locked)
