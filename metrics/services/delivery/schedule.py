"""What is due by the clock: each subscription's next occasion becomes a row of the ledger, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from metrics.core.occasions import missed
from metrics.models.delivery import Delivery, Subscription
from metrics.services.delivery import ledger

TOO_LATE = timedelta(hours=24)  # what was due longer ago, with a later one due as well, is not sent any more
MOST = 200  # subscriptions in one look


def due(now: datetime) -> list[str]:
    rows = Subscription.objects.filter(paused_at=None, deleted_at=None, next_at__lte=now)
    return list(rows.order_by("next_at").values_list("pk", flat=True)[:MOST])


def put_due(*, now: datetime) -> int:
    """Write into the ledger what has come due, each with its work; give how many."""
    return sum(_put(key, now) for key in due(now))


@transaction.atomic
def _put(key: str, now: datetime) -> int:
    rows = Subscription.objects.select_for_update(of=("self",)).select_related("product", "receiver")
    held = rows.filter(pk=key, paused_at=None, deleted_at=None, next_at__lte=now).first()
    if held is None:  # another dispatcher was first
        return 0
    occasions = list(missed(held.when, held.next_at - timedelta(microseconds=1), now))
    for place, occasion in enumerate(occasions):
        given: dict[str, Any] = {"source": f"subscription {held.pk}", "subscription": held, "receiver": held.receiver}
        late = place < len(occasions) - 1 and now - occasion.moment > TOO_LATE
        given |= {"state": Delivery.State.NOT_SENT, "why": "the server was not running then"} if late else {}
        ledger.owe(period=occasion.period, due_at=occasion.moment, **given)
    held.next_at = held.when.next_after(now).moment
    held.save(update_fields=["next_at"])
    return len(occasions)
