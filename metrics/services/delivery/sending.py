"""Sending what is due: whether it may still go, to whom, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils import timezone

from metrics import access, origin
from metrics.models.delivery import Delivery
from metrics.models.work import Work
from metrics.services.delivery import ledger, mail, webhook
from metrics.services.delivery.letter import Handing, Letter, Make, Never, NotYet, Uncertain


class NothingToSee(Exception):
    """There is nothing left that the receiver may see, in words for who reads the ledger."""


State = Delivery.State
Send = Callable[[Delivery, Letter, Handing], str]  # gives the state that it is in then
CHANNELS: Mapping[str, Send] = {"mail": mail.send, "webhook": webhook.send}


def deliver(work: Work, make: Make) -> None:
    """Do one row of the ledger. make: gives its letter, as things are now, to the eyes of its receiver."""
    row = ledger.begin(work)
    if row is None:
        return
    why = why_not(row)
    if why:
        ledger.settle(row, State.NOT_SENT, work, why=why)
        return
    try:
        letter = make(row)
    except NothingToSee as nothing:
        ledger.settle(row, State.NOT_SENT, work, why=str(nothing))
        return
    except Exception as error:
        ledger.later(row, work, f"it could not be written ({type(error).__name__})")
        raise
    known = {"title": letter.title[:300], "content": letter.content}
    if not row.test and (letter.unchanged or _same_as_before(row, letter)):
        ledger.settle(row, State.NOT_SENT, work, why=letter.unchanged or "nothing had changed", **known)
        return
    try:
        with origin.span(f"delivery {row.channel}", delivery=row.pk, sending=row.tries):
            state = CHANNELS[row.channel](row, letter, lambda: ledger.handing(row))
    except NotYet as error:
        ledger.later(row, work, str(error), **known)
    except Never as error:
        ledger.settle(row, State.FAILED, work, why=str(error), handed_at=None, **known)
    except Uncertain as error:
        ledger.settle(row, State.UNCERTAIN, work, why=str(error), **known)
    else:
        why = mail.KEPT if state == State.KEPT else ""
        ledger.settle(row, state, work, why=why, told=() if row.test else letter.told, **known)


def _same_as_before(row: Delivery, letter: Letter) -> bool:
    """Whether a subscription that is for news only has none: nothing moved or waits, and the title is the last one."""
    held = row.subscription
    if held is None or not held.only_moved or letter.told or letter.news:
        return False
    sent = Delivery.objects.filter(subscription=held, state__in=ledger.DONE, test=False).order_by("-settled_at").first()
    return sent is not None and sent.title == letter.title[:300]


def why_not(row: Delivery) -> str:
    """Why a delivery is not sent any more, at the moment of sending; "" where it is."""
    receiver = row.receiver
    if not receiver.is_active:
        return f"{receiver} may not sign in any more"
    if row.channel == "mail" and not receiver.email:
        return f"{receiver} has no mail address"
    for kept in filter(None, (row.webhook, row.subscription, row.ring.alert if row.ring else None)):
        if row.test:
            break
        if kept.deleted_at is not None:
            return "it was deleted before it went"
        if kept.paused_at is not None:
            return "it was paused before it went"
    alert = row.ring.alert if row.ring else None
    if alert is not None and alert.muted_until is not None and alert.muted_until > timezone.now():
        return "the alert is muted"
    product = alert.product if alert else row.subscription.product if row.subscription else None
    product = row.webhook.product if row.webhook else product
    if product is not None and not access.may(receiver, "product.read", product):
        return f"{receiver} may not see {product} any more"
    if product is not None and product.archived_at is not None:
        return f"{product} is archived"
    return ""
