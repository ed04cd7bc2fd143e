"""Alerts: made and changed, and looked at; each crossing rings once, and again only after it has recovered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from metrics import access, jobs
from metrics.core.calendar import place
from metrics.core.occasions import quiet_until
from metrics.models.delivery import Alert, Delivery, Ring, Subscription, Webhook
from metrics.models.product import Product, User
from metrics.models.work import Work
from metrics.queries.delivery.alerts.kind import State, whole
from metrics.queries.delivery.alerts.registry import KINDS
from metrics.queries.documents.known import Known
from metrics.services.delivery import ledger
from metrics.services.delivery.subscriptions import noted, require_kept, require_receiver
from metrics.services.writing.refusal import Fault, Invalid, clean, invalid

MOST = 50  # that one person has
MOST_MUTED = timedelta(days=366)


@transaction.atomic
def save(
    actor: User,
    product: Product,
    *,
    kind: str,
    slots: Mapping[str, Any],
    time_zone: str,
    receiver: User | None = None,
    digest: bool = False,
    webhook: Webhook | None = None,
    quiet_from: time = time(),
    quiet_until: time = time(),
    held: Alert | None = None,
) -> Alert:
    """Make an alert, or change one. What it sees already rings at the next look. Raises Invalid by field.

    slots: by key, as they are given: a share in percent, money in the product's currency, days. digest: told with the
    next regular mail, for which there has to be one.
    """
    access.require(actor, "alert.subscribe", product)
    whom = receiver or actor
    if held is not None:
        require_kept(actor, held)
    if whom.pk != actor.pk:
        access.require(actor, "report.schedule_mail", product)
        require_receiver(whom, product)
    if digest and not Subscription.objects.filter(receiver=whom, deleted_at=None, paused_at=None).exists():
        raise invalid("digest", f"{whom} gets no regular mail", remedy="choose at once, or make a delivery first")
    if held is None and Alert.objects.filter(owner=actor, deleted_at=None).count() >= MOST:
        raise invalid("kind", f"is one more than the {MOST} that a person has", remedy="delete another one")
    try:
        zone = place(time_zone)
    except ValueError as error:
        raise invalid("time_zone", str(error)) from error
    row = held or Alert(owner=actor)
    row.receiver, row.product, row.kind, row.slots = whom, product, kind, read_slots(kind, slots)
    row.digest, row.webhook, row.time_zone = digest and webhook is None, webhook, zone
    row.quiet_from, row.quiet_until = quiet_from, quiet_until
    clean(row, known=("owner", "receiver", "product", "webhook")).save()
    noted(actor, row, "save", kind=kind, slots=row.slots, receiver=whom.mark)
    look_at(product)
    return row


def read_slots(kind: str, given: Mapping[str, Any]) -> dict[str, float]:
    """The slots of a kind as they were given. Raises Invalid naming each."""
    if kind not in KINDS:
        raise invalid("kind", f"is none of {', '.join(KINDS)}")
    found, faults = {}, []
    for slot in KINDS[kind].slots:
        try:
            found[slot.key] = slot.read(given.get(slot.key, slot.shown(slot.default)))
        except ValueError as error:
            faults.append(Fault(field=slot.key, message=str(error)))
    if faults:
        raise Invalid(*faults)
    return found


@transaction.atomic
def mute(actor: User, held: Alert, until: datetime | None) -> Alert:
    """Tell nothing of it until a moment; what it sees meanwhile stands in the ledger. None: tell it again."""
    require_kept(actor, held)
    if until is not None and not timezone.now() < until <= timezone.now() + MOST_MUTED:
        raise invalid("until", "is no moment of the year to come")
    held.muted_until = until
    held.save(update_fields=["muted_until"])
    noted(actor, held, "mute", until=str(until or ""))
    return held


def look_at(product: Product) -> None:
    """Ask for a look at a product's alerts; within the transaction of what may have changed what they see."""
    if Alert.objects.filter(product=product, paused_at=None, deleted_at=None).exists():
        jobs.ask("alerts", product.pk, product=product)


def look_at_all(work: Work) -> None:
    """Ask for a look at every product that has alerts: what the calendar alone changes; periodic work."""
    rows = Alert.objects.filter(paused_at=None, deleted_at=None, product__archived_at=None)
    products = Product.objects.filter(pk__in=rows.values("product"))
    with transaction.atomic():
        for product in products:
            jobs.ask("alerts", product.pk, product=product)
        jobs.finish(work, result={"products": len(products)})


def look(work: Work) -> None:
    """Look at the alerts of a product: each crossing rings, in the transaction that finds it."""
    product = Product.objects.get(pk=work.scope)
    known, rung = Known(product), 0
    rows = Alert.objects.filter(product=product, paused_at=None, deleted_at=None)
    seen: dict[tuple[str, str], list[State]] = {}
    for alert in rows.select_related("receiver", "webhook", "product"):
        kind = KINDS.get(alert.kind)
        if kind is None:
            continue
        slots = whole(kind.slots, alert.slots)
        key = (alert.kind, str(sorted(slots.items())))
        if key not in seen:  # people watch for the same
            seen[key] = kind.now(known, slots)
        rung += cross(alert, seen[key])
    with transaction.atomic():
        jobs.finish(work, result={"rung": rung})


@transaction.atomic
def cross(alert: Alert, states: list[State]) -> int:
    """What became true of an alert rings; what is not true any more has recovered. Unknown changes nothing."""
    if not Alert.objects.select_for_update().filter(pk=alert.pk, paused_at=None, deleted_at=None).exists():
        return 0
    open_rings = {ring.subject: ring for ring in Ring.objects.filter(alert=alert, recovered_at=None)}
    here = {state.subject for state in states}
    over = [state.subject for state in states if state.on is False] + [key for key in open_rings if key not in here]
    Ring.objects.filter(alert=alert, recovered_at=None, subject__in=over).update(recovered_at=timezone.now())
    return sum(_ring(alert, state) for state in states if state.on and state.subject not in open_rings)


def _ring(alert: Alert, state: State) -> int:
    try:
        with transaction.atomic():
            told = {"subject": state.subject[:120], "text": state.text[:400], "thing": str(state.thing)}
            ring = Ring.objects.create(alert=alert, **told)
    except IntegrityError:  # somebody else saw it at the same moment
        return 0
    now = timezone.now()
    muted = alert.muted_until is not None and alert.muted_until > now
    if alert.digest and not muted:
        return 1
    given: dict[str, Any] = {"source": f"ring {ring.pk}", "ring": ring, "receiver": alert.receiver, "period": "once"}
    if alert.webhook is not None:
        given |= {"webhook": alert.webhook, "channel": "webhook"}
    if muted:
        Ring.objects.filter(pk=ring.pk).update(digested_at=now)
        given |= {"state": Delivery.State.NOT_SENT, "why": "the alert was muted", "title": ring.text[:300]}
    else:
        due = quiet_until(now, alert.time_zone, alert.quiet_from, alert.quiet_until)
        given |= {"due_at": now if alert.webhook else due}
    ledger.owe(**given)
    return 1
