"""Writing what goes out again and again: made, changed, paused, deleted and brought back, tried, and sent once more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone

from metrics import access
from metrics.core.calendar import place
from metrics.core.occasions import RULES
from metrics.models.delivery import Alert, Delivery, Subscription, Webhook
from metrics.models.product import Membership, Product, User
from metrics.models.row import new_id
from metrics.services.delivery import ledger
from metrics.services.writing import audit
from metrics.services.writing.refusal import Conflict, clean, invalid

WHAT = {"portfolio": "the portfolio", "product": "one product", "decisions": "what waits for an answer or a signature"}
MOST = 50  # that one person has
State = Delivery.State
Kept = TypeVar("Kept", Subscription, Alert, Webhook)
NAMES: dict[type, str] = {Subscription: "subscription", Alert: "alert", Webhook: "webhook"}


@transaction.atomic
def save(
    actor: User,
    *,
    what: str,
    rule: str,
    at: time,
    time_zone: str,
    day: int | None = None,
    product: Product | None = None,
    receiver: User | None = None,
    attached: Sequence[str] = (),
    anew: bool = False,
    only_moved: bool = False,
    held: Subscription | None = None,
) -> Subscription:
    """Make a subscription, or change one. receiver: oneself for None; another one needs a product that one manages.

    attached: forms of the pack that goes with it, the newest that is issued; anew: one made for each letter, which says
    that it is not issued. The next one is due at the rule's first moment from now on. Raises Invalid by field.
    """
    whom = receiver or actor
    if held is not None:
        require_kept(actor, held)
    _check(actor, what, product, whom)
    number = _day(rule, day)
    try:
        zone = place(time_zone)
    except ValueError as error:
        raise invalid("time_zone", str(error)) from error
    if held is None and Subscription.objects.filter(owner=actor, deleted_at=None).count() >= MOST:
        raise invalid("what", f"is one more than the {MOST} that a person has", remedy="delete another one")
    row = held or Subscription(owner=actor)
    row.receiver, row.what, row.product = whom, what, product
    row.rule, row.day, row.at, row.time_zone = rule, number, at.replace(second=0, microsecond=0), zone
    row.attached, row.anew, row.only_moved = sorted(attached), anew, only_moved
    row.next_at = row.when.next_after(timezone.now()).moment
    clean(row, known=("owner", "receiver", "product")).save()
    noted(actor, row, "save", receiver=whom.mark, when=row.when.words())
    return row


def _check(actor: User, what: str, product: Product | None, whom: User) -> None:
    if what not in WHAT:
        raise invalid("what", f"is none of {', '.join(WHAT)}")
    if what == "product" and product is None:
        raise invalid("product", "is needed", code="required", remedy="choose the product that it is of")
    if what == "portfolio" and product is not None:
        raise invalid("product", "does not go with the portfolio", remedy="leave it out, or choose one product")
    if product is None:
        access.require_somewhere(actor, "report.schedule_mail")
    else:
        access.require(actor, "report.schedule_mail", product, own=whom.pk == actor.pk)
    if whom.pk != actor.pk:
        require_receiver(whom, product)


def require_receiver(whom: User, product: Product | None) -> None:
    """Another person gets what a manager of the product sends to its members."""
    if product is None:
        raise invalid("receiver", "only oneself gets what is of no one product", remedy="choose one product")
    if not Membership.objects.filter(product=product, user=whom, user__is_active=True).exists():
        raise invalid("receiver", f"is no member of {product}", remedy="choose a member, or add them first")


def _day(rule: str, day: int | None) -> int:
    if rule not in RULES:
        raise invalid("rule", f"is none of {', '.join(RULES)}")
    of = RULES[rule].day
    if not of:
        return 0
    least, most = (0, 6) if of == "weekday" else (1, 31)
    if day is None or not least <= day <= most:
        said = "0 for Monday to 6 for Sunday" if of == "weekday" else "1 to 31"
        raise invalid("day", f"is {'not said' if day is None else day}", remedy=f"say {said}")
    return day


def require_kept(actor: User, held: Subscription | Alert | Webhook) -> None:
    """Whose it is, who gets it, and who manages its product may change it; to anybody else it is not there."""
    if isinstance(held, Webhook):
        access.require(actor, "webhook.create", held.product)
        return
    receiver = held.receiver_id
    if actor.pk in (held.owner_id, receiver):
        return
    if held.product is None or not access.may(actor, "report.schedule_mail", held.product):
        raise access.Hidden


@transaction.atomic
def pause(actor: User, held: Kept, *, paused: bool) -> Kept:
    """Send nothing of it any more, or again from now on."""
    require_kept(actor, held)
    held.paused_at = timezone.now() if paused else None
    held.save(update_fields=["paused_at"])
    _from_now_on(held)
    noted(actor, held, "pause" if paused else "resume")
    return held


@transaction.atomic
def delete(actor: User, held: Kept) -> None:
    require_kept(actor, held)
    held.deleted_at = held.deleted_at or timezone.now()
    held.save(update_fields=["deleted_at"])
    noted(actor, held, "delete")


@transaction.atomic
def restore(actor: User, held: Kept) -> Kept:
    """Bring a deleted one back: it goes on from now."""
    require_kept(actor, held)
    held.deleted_at = None
    held.save(update_fields=["deleted_at"])
    _from_now_on(held)
    noted(actor, held, "restore")
    return held


def _from_now_on(held: Subscription | Alert | Webhook) -> None:
    """What would have been due meanwhile is not sent afterwards."""
    if isinstance(held, Subscription):
        held.next_at = held.when.next_after(timezone.now()).moment
        held.save(update_fields=["next_at"])


@transaction.atomic
def stop(held: Subscription | Alert) -> None:
    """End a delivery by the link in a mail of it: whoever holds the mail may, and it is noted as its receiver's."""
    if held.paused_at is None:
        held.paused_at = timezone.now()
        held.save(update_fields=["paused_at"])
        noted(held.receiver, held, "stop by mail")


