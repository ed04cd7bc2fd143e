"""The ledger: each sending a row, made together with the work of it, and what becomes of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from metrics import jobs, store
from metrics.models.delivery import Delivery, Ring
from metrics.models.row import new_id
from metrics.models.work import Work

KIND, PACK = "delivery", "delivery_pack"  # of work: what sends, and what makes the pack that goes with it before
State = Delivery.State
OPEN, DONE = (State.DUE, State.SENDING), (State.SENT, State.KEPT)
MOST_TRIES = 8
FIRST_PAUSE = timedelta(minutes=1)  # doubled with each try: the eighth is about two hours after the first


def owe(*, state: str = State.DUE, due_at: datetime | None = None, **given: Any) -> Delivery | None:
    """Write a sending into the ledger with the work of it, once a (source, receiver, period); None where it is there.

    Call it inside the transaction that finds it due. state: NOT_SENT for what is never sent; `why` says why not.
    """
    key = {name: given.pop(name) for name in ("source", "receiver", "period")}
    now, pk = timezone.now(), new_id()
    if state == State.NOT_SENT:
        given |= {"settled_at": now}
    given |= {"id": pk, "state": state, "due_at": due_at or now, "sent_as": message_id(pk)}
    row, made = Delivery.objects.get_or_create(**key, defaults=given)
    if not made:
        return None
    if state == State.DUE:
        jobs.ask(_first(row), row.pk, due_at=row.due_at)
    return row


def ask(row: Delivery) -> None:
    """Put in the work of a row that is due again."""
    jobs.ask(_first(row), row.pk)


def _first(row: Delivery) -> str:
    """The work that is done first: the pack that a letter asks for is made once, before it is first sent."""
    held = row.subscription
    return PACK if held is not None and held.anew and held.attached and row.packed_at is None else KIND


def unpacked(work: Work) -> Delivery | None:
    """The delivery that a pack is to be made for; None, and the work done, where there is none any more."""
    rows = Delivery.objects.select_related("receiver", "subscription__product")
    row = rows.filter(pk=work.scope, state__in=OPEN, packed_at=None).first()
    if row is None:
        with transaction.atomic():
            jobs.finish(work)
    return row


def packed(row: Delivery, work: Work, files: Mapping[str, bytes]) -> None:
    """Keep what was made to go with a delivery, each form once, and have it sent."""
    kept = {form: store.put(content) for form, content in sorted(files.items())}
    with transaction.atomic():
        Delivery.objects.filter(pk=row.pk, packed_at=None).update(pack=kept, packed_at=timezone.now())
        jobs.ask(KIND, row.pk)
        jobs.finish(work)


def message_id(key: str) -> str:
    """The Message-ID of a delivery, the same at each of its tries."""
    return f"<delivery-{key}@{settings.MAIL_DOMAIN}>"


def begin(work: Work) -> Delivery | None:
    """Count a try of the work's delivery, before anything of it is sent; None where there is nothing to be sent.

    Found being sent, it was cut short by a kill: before its last line it is tried again, after it nobody knows.
    """
    with transaction.atomic():
        rows = Delivery.objects.select_for_update(of=("self",)).select_related(
            "receiver", "subscription__product", "ring__alert__product", "webhook"
        )
        found = rows.filter(pk=work.scope).first()
        if found is None or found.state not in OPEN:
            jobs.finish(work)
            return None
        if found.handed_at is not None:
            settle(found, State.UNCERTAIN, work, why="the worker was stopped while the server was answering")
            return None
        found.state, found.tries = State.SENDING, found.tries + 1
        found.save(update_fields=["state", "tries"])
    return found


def handing(row: Delivery) -> None:
    """The last line is about to go."""
    row.handed_at = timezone.now()
    Delivery.objects.filter(pk=row.pk).update(handed_at=row.handed_at)


def settle(row: Delivery, state: str, work: Work, *, why: str = "", told: Collection[str] = (), **known: Any) -> None:
    """Write what became of it, and that the work is done, together. told: the rings that are told with it."""
    with transaction.atomic():
        known |= {"state": state, "why": why[:300], "settled_at": timezone.now(), "next_try": None}
        known |= {"pack": {}, "packed_at": None} if state in (*DONE, State.NOT_SENT) else {}
        Delivery.objects.filter(pk=row.pk).update(**known)
        if told:
            Ring.objects.filter(pk__in=told, digested_at=None).update(digested_at=timezone.now())
        jobs.finish(work, result={"state": str(state)})


def later(row: Delivery, work: Work, why: str, **known: Any) -> None:
    """It was surely not taken: try again after a pause, or give up after the last try."""
    if row.tries >= MOST_TRIES:
        settle(row, State.FAILED, work, why=why, handed_at=None, **known)
        return
    at = timezone.now() + FIRST_PAUSE * 2 ** (row.tries - 1)
    with transaction.atomic():
        known |= {"state": State.DUE, "why": why[:300], "next_try": at, "handed_at": None}
        Delivery.objects.filter(pk=row.pk).update(**known)
        jobs.finish(work, result={"state": "due"})
        jobs.ask(KIND, row.pk, due_at=at)


def gather() -> int:
    """Ask again for what is open and nobody works at; what its worker died of each time has failed. Gives how many."""
    lacking = 0
    for row in Delivery.objects.filter(state__in=OPEN).select_related("subscription"):
        found = Work.objects.filter(kind__in=(KIND, PACK), scope=row.pk).exclude(state=Work.State.DONE)
        held = {work.kind: work for work in found}
        work = held.get(KIND) or held.get(PACK)
        if work is None or (work.kind == PACK and work.state == Work.State.PARKED):  # then it goes without
            jobs.ask(_first(row) if work is None else KIND, row.pk, due_at=row.next_try or row.due_at)
            lacking += 1
        elif work.state == Work.State.PARKED:
            state = State.UNCERTAIN if row.handed_at else State.FAILED
            settle(row, state, work, why="the worker was stopped each time; an administrator finds why under Work")
    return lacking