@transaction.atomic
def test(actor: User, held: Subscription) -> Delivery:
    """Send it to oneself now, marked as a test."""
    require_kept(actor, held)
    row = ledger.owe(
        source=f"subscription {held.pk}", receiver=actor, period=f"test {new_id()}", subscription=held, test=True
    )
    assert row is not None
    noted(actor, held, "test")
    return row


@transaction.atomic
def again(actor: User, row: Delivery) -> Delivery:
    """Send once more what failed, was not sent, or may not have arrived: the same row, under the same Message-ID.

    Raises Conflict for what is on its way or has arrived.
    """
    access.require(actor, "me.delivery_write")
    ended = (State.FAILED, State.NOT_SENT, State.UNCERTAIN, State.KEPT)
    fresh = {"state": State.DUE, "tries": 0, "handed_at": None, "settled_at": None, "next_try": None, "why": ""}
    if not Delivery.objects.filter(pk=row.pk, state__in=ended).update(**fresh):
        raise Conflict("it is on its way, or has arrived")
    ledger.ask(row)
    audit.record(actor, "delivery.again", row.pk, source=row.source, period=row.period)
    return row


@transaction.atomic
def arrived(actor: User, row: Delivery) -> None:
    """Say of what may have arrived that it has. Raises Conflict where that is known."""
    access.require(actor, "me.delivery_write")
    if not Delivery.objects.filter(pk=row.pk, state=State.UNCERTAIN).update(
        state=State.SENT, why=f"{actor} says that it arrived", settled_at=timezone.now()
    ):
        raise Conflict("it is known already whether it arrived")
    audit.record(actor, "delivery.arrived", row.pk, source=row.source, period=row.period)


def noted(actor: User, held: Subscription | Alert | Webhook, did: str, **detail: Any) -> None:
    audit.record(
        actor, f"delivery.{did.partition(' ')[0]}", f"{NAMES[type(held)]} {held.pk}", product=held.product, **detail
    )
